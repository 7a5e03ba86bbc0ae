import { beforeAll, describe, expect, test } from '@jest/globals';
import { HPKE_KEMS, bytesToHex as hex } from '@rootcap/crypto';
import {
  anyStatePolicy,
  type Grant,
  type GrantRequest,
  KeyService,
  KmsError,
  METHOD_UIDS,
  verifyAudit,
  verifyErasure,
} from '@rootcap/kms';
import {
  answerOf,
  createService,
  OBJECT,
  optionsOf,
  provider,
  type TestDrive,
  testDrive,
  testMedium,
} from './device.ts';

const KEM = 0x0042;

let drive: TestDrive;
let other: TestDrive;
beforeAll(() => {
  drive = testDrive(1);
  other = testDrive(2);
});

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof KmsError) return error.code;
    throw error;
  }
  return 'none';
}

/** A service with the drive enrolled and one binding. */
function ready() {
  const medium = testMedium();
  const service = createService(medium, [drive.root]);
  const device = service.enrol({ chain: drive.chain, name: 'drive-1' });
  const { id: binding } = service.bind({ device: device.id, party: 'tenant-a', object: OBJECT });
  return { medium, service, device, binding };
}

const opened = (grant: Grant): string[] => drive.open(grant).map((key) => hex(key ?? new Uint8Array()));

describe('life of an access key', () => {
  test.each(Object.entries(HPKE_KEMS))('%s: bound, sealed at every boot, rotated, tested, erased', (_, kemId) => {
    const { service, binding, medium } = ready();
    const ask = () => ({ binding, chain: drive.evidence(kemId) });
    const generate = service.seal({ ...ask(), operation: 'generate' });
    const [key = ''] = opened(generate);
    expect([key.length, generate.kemId, hex(generate.metadata)]).toEqual([64, kemId, OBJECT]);
    expect(hex(generate.info)).toBe(hex(METHOD_UIDS.generate) + OBJECT);

    drive.rotateHpkeKeys();
    expect(opened(generate)).not.toContain(key);
    const enable = service.seal(ask());
    expect([opened(enable), hex(enable.info)]).toEqual([[key], hex(METHOD_UIDS.enable) + OBJECT]);

    const rewrap = service.rotate(ask());
    const [current, next = ''] = opened(rewrap);
    expect([current, rewrap.ciphertexts.length, next === key]).toEqual([key, 2, false]);
    expect(opened(service.rotate(ask()))).toEqual([key, next]);
    expect(opened(service.seal(ask()))).toEqual([key]);

    const { nonce, metadata, ...test } = service.test(ask());
    expect(drive.open({ ...test, metadata }).map((opened_) => hex(opened_ ?? new Uint8Array()))).toEqual([next]);
    const digest = answerOf(metadata, Uint8Array.from(Buffer.from(next, 'hex')), nonce);
    expect(service.confirm({ binding, digest })).toEqual({ binding, key: 'next', rotated: true });
    expect(code(() => service.confirm({ binding, digest }))).toBe('no-test');
    expect(opened(service.seal(ask()))).toEqual([next]);

    const proof = service.erase({ binding, evidence: new Uint8Array(4) });
    verifyErasure(provider, proof, medium.lines);
    expect(code(() => service.seal(ask()))).toBe('binding-erased');
    expect(service.erase({ binding })).toEqual({ ...proof, already: true, head: service.head });
    verifyErasure(provider, proof, medium.lines);
    expect(JSON.stringify(service.audit())).not.toContain(key);
  });

  test('verbs are idempotent', () => {
    const { service, device, binding } = ready();
    const before = service.head;
    expect(service.enrol({ chain: drive.evidence(KEM) })).toEqual({ ...device, already: true });
    expect(service.bind({ device: 'drive-1', party: 'tenant-a', object: OBJECT })).toMatchObject({
      id: binding,
      already: true,
    });
    expect(service.trust(drive.root)).toEqual({ already: true });
    expect(service.head).toEqual(before);
    const revoked = service.revoke({ device: device.id, reason: 'stolen' });
    expect([revoked.already, service.revoke({ device: 'drive-1', reason: 'lost' })]).toEqual([
      false,
      { ...revoked, already: true },
    ]);
  });

  test('what is listed has no key in it', () => {
    const { service, binding } = ready();
    const [key = ''] = opened(service.seal({ binding, chain: drive.evidence(KEM) }));
    service.rotate({ binding, chain: drive.evidence(KEM) });
    const { devices, bindings } = service.list();
    expect([devices.map(({ name }) => name), bindings.map(({ status }) => status)]).toEqual([
      ['drive-1'],
      ['rotating'],
    ]);
    expect(JSON.stringify([devices, bindings])).not.toContain(key);
    expect(Object.keys(bindings[0] as object)).not.toContain('key');
  });

  test('each party and each object has a key of its own', () => {
    const { service, binding } = ready();
    const chain = drive.evidence(KEM);
    const { id: second } = service.bind({ device: 'drive-1', party: 'tenant-b', object: OBJECT });
    const { id: third } = service.bind({
      device: 'drive-1',
      party: 'tenant-a',
      object: '0000080100000002',
      metadata: '',
    });
    const keys = [binding, second, third].flatMap((id) => opened(service.seal({ binding: id, chain })));
    expect(new Set(keys).size).toBe(3);
  });
});

