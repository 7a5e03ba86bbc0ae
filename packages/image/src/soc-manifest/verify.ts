import { concatBytes, equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { extract } from '@rootcap/struct';
import { PQC_SIZES, type PqcKeyType, pqcKeyTypeOf, sliceOf } from '../layouts.ts';
import { LIFECYCLE } from '../verify/env.ts';
import type { ManifestCheckSymbol } from './checks.ts';
import type { SocManifestVerificationEnv, VerifiedAuthManifest, VerifiedSocManifest } from './env.ts';
import {
  AUTH_MANIFEST_FORMAT,
  AuthManifestImageMetadata,
  AuthManifestPreamble,
  type AuthManifestPubKeys,
  type AuthManifestSignatures,
  OWNER_AUTH_MANIFEST_FORMAT,
  OwnerAuthManifestPreamble,
  OwnerAuthorizationManifest,
  type SocManifestFormat,
  VENDOR_SIGNATURE_REQUIRED,
} from './layouts.ts';
import { entriesOf, entryCountOf } from './parse.ts';

/** Highest SVN of an authorization manifest and of an owner authorization manifest. */
const MAX_SVN = { auth: 128, owner: 255 } as const;

function refuse(symbol: ManifestCheckSymbol, detail?: string, cause?: RotError): never {
  throw new RotError(symbol, detail, cause === undefined ? undefined : { cause });
}

/** Codes of one signer. */
type SignerSymbols = Readonly<Record<'ecc' | PqcKeyType, ManifestCheckSymbol>>;

const VENDOR: SignerSymbols = {
  ecc: 'RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID',
  lms: 'RUNTIME_AUTH_MANIFEST_VENDOR_LMS_SIGNATURE_INVALID',
  mldsa: 'RUNTIME_AUTH_MANIFEST_MLDSA_VENDOR_SIG_INVALID',
};
const OWNER: SignerSymbols = {
  ecc: 'RUNTIME_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID',
  lms: 'RUNTIME_AUTH_MANIFEST_OWNER_LMS_SIGNATURE_INVALID',
  mldsa: 'RUNTIME_AUTH_MANIFEST_MLDSA_OWNER_SIG_INVALID',
};
const OWNER_ONLY: SignerSymbols = {
  ecc: 'RUNTIME_OWNER_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID',
  lms: 'RUNTIME_OWNER_AUTH_MANIFEST_OWNER_LMS_SIGNATURE_INVALID',
  mldsa: 'RUNTIME_OWNER_AUTH_MANIFEST_OWNER_MLDSA_SIGNATURE_INVALID',
};
const OWNER_ONLY_METADATA: SignerSymbols = {
  ecc: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_ECC_SIGNATURE_INVALID',
  lms: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_LMS_SIGNATURE_INVALID',
  mldsa: 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_MLDSA_SIGNATURE_INVALID',
};

/** Runs an engine; a fault of it means that the signature is not valid. */
function orInvalid<T>(symbol: ManifestCheckSymbol, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof RotError) refuse(symbol, error.symbol, error);
    throw error;
  }
}

/** Both signatures of one signer: ECDSA and LMS over the digest, ML-DSA over the bytes. An ML-DSA fault keeps its code. */
function verifySigned(
  env: SocManifestVerificationEnv,
  symbols: SignerSymbols,
  pqc: PqcKeyType,
  keys: AuthManifestPubKeys,
  { eccSig, pqcSig }: AuthManifestSignatures,
  message: Uint8Array,
): void {
  const digest = env.sha384(message);
  const eccKey = concatBytes(keys.eccPubKey.x, keys.eccPubKey.y);
  const r = orInvalid(symbols.ecc, () => env.ecc384Verify(eccKey, digest, concatBytes(eccSig.r, eccSig.s)));
  if (!equalBytes(r, eccSig.r)) refuse(symbols.ecc);
  const pqcKey = keys.pqcPubKey.subarray(0, PQC_SIZES[pqc].publicKey);
  const valid =
    pqc === 'mldsa'
      ? env.mldsa87Verify(pqcKey, message, pqcSig)
      : orInvalid(symbols.lms, () => env.lmsVerify(pqcKey, digest, pqcSig.subarray(0, PQC_SIZES.lms.signature)));
  if (!valid) refuse(symbols[pqc]);
}

/** Step 3: the running firmware says which second algorithm it is; a provisioned chip has to agree. */
function pqcKeyType(env: SocManifestVerificationEnv): PqcKeyType {
  const image = pqcKeyTypeOf(env.imagePqcKeyType);
  if (image === undefined) refuse('RUNTIME_AUTH_MANIFEST_INVALID_PQC_KEY_TYPE', `${env.imagePqcKeyType}`);
  if (env.lifecycle === LIFECYCLE.unprovisioned) return image;
  const fused = pqcKeyTypeOf(env.pqcKeyTypeFuse);
  if (fused === undefined) refuse('RUNTIME_AUTH_MANIFEST_INVALID_PQC_KEY_TYPE_IN_FUSE', `${env.pqcKeyTypeFuse}`);
  if (fused !== image) refuse('RUNTIME_AUTH_MANIFEST_PQC_KEY_TYPE_MISMATCH', `image ${image}, fuse ${fused}`);
  return fused;
}

