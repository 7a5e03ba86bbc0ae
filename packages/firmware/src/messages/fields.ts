import { type Struct, StructError } from '@rootcap/struct';
import type { AnyLayout } from '../all-layouts.ts';
import type { RequestLength } from '../runtime/command.ts';
import type { CommandName } from './command-ids.ts';
import type { COMMAND_MESSAGES } from './interface.ts';
import { MailboxRespHeader } from './layouts/header.ts';

/** Layouts of a command's messages, as {@link COMMAND_MESSAGES} has them. */
export interface Messages {
  readonly request?: object;
  readonly response?: object;
}

/** `data_size` beside `data`, `fw_id_count` beside `fw_ids`: follows from what it counts. */
type SizeName<T> = {
  [K in keyof T & string]: K extends `${infer F}_${'size' | 'len' | 'length'}`
    ? F extends keyof T
      ? K
      : never
    : K extends `${infer F}_count`
      ? `${F}s` extends keyof T
        ? K
        : never
      : never;
}[keyof T & string];

/** `length` of the debug unlock messages, in words. */
type WordCount<T> = T extends { readonly unlock_level: number; readonly length: number } ? 'length' : never;

type Left<T> =
  | SizeName<T>
  | WordCount<T>
  | Extract<keyof T, `reserved${string}` | `padding${string}` | `_padding${string}`>;

type Fields<T> = { readonly [K in Exclude<keyof T, 'hdr' | 'chksum' | Left<T>>]: T[K] } & {
  readonly [K in Left<T> & keyof T]?: T[K];
};

/** What a client says in a request: without header; sizes, counts and reserved fields may be left out. */
export type RequestFields<M extends Messages> = M extends { readonly request: Struct<infer T> }
  ? Fields<T>
  : Uint8Array | undefined;

type Flat<T> = { readonly [K in Exclude<keyof T, 'hdr' | 'info' | 'chksum'>]: T[K] } & (T extends {
  readonly hdr: infer H;
}
  ? Flat<H>
  : unknown) &
  (T extends { readonly info: infer I } ? (I extends { readonly hdr: object } ? Flat<I> : unknown) : unknown);

/** What a response says: the fields of its headers beside its own, without checksum, data cut to its size. */
export type ResponseFields<M extends Messages> = M extends { readonly response: Struct<infer T> }
  ? { readonly [K in keyof Flat<T>]: Flat<T>[K] }
  : Uint8Array;

/** Request and response of a command of the interface. */
export type MessagesOf<Name extends CommandName> = (typeof COMMAND_MESSAGES)[Name];

/** Sizes whose name does not say of what: by layout, the field that they are of. */
const OTHER_SIZES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CertifyKeyExtendedResp: { certify_key_resp: 'size' },
  CertifyKeyChunksResp: { certify_key_resp: 'chunk_len' },
  CmAesResp: { output: 'output_size' },
};
/** Size in a header, of the field behind the header. */
const SIZE_IN_HEADER = 'data_len';

/** Messages whose `length` is that of the message in words, without checksum. */
const COUNTED_IN_WORDS = ['ProductionAuthDebugUnlockReq', 'ProductionAuthDebugUnlockToken'];

type Values = Readonly<Record<string, unknown>>;

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);
}

/** Name of the field that says how much of `name` is in use, if there is one. */
export function sizeNameOf(layout: AnyLayout, name: string): string | undefined {
  const other = OTHER_SIZES[layout.name]?.[name];
  if (other !== undefined) return other;
  const names = layout.fieldNames;
  const candidates = [`${name}_size`, `${name}_len`, `${name}_length`, `${name.replace(/s$/, '')}_count`];
  const size = candidates.find((candidate) => names.includes(candidate));
  if (size !== undefined || names[0] !== 'hdr' || names[1] !== name) return size;
  const inHeader = layout.member('hdr').field.rows?.map(({ path }) => path) ?? [];
  return [SIZE_IN_HEADER, ...candidates].find((candidate) => inHeader.includes(candidate));
}

