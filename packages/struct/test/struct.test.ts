import { describe, expect, test } from '@jest/globals';
import {
  array,
  bit,
  bitField,
  bits,
  bytes,
  hwBytes,
  pack,
  register,
  rest,
  StructError,
  StructView,
  struct,
  u8,
  u16,
  u32,
  unpack,
} from '@rootcap/struct';
import fc from 'fast-check';

const Inner = struct('Inner', { kind: u8, reserved: bytes(3), digest: hwBytes(8) });
const Outer = struct('Outer', {
  marker: u32,
  entries: array(Inner, 2),
  flags: bitField({ valid: bit(0), level: bits(7, 4) }),
  tail: rest,
});
const inner = { kind: 7, reserved: Uint8Array.of(1, 2, 3), digest: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
const outer = { marker: 0x11223344, entries: [inner, inner], flags: { valid: 1, level: 5 }, tail: Uint8Array.of(9) };

describe('struct', () => {
  test('places fields in order, little-endian', () => {
    const encoded = Outer.encode(outer);
    expect(encoded.length).toBe(4 + 24 + 4 + 1);
    expect([...encoded.subarray(0, 4)]).toEqual([0x44, 0x33, 0x22, 0x11]);
    expect([...encoded.subarray(8, 16)]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
    expect([...encoded.subarray(28)]).toEqual([0x51, 0, 0, 0, 9]);
    expect(Outer.decode(encoded)).toEqual(outer);
  });
  test('has a layout table down to the leaves', () => {
    expect(Outer.layout.map((row) => `${row.path}@${row.offset}`)).toEqual([
      'marker@0',
      'entries[0].kind@4',
      'entries[0].reserved@5',
      'entries[0].digest@8',
      'entries[1].kind@16',
      'entries[1].reserved@17',
      'entries[1].digest@20',
      'flags@28',
      'tail@32',
    ]);
  });
  test('an error names the path and the offset', () => {
    const bad = { ...outer, entries: [inner, { ...inner, kind: 256 }] };
    expect(() => Outer.encode(bad)).toThrow('Outer.entries[1].kind at byte 16: 256 is not an unsigned 8-bit integer');
  });
  test('refuses missing and extra properties', () => {
    const { kind: _, ...missing } = inner;
    expect(() => Inner.encode(missing as never)).toThrow('Inner.kind at byte 0: missing');
    expect(() => Inner.encode({ ...inner, kin: 1 } as never)).toThrow(
      'Inner.kin at byte 0: not a field of this struct',
    );
  });
  test('copies, never aliases', () => {
    const encoded = Inner.encode(inner);
    const decoded = Inner.decode(encoded);
    encoded.fill(0);
    expect(decoded).toEqual(inner);
  });
  test('a field of variable size must be last', () => {
    expect(() => struct('Bad', { tail: rest, after: u16 })).toThrow(TypeError);
  });
  test('decode ∘ encode is the identity, and every other length is refused', () => {
    const shape = { a: u8, b: u16, c: u32, d: bytes(5) };
    const Any = struct('Any', shape);
    fc.assert(
      fc.property(
        fc.record({
          a: fc.nat(0xff),
          b: fc.nat(0xffff),
          c: fc.integer({ min: 0, max: 0xffff_ffff }),
          d: fc.uint8Array({ minLength: 5, maxLength: 5 }),
        }),
        fc.nat(Any.size - 1),
        (value, length) => {
          const encoded = Any.encode(value);
          expect(Any.decode(encoded)).toEqual(value);
          expect(() => Any.decode(encoded.subarray(0, length))).toThrow(StructError);
          expect(() => Any.decode(new Uint8Array([...encoded, 0]))).toThrow(StructError);
        },
      ),
    );
  });
});

describe('StructView', () => {
  test('reads and writes fields in place', () => {
    const memory = new Uint8Array(32).fill(0xff);
    const view = new StructView(Inner, memory, 4);
    view.set('kind', 9);
    view.set('digest', inner.digest);
    expect(view.get('kind')).toBe(9);
    expect([...memory.subarray(4, 16)]).toEqual([9, 255, 255, 255, 4, 3, 2, 1, 8, 7, 6, 5]);
    expect([...view.slice('digest')]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
    expect(() => view.set('kind', -1)).toThrow('Inner.kind at byte 0');
    expect(() => new StructView(Inner, memory, 21)).toThrow(RangeError);
  });
});

describe('register', () => {
  const KEY_CTRL = register(0, {
    count: 24,
    fields: { lock_wr: bit(0), lock_use: bit(1), dest_valid: bits(17, 9), last_dword: bits(21, 18) },
  });
  test('unpack and pack are inverse', () => {
    expect(unpack(KEY_CTRL, 0x1e2a02)).toEqual({ lock_wr: 0, lock_use: 1, dest_valid: 0x115, last_dword: 7 });
    expect(pack(KEY_CTRL, unpack(KEY_CTRL, 0x1e2a02))).toBe(0x1e2a02);
  });
  test('a write reaches the bits of the fields, all bits without fields, or those that are named', () => {
    expect([KEY_CTRL.writable, register(0).writable, register(0, { writable: 6 }).writable]).toEqual([
      0x3ffe03, 0xffff_ffff, 6,
    ]);
  });
  test('is plain, reset by a warm reset, modelled, not locked unless it says so', () => {
    const { write, clearedBy, uc, soc } = register(4);
    expect([write, clearedBy, uc, soc]).toEqual(['value', 'warm', 'rw', 'rw']);
    expect(register(4)).not.toHaveProperty('idle');
    expect(register(4, { lockedBy: 'LOCK', idle: 'why', write: 'w1c', clearedBy: 'cold' })).toMatchObject({
      lockedBy: 'LOCK',
      idle: 'why',
      write: 'w1c',
      clearedBy: 'cold',
    });
  });
  test('a value that needs more bits than its field is refused', () => {
    expect(() => pack(KEY_CTRL, { last_dword: 16 })).toThrow('16 does not fit 4 bits');
  });
});