describe('refusals, each recorded with its code', () => {
  const cases: readonly [string, (ready_: ReturnType<typeof ready>) => unknown][] = [
    ['unknown-binding', ({ service }) => service.seal({ binding: 'x/y/z', chain: drive.evidence(KEM) })],
    ['untrusted-chain', ({ service, binding }) => service.seal({ binding, chain: [] })],
    ['untrusted-chain', ({ service, binding }) => service.seal({ binding, chain: drive.evidence(KEM).slice(1) })],
    [
      'untrusted-chain',
      ({ service, binding }) => {
        const chain = drive.evidence(KEM).map((der) => der.slice());
        const leaf = chain.at(-1) as Uint8Array;
        leaf[leaf.length - 1] = (leaf.at(-1) ?? 0) ^ 1;
        return service.seal({ binding, chain });
      },
    ],
    ['identity-mismatch', ({ service, binding }) => service.seal({ binding, chain: other.evidence(KEM) })],
    ['no-endorsement', ({ service, binding }) => service.seal({ binding, chain: drive.chain })],
    [
      'device-revoked',
      ({ service, binding, device }) => {
        service.revoke({ device: device.id, reason: 'stolen' });
        return service.seal({ binding, chain: drive.evidence(KEM) });
      },
    ],
    [
      'device-revoked',
      ({ service, device }) => {
        service.revoke({ device: device.id, reason: 'stolen' });
        return service.bind({ device: device.id, party: 'tenant-b', object: OBJECT });
      },
    ],
    [
      'binding-erased',
      ({ service, binding }) => {
        service.erase({ binding });
        return service.bind({ device: 'drive-1', party: 'tenant-a', object: OBJECT });
      },
    ],
    ['no-test', ({ service, binding }) => service.confirm({ binding, digest: new Uint8Array(48) })],
    [
      'test-failed',
      ({ service, binding }) => {
        service.test({ binding, chain: drive.evidence(KEM) });
        return service.confirm({ binding, digest: new Uint8Array(48) });
      },
    ],
    ['no-identity', ({ service }) => service.enrol({ chain: drive.chain.slice(0, 2) })],
  ];

  test.each(cases)('%s', (expected, run) => {
    const made = ready();
    expect(code(() => run(made))).toBe(expected);
    expect(made.service.audit().at(-1)).toMatchObject({ outcome: 'refused', code: expected });
    // Nothing is half-changed: the state opens, and the drive is served if it may be.
    KeyService.open(optionsOf(made.medium)).audit();
  });

  test('a vendor that is not pinned, and the same once it is', () => {
    const lab = testDrive(3, 'mldsa87');
    const { service } = ready();
    expect(code(() => service.enrol({ chain: lab.chain }))).toBe('untrusted-chain');
    service.trust(lab.root);
    expect(service.enrol({ chain: lab.evidence(KEM) })).toMatchObject({ algorithm: 'mldsa87', already: false });
  });

  test('a device in another state than when it was enrolled, unless that is accepted or the policy is another', () => {
    const medium = testMedium();
    const service = createService(medium, [drive.root]);
    const factory = testDrive(1, 'ecdsa-p384', { lifecycle: 'manufacturing' });
    const { id, name } = service.enrol({ chain: factory.chain });
    const { id: binding } = service.bind({ device: name, party: 'a', object: OBJECT });
    const seal = (by = service) => by.seal({ binding, chain: drive.evidence(KEM) });
    expect(factory.open(service.seal({ binding, chain: factory.evidence(KEM) }))[0]).toHaveLength(32);
    expect(code(seal)).toBe('state-refused');
    expect(service.enrol({ chain: drive.chain })).toMatchObject({ id, already: true });
    expect(code(seal)).toBe('state-refused');
    expect(opened(seal(KeyService.open(optionsOf(medium, { policy: anyStatePolicy }))))).toHaveLength(1);
    const again = KeyService.open(optionsOf(medium));
    expect(again.enrol({ chain: drive.chain, accept: true })).toMatchObject({ id, already: false });
    expect(again.enrol({ chain: drive.chain, accept: true })).toMatchObject({ id, already: true });
    expect(opened(seal(again))).toHaveLength(1);
    expect(code(() => again.seal({ binding, chain: factory.evidence(KEM) }))).toBe('state-refused');
  });

  test('flags of a 2.0 certificate that say debug or manufacturing', () => {
    const lab = testDrive(5, 'ecdsa-p384', { profile: '2.0', lifecycle: 'manufacturing' });
    const service = createService(testMedium(), [lab.root]);
    const { name } = service.enrol({ chain: lab.chain });
    const { id: binding } = service.bind({ device: name, party: 'a', object: OBJECT });
    expect(code(() => service.seal({ binding, chain: lab.evidence(KEM) }))).toBe('state-refused');
    expect(service.audit().at(-1)?.detail.reason).toContain('notSecure');
  });

  test('the policy sees what was proved and what is only said', () => {
    const seen: GrantRequest[] = [];
    const { medium, binding, device } = ready();
    const policy = (request: GrantRequest) => {
      seen.push(request);
      return { allow: false, reason: 'no such rack' } as const;
    };
    const service = KeyService.open(optionsOf(medium, { policy }));
    expect(code(() => service.rotate({ binding, chain: drive.evidence(KEM), context: { rack: '7' } }))).toBe(
      'policy-refused',
    );
    expect(seen).toMatchObject([
      {
        operation: 'rewrap',
        device: { id: device.id, name: 'drive-1' },
        binding: { id: binding, party: 'tenant-a', object: OBJECT },
        kemId: KEM,
        attestation: { insecure: [], stateChanged: false },
        context: { rack: '7' },
      },
    ]);
    expect(service.audit().at(-1)?.detail.reason).toContain('no such rack');
    expect(service.list().bindings[0]?.status).toBe('bound');
  });

  test.each([
    ['device', () => ready().service.bind({ device: 'nobody', party: 'a', object: OBJECT }), 'unknown-device'],
    ['party', () => ready().service.bind({ device: 'drive-1', party: 'a/b', object: OBJECT }), 'invalid-argument'],
    ['object', () => ready().service.bind({ device: 'drive-1', party: 'a', object: '01' }), 'invalid-argument'],
    [
      'metadata',
      () => ready().service.bind({ device: 'drive-1', party: 'a', object: OBJECT, metadata: '0' }),
      'invalid-argument',
    ],
    [
      'digest',
      () => {
        const { service, binding } = ready();
        service.test({ binding, chain: drive.evidence(KEM) });
        return service.confirm({ binding, digest: new Uint8Array(47) });
      },
      'invalid-argument',
    ],
    ['name', () => ready().service.enrol({ chain: other.chain, name: 'drive-1' }), 'invalid-argument'],
    ['reason', () => ready().service.revoke({ device: 'drive-1', reason: '' }), 'invalid-argument'],
    ['__proto__', () => ready().service.seal({ binding: '__proto__', chain: [] }), 'unknown-binding'],
  ])('%s', (_, run, expected) => expect(code(run)).toBe(expected));

  test('a failed test is judged once, and the rotation goes on', () => {
    const { service, binding } = ready();
    const chain = drive.evidence(KEM);
    const [, next = ''] = opened(service.rotate({ binding, chain }));
    service.test({ binding, chain });
    expect(code(() => service.confirm({ binding, digest: new Uint8Array(48) }))).toBe('test-failed');
    expect(opened(service.rotate({ binding, chain }))[1]).toBe(next);
    // The old key still serves a drive that did not rewrap.
    const { nonce, metadata, ...old } = service.test({ binding, chain, key: 'current' });
    const [key = new Uint8Array()] = drive.open({ ...old, metadata });
    expect(service.confirm({ binding, digest: answerOf(metadata, key as Uint8Array, nonce) })).toMatchObject({
      key: 'current',
      rotated: false,
    });
  });
});

describe('proofs of erasure', () => {
  test('another log, another record, another claim', () => {
    const { service, binding, medium } = ready();
    const { already: _, ...proof } = service.erase({ binding });
    const { lines } = medium;
    const bad = (change: object, log = lines) => code(() => verifyErasure(provider, { ...proof, ...change }, log));
    expect(bad({})).toBe('none');
    expect(bad({ format: 'other' })).toBe('proof-invalid');
    expect(bad({ party: 'tenant-b' })).toBe('proof-invalid');
    expect(bad({ erasedAt: '2020-01-01T00:00:00Z' })).toBe('proof-invalid');
    expect(bad({ evidence: 'aa' })).toBe('proof-invalid');
    expect(bad({ binding: 'x' })).toBe('proof-invalid');
    expect(bad({ record: verifyAudit(provider, lines)[1] })).toBe('proof-invalid');
    expect(bad({}, lines.slice(0, -1))).toBe('log-damaged');
    expect(bad({ head: { ...proof.head, hash: '0'.repeat(96) } })).toBe('log-damaged');
  });
});