/** A value filled up to the room of its field; as it is if it has no size. */
function filledUp(empty: unknown, value: unknown): unknown {
  if (empty instanceof Uint8Array && value instanceof Uint8Array && value.length < empty.length) {
    const whole = new Uint8Array(empty.length);
    whole.set(value);
    return whole;
  }
  if (Array.isArray(empty) && Array.isArray(value)) return [...value, ...empty.slice(value.length)];
  return value;
}

const lengthOf = (value: unknown): number => (value instanceof Uint8Array || Array.isArray(value) ? value.length : 0);

/** Fields over those of zero bytes, sizes filled in. Names that are no field stay, for `encode` to refuse. */
function completed(layout: AnyLayout, empty: Values, fields: Values): Values {
  const value: Record<string, unknown> = { ...empty, ...fields };
  for (const name of layout.fieldNames) {
    const given = fields[name];
    const size = sizeNameOf(layout, name);
    if (size !== undefined && size in empty) {
      if (!(size in fields)) value[size] = lengthOf(given);
      if (given !== undefined) value[name] = filledUp(empty[name], given);
    } else if (isValues(empty[name]) && isValues(given)) {
      value[name] = completed(layout.member(name).field as unknown as AnyLayout, empty[name], given);
    }
  }
  if (COUNTED_IN_WORDS.includes(layout.name) && !('length' in fields)) value.length = (layout.size - 4) / 4;
  return value;
}

/** The last field, if a size says how much of it is in use. */
function tailOf(
  layout: AnyLayout,
): { readonly name: string; readonly offset: number; readonly size: string } | undefined {
  const name = layout.fieldNames.at(-1) as string;
  const size = sizeNameOf(layout, name);
  return size === undefined ? undefined : { name, offset: layout.offsetOf(name), size };
}

/** A request with zeros in the place of its checksum. */
export interface RequestOptions {
  /** How the command judges lengths: unless `exact`, a message ends with the used part of its data. Default `exact`. */
  readonly length?: RequestLength | undefined;
}

/**
 * A whole request from its fields, to be sealed. What is left out is zero bytes; sizes and counts follow from what they are of.
 *
 * @throws StructError naming a field that does not exist or does not fit
 */
export function encodeRequest(
  layout: AnyLayout,
  fields: Values,
  { length = 'exact' }: RequestOptions = {},
): Uint8Array {
  const value = completed(layout, layout.decode(new Uint8Array(layout.size)), fields);
  const message = layout.encode(value);
  const tail = length === 'exact' ? undefined : tailOf(layout);
  if (tail === undefined) return message;
  const announced = Number(value[tail.size]);
  const given = lengthOf(fields[tail.name]);
  return message.subarray(0, Math.min(message.length, tail.offset + (given === 0 ? announced : given)));
}

/** Headers beside the fields behind them. */
function flattened(value: Values): Values {
  const { hdr, info, chksum: _, ...own } = value;
  const isHeader = isValues(info) && 'hdr' in info;
  return {
    ...(isValues(hdr) ? flattened(hdr) : {}),
    ...(isHeader ? flattened(info) : {}),
    ...own,
    ...(info === undefined || isHeader ? {} : { info }),
  };
}

/**
 * The fields of a response: those of its headers beside its own, without checksum, data cut to its size. A response that the
 * device wrote elsewhere is a header here, and its data is empty.
 *
 * @throws StructError if the response is not one of this layout
 */
export function decodeResponse(layout: AnyLayout, data: Uint8Array): Values {
  const tail = tailOf(layout);
  const isHeader = tail !== undefined && data.length === MailboxRespHeader.size;
  const least = tail?.offset ?? layout.size;
  if (!isHeader && (data.length < least || data.length > layout.size))
    throw new StructError(
      layout.name,
      0,
      `${data.length} bytes, ${least === layout.size ? '' : 'at least '}${least} needed`,
    );
  const whole = new Uint8Array(layout.size);
  whole.set(data);
  const value: Record<string, unknown> = { ...flattened(layout.decode(whole)) };
  for (const name of layout.fieldNames) {
    const size = sizeNameOf(layout, name);
    const field = value[name];
    if (size !== undefined && field instanceof Uint8Array) value[name] = field.slice(0, Number(value[size]));
  }
  return value;
}
