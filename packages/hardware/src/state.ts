/** Form of a piece of saved state. */
export type Shape =
  | 'number'
  | 'boolean'
  | 'string'
  | { readonly oneOf: readonly (string | number)[] }
  /** A whole number from 0 up to but not including this. */
  | { readonly below: number }
  | { readonly bytes: number }
  | { readonly words: number }
  | { readonly list: Shape; readonly length?: number }
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly optional: Shape };

/**
 * Checks saved state before a block takes it over.
 *
 * @param path - where in the state this is, for the message
 * @throws TypeError that names the path and what was expected
 */
export function checkState(state: unknown, shape: Shape, path: string): void {
  if (typeof shape === 'string') {
    if (typeof state !== shape) throw misfit(path, `a ${shape}`);
  } else if ('oneOf' in shape) {
    if (!shape.oneOf.includes(state as string | number)) throw misfit(path, `one of ${shape.oneOf.join(', ')}`);
  } else if ('below' in shape) {
    if (!(Number.isInteger(state) && (state as number) >= 0 && (state as number) < shape.below))
      throw misfit(path, `a whole number below ${shape.below}`);
  } else if ('bytes' in shape) {
    if (!(isTyped(state, 'Uint8Array') && state.length === shape.bytes)) throw misfit(path, `${shape.bytes} bytes`);
  } else if ('words' in shape) {
    if (!(isTyped(state, 'Uint32Array') && state.length === shape.words))
      throw misfit(path, `${shape.words} 32-bit words`);
  } else if ('optional' in shape) {
    if (state !== undefined) checkState(state, shape.optional, path);
  } else if ('list' in shape) {
    if (!Array.isArray(state) || (shape.length !== undefined && state.length !== shape.length))
      throw misfit(path, `a list${shape.length === undefined ? '' : ` of ${shape.length}`}`);
    state.forEach((item, i) => {
      checkState(item, shape.list, `${path}[${i}]`);
    });
  } else {
    if (typeof state !== 'object' || state === null) throw misfit(path, 'an object');
    for (const [name, field] of Object.entries(shape.fields))
      checkState((state as Record<string, unknown>)[name], field, `${path}.${name}`);
  }
}

/** Like `instanceof`, but also for an array that came from another realm (a worker, `structuredClone`). */
export function isTyped(value: unknown, type: 'Uint8Array'): value is Uint8Array;
export function isTyped(value: unknown, type: 'Uint32Array'): value is Uint32Array;
export function isTyped(value: unknown, type: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${type}]`;
}

function misfit(path: string, expected: string): TypeError {
  return new TypeError(`state: ${path} is not ${expected}`);
}

/** A deep copy of plain data: numbers, strings, booleans, lists, objects, Uint8Array, Uint32Array. */
export function copyState<T>(state: T): T {
  if (isTyped(state, 'Uint8Array') || isTyped(state, 'Uint32Array')) return state.slice() as T;
  if (Array.isArray(state)) return state.map(copyState) as T;
  if (typeof state === 'object' && state !== null)
    return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, copyState(value)])) as T;
  return state;
}
