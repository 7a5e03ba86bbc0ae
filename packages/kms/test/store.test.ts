import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesToHex as hex } from '@rootcap/crypto';
import { DEFAULT_COST, KeyService, KmsError, portableScrypt, verifyAudit } from '@rootcap/kms';
import { nativeScrypt, openFileStore } from '@rootcap/kms/node';
import fc from 'fast-check';
import { CHEAP, createService, OBJECT, optionsOf, provider, type TestDrive, testDrive, testMedium } from './device.ts';

let drive: TestDrive;
beforeAll(() => {
  drive = testDrive(1);
});

const directory = mkdtempSync(join(tmpdir(), 'rootcap-kms-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof KmsError) return error.code;
    throw error;
  }
  return 'none';
}

/** A store with a binding, and the binding's key. */
function filled() {
  const medium = testMedium();
  const service = createService(medium, [drive.root]);
  const { id: device } = service.enrol({ chain: drive.chain, name: 'drive-1' });
  const { id: binding } = service.bind({ device, party: 'tenant-a', object: OBJECT });
  const grant = service.seal({ binding, chain: drive.evidence(0x0042) });
  return { medium, service, binding, key: hex(drive.open(grant)[0] ?? new Uint8Array()) };
}

describe('at rest', () => {
  test('a store says what it is and nothing of what is in it', () => {
    const { medium, key } = filled();
    const text = medium.state ?? '';
    expect(JSON.parse(text)).toMatchObject({ format: 'rootcap-kms-1', kdf: 'scrypt', cipher: 'AES-256-GCM', ...CHEAP });
    for (const secret of [key, 'tenant-a', 'drive-1']) expect(text).not.toContain(secret);
    expect(medium.lines.join()).not.toContain(key);
    expect(DEFAULT_COST).toEqual({ N: 131072, r: 8, p: 1 });
  });

  test('both scrypts make the same key', () => {
    const [passphrase, salt] = [Uint8Array.of(1, 2, 3), new Uint8Array(16).fill(4)];
    for (const cost of [CHEAP, { N: 1024, r: 8, p: 2 }])
      expect(nativeScrypt(passphrase, salt, cost)).toEqual(portableScrypt(passphrase, salt, cost));
    const { medium } = filled();
    expect(KeyService.open(optionsOf(medium, { scrypt: nativeScrypt })).list().devices).toHaveLength(1);
  });

  test('no two texts share a nonce', () => {
    const { medium, service } = filled();
    const nonces = Array.from({ length: 20 }, (_, i) => {
      service.bind({ device: 'drive-1', party: `p${i}`, object: OBJECT });
      return (JSON.parse(medium.state ?? '') as { nonce: string }).nonce;
    });
    expect(new Set(nonces).size).toBe(20);
  });

  test('a wrong passphrase, an empty one, a store that is there, one that is not', () => {
    const { medium } = filled();
    expect(code(() => KeyService.open(optionsOf(medium, { passphrase: 'wrong' })))).toBe('wrong-passphrase');
    expect(code(() => createService(testMedium(), [drive.root], { passphrase: '' }))).toBe('invalid-argument');
    expect(code(() => createService(medium, [drive.root]))).toBe('store-exists');
    expect(code(() => createService(testMedium(), []))).toBe('invalid-argument');
    expect(code(() => KeyService.open(optionsOf(testMedium())))).toBe('store-missing');
    medium.state = undefined;
    expect(code(() => createService(medium, [drive.root]))).toBe('log-damaged');
  });

  test('every changed byte is noticed', () => {
    const { medium } = filled();
    const text = medium.state ?? '';
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom('0', '1', '7', 'f', '"', '{', 'x'), (at, character) => {
        medium.state = text.slice(0, at) + character + text.slice(at + 1);
        const found = code(() => KeyService.open(optionsOf(medium)));
        // A cost may be changed only together with everything that it protects.
        return medium.state === text ? found === 'none' : ['store-damaged', 'wrong-passphrase'].includes(found);
      }),
      { numRuns: 300 },
    );
  });
});

test('an old state in the place of a newer one, which would bring back what was erased', () => {
  const { medium, service, binding } = filled();
  const old = medium.state;
  service.seal({ binding, chain: drive.evidence(0x0042) });
  expect(code(() => KeyService.open(optionsOf(medium)))).toBe('none');
  service.erase({ binding });
  expect(code(() => KeyService.open(optionsOf(medium)))).toBe('none');
  medium.state = old;
  expect(code(() => KeyService.open(optionsOf(medium)))).toBe('store-damaged');
});

