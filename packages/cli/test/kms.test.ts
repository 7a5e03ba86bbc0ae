import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesToHex, hexToBytes, hpkeSuite, portableProvider } from '@rootcap/crypto';
import { connectKeyService } from '@rootcap/kms/node';
import { file, hex, type Ran, rootcap, temporaryDirectory } from './helpers.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const cwd = temporaryDirectory();
const env = { ROOTCAP_KMS_PASSPHRASE: 'correct horse battery staple' };
const OBJECT = '0000080100000001';
const BINDING = `drive-1/tenant-a/${OBJECT}`;
const TOKEN = 'an operator of the fleet';

/** The drive's own key: here the test plays its key management block. */
const suite = hpkeSuite(portableProvider, 0x0051);
const keyPair = suite.deriveKeyPair(new Uint8Array(32).fill(9));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const said: Ran[] = [];
async function kms(...argv: string[]): Promise<Ran> {
  const ran = await rootcap(['kms', ...argv], { cwd, env });
  said.push(ran);
  return ran;
}

interface GrantJson {
  readonly info: string;
  readonly metadata: string;
  readonly enc: string;
  readonly ciphertexts: readonly string[];
}

function open({ enc, info, metadata, ciphertexts }: GrantJson): string[] {
  const receiver = suite.setupReceiver(keyPair, hexToBytes(enc), hexToBytes(info));
  return ciphertexts.map((text) =>
    bytesToHex(receiver.open(hexToBytes(text), hexToBytes(metadata)) ?? new Uint8Array()),
  );
}

beforeAll(async () => {
  file(cwd, 'hpke.bin', keyPair.publicKey);
  file(cwd, 'operator.token', `${TOKEN}\n`);
  const endorse = ['endorse', '--kem', 'MLKEM1024-P384', '--public-key', 'hpke.bin', '--out', 'drive'];
  expect(await kms(...endorse)).toMatchObject({ code: 0 });
  expect(await kms('init', 'keys', '--root', 'drive/vendor-root.pem')).toMatchObject({ code: 0 });
  expect(await kms('enrol', 'keys', '--chain', 'drive/evidence.pem', '--name', 'drive-1')).toMatchObject({ code: 0 });
  expect(
    await kms('bind', 'keys', '--device', 'drive-1', '--party', 'tenant-a', '--object', OBJECT, '--json'),
  ).toMatchObject({ code: 0 });
});

