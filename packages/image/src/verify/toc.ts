import { equalBytes } from '@rootcap/crypto';
import { type ImageManifest, type ImageTocEntry, MANIFEST_RANGES, MAX_TOC_ENTRY_COUNT } from '../layouts.ts';
import type { ImageVerificationEnv } from './env.ts';
import { orDigestFailure, refuse } from './refuse.ts';

const MAX_U32 = 0xffff_ffff;

/** First byte after the image inside the bundle. */
function endOf({ offset, size }: ImageTocEntry): number {
  const end = offset + size;
  if (end > MAX_U32) refuse('IMAGE_VERIFIER_ERR_TOC_ENTRY_RANGE_ARITHMETIC_OVERFLOW');
  return end;
}

/** Step 17: where the images lie in the bundle. */
function checkRanges(fmc: ImageTocEntry, runtime: ImageTocEntry): void {
  const fmcEnd = endOf(fmc);
  const runtimeEnd = endOf(runtime);
  if (fmc.offset < runtimeEnd && fmcEnd > runtime.offset) refuse('IMAGE_VERIFIER_ERR_FMC_RUNTIME_OVERLAP');
  if (fmcEnd > runtime.offset) refuse('IMAGE_VERIFIER_ERR_FMC_RUNTIME_INCORRECT_ORDER');
}

/** Step 18: where they would be loaded, first and last byte. Sizes are not zero any more. */
function checkLoadRanges(fmc: ImageTocEntry, runtime: ImageTocEntry): void {
  const fmcLast = fmc.loadAddr + fmc.size - 1;
  if (fmcLast > MAX_U32) refuse('IMAGE_VERIFIER_ERR_FMC_LOAD_ADDRESS_IMAGE_SIZE_ARITHMETIC_OVERFLOW');
  const runtimeLast = runtime.loadAddr + runtime.size - 1;
  if (runtimeLast > MAX_U32) refuse('IMAGE_VERIFIER_ERR_RUNTIME_LOAD_ADDRESS_IMAGE_SIZE_ARITHMETIC_OVERFLOW');
  if (fmc.loadAddr <= runtimeLast && fmcLast >= runtime.loadAddr)
    refuse('IMAGE_VERIFIER_ERR_FMC_RUNTIME_LOAD_ADDR_OVERLAP');
}

/** @internal Steps 14 to 18. @param bundleSize - bytes uploaded */
export function verifyToc(env: ImageVerificationEnv, manifest: ImageManifest, bundleSize: number): void {
  const { header, fmc, runtime, size } = manifest;
  if (header.tocLen !== MAX_TOC_ENTRY_COUNT)
    refuse('IMAGE_VERIFIER_ERR_TOC_ENTRY_COUNT_INVALID', `${header.tocLen} entries`);
  const { offset, length } = MANIFEST_RANGES.toc;
  const digest = orDigestFailure('IMAGE_VERIFIER_ERR_TOC_DIGEST_FAILURE', () => env.sha384OfImage(offset, length));
  if (!equalBytes(digest, header.tocDigest)) refuse('IMAGE_VERIFIER_ERR_TOC_DIGEST_MISMATCH');

  if (fmc.size === 0) refuse('IMAGE_VERIFIER_ERR_FMC_SIZE_ZERO');
  if (runtime.size === 0) refuse('IMAGE_VERIFIER_ERR_RUNTIME_SIZE_ZERO');
  const needed = size + fmc.size + runtime.size;
  if (needed > bundleSize)
    refuse('IMAGE_VERIFIER_ERR_IMAGE_LEN_MORE_THAN_BUNDLE_SIZE', `${needed} bytes needed, ${bundleSize} uploaded`);
  checkRanges(fmc, runtime);
  checkLoadRanges(fmc, runtime);
}