describe('the log', () => {
  test('every changed, missing, added or exchanged record is noticed', () => {
    const { medium } = filled();
    const { lines } = medium;
    const verdict = (changed: readonly string[]) =>
      code(() => verifyAudit(provider, changed, { sequence: 0, hash: '' }));
    expect(code(() => verifyAudit(provider, lines))).toBe('none');
    expect(verdict(lines)).toBe('log-damaged');
    for (const [i, line] of lines.entries()) {
      const without = lines.filter((_, j) => j !== i);
      const bad = [
        lines.with(i, line.replace('granted', 'refused')),
        lines.with(i, line.replace('2026', '2027')),
        lines.with(i, `${line} `),
        lines.with(i, 'null'),
        lines.with(i, '{'),
        lines.toSpliced(i, 0, line),
      ];
      for (const changed of bad) expect(code(() => verifyAudit(provider, changed))).toBe('log-damaged');
      if (i < lines.length - 1) expect(code(() => verifyAudit(provider, without))).toBe('log-damaged');
    }
    const last = JSON.parse(lines.at(-1) ?? '') as { sequence: number; hash: string };
    expect(code(() => verifyAudit(provider, lines.slice(0, -1), last))).toBe('log-damaged');
    expect(code(() => verifyAudit(provider, lines, last))).toBe('none');
  });

  test('records that the state knows of cannot be taken away', () => {
    const { medium, service } = filled();
    service.bind({ device: 'drive-1', party: 'tenant-b', object: OBJECT });
    medium.lines.splice(-2);
    expect(code(() => KeyService.open(optionsOf(medium)))).toBe('log-damaged');
  });
});

describe('a power failure before any write', () => {
  test('leaves the old state or the new one, each with its record', () => {
    fc.assert(
      fc.property(fc.nat(14), (writes) => {
        const medium = testMedium();
        const done: string[] = [];
        try {
          const service = createService(medium, [drive.root]);
          medium.power = writes;
          const { id: device } = service.enrol({ chain: drive.chain, name: 'drive-1' });
          for (const party of ['a', 'b', 'c', 'd']) {
            const { id } = service.bind({ device, party, object: OBJECT });
            done.push(id);
            service.seal({ binding: id, chain: drive.evidence(0x0011) });
          }
          medium.power = 0;
          service.erase({ binding: 'drive-1/a/0000080100000001' });
        } catch (error) {
          expect((error as Error).message).toContain('power failure');
        }
        medium.power = Number.POSITIVE_INFINITY;
        const again = KeyService.open(optionsOf(medium));
        const bound = again.list().bindings.map(({ id }) => id);
        expect(bound).toEqual(expect.arrayContaining(done));
        const recorded = again.audit().filter(({ verb }) => verb === 'bind');
        expect(recorded.map(({ binding }) => binding)).toEqual(bound);
      }),
      { numRuns: 15 },
    );
  });

  test('a service whose log failed does nothing more', () => {
    const { medium, service } = filled();
    medium.power = 1;
    const bind = (party: string) => service.bind({ device: 'drive-1', party, object: OBJECT });
    expect(() => bind('b')).toThrow('power failure');
    medium.power = 9;
    expect(code(() => bind('c'))).toBe('log-damaged');
    expect(KeyService.open(optionsOf(medium)).list().bindings).toHaveLength(2);
  });
});

describe('files', () => {
  const inFiles = (name: string) => {
    const files = openFileStore(join(directory, name));
    return { files, options: { ...optionsOf(testMedium()), store: files.store, log: files.log } };
  };

  test('one process at a time, for the user alone', () => {
    const { files, options } = inFiles('one');
    KeyService.create({ ...options, roots: [drive.root], cost: CHEAP });
    expect(code(() => openFileStore(join(directory, 'one')))).toBe('store-busy');
    for (const name of ['state', 'audit.jsonl', 'lock'])
      expect(statSync(join(directory, 'one', name)).mode & 0o777).toBe(0o600);
    files.close();
    expect(existsSync(join(directory, 'one', 'lock'))).toBe(false);
    writeFileSync(join(directory, 'one', 'lock'), '4194304999');
    inFiles('one').files.close();
  });

  test('a line that was not finished is not there', () => {
    const { files, options } = inFiles('torn');
    KeyService.create({ ...options, roots: [drive.root], cost: CHEAP });
    files.close();
    const log = join(directory, 'torn', 'audit.jsonl');
    const whole = readFileSync(log, 'utf8');
    appendFileSync(log, '{"sequence":1,"ti');
    const again = inFiles('torn');
    KeyService.open(again.options).enrol({ chain: drive.chain });
    expect(readFileSync(log, 'utf8').split('\n').slice(0, -1)).toHaveLength(2);
    expect(readFileSync(log, 'utf8').startsWith(whole)).toBe(true);
    again.files.close();
  });

  test('what a killed process had said was bound is bound', async () => {
    const child = fileURLToPath(new URL('./killed-child.js', import.meta.url));
    const said: string[] = [];
    const first = inFiles('killed');
    KeyService.create({ ...first.options, roots: [drive.root], cost: CHEAP }).enrol({
      chain: drive.chain,
      name: 'drive-1',
    });
    first.files.close();
    for (let round = 0; round < 6; round++) {
      const running = spawn(process.execPath, [child, join(directory, 'killed'), String(round)]);
      const lines = createInterface({ input: running.stdout });
      lines.on('line', (line) => said.push(line));
      lines.once('line', () => setTimeout(() => running.kill('SIGKILL'), 50 + 23 * round));
      await new Promise((resolve) => running.once('close', resolve));
    }
    const { files, options } = inFiles('killed');
    const service = KeyService.open(options);
    const bound = service.list().bindings.map(({ id }) => id);
    expect(said.length).toBeGreaterThan(10);
    expect(bound).toEqual(expect.arrayContaining(said));
    expect(service.audit().filter(({ verb }) => verb === 'bind')).toHaveLength(bound.length);
    files.close();
  });
});
