import { nested } from './field.ts';
import type { Struct } from './struct.ts';

/**
 * A struct that stays in memory: fields are read and written one at a time, in place. For tables that live in a
 * device's memory and are too large to decode whole at each access.
 */
export class StructView<T> {
  readonly struct: Struct<T>;
  /** The bytes of the struct itself: an alias of the memory, not a copy. */
  readonly bytes: Uint8Array;

  /** @throws RangeError if the struct does not fit at `offset` */
  constructor(struct: Struct<T>, memory: Uint8Array, offset = 0) {
    if (offset < 0 || offset + struct.size > memory.length)
      throw new RangeError(
        `offset: ${struct.name} (${struct.size} bytes) does not fit at ${offset} of ${memory.length}`,
      );
    this.struct = struct;
    this.bytes = memory.subarray(offset, offset + struct.size);
  }

  /** Decoded value of one field; bytes are copied. */
  get<K extends keyof T & string>(name: K): T[K] {
    const { offset, field } = this.struct.member(name);
    return field.read(this.bytes, offset);
  }

  /** @throws StructError if the value does not fit the field */
  set<K extends keyof T & string>(name: K, value: T[K]): void {
    const { offset, field } = this.struct.member(name);
    try {
      field.write(this.bytes, offset, value);
    } catch (error) {
      throw nested(error, `${this.struct.name}.${name}`, offset);
    }
  }

  /** The stored bytes of one field: an alias of the memory. */
  slice(name: keyof T & string): Uint8Array {
    const { offset, field } = this.struct.member(name);
    return this.bytes.subarray(offset, offset + field.size);
  }
}
