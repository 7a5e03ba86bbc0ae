import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { type Addr64, IMAGE_METADATA_FLAGS, IMAGE_SOURCES } from '@rootcap/image';
import { extract, u32 } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { dmaSha384 } from '../../drivers/dma.ts';
import { stashMeasurement } from '../dpe/stash.ts';
import { findImage, type ManifestOrigin } from './loaded.ts';

/** Firmware id of the MCU's firmware. */
export const MCU_FW_ID = 2;

/** `auth_req_result` of AUTHORIZE_AND_STASH. */
export const AUTHORIZATION = {
  AUTHORIZED: 0xdead_c0de,
  AUTHORIZED_OWNER_ONLY: 0xc0de_dead,
  NOT_AUTHORIZED: 0x2152_3f21,
  HASH_MISMATCH: 0x8bfb_95cb,
} as const;

const RESULTS: Readonly<Record<ManifestOrigin, number>> = {
  authorization: AUTHORIZATION.AUTHORIZED,
  'owner-authorization': AUTHORIZATION.AUTHORIZED_OWNER_ONLY,
};

/** What is asked about an image. */
export interface AuthorizationRequest {
  readonly fwId: number;
  /** SHA-384 of the image, where `source` says that it is in the request. */
  readonly measurement: Uint8Array;
  readonly source: number;
  /** Bytes at the image's address, where `source` says so. */
  readonly imageSize: number;
}

export interface AuthorizationVerdict {
  /** One of {@link AUTHORIZATION}. */
  readonly result: number;
  readonly authorized: boolean;
  /** What is to be measured: the digest that was computed, or the one that was given. */
  readonly measurement: Uint8Array;
}

/** 64-bit AXI address of an image. */
export function axiAddress({ hi, lo }: Addr64): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

function digestAt(context: FirmwareContext, address: Addr64, size: number): Uint8Array {
  try {
    return dmaSha384(context.chip, axiAddress(address), size);
  } catch (error) {
    if (error instanceof RotError) throw new RotError('RUNTIME_INTERNAL', error.message, { cause: error });
    throw error;
  }
}

/**
 * Asks the loaded manifests about an image.
 *
 * @throws RotError RUNTIME_AUTH_AND_STASH_UNSUPPORTED_IMAGE_SOURCE, RUNTIME_INTERNAL if the image cannot be read
 * @see caliptra-sw:runtime/src/authorize_and_stash.rs (authorize_image)
 */
export function authorizeImage(context: FirmwareContext, request: AuthorizationRequest): AuthorizationVerdict {
  const { fwId, measurement, source, imageSize } = request;
  if (!(Object.values(IMAGE_SOURCES) as number[]).includes(source))
    throw new RotError('RUNTIME_AUTH_AND_STASH_UNSUPPORTED_IMAGE_SOURCE', `source ${source}`);
  const listed = findImage(context, fwId);
  if (listed === undefined) return { result: AUTHORIZATION.NOT_AUTHORIZED, authorized: false, measurement };
  const { entry, origin } = listed;
  const authorized = { result: RESULTS[origin], authorized: true };
  if (extract(IMAGE_METADATA_FLAGS.ignoreAuthCheck, entry.flags) === 1) return { ...authorized, measurement };
  const address = source === IMAGE_SOURCES.loadAddress ? entry.imageLoadAddress : entry.imageStagingAddress;
  const digest = source === IMAGE_SOURCES.inRequest ? measurement : digestAt(context, address, imageSize);
  return equalBytes(digest, entry.digest)
    ? { ...authorized, measurement: digest }
    : { result: AUTHORIZATION.HASH_MISMATCH, authorized: false, measurement };
}

/**
 * Asks about an image and, if it is authorized, measures it as STASH_MEASUREMENT does.
 *
 * @throws RotError as {@link authorizeImage}; RUNTIME_AUTH_AND_STASH_MEASUREMENT_DPE_ERROR if the DPE refuses
 */
export function authorizeAndStash(
  context: FirmwareContext,
  request: AuthorizationRequest,
  { svn, locality }: { readonly svn: number; readonly locality: number },
): AuthorizationVerdict {
  const verdict = authorizeImage(context, request);
  if (!verdict.authorized) return verdict;
  const metadata = new Uint8Array(4);
  u32.write(metadata, 0, request.fwId);
  const refusal = stashMeasurement(context, {
    metadata,
    measurement: verdict.measurement,
    svn,
    locality,
    verified: true,
  });
  if (refusal !== undefined) {
    context.chip.soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', context.profile.dpeStatuses[refusal.status], 0);
    throw new RotError('RUNTIME_AUTH_AND_STASH_MEASUREMENT_DPE_ERROR', refusal.message);
  }
  return verdict;
}
