import { StructError } from './error.ts';
import { type Field, fieldError, type Infer, type LayoutRow, nested } from './field.ts';

export type Values<F extends Record<string, Field<unknown>>> = { readonly [K in keyof F]: Infer<F[K]> };

/** A wire layout: codec, type and layout table in one value. Itself a field, so structs nest. */
export interface Struct<T> extends Field<T> {
  readonly name: string;
  /** Names of the fields, in order. */
  readonly fieldNames: readonly (keyof T & string)[];
  /** One row per leaf field. */
  readonly layout: readonly LayoutRow[];
  /** Byte offset of a field. @throws RangeError for a name that is not a field */
  offsetOf(field: keyof T & string): number;
  /** One field and where it lies. @throws RangeError for a name that is not a field */
  member<K extends keyof T & string>(field: K): { readonly offset: number; readonly field: Field<T[K]> };
  /** @throws StructError if `input` is shorter or longer than the layout */
  decode(input: Uint8Array): T;
  /** @throws StructError naming path and offset of the first value that does not fit */
  encode(value: T): Uint8Array;
  /** Decodes the front of a longer buffer. @throws StructError if `input` is too short */
  decodeFrom(input: Uint8Array, offset?: number): T;
}

interface Placed {
  readonly name: string;
  readonly field: Field<unknown>;
  readonly offset: number;
}

function place(name: string, fields: Record<string, Field<unknown>>): Placed[] {
  let offset = 0;
  const entries = Object.entries(fields);
  return entries.map(([fieldName, field], i) => {
    if (field.variable && i !== entries.length - 1)
      throw new TypeError(`${name}.${fieldName}: a field of variable size must be the last one`);
    const placed = { name: fieldName, field, offset };
    offset += field.size;
    return placed;
  });
}

function layoutOf(placed: readonly Placed[]): LayoutRow[] {
  return placed.flatMap(({ name, field, offset }) => {
    if (field.rows === undefined) return [{ path: name, offset, size: field.size, type: field.type }];
    return field.rows.map((row) => ({
      ...row,
      path: row.path.startsWith('[') ? `${name}${row.path}` : `${name}.${row.path}`,
      offset: row.offset + offset,
    }));
  });
}

/**
 * Declares a wire layout.
 *
 * @example
 * const Header = struct('Header', { marker: u32, digest: bytes(48) });
 * Header.encode({ marker: 1, digest });   // 52 bytes
 * Header.decode(input).marker;            // number
 */
export function struct<const F extends Record<string, Field<unknown>>>(name: string, fields: F): Struct<Values<F>>;
export function struct(name: string, fields: Record<string, Field<unknown>>): Struct<Record<string, unknown>> {
  const placed = place(name, fields);
  const size = placed.reduce((sum, { field }) => sum + field.size, 0);
  const tail = placed.at(-1);
  const variable = tail?.field.variable === true;
  const rows = layoutOf(placed);

  const read = (memory: Uint8Array, offset: number): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (const part of placed) value[part.name] = part.field.read(memory, offset + part.offset);
    return value;
  };

  const byName = new Map(placed.map((part) => [part.name, part]));

  const write = (memory: Uint8Array, offset: number, value: Record<string, unknown>): void => {
    checkNames(placed, byName, value);
    for (const part of placed) {
      try {
        part.field.write(memory, offset + part.offset, value[part.name]);
      } catch (error) {
        throw nested(error, part.name, part.offset);
      }
    }
  };

  const sizeOf = (value: Record<string, unknown>): number => {
    if (!variable || tail === undefined) return size;
    try {
      return tail.offset + (tail.field.sizeOf?.(value[tail.name]) ?? tail.field.size);
    } catch (error) {
      throw nested(error, tail.name, tail.offset);
    }
  };

  const member = (field: string): Placed => {
    const part = byName.get(field);
    if (part === undefined) throw new RangeError(`field: ${name} has no "${field}"`);
    return part;
  };

  const decodeFrom = (input: Uint8Array, offset = 0): Record<string, unknown> => {
    if (input.length - offset < size)
      throw new StructError(name, offset, `${input.length - offset} bytes, at least ${size} needed`);
    return read(input, offset);
  };

  return {
    name,
    size,
    type: name,
    ...(variable ? { variable, sizeOf } : {}),
    rows,
    layout: rows,
    fieldNames: placed.map((part) => part.name),
    offsetOf: (field) => member(field).offset,
    member,
    read,
    write,
    decodeFrom,
    decode(input) {
      if (!variable && input.length !== size) throw new StructError(name, 0, `${input.length} bytes, not ${size}`);
      return decodeFrom(input);
    },
    encode(value) {
      try {
        if (typeof value !== 'object' || value === null) throw fieldError(`expected an object, got ${String(value)}`);
        // A variable field's size comes from its value; write() checks the names of the others.
        if (variable) checkNames(placed, byName, value);
        const output = new Uint8Array(sizeOf(value));
        write(output, 0, value);
        return output;
      } catch (error) {
        throw nested(error, name, 0);
      }
    },
  };
}

function checkNames(
  placed: readonly Placed[],
  byName: ReadonlyMap<string, Placed>,
  value: Record<string, unknown>,
): void {
  if (typeof value !== 'object' || value === null) throw fieldError(`expected an object, got ${String(value)}`);
  for (const { name, offset } of placed)
    if (!Object.hasOwn(value, name)) throw new StructError(name, offset, 'missing');
  const names = Object.keys(value);
  if (names.length === placed.length) return;
  for (const name of names) if (!byName.has(name)) throw new StructError(name, 0, 'not a field of this struct');
}
