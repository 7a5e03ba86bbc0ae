import { type Field, StructError, u32 } from '@rootcap/struct';

const U64_MAX = (1n << 64n) - 1n;

/** Unsigned 64-bit integer, little-endian. */
export const u64: Field<bigint> = {
  size: 8,
  type: 'u64',
  read: (memory, offset) => BigInt(u32.read(memory, offset)) | (BigInt(u32.read(memory, offset + 4)) << 32n),
  write(memory, offset, value) {
    if (typeof value !== 'bigint' || value < 0n || value > U64_MAX)
      throw new StructError('', 0, `${String(value)} is not an unsigned 64-bit bigint`);
    u32.write(memory, offset, Number(value & 0xffff_ffffn));
    u32.write(memory, offset + 4, Number(value >> 32n));
  },
};

/** ASCII text in `size` bytes, filled up with `pad`; reading drops the filling. */
function text(size: number, pad: 0 | 0x20): Field<string> {
  return {
    size,
    type: `text[${size}]`,
    read(memory, offset) {
      let end = offset + size;
      if (pad === 0) {
        const zero = memory.subarray(offset, end).indexOf(0);
        if (zero >= 0) end = offset + zero;
      } else while (end > offset && memory[end - 1] === pad) end--;
      return String.fromCharCode(...memory.subarray(offset, end));
    },
    write(memory, offset, value) {
      if (typeof value !== 'string' || value.length > size || !/^[\x20-\x7e]*$/.test(value))
        throw new StructError('', 0, `${JSON.stringify(value)} is not ASCII text of at most ${size} characters`);
      memory.fill(pad, offset, offset + size);
      for (let i = 0; i < value.length; i++) memory[offset + i] = value.charCodeAt(i);
    },
  };
}

/** Text that ends with a zero byte, as NQNs do; `size` counts that byte. */
export const zeroTerminated = (size: number): Field<string> => text(size, 0);

/** Text filled up with spaces, as serial and model numbers are. */
export const spacePadded = (size: number): Field<string> => text(size, 0x20);