describe('rootcap kms', () => {
  test('a drive opens what is sealed; rotation ends with its digest; no output and no file has a key in it', async () => {
    const ask = [BINDING, '--chain', 'drive/evidence.pem', '--json'];
    const seal = JSON.parse((await kms('seal', 'keys', ...ask)).out) as GrantJson;
    const [key = ''] = open(seal);
    expect([key.length, seal.metadata, seal.info.endsWith(OBJECT)]).toEqual([64, OBJECT, true]);
    const [old, next = ''] = open(JSON.parse((await kms('rotate', 'keys', ...ask, '--out', 'rewrap.json')).out));
    expect([old, next.length]).toEqual([key, 64]);
    const tested = JSON.parse((await kms('test', 'keys', ...ask)).out) as GrantJson & { nonce: string };
    expect(open(tested)).toEqual([next]);
    const digest = portableProvider.hashes.digest('sha384', ...[tested.metadata, next, tested.nonce].map(hexToBytes));
    expect(JSON.parse((await kms('confirm', 'keys', BINDING, '--digest', hex(digest), '--json')).out)).toEqual({
      binding: BINDING,
      key: 'next',
      rotated: true,
    });
    expect(open(JSON.parse((await kms('seal', 'keys', ...ask)).out))).toEqual([next]);

    const files = ['keys', '.'].flatMap((directory) =>
      readdirSync(join(cwd, directory), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(cwd, directory, entry.name))),
    );
    for (const secret of [key, next, env.ROOTCAP_KMS_PASSPHRASE]) {
      expect(said.map(({ out, err }) => out + err).join()).not.toContain(secret);
      for (const bytes of files) {
        expect(bytes.includes(secret)).toBe(false);
        if (secret.length === 64) expect(bytes.includes(Buffer.from(secret, 'hex'))).toBe(false);
      }
    }
  });

  test.each([
    [['enrol', 'nowhere', '--chain', 'drive/evidence.pem'], 1, 'store-missing'],
    [['enrol', 'keys', '--chain', 'nothing.pem'], 2, '--chain'],
    [['enrol', 'keys', '--chain', 'operator.token'], 1, ''],
    [['bind', 'keys', '--device', 'drive-1', '--party', 'a/b', '--object', OBJECT], 2, 'party'],
    [['bind', 'keys', '--device', 'drive-1', '--party', 'a', '--object', '01'], 2, 'object'],
    [['seal', 'keys', BINDING, '--chain', 'drive/evidence.pem', '--context', 'rack'], 2, '--context'],
    [['seal', 'keys', 'x/y/z', '--chain', 'drive/evidence.pem'], 1, 'unknown-binding'],
    [['confirm', 'keys', BINDING, '--digest', 'xx'], 2, '--digest'],
    [['audit', 'keys/audit.jsonl', '--head', '1'], 2, '--head'],
    [['audit', 'keys/audit.jsonl', '--proof', 'operator.token'], 2, '--proof'],
    [['audit', 'keys/audit.jsonl', '--head', `0:${'0'.repeat(96)}`], 1, 'log-damaged'],
    [['serve', 'keys', '--at', 'ftp://here'], 2, 'endpoint'],
    [['serve', 'keys', '--at', 'http://0.0.0.0:0', '--token-file', 'operator.token'], 2, 'operatorToken'],
    [['serve', 'keys', '--at', 'https://127.0.0.1:0', '--tls-cert', 'operator.token'], 2, '--tls-cert'],
    [['endorse', '--public-key', 'operator.token', '--out', 'drive'], 2, '--public-key'],
  ] as [string[], number, string][])('%j is refused', async (argv, code, about) => {
    const { code: actual, err } = await kms(...argv);
    expect([actual, err]).toEqual([code, expect.stringContaining(about)]);
  });

  test('the code of a refusal is in the JSON', async () => {
    const { out } = await kms('revoke', 'keys', 'nobody', '--reason', 'lost', '--json');
    expect(JSON.parse(out)).toMatchObject({ error: { kind: 'KmsError', code: 'unknown-device' } });
  });

  test('a head that was kept elsewhere shows what is missing', async () => {
    const { head, records } = JSON.parse((await kms('audit', 'keys/audit.jsonl', '--json')).out) as {
      head: { sequence: number; hash: string };
      records: readonly object[];
    };
    const kept = `${head.sequence}:${head.hash}`;
    expect(await kms('audit', 'keys/audit.jsonl', '--head', kept)).toMatchObject({ code: 0 });
    file(
      cwd,
      'cut.jsonl',
      records
        .slice(0, -1)
        .map((record) => `${JSON.stringify(record)}\n`)
        .join(''),
    );
    expect(await kms('audit', 'cut.jsonl')).toMatchObject({ code: 0 });
    expect(await kms('audit', 'cut.jsonl', '--head', kept)).toMatchObject({ code: 1 });
  });

  test('serve: a drive and an operator on a socket, until SIGTERM', async () => {
    const argv = ['kms', 'serve', 'keys', '--at', 'unix:kms.sock', '--token-file', 'operator.token', '--json'];
    const child = spawn(process.execPath, [main, ...argv], { cwd, env: { ...process.env, ...env } });
    children.push(child);
    const first = await new Promise<string>((resolve) =>
      createInterface({ input: child.stdout }).once('line', resolve),
    );
    const { ready, endpoint } = JSON.parse(first) as { ready: boolean; endpoint: string };
    expect([ready, endpoint]).toEqual([true, `unix:${join(cwd, 'kms.sock')}`]);
    expect(await kms('list', 'keys')).toMatchObject({ code: 1, err: expect.stringContaining('store-busy') });

    const chain = readFileSync(join(cwd, 'drive', 'evidence.pem'), 'utf8');
    const ask = connectKeyService(endpoint);
    const grant = (await ask('seal', { binding: BINDING, chain })) as unknown as GrantJson;
    expect(open(grant)[0]).toHaveLength(64);
    await expect(ask('list')).rejects.toMatchObject({ code: 'unauthorized' });
    const operator = connectKeyService(endpoint, { operatorToken: TOKEN });
    expect(await operator('list')).toMatchObject({ devices: [{ name: 'drive-1' }] });

    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await kms('list', 'keys')).toMatchObject({ code: 0 });
  });
});