function checksSvn({ lifecycle, antiRollbackDisable }: SocManifestVerificationEnv): boolean {
  return lifecycle !== LIFECYCLE.unprovisioned && !antiRollbackDisable;
}

function verifySvn(env: SocManifestVerificationEnv, svn: number): void {
  if (!checksSvn(env)) return;
  const { socManifestFuseSvn, socManifestMaxSvn } = env;
  if (svn > MAX_SVN.auth || svn > socManifestMaxSvn)
    refuse(
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED',
      `SoC manifest SVN ${svn}, maximum ${Math.min(MAX_SVN.auth, socManifestMaxSvn)}`,
    );
  if (svn < socManifestFuseSvn)
    refuse('IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE', `SoC manifest SVN ${svn}, fuse ${socManifestFuseSvn}`);
}

function verifyOwnerSvn(env: SocManifestVerificationEnv, svn: number): void {
  if (!checksSvn(env)) return;
  if (svn > MAX_SVN.owner) refuse('RUNTIME_OWNER_AUTH_MANIFEST_SVN_GREATER_THAN_MAX', `SVN ${svn}`);
  if (svn < env.ownerManifestMinSvn)
    refuse('RUNTIME_OWNER_AUTH_MANIFEST_SVN_LESS_THAN_MIN', `SVN ${svn}, minimum ${env.ownerManifestMinSvn}`);
}

/** The last step: entries by id. @returns the collection with its entries sorted */
function sortedCollection(
  env: SocManifestVerificationEnv,
  collection: Uint8Array,
  duplicate: ManifestCheckSymbol,
): { readonly entries: readonly AuthManifestImageMetadata[]; readonly collection: Uint8Array } {
  const entries = entriesOf(collection, entryCountOf(collection)).sort((a, b) => a.fwId - b.fwId);
  const repeated = entries.find(({ fwId }, i) => entries[i - 1]?.fwId === fwId);
  if (repeated) refuse(duplicate, `fwId ${repeated.fwId} is there twice`);
  const others = new Set(env.otherEntries.map(({ fwId }) => fwId));
  const shared = entries.find(({ fwId }) => others.has(fwId));
  if (shared) refuse(duplicate, `the other manifest lists fwId ${shared.fwId}`);
  const sorted = collection.slice();
  for (const [i, entry] of entries.entries())
    sorted.set(AuthManifestImageMetadata.encode(entry), 4 + i * AuthManifestImageMetadata.size);
  return { entries, collection: sorted };
}

/** What the firmware copies to data memory: zeros, then what the manifest had. */
function stored({ collectionSize }: SocManifestFormat, collection: Uint8Array): Uint8Array {
  const memory = new Uint8Array(collectionSize);
  memory.set(collection);
  return memory;
}

/** Step 6. @returns the bytes that are signed */
function authCollection(manifest: Uint8Array): Uint8Array {
  const { preambleSize, collectionSize, maxEntries } = AUTH_MANIFEST_FORMAT;
  const collection = manifest.subarray(preambleSize, preambleSize + collectionSize);
  const { length } = collection;
  if (length < 4) refuse('RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_SIZE', `${length} bytes`);
  const count = entryCountOf(collection);
  if (count === 0 || count > maxEntries)
    refuse('RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_ENTRY_COUNT', `entryCount ${count}`);
  if (length < 4 + count * AuthManifestImageMetadata.size)
    refuse('RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_SIZE', `${length} bytes for ${count} entries`);
  return collection;
}

/**
 * Verifies an authorization manifest as SET_AUTH_MANIFEST does: the same checks in the same order
 * ({@link AUTH_MANIFEST_CHECKS}), the same codes.
 *
 * @param manifest - as it came; not changed
 * @throws RotError with the code of the first check that fails
 * @see caliptra-sw:runtime/src/set_auth_manifest.rs
 */
