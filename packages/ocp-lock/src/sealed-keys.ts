import { concatBytes, type HpkeKemId } from '@rootcap/crypto';
import { HPKE_SUITES } from './hpke-keys.ts';
import { ACCESS_KEY_SIZE, MAX_ENC_SIZE, type SealedAccessKey } from './sealed-access-key.ts';

/** Access keys that a remote party sealed in one HPKE context. */
export interface SealedKeys {
  readonly kemId: HpkeKemId;
  /** HPKE info: method UID ‖ object UID, at most 256 bytes. */
  readonly info: Uint8Array;
  /** Encapsulation: 97, 1568 or 1665 bytes. */
  readonly enc: Uint8Array;
  /** Ciphertext ‖ tag, 48 bytes each, in the order of their sequence. */
  readonly ciphertexts: readonly Uint8Array[];
}

const MAX_INFO_SIZE = 256;

/** Bit of `hpke_algorithm`. */
function algorithmOf(kemId: HpkeKemId): number {
  const suite = Object.values(HPKE_SUITES).find((each) => each.kemId === kemId);
  if (suite === undefined) throw new RangeError(`kemId: ${kemId} is no KEM of OCP LOCK`);
  return suite.algorithm;
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  return concatBytes(bytes, new Uint8Array(size - bytes.length));
}

/**
 * The mailbox's `SealedAccessKey` of the first of the sealed keys. The second one of a rewrap is the request's
 * `new_ak_ciphertext`.
 *
 * @param handle - handle of the HPKE key in the device, which only its drive knows
 */
export function sealedAccessKey(
  { kemId, info, enc, ciphertexts: [first] }: SealedKeys,
  handle: number,
): SealedAccessKey {
  if (first === undefined) throw new RangeError('ciphertexts: expected at least 1, got 0');
  return {
    hpke_handle: { handle, hpke_algorithm: algorithmOf(kemId) },
    access_key_len: ACCESS_KEY_SIZE,
    info_len: info.length,
    info: padded(info, MAX_INFO_SIZE),
    kem_ciphertext: padded(enc, MAX_ENC_SIZE),
    _padding: new Uint8Array(3),
    ak_ciphertext: first,
  };
}
