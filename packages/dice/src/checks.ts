/** @internal Length checks where bytes enter. */
export function requireLength(value: Uint8Array, length: number, argument: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${argument}: expected a Uint8Array, got ${typeof value}`);
  if (value.length !== length) throw new RangeError(`${argument}: ${value.length} bytes, ${length} expected`);
  return value;
}
