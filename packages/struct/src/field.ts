import { StructError } from './error.ts';

/** One row of a layout table: where a field lies and how it is stored. */
export interface LayoutRow {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  readonly type: string;
}

/**
 * Wire layout of one field: no state, fixed size in bytes unless `variable`. It works on bytes, not on a DataView: for a
 * short message the view would cost more than all the rest.
 *
 * A variable field has the minimum size in `size`, takes all bytes up to the end of its buffer, and may only stand last.
 */
export interface Field<T> {
  readonly size: number;
  readonly variable?: boolean;
  /** Short name of the stored type, for layout tables: `u32`, `bytes[48]`. */
  readonly type: string;
  read(memory: Uint8Array, offset: number): T;
  /** @throws StructError if `value` does not fit */
  write(memory: Uint8Array, offset: number, value: T): void;
  /** Bytes that `value` needs. Only a variable field has it. */
  sizeOf?(value: T): number;
  /** Rows of the fields inside, offsets relative to this field. A leaf has none. */
  readonly rows?: readonly LayoutRow[];
}

export type Infer<F> = F extends Field<infer T> ? T : never;

/** @internal The error of a leaf: the struct around it adds its own name and offset. */
export function fieldError(reason: string): StructError {
  return new StructError('', 0, reason);
}

interface IntegerFormat {
  readonly type: string;
  readonly size: 1 | 2 | 4;
  readonly littleEndian: boolean;
}

function integer({ type, size, littleEndian }: IntegerFormat): Field<number> {
  const bits = size * 8;
  const max = 2 ** bits - 1;
  const shift = (byte: number): number => 8 * (littleEndian ? byte : size - 1 - byte);
  return {
    size,
    type,
    read(memory, offset) {
      let value = 0;
      for (let i = 0; i < size; i++) value |= (memory[offset + i] as number) << shift(i);
      return value >>> 0;
    },
    write(memory, offset, value) {
      if (!(Number.isInteger(value) && value >= 0 && value <= max))
        throw fieldError(`${String(value)} is not an unsigned ${bits}-bit integer`);
      for (let i = 0; i < size; i++) memory[offset + i] = value >>> shift(i);
    },
  };
}

export const u8: Field<number> = integer({ type: 'u8', size: 1, littleEndian: true });
export const u16: Field<number> = integer({ type: 'u16', size: 2, littleEndian: true });
export const u32: Field<number> = integer({ type: 'u32', size: 4, littleEndian: true });
export const u16be: Field<number> = integer({ type: 'u16be', size: 2, littleEndian: false });
export const u32be: Field<number> = integer({ type: 'u32be', size: 4, littleEndian: false });

/** A plain copy, also of a Node Buffer's bytes, whose own slice() would be an alias. */
function copyOf(memory: Uint8Array, offset: number, end: number): Uint8Array {
  return new Uint8Array(memory.subarray(offset, end));
}

function requireBytes(value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw fieldError(`expected a Uint8Array, got ${typeof value}`);
}

/** `size` raw bytes. Reading copies: a decoded message must not change when its buffer is reused. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    size,
    type: `bytes[${size}]`,
    read: (memory, offset) => copyOf(memory, offset, offset + size),
    write(memory, offset, value) {
      requireBytes(value);
      if (value.length !== size) throw fieldError(`${value.length} bytes, not ${size}`);
      memory.set(value, offset);
    },
  };
}

/** All bytes up to the end of the buffer; only as the last field of a struct. */
export const rest: Field<Uint8Array> = {
  size: 0,
  variable: true,
  type: 'bytes[…]',
  read: (memory, offset) => copyOf(memory, offset, memory.length),
  write(memory, offset, value) {
    requireBytes(value);
    memory.set(value, offset);
  },
  sizeOf(value) {
    requireBytes(value);
    return value.length;
  },
};

/** Reverses every group of four bytes in place. @returns the same array */
function reverseGroups(value: Uint8Array): Uint8Array {
  for (let i = 0; i < value.length; i += 4) {
    const [a, b, c, d] = [value[i], value[i + 1], value[i + 2], value[i + 3]] as [number, number, number, number];
    value[i] = d;
    value[i + 1] = c;
    value[i + 2] = b;
    value[i + 3] = a;
  }
  return value;
}

/**
 * A natural byte string (hash, big-endian scalar) stored as little-endian 32-bit words: every group of four bytes is
 * reversed. The "hw format" of keys, digests and signatures in manifests and messages.
 *
 * @param size - multiple of 4
 */
export function hwBytes(size: number): Field<Uint8Array> {
  if (size % 4 !== 0) throw new RangeError(`size: ${size} is not a multiple of 4`);
  const plain = bytes(size);
  return {
    size,
    type: `u32[${size / 4}] of bytes[${size}]`,
    read: (memory, offset) => reverseGroups(plain.read(memory, offset)),
    write(memory, offset, value) {
      requireBytes(value);
      if (value.length !== size) throw fieldError(`${value.length} bytes, not ${size}`);
      plain.write(memory, offset, reverseGroups(new Uint8Array(value)));
    },
  };
}

/** A copy with the bytes of each 32-bit word reversed: words as a little-endian memory holds them, and back. */
export function swapWords(value: Uint8Array): Uint8Array {
  if (value.length % 4 !== 0) throw new RangeError(`value: ${value.length} bytes are not whole words`);
  return reverseGroups(new Uint8Array(value));
}

/** `count` times `element`, one after the other. */
export function array<T>(element: Field<T>, count: number): Field<readonly T[]> {
  if (element.variable) throw new TypeError('element: a field of variable size cannot repeat');
  const inner = element.rows;
  const rows =
    inner &&
    Array.from({ length: count }, (_, i) =>
      inner.map((row) => ({ ...row, path: `[${i}].${row.path}`, offset: row.offset + i * element.size })),
    ).flat();
  return {
    size: element.size * count,
    type: `${element.type}[${count}]`,
    ...(rows === undefined ? {} : { rows }),
    read: (memory, offset) => Array.from({ length: count }, (_, i) => element.read(memory, offset + i * element.size)),
    write(memory, offset, value) {
      if (!Array.isArray(value)) throw fieldError(`expected an array, got ${typeof value}`);
      if (value.length !== count) throw fieldError(`${value.length} elements, not ${count}`);
      value.forEach((item, i) => {
        try {
          element.write(memory, offset + i * element.size, item);
        } catch (error) {
          throw nested(error, `[${i}]`, i * element.size);
        }
      });
    },
  };
}

/** @internal Adds the enclosing name and offset to an error on its way out. */
export function nested(error: unknown, name: string, offset: number): unknown {
  if (!(error instanceof StructError)) return error;
  const joint = error.path === '' || error.path.startsWith('[') ? '' : '.';
  return new StructError(`${name}${joint}${error.path}`, offset + error.offset, error.reason);
}
