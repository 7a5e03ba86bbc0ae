import { concatBytes } from '../bytes.ts';
import type { Capabilities } from '../provider.ts';
import { HpkeError } from './error.ts';

/** Length of an uncompressed P-384 point, SEC 1 §2.3.3. */
export const POINT_LENGTH = 97;
const UNCOMPRESSED = 4;

/** X ‖ Y as an uncompressed point. */
export function encodePoint(publicKey: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(UNCOMPRESSED), publicKey);
}

/**
 * X ‖ Y of an uncompressed point.
 *
 * @throws HpkeError `DeserializeError` for another form, `ValidationError` for a point off the curve
 */
export function decodePoint({ ecdsa384 }: Pick<Capabilities, 'ecdsa384'>, name: string, point: Uint8Array): Uint8Array {
  if (point[0] !== UNCOMPRESSED)
    throw new HpkeError('DeserializeError', `${name}: expected an uncompressed point, first byte 04`);
  const publicKey = point.slice(1);
  if (!ecdsa384.isPoint(publicKey)) throw new HpkeError('ValidationError', `${name}: expected a point of P-384`);
  return publicKey;
}
