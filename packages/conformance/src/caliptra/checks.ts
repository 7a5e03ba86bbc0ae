import { formatCode } from '@rootcap/errors';
import { compare } from '../fields.ts';
import type { Mismatch, TestCase } from '../suite.ts';

/** A test that compares bytes. `got` runs only when the test does. */
export function bytesTest(id: string, got: () => Uint8Array | undefined, want: () => Uint8Array): TestCase {
  return { id, run: () => compare(id, got(), want()) };
}

/** Compares numbers, shown as codes. */
export function compareCode(name: string, got: number, want: number): Mismatch {
  return got === want ? undefined : `${name}: expected ${formatCode(want)}, got ${formatCode(got)}`;
}

/** Compares texts. */
export function compareText(name: string, got: string, want: string): Mismatch {
  return got === want ? undefined : `${name}: expected ${want}, got ${got}`;
}

/** The first of several mismatches. */
export function firstMismatch(...mismatches: readonly Mismatch[]): Mismatch {
  return mismatches.find((mismatch) => mismatch !== undefined);
}

/** A value made once, when first asked for. What making it threw is thrown each time. */
export function once<T>(make: () => T): () => T {
  let result: { readonly value: T } | { readonly error: unknown } | undefined;
  return () => {
    if (result === undefined) {
      try {
        result = { value: make() };
      } catch (error) {
        result = { error };
      }
    }
    if ('error' in result) throw result.error;
    return result.value;
  };
}
