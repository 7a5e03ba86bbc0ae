import { describe, expect, test } from '@jest/globals';
import { bytesToHex, concatBytes, hexToBytes } from '@rootcap/crypto';
import {
  HPKE_SUITES,
  type HpkeSuiteName,
  LOCK_COMMANDS,
  LOCK_SPEC_COMMANDS,
  type LockKey,
  WRAPPED_KEY_TYPE,
  type WrappedKey,
} from '@rootcap/ocp-lock';
import {
  AUX,
  type Bench,
  bench,
  DPK,
  filled,
  lockedMpk,
  METADATA,
  provider,
  refusal,
  SEK,
  scripted,
  sealAccessKeys,
} from './support.ts';

const SUITES = Object.keys(HPKE_SUITES) as HpkeSuiteName[];
const ACCESS_KEY = filled(0xae);
const NONCE = filled(0x55);
const NO_BYTES = new Uint8Array(0);
const ZERO = filled(0);

/** A copy with one byte changed. */
function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] = (copy[index] as number) ^ 1;
  return copy;
}

const enable = (self: Bench, locked_mpk: WrappedKey, options = {}) =>
  self.call('ENABLE_MPK', { reserved: 0, sek: SEK, sealed_access_key: self.seal(options), locked_mpk }).enabled_mpk;
const mix = (self: Bench, enabled_mpk: WrappedKey) => self.call('MIX_MPK', { reserved: 0, enabled_mpk });
const load = (self: Bench, wrapped_mek: WrappedKey) =>
  self.call('LOAD_MEK', { reserved: 0, metadata: METADATA, aux_metadata: AUX, wrapped_mek, cmd_timeout: 1 });
const testKey = (self: Bench, locked_mpk: WrappedKey, accessKey = ACCESS_KEY) =>
  self.call('TEST_ACCESS_KEY', {
    reserved: 0,
    sek: SEK,
    nonce: NONCE,
    locked_mpk,
    sealed_access_key: self.seal({ accessKey }),
  });

describe.each(SUITES)('multi-party protection keys with %s', (suite) => {
  test('generate, test, rewrap, enable, mix', () => {
    const self = bench();
    const options = { suite, accessKey: ACCESS_KEY };
    const locked = lockedMpk(self, options);
    expect(locked).toMatchObject({ key_type: WRAPPED_KEY_TYPE.LOCKED_MPK, metadata_len: 32, key_len: 32 });

    const proof = provider.hashes.digest('sha384', filled(0xfe), ACCESS_KEY, NONCE);
    const proven = self.call('TEST_ACCESS_KEY', {
      reserved: 0,
      sek: SEK,
      nonce: NONCE,
      locked_mpk: locked,
      sealed_access_key: self.seal(options),
    });
    expect(proven.digest).toEqual(proof);

    const next = filled(0x77);
    const { sealed, ciphertexts } = sealAccessKeys(self, [ACCESS_KEY, next], { suite });
    const { wrapped_mek: rewrapped } = self.call('REWRAP_MPK', {
      reserved: 0,
      sek: SEK,
      current_locked_mpk: locked,
      sealed_access_key: sealed,
      new_ak_ciphertext: ciphertexts[1] as Uint8Array,
    });
    const checksums = [
      [locked, ACCESS_KEY],
      [rewrapped, next],
    ].map(([blob, accessKey]) => {
      const enabled = enable(self, blob as WrappedKey, { suite, accessKey });
      self.initialize();
      mix(self, enabled);
      const checksum = self.derive();
      self.call('CLEAR_KEY_CACHE', { reserved: 0, cmd_timeout: 1 });
      return bytesToHex(checksum);
    });
    expect(checksums[1]).toBe(checksums[0]);
    expect(refusal(() => enable(self, rewrapped, options))).toBe('RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID');
  });

  test('a rotated key: a new handle and public key, the old handle dead', () => {
    const self = bench();
    const handle = self.seal({ suite }).hpke_handle.handle;
    const publicKey = (hpke_handle: number) => self.call('GET_HPKE_PUB_KEY', { reserved: 0, hpke_handle });
    const before = publicKey(handle);
    expect(before.pub_key_len).toBe(HPKE_SUITES[suite].publicKeySize);
    expect(self.call('ROTATE_HPKE_KEY', { reserved: 0, hpke_handle: handle }).hpke_handle).toBe(4);
    expect(publicKey(4).pub_key).not.toEqual(before.pub_key);
    for (const name of ['GET_HPKE_PUB_KEY', 'ROTATE_HPKE_KEY'] as const)
      expect(refusal(() => self.call(name, { reserved: 0, hpke_handle: handle }))).toBe(
        'RUNTIME_OCP_LOCK_UNKNOWN_HPKE_HANDLE',
      );
    const { hpke_handles } = self.call('ENUMERATE_HPKE_HANDLES', {});
    expect(hpke_handles.map(({ hpke_algorithm }) => hpke_algorithm)).toEqual([2, 1, 4]);
    expect(hpke_handles.map((entry) => entry.handle)).toContain(4);
  });
});

