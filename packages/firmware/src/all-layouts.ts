import type { Struct } from '@rootcap/struct';
import * as tables from './memory/tables.ts';
import * as messages from './messages/layouts.ts';

/** A layout whatever its values are. */
type AnyStruct = Struct<Readonly<Record<string, unknown>>>;

function isStruct(value: unknown): value is AnyStruct {
  return typeof value === 'object' && value !== null && 'layout' in value && 'decodeFrom' in value;
}

function layoutsIn(declarations: object): readonly AnyStruct[] {
  return Object.values(declarations).filter(isStruct);
}

/** Every declared layout of a mailbox message or of a part of one. */
export const MESSAGE_LAYOUTS: readonly AnyStruct[] = layoutsIn(messages);

/** Every declared layout of a table in data memory. */
export const TABLE_LAYOUTS: readonly AnyStruct[] = layoutsIn(tables);
