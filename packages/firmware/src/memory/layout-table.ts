import { type AnyLayout, layoutsByName } from '../layouts-by-name.ts';
import * as tables from './tables.ts';

/** Every layout of a table in data memory by its name. */
export const TABLE_LAYOUTS: ReadonlyMap<string, AnyLayout> = layoutsByName([tables]);
