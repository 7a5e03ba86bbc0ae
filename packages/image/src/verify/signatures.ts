import { concatBytes, equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { CheckSymbol } from '../explain.ts';
import {
  type ImageEccPubKey,
  ImageHeader,
  type ImageManifest,
  type ImageSignatures,
  MANIFEST_RANGES,
  type ManifestRange,
  PQC_SIZES,
  type PqcKeyType,
} from '../layouts.ts';
import type { ImageVerificationEnv } from './env.ts';
import { orDigestFailure, refuse } from './refuse.ts';
import { isZero } from './vendor-keys.ts';

/** Codes of one signer. */
interface SignerSymbols {
  readonly keyInvalidArg: CheckSymbol;
  readonly signatureInvalidArg: CheckSymbol;
  readonly eccFailure: CheckSymbol;
  readonly eccInvalid: CheckSymbol;
  readonly pqc: Readonly<Record<PqcKeyType, { readonly failure: CheckSymbol; readonly invalid: CheckSymbol }>>;
}

const VENDOR: SignerSymbols = {
  keyInvalidArg: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INVALID_ARG',
  signatureInvalidArg: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_SIGNATURE_INVALID_ARG',
  eccFailure: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_VERIFY_FAILURE',
  eccInvalid: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_SIGNATURE_INVALID',
  pqc: {
    lms: {
      failure: 'IMAGE_VERIFIER_ERR_VENDOR_LMS_VERIFY_FAILURE',
      invalid: 'IMAGE_VERIFIER_ERR_VENDOR_LMS_SIGNATURE_INVALID',
    },
    mldsa: {
      failure: 'IMAGE_VERIFIER_ERR_VENDOR_MLDSA_VERIFY_FAILURE',
      invalid: 'IMAGE_VERIFIER_ERR_VENDOR_MLDSA_SIGNATURE_INVALID',
    },
  },
};

const OWNER: SignerSymbols = {
  keyInvalidArg: 'IMAGE_VERIFIER_ERR_OWNER_ECC_PUB_KEY_INVALID_ARG',
  signatureInvalidArg: 'IMAGE_VERIFIER_ERR_OWNER_ECC_SIGNATURE_INVALID_ARG',
  eccFailure: 'IMAGE_VERIFIER_ERR_OWNER_ECC_VERIFY_FAILURE',
  eccInvalid: 'IMAGE_VERIFIER_ERR_OWNER_ECC_SIGNATURE_INVALID',
  pqc: {
    lms: {
      failure: 'IMAGE_VERIFIER_ERR_OWNER_LMS_VERIFY_FAILURE',
      invalid: 'IMAGE_VERIFIER_ERR_OWNER_LMS_SIGNATURE_INVALID',
    },
    mldsa: {
      failure: 'IMAGE_VERIFIER_ERR_OWNER_MLDSA_VERIFY_FAILURE',
      invalid: 'IMAGE_VERIFIER_ERR_OWNER_MLDSA_SIGNATURE_INVALID',
    },
  },
};

/** Both forms of what a signer signs: ECDSA and LMS take the digest, ML-DSA the bytes. */
interface SignedData {
  readonly digest: Uint8Array;
  readonly message: Uint8Array;
}

/** Runs an engine: its own code goes to the extended error register, the check's code to the caller. */
function runEngine<T>(env: ImageVerificationEnv, failure: CheckSymbol, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    env.setExtendedError(error.code);
    refuse(failure, error.symbol, error);
  }
}

function verifyEcc(
  env: ImageVerificationEnv,
  symbols: SignerSymbols,
  key: ImageEccPubKey,
  { eccSig }: ImageSignatures,
  digest: Uint8Array,
): void {
  if (isZero(key.x) || isZero(key.y)) refuse(symbols.keyInvalidArg);
  if (isZero(eccSig.r) || isZero(eccSig.s)) refuse(symbols.signatureInvalidArg);
  const publicKey = concatBytes(key.x, key.y);
  const signature = concatBytes(eccSig.r, eccSig.s);
  const r = runEngine(env, symbols.eccFailure, () => env.ecc384Verify(publicKey, digest, signature));
  if (!equalBytes(r, eccSig.r)) refuse(symbols.eccInvalid);
}

function verifyPqc(
  env: ImageVerificationEnv,
  symbols: SignerSymbols,
  pqc: PqcKeyType,
  pqcPubKey: Uint8Array,
  { pqcSig }: ImageSignatures,
  signed: SignedData,
): void {
  const { failure, invalid } = symbols.pqc[pqc];
  const publicKey = pqcPubKey.subarray(0, PQC_SIZES[pqc].publicKey);
  const valid = runEngine(env, failure, () =>
    pqc === 'mldsa'
      ? env.mldsa87Verify(publicKey, signed.message, pqcSig)
      : env.lmsVerify(publicKey, signed.digest, pqcSig.subarray(0, PQC_SIZES.lms.signature)),
  );
  if (!valid) refuse(invalid);
}

/**
 * @internal Steps 9 to 13. Both digests are made first. The key indices of the header are compared with those of the
 * preamble only after the vendor's signatures: before, the header is not trustworthy.
 */
export function verifySignatures(env: ImageVerificationEnv, manifest: ImageManifest, pqc: PqcKeyType): void {
  const { preamble, header } = manifest;
  const headerBytes = ImageHeader.encode(header);
  const signedData = ({ offset, length }: ManifestRange): SignedData => ({
    digest: orDigestFailure('IMAGE_VERIFIER_ERR_HEADER_DIGEST_FAILURE', () => env.sha384OfImage(offset, length)),
    message: headerBytes.subarray(0, length),
  });
  const vendorData = signedData(MANIFEST_RANGES.vendorSignedHeader);
  const ownerData = signedData(MANIFEST_RANGES.ownerSignedHeader);

  verifyEcc(env, VENDOR, preamble.vendorEccActivePubKey, preamble.vendorSigs, vendorData.digest);
  verifyPqc(env, VENDOR, pqc, preamble.vendorPqcActivePubKey, preamble.vendorSigs, vendorData);
  if (header.vendorEccPubKeyIdx !== preamble.vendorEccPubKeyIdx)
    refuse('IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_MISMATCH');
  if (header.vendorPqcPubKeyIdx !== preamble.vendorPqcPubKeyIdx)
    refuse('IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_INDEX_MISMATCH');
  verifyEcc(env, OWNER, preamble.ownerPubKeys.eccPubKey, preamble.ownerSigs, ownerData.digest);
  verifyPqc(env, OWNER, pqc, preamble.ownerPubKeys.pqcPubKey, preamble.ownerSigs, ownerData);
}
