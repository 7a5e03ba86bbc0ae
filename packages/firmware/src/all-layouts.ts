import type { Struct } from '@rootcap/struct';
import * as tables from './memory/tables.ts';

/** A layout whatever its values are. */
export type AnyLayout = Struct<Readonly<Record<string, unknown>>>;

function isLayout(value: unknown): value is AnyLayout {
  return typeof value === 'object' && value !== null && 'layout' in value && 'decodeFrom' in value;
}

/** The layouts that modules export, in their order. */
export function layoutsIn(...modules: readonly object[]): readonly AnyLayout[] {
  return modules.flatMap((module) => Object.values(module) as unknown[]).filter(isLayout);
}

/** Every table in data memory. */
export const TABLE_LAYOUTS: readonly AnyLayout[] = layoutsIn(tables);
