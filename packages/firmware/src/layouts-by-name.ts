import type { Struct } from '@rootcap/struct';

/** A layout whatever its values are. */
export type AnyLayout = Struct<Readonly<Record<string, unknown>>>;

function isLayout(value: unknown): value is AnyLayout {
  return typeof value === 'object' && value !== null && 'layout' in value && 'decodeFrom' in value;
}

/** The layouts that modules export, by their names. */
export function layoutsByName(modules: readonly object[]): ReadonlyMap<string, AnyLayout> {
  const layouts = modules.flatMap((module) => Object.values(module) as unknown[]).filter(isLayout);
  return new Map(layouts.map((layout) => [layout.name, layout]));
}
