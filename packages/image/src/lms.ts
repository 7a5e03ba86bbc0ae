import {
  type CryptoProvider,
  type FixedLmsSets,
  type LmsDefect,
  type LmsPrivateKey,
  lmotsParameters,
  lmsParameters,
  lmsSign,
  lmsVerifyFixed,
} from '@rootcap/crypto';
import { type ErrorName, RotError } from '@rootcap/errors';
import type { LmsSigningKey } from './keys.ts';

function fixedSets(): FixedLmsSets {
  const lms = lmsParameters('LMS_SHA256_M24_H15');
  const lmots = lmotsParameters('LMOTS_SHA256_N24_W4');
  if (lms === undefined || lmots === undefined) throw new TypeError('lms: parameter sets of SP 800-208 are missing');
  return { lms, lmots };
}

/** The only parameter sets that Caliptra was compiled for: tree type 12, one-time signature type 7. */
export const CALIPTRA_LMS: FixedLmsSets = fixedSets();

const DRIVER_CODES: Readonly<Partial<Record<LmsDefect, ErrorName>>> = {
  lmotsTypeMismatch: 'DRIVER_LMS_SIGNATURE_LMOTS_DOESNT_MATCH_PUBKEY_LMOTS',
  unknownLmsType: 'DRIVER_LMS_INVALID_LMS_ALGO_TYPE',
  heightMismatch: 'DRIVER_LMS_INVALID_TREE_HEIGHT',
  qOutOfRange: 'DRIVER_LMS_INVALID_Q_VALUE',
  unknownLmotsType: 'DRIVER_LMS_INVALID_LMOTS_ALGO_TYPE',
  lmotsParameterMismatch: 'DRIVER_LMS_INVALID_PVALUE',
};

/** The one-time type 0 is in the driver's table, as a set without chains. */
function isReservedLmotsType(signature: Uint8Array): boolean {
  return signature.subarray(4, 8).every((byte) => byte === 0);
}

/**
 * LMS verification as Caliptra's driver does it, for bundles and for the mailbox.
 *
 * @param publicKey - 48 bytes
 * @param signature - 1620 bytes
 * @returns `false` for a well-formed signature that does not fit
 * @throws RotError DRIVER_LMS_… for a malformed one; RangeError for wrong lengths
 * @see caliptra-sw:drivers/src/lms.rs (verify_lms_signature_cfi_generic)
 */
export function lmsDriverVerify(
  provider: CryptoProvider,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const verdict = lmsVerifyFixed(provider, CALIPTRA_LMS, publicKey, message, signature);
  if (verdict.kind !== 'malformed') return verdict.kind === 'valid';
  if (verdict.defect === 'unknownLmotsType' && isReservedLmotsType(signature))
    throw new RotError('DRIVER_LMS_INVALID_PVALUE');
  throw new RotError(DRIVER_CODES[verdict.defect] ?? 'DRIVER_LMS_INVALID_SIGNATURE_LENGTH', verdict.defect);
}

/**
 * A key of a bundle out of an LMS private key: signs with leaf `q`, again and again. Signing two different messages with
 * one leaf gives the key away; whoever signs releases takes the next leaf for each.
 *
 * The randomizer C is HMAC-SHA-384(seed, u32be(q) ‖ message) cut to 24 bytes, so equal bundles get equal signatures.
 *
 * @throws RangeError if the key is not of {@link CALIPTRA_LMS}
 */
export function lmsSigningKey(provider: CryptoProvider, key: LmsPrivateKey, q: number): LmsSigningKey {
  if (key.lms.type !== CALIPTRA_LMS.lms.type || key.lmots.type !== CALIPTRA_LMS.lmots.type)
    throw new RangeError(`key: expected ${CALIPTRA_LMS.lms.name} with ${CALIPTRA_LMS.lmots.name}, got ${key.lms.name}`);
  return {
    publicKey: key.publicKey,
    sign(message) {
      const leaf = new Uint8Array(4);
      new DataView(leaf.buffer).setUint32(0, q);
      const nonce = provider.hmac.mac('sha384', key.seed, leaf, message).subarray(0, CALIPTRA_LMS.lmots.n);
      return lmsSign(provider, key, q, nonce, message);
    },
  };
}
