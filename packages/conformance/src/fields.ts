import { bytesToHex, hexToBytes } from '@rootcap/crypto';
import type { VectorFile } from './store.ts';
import { type Mismatch, notRun } from './suite.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in a JSON array; anything else gives an empty list. */
export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The JSON of a file. @returns undefined if it is no JSON file or cannot be read as such */
export function readJson(file: VectorFile): unknown {
  if (!file.name.endsWith('.json')) return undefined;
  try {
    return file.json();
  } catch {
    return undefined;
  }
}

/**
 * Typed access to the fields of a test. Some revisions of a format keep a field in the test, others in its group, so
 * several objects are asked in turn. `null` counts as absent. A field that is needed and absent, or of another type,
 * makes the test "not run": the layout is not one we know.
 */
export class Fields {
  readonly #layers: readonly JsonObject[];

  constructor(...layers: readonly JsonObject[]) {
    this.#layers = layers;
  }

  value(name: string): unknown {
    return this.#layers.find((layer) => layer[name] !== undefined && layer[name] !== null)?.[name];
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  text(name: string): string {
    const value = this.value(name);
    return typeof value === 'string' ? value : this.#unknown(name, 'text');
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  hex(name: string): Uint8Array {
    return hexToBytes(this.text(name));
  }

  optionalHex(name: string): Uint8Array | undefined {
    return this.has(name) ? this.hex(name) : undefined;
  }

  /** Hexadecimal number as `size` bytes: leading zeros are added or dropped. @returns undefined if it is longer */
  scalar(name: string, size: number): Uint8Array | undefined {
    const digits = this.text(name).replace(/^0+/, '');
    return digits.length > 2 * size ? undefined : hexToBytes(digits.padStart(2 * size, '0'));
  }

  number(name: string): number {
    const value = this.value(name);
    return typeof value === 'number' ? value : this.#unknown(name, 'a number');
  }

  optionalNumber(name: string): number | undefined {
    return this.has(name) ? this.number(name) : undefined;
  }

  flag(name: string): boolean {
    const value = this.value(name);
    return typeof value === 'boolean' ? value : this.#unknown(name, 'true or false');
  }

  optionalFlag(name: string): boolean | undefined {
    return this.has(name) ? this.flag(name) : undefined;
  }

  list(name: string): Fields[] {
    const value = this.value(name);
    return Array.isArray(value) ? objects(value).map((item) => new Fields(item)) : this.#unknown(name, 'a list');
  }

  object(name: string): Fields {
    const value = this.value(name);
    return isObject(value) ? new Fields(value) : this.#unknown(name, 'an object');
  }

  #unknown(name: string, type: string): never {
    return notRun(`unknown layout: no field "${name}" with ${type}`);
  }
}

/** Compares bytes; the text names the value and shows where the two part. */
export function compare(name: string, got: Uint8Array | undefined, want: Uint8Array): Mismatch {
  if (got === undefined) return `${name}: expected ${want.length} bytes, got a refusal`;
  const [a, b] = [bytesToHex(got), bytesToHex(want)];
  if (a === b) return undefined;
  if (got.length !== want.length) return `${name}: expected ${want.length} bytes, got ${got.length}`;
  const at = want.findIndex((byte, i) => got[i] !== byte);
  const around = (text: string): string => text.slice(2 * at, 2 * at + 16);
  return `${name}: expected ${around(b)}… at byte ${at}, got ${around(a)}…`;
}

/** Compares a verdict. */
export function compareVerdict(got: boolean, want: boolean): Mismatch {
  const word = (accepted: boolean): string => (accepted ? 'accepted' : 'refused');
  return got === want ? undefined : `expected to be ${word(want)}, was ${word(got)}`;
}

/**
 * Result of an operation on input that may be malformed. A provider refuses malformed input with RangeError or
 * TypeError; anything else it throws is a failure.
 *
 * @returns undefined if it was refused
 */
export function attempt<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}