export function verifyAuthManifest(manifest: Uint8Array, env: SocManifestVerificationEnv): VerifiedAuthManifest {
  const { marker, preambleSize, signatures } = AUTH_MANIFEST_FORMAT;
  if (manifest.length < preambleSize)
    refuse('RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN', `${manifest.length} bytes, at least ${preambleSize} needed`);
  const preamble = AuthManifestPreamble.decodeFrom(manifest);
  if (preamble.marker !== marker) refuse('RUNTIME_INVALID_AUTH_MANIFEST_MARKER');
  if (preamble.size !== preambleSize) refuse('RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_MISMATCH', `${preamble.size}`);
  verifySvn(env, preamble.svn);
  const pqc = pqcKeyType(env);

  const vendorData = sliceOf(manifest, signatures.vendorFirmware.signed);
  const ownerData = sliceOf(manifest, signatures.ownerFirmware.signed);
  verifySigned(env, VENDOR, pqc, env.vendorFirmwareKeys, preamble.vendorPubKeysSignatures, vendorData);
  verifySigned(env, OWNER, pqc, env.ownerFirmwareKeys, preamble.ownerPubKeysSignatures, ownerData);

  const collection = authCollection(manifest);
  const { vendorPubKeys, ownerPubKeys, vendorImageMetadataSignatures, ownerImageMetadataSignatures } = preamble;
  if (extract(VENDOR_SIGNATURE_REQUIRED, preamble.flags) === 1)
    verifySigned(env, VENDOR, pqc, vendorPubKeys, vendorImageMetadataSignatures, collection);
  verifySigned(env, OWNER, pqc, ownerPubKeys, ownerImageMetadataSignatures, collection);

  const sorted = sortedCollection(env, collection, 'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_DUPLICATE_FIRMWARE_ID');
  const sortedManifest = manifest.slice();
  sortedManifest.set(sorted.collection, preambleSize);
  return {
    version: preamble.version,
    svn: preamble.svn,
    pqcKeyType: pqc,
    entries: sorted.entries,
    imageMetadataCollection: stored(AUTH_MANIFEST_FORMAT, sorted.collection),
    digest: env.sha384(sortedManifest),
    vendorMeasurement: env.sha384(vendorData),
    ownerMeasurement: env.sha384(ownerData),
  };
}

/** Steps 1 and 2 of {@link verifyOwnerAuthManifest}. */
function ownerPreamble(manifest: Uint8Array, env: SocManifestVerificationEnv): OwnerAuthManifestPreamble {
  const { marker, preambleSize } = OWNER_AUTH_MANIFEST_FORMAT;
  if (manifest.length < preambleSize)
    refuse('RUNTIME_OWNER_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN', `${manifest.length} bytes, ${preambleSize} needed`);
  const preamble = OwnerAuthManifestPreamble.decodeFrom(manifest);
  if (preamble.marker !== marker) refuse('RUNTIME_OWNER_AUTH_MANIFEST_INVALID_MARKER');
  if (preamble.size !== preambleSize) refuse('RUNTIME_OWNER_AUTH_MANIFEST_PREAMBLE_SIZE_MISMATCH', `${preamble.size}`);
  const { size } = OwnerAuthorizationManifest;
  if (manifest.length !== size)
    refuse('RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_SIZE', `${manifest.length} bytes, not ${size}`);
  if (preamble.flags !== 0) refuse('RUNTIME_OWNER_AUTH_MANIFEST_INVALID_FLAGS', `${preamble.flags}`);
  verifyOwnerSvn(env, preamble.svn);
  return preamble;
}

/**
 * Verifies an owner authorization manifest as SET_OWNER_AUTH_MANIFEST does, check by check
 * ({@link OWNER_AUTH_MANIFEST_CHECKS}).
 *
 * @throws RotError with the code of the first check that fails
 * @see caliptra-sw:runtime/src/set_owner_auth_manifest.rs
 */
export function verifyOwnerAuthManifest(manifest: Uint8Array, env: SocManifestVerificationEnv): VerifiedSocManifest {
  const { maxEntries, signatures } = OWNER_AUTH_MANIFEST_FORMAT;
  const preamble = ownerPreamble(manifest, env);
  const pqc = pqcKeyType(env);
  const { ownerPubKeys, ownerPubKeysSignatures, ownerImageMetadataSignatures } = preamble;
  const policy = sliceOf(manifest, signatures.ownerFirmware.signed);
  verifySigned(env, OWNER_ONLY, pqc, env.ownerFirmwareKeys, ownerPubKeysSignatures, policy);

  const collection = sliceOf(manifest, signatures.ownerManifest.signed);
  const count = entryCountOf(collection);
  if (count === 0 || count > maxEntries)
    refuse('RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_ENTRY_COUNT', `entryCount ${count}`);
  verifySigned(env, OWNER_ONLY_METADATA, pqc, ownerPubKeys, ownerImageMetadataSignatures, collection);
  const sorted = sortedCollection(env, collection, 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_DUPLICATE_FW_ID');
  return {
    version: preamble.version,
    svn: preamble.svn,
    pqcKeyType: pqc,
    entries: sorted.entries,
    imageMetadataCollection: stored(OWNER_AUTH_MANIFEST_FORMAT, sorted.collection),
    digest: env.sha384(manifest),
  };
}
