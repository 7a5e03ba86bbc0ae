import { describe, expect, test } from '@jest/globals';
import { bytesToHex, concatBytes } from '@rootcap/crypto';
import { hasDistinctXtsHalves, hekIsAvailable, LOCK_MESSAGES, SealedAccessKey, WrappedKey } from '@rootcap/ocp-lock';
import { struct } from '@rootcap/struct';
import fc from 'fast-check';
import { AUX, type Bench, bench, filled, METADATA, refusal, SEK } from './support.ts';

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('wire formats', () => {
  const wrapped = fc.record({
    key_type: u16,
    reserved: u16,
    salt: bytes(12),
    metadata_len: u32,
    key_len: u32,
    iv: bytes(12),
    metadata: bytes(32),
    ciphertext_and_auth_tag: bytes(80),
  });
  const sealed = fc.record({
    hpke_handle: fc.record({ handle: u32, hpke_algorithm: u32 }),
    access_key_len: u32,
    info_len: u32,
    info: bytes(256),
    kem_ciphertext: bytes(1665),
    _padding: bytes(3),
    ak_ciphertext: bytes(48),
  });

  test('sizes', () => expect([WrappedKey.size, SealedAccessKey.size]).toEqual([148, 1988]));

  test('a wrapped key comes back from its bytes, and its bytes from it', () => {
    fc.assert(
      fc.property(wrapped, (value) => {
        expect(WrappedKey.decode(WrappedKey.encode(value))).toEqual(value);
      }),
    );
    fc.assert(
      fc.property(bytes(148), (data) => {
        expect(WrappedKey.encode(WrappedKey.decode(data))).toEqual(data);
      }),
    );
  });

  test('a sealed access key comes back from its bytes', () => {
    fc.assert(
      fc.property(sealed, (value) => {
        expect(SealedAccessKey.decode(SealedAccessKey.encode(value))).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });

  test('sizes of requests and responses are those of the interface, without their headers', () => {
    const sizes = Object.fromEntries(
      Object.entries(LOCK_MESSAGES).map(([name, { request, response }]) => [
        name,
        [4 + struct('request', request).size, 8 + struct('response', response).size],
      ]),
    );
    expect(sizes).toEqual({
      REPORT_HEK_METADATA: [16, 24],
      GET_STATUS: [4, 28],
      GET_ALGORITHMS: [4, 32],
      CLEAR_KEY_CACHE: [12, 12],
      ENUMERATE_HPKE_HANDLES: [8, 40],
      GET_HPKE_PUB_KEY: [12, 1684],
      ROTATE_HPKE_KEY: [12, 16],
      GENERATE_MPK: [2064, 160],
      REWRAP_MPK: [2224, 160],
      ENABLE_MPK: [2176, 160],
      TEST_ACCESS_KEY: [2208, 60],
      INITIALIZE_MEK_SECRET: [72, 12],
      MIX_MPK: [156, 12],
      GENERATE_MEK: [8, 160],
      LOAD_MEK: [212, 12],
      DERIVE_MEK: [80, 28],
      UNLOAD_MEK: [32, 12],
    });
  });
});

test('a changed bit of a wrapped MEK is never loaded, unless it is one that nothing is made of', () => {
  const self = bench();
  self.initialize();
  const { wrapped_mek } = self.call('GENERATE_MEK', {});
  const encoded = WrappedKey.encode(wrapped_mek);
  fc.assert(
    fc.property(fc.nat(148 * 8 - 1), (bit) => {
      const data = encoded.slice();
      const index = bit >> 3;
      data[index] = (data[index] as number) ^ (1 << (bit & 7));
      self.initialize();
      const place = { metadata: METADATA, aux_metadata: AUX, cmd_timeout: 1 };
      const symbol = refusal(() =>
        self.call('LOAD_MEK', { reserved: 0, ...place, wrapped_mek: WrappedKey.decode(data) }),
      );
      if (symbol === 'none') self.call('CLEAR_KEY_CACHE', { reserved: 0, cmd_timeout: 1 });
      const { reserved, metadata_len, key_len, metadata } = WrappedKey.decode(data);
      const unused = [reserved, metadata_len, key_len - 64, ...metadata].some((value) => value !== 0);
      expect(symbol === 'none').toBe(unused);
    }),
    { numRuns: 200 },
  );
});

/** What the block should remember, told by the commands alone. */
interface Model {
  secret: boolean;
  readonly loaded: Set<string>;
}

const place = (n: number) => filled(n, 20);

const OPERATIONS = {
  initialize: (self: Bench) => self.call('INITIALIZE_MEK_SECRET', { reserved: 0, sek: SEK, dpk: filled(3) }),
  generate: (self: Bench) => self.call('GENERATE_MEK', {}),
  derive: (self: Bench, n: number) =>
    self.call('DERIVE_MEK', {
      reserved: 0,
      mek_checksum: new Uint8Array(16),
      metadata: place(n),
      aux_metadata: AUX,
      cmd_timeout: 1,
    }),
  mismatch: (self: Bench, n: number) =>
    self.call('DERIVE_MEK', {
      reserved: 0,
      mek_checksum: filled(1, 16),
      metadata: place(n),
      aux_metadata: AUX,
      cmd_timeout: 1,
    }),
  unload: (self: Bench, n: number) => self.call('UNLOAD_MEK', { reserved: 0, metadata: place(n), cmd_timeout: 1 }),
  clear: (self: Bench) => self.call('CLEAR_KEY_CACHE', { reserved: 0, cmd_timeout: 1 }),
} as const;
type OperationName = keyof typeof OPERATIONS;

/** What an operation should answer, and what it does to the model. */
function expected(model: Model, name: OperationName, n: number): string {
  const key = bytesToHex(place(n));
  switch (name) {
    case 'initialize':
      model.secret = true;
      return 'none';
    case 'clear':
      model.loaded.clear();
      return 'none';
    case 'unload':
      return model.loaded.delete(key) ? 'none' : 'OCP_LOCK_ENGINE_ERR';
  }
  if (!model.secret) return 'RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED';
  model.secret = false;
  if (name === 'generate') return 'none';
  if (name === 'mismatch') return 'RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL';
  if (model.loaded.size >= 8 || model.loaded.has(key)) return 'OCP_LOCK_ENGINE_ERR';
  model.loaded.add(key);
  return 'none';
}

test('an MEK secret serves one MEK, whatever comes in between', () => {
  const names = Object.keys(OPERATIONS) as OperationName[];
  const step = fc.record({ name: fc.constantFrom(...names), n: fc.nat(9) });
  const self = bench();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      self.lock.state.mekSecret = false;
      OPERATIONS.clear(self);
      const model: Model = { secret: false, loaded: new Set() };
      for (const { name, n } of steps) {
        const answer = refusal(() => OPERATIONS[name](self, n));
        expect(answer).toBe(expected(model, name, n));
        expect(self.lock.state.mekSecret).toBe(model.secret);
        expect(new Set(self.engine.keys.map(({ metadata }) => bytesToHex(metadata)))).toEqual(model.loaded);
      }
    }),
    { numRuns: 40 },
  );
});

