import { describe, expect, test } from '@jest/globals';
import {
  ALL_SUPPORT,
  CALIPTRA_CERTIFICATE_SPACE,
  CALIPTRA_STATUSES,
  DEFAULT_HANDLE,
  DpeError,
  DpeState,
  encodeCommand,
  executeCommand,
  ML_DSA_87,
  messages,
  OCP_STATUSES,
  P256_SHA256,
  P384_SHA384,
  parseCommand,
  runCommand,
  SUPPORT,
} from '@rootcap/dpe';
import { simulatorCrypto } from '@rootcap/dpe/simulator';
import { bodyOf, certify, derive, flags, profileOf, send, simulator, statusOf } from './helpers.ts';
import { hex, provider } from './vectors.ts';

const environmentOf = (dpe: ReturnType<typeof simulator>, index = 0) => {
  const env = dpe.environments[index];
  if (env === undefined) throw new Error(`no environment ${index}`);
  return env;
};

const refusal = (action: () => unknown): DpeError => {
  try {
    action();
  } catch (error) {
    if (error instanceof DpeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('statuses', () => {
  const ask = (statuses: typeof OCP_STATUSES | typeof CALIPTRA_STATUSES) => {
    const dpe = simulator({ statuses, support: ALL_SUPPORT & ~SUPPORT.SIMULATION });
    const label = new Uint8Array(48);
    return [
      send(dpe, 'InitializeContext', { flags: 0x8000_0000 }),
      send(dpe, 'DestroyContext', { handle: new Uint8Array(16).fill(1) }),
      send(dpe, 'CertifyKey', { handle: DEFAULT_HANDLE, flags: 0, format: 0, label }, { locality: 77 }),
      send(dpe, 'GetCertificateChain', { offset: 1 << 20, size: 1 }),
    ].map(statusOf);
  };

  test('are numbered as the OCP profile does', () => {
    expect(ask(OCP_STATUSES)).toEqual([0x83, 0x80, 0x81, 0x0100_0001]);
  });

  test('or as Caliptra 2.1 firmware does', () => {
    expect(ask(CALIPTRA_STATUSES)).toEqual([0x4, 0x1000, 0x1001, 0x0100_0001]);
  });

  test('come with a reason that says what to change', () => {
    const dpe = simulator();
    const env = environmentOf(dpe);
    const run = (tci_type: number) =>
      runCommand(
        env,
        0,
        parseCommand(
          P384_SHA384,
          encodeCommand(P384_SHA384, 'DeriveContext', {
            handle: DEFAULT_HANDLE,
            data: new Uint8Array(48),
            flags: flags('RETAIN_PARENT_CONTEXT', 'MAKE_DEFAULT', 'CHANGE_LOCALITY'),
            tci_type,
            target_locality: tci_type,
            svn: 0,
          }),
        ),
      );
    run(1);
    expect(refusal(() => run(1))).toMatchObject({
      status: 'InvalidArgument',
      message:
        'InvalidArgument: tci_type: 1 is taken by another child of the parent; children of one context have different types',
    });
  });
});

describe('a full state', () => {
  test('64 contexts, then MaxTcis', () => {
    const dpe = simulator();
    for (let i = 1; i < 64; i++) bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509'), tci_type: i }));
    expect(statusOf(derive(dpe, { flags: flags('MAKE_DEFAULT'), tci_type: 64 }))).toBe(OCP_STATUSES.MaxTcis);
    expect(certify(dpe).cert.length).toBeGreaterThan(8000);
    bodyOf(send(dpe, 'DestroyContext', { handle: DEFAULT_HANDLE }));
    expect(dpe.state.inUse()).toEqual([]);
  });
});

describe('hybrid', () => {
  test('two profiles have one state: what one changes, the other certifies', () => {
    const dpe = simulator({ profile: 'hybrid' });
    const before = certify(dpe, {}, { profile: ML_DSA_87 });
    bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509') }));
    const ecc = certify(dpe);
    const mldsa = certify(dpe, {}, { profile: ML_DSA_87 });
    expect([ecc.derived_pubkey.length, mldsa.derived_pubkey.length]).toEqual([96, 2592]);
    expect(hex(mldsa.derived_pubkey)).not.toBe(hex(before.derived_pubkey));
    const profile = messages.GetProfileResp(P384_SHA384);
    expect(profile.decode(bodyOf(send(dpe, 'GetProfile', {})))).toMatchObject({ minor_version: 13, max_tci_nodes: 64 });
    expect(send(dpe, 'GetProfile', {})[8]).toBe(4);
    expect(send(dpe, 'GetProfile', {}, { profile: ML_DSA_87 })[8]).toBe(5);
  });

  test('a state of other hashes is refused', () => {
    const env = { ...environmentOf(simulator()), state: DpeState.create({ hashSize: 32, support: 0 }) };
    expect(() => executeCommand(env, 0, encodeCommand(P384_SHA384, 'GetProfile', {}))).toThrow(
      'state: hashes of 32 bytes, P384_SHA384 has 48',
    );
  });
});

describe('room for the response', () => {
  const rotatedRoot = () => {
    const dpe = simulator();
    const response = send(dpe, 'RotateContextHandle', { handle: DEFAULT_HANDLE, flags: 0 });
    const { handle } = messages.NewHandleResp(P384_SHA384).decode(bodyOf(response));
    const request = { handle, flags: 0, format: 0, label: new Uint8Array(48) };
    return { dpe, env: environmentOf(dpe), certifyKey: encodeCommand(P384_SHA384, 'CertifyKey', request) };
  };

  test('a certificate that does not fit leaves the handle as it was', () => {
    const { dpe, env, certifyKey } = rotatedRoot();
    const before = hex(dpe.state.image);
    const refused = executeCommand({ ...env, maxResponseSize: 500 }, 0, certifyKey);
    expect([statusOf(refused), refused.length]).toEqual([OCP_STATUSES.InternalError, 12]);
    expect(hex(dpe.state.image)).toBe(before);
    expect(statusOf(executeCommand({ ...env, maxResponseSize: 2000 }, 0, certifyKey))).toBe(0);
  });

  test('firmware that reserves space for the certificate asks for all of it', () => {
    const { dpe, env, certifyKey } = rotatedRoot();
    const before = hex(dpe.state.image);
    const firmware = { ...env, statuses: CALIPTRA_STATUSES, reservedCertificateSize: CALIPTRA_CERTIFICATE_SPACE };
    const needed = 12 + 16 + 96 + 4 + 22528;
    expect(statusOf(executeCommand({ ...firmware, maxResponseSize: needed - 1 }, 0, certifyKey))).toBe(0x1004);
    expect(hex(dpe.state.image)).toBe(before);
    expect(statusOf(executeCommand({ ...firmware, maxResponseSize: needed }, 0, certifyKey))).toBe(0);
  });

  test.each([
    ['GetProfile', {}],
    ['InitializeContext', { flags: 0x8000_0000 }],
    ['RotateContextHandle', { handle: DEFAULT_HANDLE, flags: 0 }],
    ['GetCertificateChain', { offset: 0, size: 1 }],
    ['Sign', { handle: DEFAULT_HANDLE, label: new Uint8Array(48), flags: 0, tbs: new Uint8Array(48) }],
  ] as const)('%s', (name, request) => {
    const dpe = simulator();
    const env = environmentOf(dpe);
    const command = encodeCommand(P384_SHA384, name, request as never);
    const size = executeCommand(environmentOf(simulator()), 0, command).length;
    const before = hex(dpe.state.image);
    const refused = executeCommand({ ...env, maxResponseSize: size - 1 }, 0, command);
    expect(statusOf(refused)).toBe(OCP_STATUSES.InvalidResponseBuf);
    expect(hex(dpe.state.image)).toBe(before);
    expect(executeCommand({ ...env, maxResponseSize: size }, 0, command).length).toBe(size);
  });
});

describe('an exported CDI', () => {
  const EXPORT = flags('EXPORT_CDI', 'CREATE_CERTIFICATE', 'RETAIN_PARENT_CONTEXT');

  test('signs what its certificate verifies', () => {
    const dpe = simulator();
    const env = environmentOf(dpe);
    const { exported_cdi, new_certificate } = messages
      .DeriveContextExportedCdiResp(P384_SHA384)
      .decode(bodyOf(derive(dpe, { flags: EXPORT })));
    const { exportedKeyInfo } = P384_SHA384;
    const key = env.crypto.exportedKeyPair(exported_cdi, exportedKeyInfo, exportedKeyInfo);
    expect(hex(new_certificate)).toContain(hex(key.publicKey));
    const digest = provider.hashes.digest('sha384', Uint8Array.of(1, 2, 3));
    const signature = key.sign({ kind: 'digest', bytes: digest });
    expect(provider.ecdsa384.verify(key.publicKey, digest, signature)).toBe(true);
    const other = new Uint8Array(32);
    expect(refusal(() => env.crypto.exportedKeyPair(other, exportedKeyInfo, exportedKeyInfo)).status).toBe(
      'InvalidExportedCdiHandle',
    );
  });

  test('there is one: the same again is a duplicate, another one too many', () => {
    const dpe = simulator();
    bodyOf(derive(dpe, { flags: EXPORT }));
    expect(statusOf(derive(dpe, { flags: EXPORT }))).toBe(0x0200_0007);
    bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'ALLOW_NEW_CONTEXT_TO_EXPORT') }));
    expect(statusOf(derive(dpe, { flags: EXPORT }))).toBe(0x0200_0008);
  });

  test('a platform without UEID has none', () => {
    const dpe = simulator();
    const { ueid: _, ...platform } = environmentOf(dpe).platform;
    const request = {
      handle: DEFAULT_HANDLE,
      data: new Uint8Array(48),
      flags: EXPORT,
      tci_type: 0,
      target_locality: 0,
      svn: 0,
    };
    const command = encodeCommand(P384_SHA384, 'DeriveContext', request);
    expect(statusOf(executeCommand({ ...environmentOf(dpe), platform }, 0, command))).toBe(0x0100_000a);
  });
});