describe('sealed access keys', () => {
  const request = (sealed_access_key: ReturnType<Bench['seal']>, metadata_len = 32) => ({
    reserved: 0,
    sek: SEK,
    metadata_len,
    metadata: filled(0xfe),
    sealed_access_key,
  });
  const generate = (change: (sealed: ReturnType<Bench['seal']>) => object, metadata_len = 32): string => {
    const self = bench();
    const sealed = self.seal();
    return refusal(() => self.call('GENERATE_MPK', request({ ...sealed, ...change(sealed) }, metadata_len)));
  };

  test.each([
    [
      'a changed ciphertext',
      (s) => ({ ak_ciphertext: flipped(s.ak_ciphertext, 0) }),
      'RUNTIME_DRIVER_HPKE_OPEN_FAILED',
    ],
    ['a changed tag', (s) => ({ ak_ciphertext: flipped(s.ak_ciphertext, 47) }), 'RUNTIME_DRIVER_HPKE_OPEN_FAILED'],
    [
      'a changed encapsulated key',
      (s) => ({ kem_ciphertext: flipped(s.kem_ciphertext, 5) }),
      'RUNTIME_DRIVER_HPKE_OPEN_FAILED',
    ],
    ['other info', (s) => ({ info: flipped(s.info, 0) }), 'RUNTIME_DRIVER_HPKE_OPEN_FAILED'],
    ['less info', () => ({ info_len: 3 }), 'RUNTIME_DRIVER_HPKE_OPEN_FAILED'],
    [
      'an unknown handle',
      () => ({ hpke_handle: { handle: 9, hpke_algorithm: 2 } }),
      'RUNTIME_OCP_LOCK_UNKNOWN_HPKE_HANDLE',
    ],
    ['too much info', () => ({ info_len: 257 }), 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['a short access key', () => ({ access_key_len: 31 }), 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['a long access key', () => ({ access_key_len: 33 }), 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    // Only the handle counts.
    ['another algorithm', () => ({ hpke_handle: { handle: 1, hpke_algorithm: 4 } }), 'none'],
  ] as [string, (sealed: ReturnType<Bench['seal']>) => object, string][])('%s', (_, change, expected) => {
    expect(generate(change)).toBe(expected);
  });

  test('metadata is what the access key was sealed for, and at most 32 bytes', () => {
    expect(generate(() => ({}), 31)).toBe('RUNTIME_DRIVER_HPKE_OPEN_FAILED');
    expect(generate(() => ({}), 33)).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });

  test.each(['p384', 'mlkem1024-p384'] as const)('a point off the curve, %s', (suite) => {
    const self = bench();
    const sealed = self.seal({ suite });
    const kem_ciphertext = flipped(sealed.kem_ciphertext, suite === 'p384' ? 40 : 1608);
    expect(refusal(() => self.call('GENERATE_MPK', request({ ...sealed, kem_ciphertext })))).toBe(
      'DRIVER_ECC384_HW_ERROR',
    );
  });
});

describe('refusals by SEK, DPK, HEK', () => {
  const sealed = bench().seal();
  const locked = lockedMpk(bench());
  const requests = {
    GENERATE_MPK: { metadata_len: 32, metadata: filled(0xfe), sealed_access_key: sealed },
    REWRAP_MPK: { current_locked_mpk: locked, sealed_access_key: sealed, new_ak_ciphertext: sealed.ak_ciphertext },
    ENABLE_MPK: { sealed_access_key: sealed, locked_mpk: locked },
    TEST_ACCESS_KEY: { nonce: NONCE, locked_mpk: locked, sealed_access_key: sealed },
    INITIALIZE_MEK_SECRET: { dpk: DPK },
  } as const;
  const names = Object.keys(requests) as (keyof typeof requests)[];
  const send = (self: Bench, name: keyof typeof requests, fields: object): string =>
    refusal(() => self.call(name, { reserved: 0, sek: SEK, ...requests[name], ...fields } as never));

  test.each(names)('%s with a zero SEK', (name) => {
    expect(send(bench(), name, { sek: ZERO })).toBe('RUNTIME_OCP_LOCK_SEK_INVALID');
  });

  test.each(names)('%s without HEK', (name) => {
    const self = bench();
    const lock = { ...self.lock, port: { ...self.lock.port, hekAvailable: false } };
    const fields = { reserved: 0, sek: SEK, ...requests[name] };
    const run = () => LOCK_COMMANDS[name].handle(lock, fields as never);
    // The second access key of a rotation has to open first.
    const expected = name === 'REWRAP_MPK' ? 'RUNTIME_DRIVER_HPKE_OPEN_FAILED' : 'RUNTIME_OCP_LOCK_HEK_UNAVAILABLE';
    expect(refusal(run)).toBe(expected);
  });

  test('a zero DPK; SEK is looked at first, both before HEK', () => {
    const self = bench();
    const initialize = (sek: Uint8Array, dpk: Uint8Array) =>
      refusal(() => self.call('INITIALIZE_MEK_SECRET', { reserved: 0, sek, dpk }));
    expect(initialize(SEK, ZERO)).toBe('RUNTIME_OCP_LOCK_DPK_INVALID');
    expect(initialize(ZERO, ZERO)).toBe('RUNTIME_OCP_LOCK_SEK_INVALID');
  });

  test.each(['REWRAP_MPK', 'ENABLE_MPK', 'TEST_ACCESS_KEY'] as const)('%s of a blob that is none', (name) => {
    const field = name === 'REWRAP_MPK' ? 'current_locked_mpk' : 'locked_mpk';
    const change = (fields: Partial<WrappedKey>) => send(bench(), name, { [field]: { ...locked, ...fields } });
    expect(change({ key_type: WRAPPED_KEY_TYPE.ENABLED_MPK })).toBe('RUNTIME_OCP_LOCK_INVALID_WRAPPED_KEY_TYPE');
    expect(change({ metadata_len: 33 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });

  test.each(['ciphertext_and_auth_tag', 'salt', 'iv'] as const)('a locked MPK with another %s', (field) => {
    const self = bench();
    const blob = lockedMpk(self);
    const changed = { ...blob, [field]: flipped(blob[field], 0) };
    expect(refusal(() => testKey(self, changed))).toBe('RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID');
    expect(refusal(() => enable(self, changed))).toBe('RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID');
  });

  test('a wrong access key', () => {
    const self = bench();
    const blob = lockedMpk(self);
    expect(refusal(() => testKey(self, blob, filled(1)))).toBe('RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID');
    expect(refusal(() => testKey(self, blob))).toBe('none');
  });
});

describe('mixing', () => {
  test('VEK, then MEK secret, then metadata, then tag', () => {
    const self = bench();
    const enabled = enable(self, lockedMpk(self));
    const fresh = bench();
    expect(refusal(() => mix(fresh, { ...enabled, key_type: 1 }))).toBe('RUNTIME_OCP_LOCK_INVALID_WRAPPED_KEY_TYPE');
    expect(refusal(() => mix(fresh, enabled))).toBe('RUNTIME_OCP_LOCK_VEK_UNAVAILABLE');
    expect(refusal(() => mix(self, enabled))).toBe('RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED');
    self.initialize();
    expect(refusal(() => mix(self, { ...enabled, metadata_len: 33 }))).toBe(
      'RUNTIME_OCP_LOCK_DESERIALIZE_METADATA_FAILURE',
    );
    for (const field of ['ciphertext_and_auth_tag', 'metadata', 'salt', 'iv'] as const)
      expect(refusal(() => mix(self, { ...enabled, [field]: flipped(enabled[field], 1) }))).toBe(
        'RUNTIME_DRIVER_AES_INVALID_TAG',
      );
    expect(refusal(() => mix(self, enabled))).toBe('none');
  });

  test('order and number of MPKs matter; a refused one does not', () => {
    const self = bench();
    const [a, b] = [enable(self, lockedMpk(self)), enable(self, lockedMpk(self))] as const;
    const checksum = (...mpks: WrappedKey[]): string => {
      self.initialize();
      for (const mpk of mpks) {
        expect(refusal(() => mix(self, { ...mpk, iv: flipped(mpk.iv, 0) }))).not.toBe('none');
        mix(self, mpk);
      }
      self.call('CLEAR_KEY_CACHE', { reserved: 0, cmd_timeout: 1 });
      return bytesToHex(self.derive());
    };
    const all = [checksum(), checksum(a), checksum(b), checksum(a, b), checksum(b, a), checksum(a, a)];
    expect(new Set(all).size).toBe(all.length);
    expect(checksum(a, b)).toBe(all[3]);
  });
});

describe('media encryption keys', () => {
  test('a wrapped MEK loads under its own secret only, and uses it up even if it does not', () => {
    const self = bench();
    self.initialize();
    const { wrapped_mek } = self.call('GENERATE_MEK', {});
    expect(wrapped_mek).toMatchObject({ key_type: 3, metadata_len: 0, key_len: 64, metadata: ZERO });
    expect(refusal(() => load(self, wrapped_mek))).toBe('RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED');
    self.initialize(filled(1));
    expect(refusal(() => load(self, wrapped_mek))).toBe('RUNTIME_DRIVER_AES_INVALID_TAG');
    expect(refusal(() => load(self, wrapped_mek))).toBe('RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED');
    self.initialize();
    expect(refusal(() => load(self, { ...wrapped_mek, key_type: 2 }))).toBe(
      'RUNTIME_OCP_LOCK_INVALID_WRAPPED_KEY_TYPE',
    );
    load(self, wrapped_mek);
    expect(self.engine.keys).toHaveLength(1);
  });

  test('the checksum of a derived MEK is checked if one is given', () => {
    const self = bench();
    self.initialize();
    const checksum = self.derive();
    self.call('UNLOAD_MEK', { reserved: 0, metadata: METADATA, cmd_timeout: 1 });
    self.initialize();
    expect(refusal(() => self.derive(flipped(checksum, 3)))).toBe('RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL');
    expect(self.engine.keys).toEqual([]);
    expect(refusal(() => self.derive(checksum))).toBe('RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED');
    self.initialize();
    expect(self.derive(checksum)).toEqual(checksum);
    expect(self.engine.keys).toHaveLength(1);
  });

  test("the engine's refusals", () => {
    const self = bench();
    const unload = () => self.call('UNLOAD_MEK', { reserved: 0, metadata: METADATA, cmd_timeout: 1 });
    expect(refusal(unload)).toBe('OCP_LOCK_ENGINE_ERR');
    self.initialize();
    self.derive();
    self.initialize();
    expect(refusal(() => self.derive())).toBe('OCP_LOCK_ENGINE_ERR');
    unload();
    expect(self.call('GET_STATUS', {}).ctrl_register).toBe(0x8000_0000);
  });

  test('an engine that is not ready is asked before the MEK secret', () => {
    const self = bench();
    self.initialize();
    const notReady = () => {
      throw new Error('not ready');
    };
    const lock = {
      ...self.lock,
      port: { ...self.lock.port, engine: Object.assign(Object.create(self.engine), { prepare: notReady }) },
    };
    const request = { reserved: 0, mek_checksum: NO_BYTES, metadata: METADATA, aux_metadata: AUX, cmd_timeout: 1 };
    expect(() => LOCK_COMMANDS.DERIVE_MEK.handle(lock, request)).toThrow('not ready');
    expect(self.lock.state.mekSecret).toBe(true);
  });

  test('what can be asked of the block', () => {
    expect(bench().call('GET_ALGORITHMS', {})).toEqual({
      reserved: [0, 0, 0, 0],
      hpke_algorithms: 7,
      access_key_sizes: 1,
    });
  });
});

describe('specification 1.1', () => {
  const KAT = '00112233'.replace(/../g, (byte) => byte.repeat(16));
  const spec = 'spec-1.1' as const;
  const bad = concatBytes(filled(9), filled(9));
  const responses = (mek: Uint8Array) => [mek.subarray(0, 48), mek.subarray(48)];
  const unused = Array.from({ length: 4 }, () => filled(7, 48));
  const keys = [
    bad,
    concatBytes(filled(1, 16), filled(1, 16), filled(2)),
    concatBytes(filled(1), filled(3, 16), filled(3, 16)),
  ];

  test('LOAD_KAT_MEK loads the fixed key', () => {
    const self = bench({ conformance: spec });
    LOCK_SPEC_COMMANDS.LOAD_KAT_MEK.handle(self.lock, {
      reserved: 0,
      metadata: METADATA,
      aux_metadata: AUX,
      cmd_timeout: 1,
    });
    expect(self.engine.keys).toEqual([{ metadata: METADATA, aux: AUX, mek: hexToBytes(KAT) }]);
  });

  test('GENERATE_MEK tries again while halves are equal, the firmware does not', () => {
    const good = Uint8Array.from({ length: 64 }, (_, i) => i);
    const run = (conformance: 'firmware-2.1' | 'spec-1.1') => {
      const self = bench({ conformance, entropy: scripted(...unused, ...[...keys, good].flatMap(responses)) });
      self.initialize();
      const { wrapped_mek } = self.call('GENERATE_MEK', {});
      self.initialize();
      load(self, wrapped_mek);
      return self.engine.keys.map(({ mek }) => mek);
    };
    expect(run('firmware-2.1')).toEqual([bad]);
    expect(run('spec-1.1')).toEqual([good]);
  });

  test('GENERATE_MEK gives up after 26 attempts', () => {
    const attempts = (count: number) => Array.from({ length: count }, () => responses(bad)).flat();
    const run = (count: number) => {
      const self = bench({ conformance: spec, entropy: scripted(...unused, ...attempts(count)) });
      self.initialize();
      return refusal(() => self.call('GENERATE_MEK', {}));
    };
    expect(run(25)).toBe('none');
    expect(run(26)).toBe('RUNTIME_OCP_LOCK_FAILED_TO_GENERATE_MEK');
  });

  test('LOAD_MEK refuses a wrapped key with equal halves', () => {
    const self = bench({ entropy: scripted(...unused, ...responses(bad)) });
    self.initialize();
    const { wrapped_mek } = self.call('GENERATE_MEK', {});
    self.initialize();
    const strict = { ...self.lock, conformance: spec };
    const request = { reserved: 0, metadata: METADATA, aux_metadata: AUX, wrapped_mek, cmd_timeout: 1 };
    expect(refusal(() => LOCK_COMMANDS.LOAD_MEK.handle(strict, request))).toBe(
      'RUNTIME_OCP_LOCK_FAILED_TO_CONVERT_WRAPPED_KEY',
    );
    expect(self.engine.keys).toEqual([]);
  });

  test('DERIVE_MEK derives the seed again', () => {
    const self = bench({ conformance: spec });
    const { keys: own } = self.lock.port;
    const labels: unknown[] = [];
    let seed: Uint8Array = bad;
    const port = {
      ...self.lock.port,
      keys: {
        derive: (...args: Parameters<typeof own.derive>) => own.derive(...args),
        erase: (...args: Parameters<typeof own.erase>) => own.erase(...args),
        gcmSeal: (...args: Parameters<typeof own.gcmSeal>) => own.gcmSeal(...args),
        gcmOpen: (...args: Parameters<typeof own.gcmOpen>) => own.gcmOpen(...args),
        ecbEncrypt: (...args: Parameters<typeof own.ecbEncrypt>) => own.ecbEncrypt(...args),
        decryptMek: (data: Uint8Array) => own.decryptMek(data),
        cmacKdf(key: LockKey | Uint8Array, label: string) {
          labels.push(key instanceof Uint8Array ? bytesToHex(key) : key, label);
          const result = seed;
          seed = own.cmacKdf(filled(4), label);
          return result.slice();
        },
      },
    };
    const lock = { ...self.lock, port };
    LOCK_COMMANDS.INITIALIZE_MEK_SECRET.handle(self.lock, { reserved: 0, sek: SEK, dpk: DPK });
    LOCK_COMMANDS.DERIVE_MEK.handle(lock, {
      reserved: 0,
      mek_checksum: new Uint8Array(16),
      metadata: METADATA,
      aux_metadata: AUX,
      cmd_timeout: 1,
    });
    expect(labels).toEqual(['MEK_SECRETS', 'ocp_lock_mek_seed', bytesToHex(filled(9)), 'ocp_lock_mek_seed']);
    expect(self.engine.keys).toHaveLength(1);
  });

  test('TEST_ACCESS_KEY answers with the digest only', () => {
    const self = bench({ conformance: spec });
    const locked_mpk = lockedMpk(self);
    const answer = LOCK_SPEC_COMMANDS.TEST_ACCESS_KEY.handle(self.lock, {
      reserved: 0,
      sek: SEK,
      nonce: NONCE,
      locked_mpk,
      sealed_access_key: self.seal(),
    });
    expect(Object.keys(answer)).toEqual(['digest']);
    expect(Object.keys(LOCK_SPEC_COMMANDS.TEST_ACCESS_KEY.response)).toEqual(['digest']);
  });
});
