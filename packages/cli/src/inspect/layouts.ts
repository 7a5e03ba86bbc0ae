import { bytesToHex } from '@rootcap/crypto';
import { CSR_ENVELOPE } from '@rootcap/dice';
import { MESSAGE_LAYOUTS, TABLE_LAYOUTS } from '@rootcap/firmware';
import * as image from '@rootcap/image';
import type { LayoutRow, Struct } from '@rootcap/struct';
import { hexWord } from '../values.ts';

/** A layout whatever its values are. */
export type AnyStruct = Struct<Readonly<Record<string, unknown>>>;

function isStruct(value: unknown): value is AnyStruct {
  return typeof value === 'object' && value !== null && 'layout' in value && 'decodeFrom' in value && 'name' in value;
}

/** Every layout that can be printed, by name. */
export const LAYOUTS: ReadonlyMap<string, AnyStruct> = new Map(
  (
    [
      ...Object.values(image),
      ...TABLE_LAYOUTS.values(),
      ...MESSAGE_LAYOUTS.values(),
      CSR_ENVELOPE,
    ] as readonly unknown[]
  )
    .filter(isStruct)
    .map((layout) => [layout.name, layout] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** One field of a structure: where it lies and what it holds. */
export interface FieldView {
  readonly offset: number;
  readonly size: number;
  readonly field: string;
  readonly type: string;
  readonly value: unknown;
}

/** `a.b[2].c` → `['a', 'b', '2', 'c']`. */
function steps(path: string): string[] {
  return path.split(/[.[\]]+/).filter((step) => step !== '');
}

function valueAt(value: unknown, path: string): unknown {
  return steps(path).reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<string, unknown>>)[step] : undefined,
    value,
  );
}

/** Every field of a structure at the front of `data`. @throws StructError if there are too few bytes */
export function fieldViews(layout: AnyStruct, data: Uint8Array, base = 0): FieldView[] {
  const decoded = layout.decodeFrom(data, base);
  return layout.layout.map(({ offset, path, size, type }: LayoutRow) => ({
    offset: base + offset,
    size,
    field: path,
    type,
    value: valueAt(decoded, path),
  }));
}

const SHOWN_BYTES = 48;

function bytesText(bytes: Uint8Array, full: boolean): string {
  if (bytes.length === 0) return '(empty)';
  if (bytes.length > 4 && bytes.every((byte) => byte === 0)) return 'all zero';
  if (full || bytes.length <= SHOWN_BYTES) return bytesToHex(bytes);
  return `${bytesToHex(bytes.subarray(0, SHOWN_BYTES / 2))}… (${bytes.length} bytes)`;
}

/** ASCII in a word, as markers have it, else nothing. */
function asciiOf(value: number): string {
  const bytes = [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  return bytes.every((byte) => byte >= 0x21 && byte < 0x7f) ? ` "${String.fromCharCode(...bytes)}"` : '';
}

/** A value as text. Long bytes are cut unless `full`. */
export function valueText(value: unknown, full: boolean): string {
  if (value instanceof Uint8Array) return bytesText(value, full);
  if (typeof value === 'number') return `${value} (${hexWord(value)}${asciiOf(value)})`;
  if (!Array.isArray(value)) return String(value);
  if (value.length > 4 && value.every((item) => item === 0)) return 'all zero';
  return value.map((item) => (typeof item === 'number' ? hexWord(item) : valueText(item, full))).join(' ');
}
