/** @internal Argument checks that every provider shares, so that all of them refuse the same input in the same words. */

function isBytes(value: unknown): value is Uint8Array {
  // Another realm, such as a test runner's, has its own constructor, but the same tag.
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]')
  );
}

/** @throws TypeError if `value` is not a Uint8Array; RangeError if its length is none of `lengths` (none given: any). */
export function checkBytes(name: string, value: Uint8Array, ...lengths: readonly number[]): void {
  if (!isBytes(value))
    throw new TypeError(`${name}: expected Uint8Array, got ${value === null ? 'null' : typeof value}`);
  if (lengths.length > 0 && !lengths.includes(value.length))
    throw new RangeError(`${name}: expected ${lengths.join(' or ')} bytes, got ${value.length}`);
}

/** @throws RangeError if `value` is not an integer in min..max */
export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max))
    throw new RangeError(`${name}: expected an integer in ${min}..${max}, got ${String(value)}`);
}

/** @throws TypeError if `value` is not a Uint8Array; RangeError if its length is not a multiple of 16 */
export function checkBlocks(name: string, value: Uint8Array): void {
  checkBytes(name, value);
  if (value.length % 16 !== 0) throw new RangeError(`${name}: expected a multiple of 16 bytes, got ${value.length}`);
}

/** AES-128, AES-192 or AES-256. */
export function checkAesKey(key: Uint8Array): void {
  checkBytes('key', key, 16, 24, 32);
}

export function checkGcm(key: Uint8Array, iv: Uint8Array, data: Uint8Array, aad: Uint8Array): void {
  checkAesKey(key);
  checkBytes('iv', iv);
  if (iv.length === 0) throw new RangeError('iv: expected at least 1 byte, got 0');
  checkBytes('data', data);
  checkBytes('aad', aad);
}

/** Tag lengths of SP 800-38D §5.2.1.2 in bytes. */
export function checkTagLength(tagLength: number): void {
  const allowed = [4, 8, 12, 13, 14, 15, 16];
  if (!allowed.includes(tagLength))
    throw new RangeError(`tagLength: expected one of ${allowed.join(', ')}, got ${String(tagLength)}`);
}

/** Longest data unit of SP 800-38E: 2^20 blocks. */
const MAX_XTS_BYTES = 2 ** 24;

export function checkXts(key: Uint8Array, tweak: Uint8Array, data: Uint8Array): void {
  checkBytes('key', key, 32, 48, 64);
  checkBytes('tweak', tweak, 16);
  checkBytes('data', data);
  if (data.length < 16 || data.length > MAX_XTS_BYTES)
    throw new RangeError(`data: expected 16..${MAX_XTS_BYTES} bytes, got ${data.length}`);
}