describe('internal inputs', () => {
  const keyWith = (platform: { readonly vendorId?: number; readonly certificateChain?: Uint8Array }, flag: number) => {
    const dpe = simulator();
    bodyOf(derive(dpe, { flags: (flag | flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509')) >>> 0 }));
    const env = environmentOf(dpe);
    const label = new Uint8Array(48);
    const command = encodeCommand(P384_SHA384, 'CertifyKey', { handle: DEFAULT_HANDLE, flags: 0, format: 0, label });
    const response = executeCommand({ ...env, platform: { ...env.platform, ...platform } }, 0, command);
    return hex(messages.CertifyKeyResp(P384_SHA384).decode(bodyOf(response)).derived_pubkey);
  };

  test.each([
    ['INTERNAL_INPUT_INFO', { vendorId: 1 }],
    ['INTERNAL_INPUT_DICE', { certificateChain: Uint8Array.of(1) }],
  ] as const)('%s: what the platform says becomes part of the key', (flag, change) => {
    expect(keyWith(change, flags(flag))).not.toBe(keyWith({}, flags(flag)));
    expect(keyWith(change, 0)).toBe(keyWith({}, 0));
    expect(keyWith({}, flags(flag))).not.toBe(keyWith({}, 0));
  });
});

describe('localities', () => {
  test('rotation never moves a context: the locality is what it attests', () => {
    const dpe = simulator();
    const { handle } = messages
      .NewHandleResp(P384_SHA384)
      .decode(bodyOf(send(dpe, 'RotateContextHandle', { handle: DEFAULT_HANDLE, flags: 0 })));
    bodyOf(derive(dpe, { handle, flags: flags('MAKE_DEFAULT', 'CHANGE_LOCALITY'), target_locality: 1 }));
    expect(dpe.state.read(1)).toMatchObject({ locality: 1 });
    expect(statusOf(send(dpe, 'RotateContextHandle', { handle: DEFAULT_HANDLE, flags: 0 }))).toBe(0x81);
  });

  test('RECURSIVE into another locality is refused', () => {
    const dpe = simulator();
    const request = { flags: flags('RECURSIVE', 'CHANGE_LOCALITY'), tci_type: 0, target_locality: 4 };
    expect(statusOf(derive(dpe, request))).toBe(0x81);
    expect(statusOf(derive(dpe, { ...request, target_locality: 0 }))).toBe(0);
  });
});

describe('the port', () => {
  test('is told when a command is over, whatever became of it', () => {
    const dpe = simulator();
    const env = environmentOf(dpe);
    let cleared = 0;
    const crypto = { ...env.crypto, clear: () => void cleared++ };
    const destroy = encodeCommand(P384_SHA384, 'DestroyContext', { handle: new Uint8Array(16).fill(9) });
    executeCommand({ ...env, crypto }, 0, destroy);
    executeCommand({ ...env, crypto }, 0, encodeCommand(P384_SHA384, 'GetProfile', {}));
    expect(cleared).toBe(2);
  });

  test('may refuse: the status is answered, the state stays', () => {
    const dpe = simulator();
    const env = environmentOf(dpe);
    const crypto = {
      ...env.crypto,
      signWithAlias: () => {
        throw new DpeError('CryptoLibError', 'the signer is busy', 0x0005_0001);
      },
    };
    const label = new Uint8Array(48);
    const command = encodeCommand(P384_SHA384, 'CertifyKey', { handle: DEFAULT_HANDLE, flags: 0, format: 0, label });
    const before = hex(dpe.state.image);
    expect(statusOf(executeCommand({ ...env, crypto }, 0, command))).toBe(0x0200_0002);
    expect(hex(dpe.state.image)).toBe(before);
  });

  test('a random source that repeats itself ends in InternalError', () => {
    const dpe = simulator();
    const env = environmentOf(dpe);
    const crypto = { ...env.crypto, randomBytes: (length: number) => new Uint8Array(length) };
    const command = encodeCommand(P384_SHA384, 'RotateContextHandle', { handle: DEFAULT_HANDLE, flags: 0 });
    expect(statusOf(executeCommand({ ...env, crypto }, 0, command))).toBe(1);
  });

  test.each([
    [P384_SHA384, 'mu'],
    [P256_SHA256, 'mu'],
    [ML_DSA_87, 'digest'],
  ] as const)('$name does not sign a %s', (profile, kind) => {
    const size = profile.algorithm === 'ecdsa-p384' ? 48 : 32;
    const entropy = { bytes: (length: number) => new Uint8Array(length) };
    const crypto = simulatorCrypto({ provider, profile, aliasKey: new Uint8Array(size).fill(1), entropy });
    expect(refusal(() => crypto.signWithAlias({ kind, bytes: new Uint8Array(64) })).status).toBe('MismatchedAlgorithm');
  });
});

test('the chain comes in chunks of at most 2048 bytes', () => {
  const dpe = simulator({ profile: 'ml-dsa' });
  const chain = environmentOf(dpe).platform.certificateChain;
  const layout = messages.GetCertificateChainResp(profileOf(dpe));
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < chain.length; ) {
    const response = send(dpe, 'GetCertificateChain', { offset, size: 2048 });
    expect(response.length).toBe(2064);
    const { certificate_chain, certificate_size } = layout.decode(bodyOf(response));
    parts.push(certificate_chain.subarray(0, certificate_size));
    offset += certificate_size;
  }
  expect(Buffer.concat(parts).equals(chain)).toBe(true);
  expect(statusOf(send(dpe, 'GetCertificateChain', { offset: 0, size: 2049 }))).toBe(3);
});
