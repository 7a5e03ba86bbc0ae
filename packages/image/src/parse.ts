import { ImageManifest, MANIFEST_MARKER } from './layouts.ts';
import { refuse } from './verify/refuse.ts';

/** A bundle taken apart. */
export interface ParsedBundle {
  readonly manifest: ImageManifest;
  readonly fmc: Uint8Array;
  readonly runtime: Uint8Array;
}

/**
 * Takes a bundle apart without verifying it. FMC and runtime are what the ROM copies to ICCM: the bytes right after the
 * manifest, whatever the `offset` fields say.
 *
 * @throws StructError if there are fewer bytes than a manifest has; RotError with the verifier's code for a wrong marker,
 *   a wrong manifest size, or images longer than the bundle
 */
export function parseBundle(bundle: Uint8Array): ParsedBundle {
  const manifest = ImageManifest.decodeFrom(bundle);
  if (manifest.marker !== MANIFEST_MARKER) refuse('IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH');
  if (manifest.size !== ImageManifest.size) refuse('IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH');
  const fmcEnd = ImageManifest.size + manifest.fmc.size;
  const runtimeEnd = fmcEnd + manifest.runtime.size;
  if (runtimeEnd > bundle.length)
    refuse('IMAGE_VERIFIER_ERR_IMAGE_LEN_MORE_THAN_BUNDLE_SIZE', `${runtimeEnd} bytes needed, ${bundle.length} given`);
  return {
    manifest,
    fmc: bundle.slice(ImageManifest.size, fmcEnd),
    runtime: bundle.slice(fmcEnd, runtimeEnd),
  };
}
