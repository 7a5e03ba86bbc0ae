import { UsageError } from './errors.ts';
import { utf8Text } from './text.ts';
import { parseHex, parseInteger } from './values.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws UsageError naming `argument` */
export function parseJson(data: Uint8Array, argument: string): unknown {
  try {
    return JSON.parse(utf8Text(data));
  } catch (cause) {
    throw new UsageError(`${argument}: no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** @param what - what the object is of, for the error. @throws UsageError naming `argument` */
export function parseJsonObject(data: Uint8Array, argument: string, what: string): JsonObject {
  const value = parseJson(data, argument);
  if (!isRecord(value)) throw new UsageError(`${argument}: expected a JSON object of ${what}`);
  return value;
}

/** A number, or text as the command line takes it. @throws UsageError naming `argument` */
export function jsonNumber(value: unknown, argument: string): number {
  if (typeof value === 'string') return parseInteger(value, argument);
  if (typeof value !== 'number') throw new UsageError(`${argument}: expected a number, got ${typeof value}`);
  return value;
}

/** @throws UsageError naming `argument` */
export function jsonHex(value: unknown, argument: string, size?: number): Uint8Array {
  if (typeof value !== 'string') throw new UsageError(`${argument}: expected hexadecimal text, got ${typeof value}`);
  return parseHex(value, argument, size);
}

/** @throws UsageError naming `argument` */
export function jsonFlag(value: unknown, argument: string): boolean {
  if (typeof value !== 'boolean') throw new UsageError(`${argument}: expected true or false, got ${typeof value}`);
  return value;
}

/** @throws UsageError for a name that is not in `known` */
export function checkNames(object: JsonObject, known: readonly string[], argument: string): void {
  for (const name of Object.keys(object))
    if (!known.includes(name))
      throw new UsageError(`${argument}: nothing is called ${name}; known are ${known.join(', ')}`);
}
