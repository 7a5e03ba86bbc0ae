import type { AnyLayout } from '@rootcap/firmware';
import type { Field } from '@rootcap/struct';
import { UsageError } from '../errors.ts';
import { isRecord, type JsonObject } from '../json.ts';
import { parseHex, parseInteger, parseIntegers } from '../values.ts';
import type { FieldInput } from './request.ts';

/** Where values come from that are not typed out. */
export interface ValueSources {
  /** Contents of a file: `@path`. */
  read(path: string, argument: string): Uint8Array;
  /** Field of the last response that has one of this name: `last.name`. */
  last(name: string): unknown;
}

type AnyField = Field<unknown>;

function asLayout(field: AnyField): AnyLayout | undefined {
  return 'fieldNames' in field ? (field as unknown as AnyLayout) : undefined;
}

const INTEGER = /^u(8|16|32)(be)?$/;
const INTEGERS = /^u(8|16|32)(be)?\[\d+\]$/;

/** Headers are made, not typed. */
export const isHeader = (name: string): boolean => name === 'hdr' || name === 'chksum';

/** Fields of a request that a client says something about. */
export function requestFields(layout: AnyLayout): { readonly name: string; readonly field: AnyField }[] {
  return layout.fieldNames
    .filter((name) => !isHeader(name))
    .map((name) => ({ name, field: layout.member(name).field }));
}

/** Bytes from text: hexadecimal, `text:…`, or `@file`. */
function bytesFrom(text: string, argument: string, sources: ValueSources): Uint8Array {
  if (text.startsWith('@')) return sources.read(text.slice(1), argument);
  if (text.startsWith('text:')) return new TextEncoder().encode(text.slice(5));
  return parseHex(text, argument);
}

function fromText(field: AnyField, text: string, argument: string, sources: ValueSources): unknown {
  if (text.startsWith('last.')) {
    const value = sources.last(text.slice(5));
    if (value === undefined) throw new UsageError(`${argument}: no response has had a field ${text.slice(5)} yet`);
    const layout = asLayout(field);
    return layout !== undefined && value instanceof Uint8Array ? structure(layout, value, argument) : value;
  }
  if (INTEGER.test(field.type)) return parseInteger(text, argument);
  if (INTEGERS.test(field.type)) return parseIntegers([text], argument);
  const bytes = bytesFrom(text, argument, sources);
  const layout = asLayout(field);
  return layout === undefined ? bytes : structure(layout, bytes, argument);
}

/** A field that is itself a structure, from its bytes. */
function structure(layout: AnyLayout, bytes: Uint8Array, argument: string): unknown {
  if (bytes.length !== layout.size)
    throw new UsageError(`${argument}: expected ${layout.size} bytes of ${layout.name}, got ${bytes.length}`);
  return layout.decode(bytes);
}

function fromJson(field: AnyField, value: unknown, argument: string, sources: ValueSources): unknown {
  if (typeof value === 'string') return fromText(field, value, argument, sources);
  const layout = asLayout(field);
  if (layout === undefined || !isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const path = `${argument}.${name}`;
      return [name, fromJson(fieldNamed(layout, name, path), inner, path, sources)];
    }),
  );
}

function fieldNamed(layout: AnyLayout, name: string, argument: string): AnyField {
  if (layout.fieldNames.includes(name) && !isHeader(name)) return layout.member(name).field;
  const known = requestFields(layout).map((field) => field.name);
  const list = known.length === 0 ? 'it has no fields' : `known are ${known.join(', ')}`;
  throw new UsageError(`${argument}: ${layout.name} has no field ${name}; ${list}`);
}

/** `a.b=value` sets a field inside a field. */
function assign(
  layout: AnyLayout,
  path: readonly string[],
  text: string,
  argument: string,
  sources: ValueSources,
  into: JsonObject,
): JsonObject {
  const [name = '', ...inner] = path;
  const field = fieldNamed(layout, name, argument);
  if (inner.length === 0) return { ...into, [name]: fromText(field, text, argument, sources) };
  const nested = asLayout(field);
  if (nested === undefined) throw new UsageError(`${argument}: ${name} has no fields of its own`);
  const before = into[name];
  return { ...into, [name]: assign(nested, inner, text, argument, sources, isRecord(before) ? before : {}) };
}

/** Values of a request's fields from what was typed. @throws UsageError naming the field */
export function valuesOf(layout: AnyLayout, { assignments, json }: FieldInput, sources: ValueSources): JsonObject {
  if (json !== undefined && !isRecord(json)) throw new UsageError('--json-fields: expected a JSON object of fields');
  let values: JsonObject = {};
  for (const [name, value] of Object.entries(json ?? {}))
    values = { ...values, [name]: fromJson(fieldNamed(layout, name, name), value, name, sources) };
  for (const [path, text] of assignments) values = assign(layout, path.split('.'), text, path, sources, values);
  return values;
}

/** Fields of a response as they are shown: a field that is itself a structure as its bytes, to be handed on as it is. */
export function shownFields(layout: AnyLayout, values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const inner =
        isRecord(value) && layout.fieldNames.includes(name) ? asLayout(layout.member(name).field) : undefined;
      return [name, inner === undefined ? value : inner.encode(value as Record<string, unknown>)];
    }),
  );
}