test('halves of an XTS key', () => {
  fc.assert(
    fc.property(bytes(64), (key) => {
      const text = [0, 16, 32, 48].map((at) => bytesToHex(key.slice(at, at + 16)));
      const same = text[0] === text[1] || text[2] === text[3] || `${text[0]}${text[1]}` === `${text[2]}${text[3]}`;
      expect(hasDistinctXtsHalves(key)).toBe(!same);
    }),
  );
  const [a, b, c] = [filled(1, 16), filled(2, 16), filled(3, 16)];
  const verdicts = [
    [a, a, b, c],
    [a, b, c, c],
    [a, b, a, b],
    [a, b, b, a],
    [a, b, a, c],
  ].map((parts) => hasDistinctXtsHalves(concatBytes(...parts)));
  expect(verdicts).toEqual([false, false, false, true, true]);
});

describe('availability of the HEK', () => {
  const seeds = { zeros: filled(0), ones: filled(0xff), other: filled(0x5a) };
  const available = (lifecycle: number, state: number) =>
    Object.entries(seeds).flatMap(([name, seed]) => (hekIsAvailable(state, lifecycle, seed) ? [name] : []));

  test.each([0, 1])('lifecycle %i: always', (lifecycle) => {
    for (const state of [0, 1, 2, 4, 5, 0xffff]) expect(available(lifecycle, state)).toHaveLength(3);
  });

  test('production: a programmed seed that is not blank, or a programmed empty one', () => {
    expect(available(3, 1)).toEqual(['other']);
    expect(available(3, 4)).toEqual(['zeros', 'ones', 'other']);
    for (const state of [0, 2, 3, 5, 0xffff]) expect(available(3, state)).toEqual([]);
  });

  test('the reserved lifecycle: never', () => expect([1, 4].map((state) => available(2, state))).toEqual([[], []]));
});
