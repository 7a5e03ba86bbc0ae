import { describe, expect, test } from '@jest/globals';
import {
  ALL_SUPPORT,
  CONTEXT_STATE,
  type Context,
  contextsOfType,
  countContexts,
  DpeError,
  DpeState,
  INVALID_HANDLE,
  normalRoot,
  ROOT_INDEX,
  setMeasurement,
  stateSize,
  updateMeasurement,
  validateState,
} from '@rootcap/dpe';
import fc from 'fast-check';
import { bodyOf, derive, flags, send, simulator } from './helpers.ts';
import { hex, provider } from './vectors.ts';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.nat({ max: 0xffff_ffff });
const u8 = fc.nat({ max: 0xff });

const contextOf = (hashSize: number): fc.Arbitrary<Context> =>
  fc.record({
    handle: bytesOf(16),
    tci: fc.record({
      tci_type: u32,
      tci_cumulative: bytesOf(hashSize),
      tci_current: bytesOf(hashSize),
      locality: u32,
      svn: u32,
    }),
    children: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    locality: u32,
    parent_idx: u8,
    context_type: u8,
    state: u8,
    uses_internal_input_info: u8,
    uses_internal_input_dice: u8,
    allow_x509: u8,
    allow_export_cdi: u8,
    allow_recursive: u8,
  });

describe('the state image', () => {
  test('is laid out as the firmware lays it out: caliptra-dpe state.rs, context.rs', () => {
    expect(stateSize(48)).toBe(4 + 4 + 64 * 144 + 4 + 2 + 1 + 1);
    const { image } = DpeState.create({ hashSize: 48, support: ALL_SUPPORT, flags: 0x8000 });
    expect(hex(image.subarray(0, 8))).toBe('5345504401000000');
    // handle, type, cumulative, current, locality, svn, children, locality; no parent, Normal, Inactive, export allowed.
    expect(hex(image.subarray(8, 8 + 144))).toBe(`${'00'.repeat(136)}ff00000000000100`);
    expect(hex(image.subarray(-8))).toBe('00006cee00800000');
  });

  test('a context of the running simulator, byte by byte', () => {
    const dpe = simulator();
    bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509'), tci_type: 0x4141_4242, svn: 0x11 }));
    const data = new Uint8Array(48).fill(0x5a);
    const cumulative = hex(provider.hashes.digest('sha384', new Uint8Array(48), data));
    expect(hex(dpe.state.image.subarray(8, 8 + 16))).toBe('ff'.repeat(16));
    expect(hex(dpe.state.image.subarray(8 + 144, 8 + 2 * 144))).toBe(
      `${'00'.repeat(16)}42424141${cumulative}${hex(data)}00000000110000000000000000000000000000000000010000010000`,
    );
  });

  test.each([32, 48])('reads back what is written, hashes of %d bytes', (hashSize) => {
    const state = DpeState.create({ hashSize, support: 0 });
    fc.assert(
      fc.property(fc.nat({ max: 63 }), contextOf(hashSize), (index, context) => {
        state.write(index, context);
        expect(state.read(index)).toEqual(context);
        expect(state.field(index, 'tci')).toEqual(context.tci);
        expect(new DpeState(state.image.slice(), hashSize).read(index)).toEqual(context);
      }),
      { numRuns: 50 },
    );
  });

  test('refuses memory that is too small, other hashes, other indices', () => {
    fc.assert(
      fc.property(fc.nat({ max: stateSize(48) - 1 }), (size) => {
        expect(() => new DpeState(new Uint8Array(size), 48)).toThrow(RangeError);
      }),
      { numRuns: 20 },
    );
    expect(() => DpeState.create({ hashSize: 64, support: 0 })).toThrow('hashSize: 64, 32 or 48 expected');
    const state = DpeState.create({ hashSize: 48, support: 0 });
    for (const index of [-1, 64, 0.5]) expect(() => state.read(index)).toThrow(RangeError);
  });

  test('lives in the memory that it is given', () => {
    const memory = new Uint8Array(10 * 1024).fill(0xee);
    const state = DpeState.create({ hashSize: 48, support: ALL_SUPPORT }, memory);
    expect(memory[0]).toBe(0x53);
    expect(memory[stateSize(48)]).toBe(0xee);
    state.write(3, { ...state.read(3), allow_recursive: 1 });
    expect(new DpeState(memory, 48).read(3).allow_recursive).toBe(1);
  });
});

describe('contexts in place', () => {
  const chain = () => {
    const dpe = simulator();
    bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'CHANGE_LOCALITY'), tci_type: 7, target_locality: 5 }));
    bodyOf(
      derive(
        dpe,
        { flags: flags('MAKE_DEFAULT', 'CHANGE_LOCALITY'), tci_type: 8, target_locality: 6 },
        { locality: 5 },
      ),
    );
    bodyOf(send(dpe, 'InitializeContext', { flags: 0x8000_0000 }, { locality: 9 }));
    return dpe.state;
  };

  test('are found by handle and locality, type, and place in the tree', () => {
    const state = chain();
    expect(state.find(new Uint8Array(16), 6)).toBe(2);
    expect(() => state.find(new Uint8Array(16), 5)).toThrow(DpeError);
    expect(normalRoot(state)).toBe(0);
    expect(contextsOfType(state, 8)).toEqual([2]);
    expect(contextsOfType(state, 9)).toEqual([]);
    expect(state.pathToRoot(2)).toEqual([2, 1, 0]);
    expect(state.active(9)).toEqual([3]);
  });

  test('are counted by locality, retired ones included', () => {
    const state = chain();
    expect(countContexts(state)).toBe(4);
    expect(countContexts(state, (locality) => locality === 5)).toBe(1);
    expect(countContexts(state, (locality) => locality !== 5)).toBe(3);
    expect(state.read(1)).toMatchObject({ state: CONTEXT_STATE.RETIRED, handle: INVALID_HANDLE, parent_idx: 0 });
    expect(state.read(0).parent_idx).toBe(ROOT_INDEX);
  });

  test('take measurements as they are, or one more', () => {
    const state = chain();
    const current = new Uint8Array(48).fill(1);
    const cumulative = new Uint8Array(48).fill(2);
    setMeasurement(state, 0, current, cumulative);
    const crypto = { hash: (...parts: readonly Uint8Array[]) => provider.hashes.digest('sha384', ...parts) };
    const before = state.image.slice();
    expect(updateMeasurement(state, crypto, 0, current)).toBe(false);
    expect(state.image).toEqual(before);
    const next = new Uint8Array(48).fill(3);
    expect(updateMeasurement(state, crypto, 0, next)).toBe(true);
    expect(state.read(0).tci).toMatchObject({
      tci_current: next,
      tci_cumulative: provider.hashes.digest('sha384', cumulative, next),
    });
    expect(() => validateState(state)).not.toThrow();
  });
});
