import { RotError } from '@rootcap/errors';
import { StructError, u32 } from '@rootcap/struct';
import {
  AUTH_MANIFEST_FORMAT,
  AuthManifestImageMetadata,
  AuthManifestPreamble,
  OWNER_AUTH_MANIFEST_FORMAT,
  OwnerAuthManifestPreamble,
  type SocManifestFormat,
} from './layouts.ts';

interface Parsed<Kind, Preamble> {
  readonly kind: Kind;
  readonly preamble: Preamble;
  /** The claimed entries, in the order of the file. */
  readonly entries: readonly AuthManifestImageMetadata[];
}

/** A SoC manifest taken apart. */
export type ParsedSocManifest =
  | Parsed<'authorization', AuthManifestPreamble>
  | Parsed<'owner-authorization', OwnerAuthManifestPreamble>;

/** The manifest that starts with this marker; `undefined` if neither does. */
export function socManifestFormatOf(manifest: Uint8Array): SocManifestFormat | undefined {
  if (manifest.length < 4) return undefined;
  const marker = new DataView(manifest.buffer, manifest.byteOffset).getUint32(0, true);
  return [AUTH_MANIFEST_FORMAT, OWNER_AUTH_MANIFEST_FORMAT].find((format) => format.marker === marker);
}

/** @internal The first `count` entries of a collection. @throws StructError if it holds fewer */
export function entriesOf(collection: Uint8Array, count: number): AuthManifestImageMetadata[] {
  return Array.from({ length: count }, (_, i) =>
    AuthManifestImageMetadata.decodeFrom(collection, u32.size + i * AuthManifestImageMetadata.size),
  );
}

/** @internal `entryCount` of a collection. */
export function entryCountOf(collection: Uint8Array): number {
  return u32.read(collection, 0);
}

/**
 * Takes a SoC manifest apart without verifying it.
 *
 * @throws RotError RUNTIME_INVALID_AUTH_MANIFEST_MARKER if it is neither manifest, RUNTIME_…_ENTRY_COUNT for more entries
 *   than there is room for; StructError if it ends before its preamble or its entries do
 */
export function parseSocManifest(manifest: Uint8Array): ParsedSocManifest {
  const format = socManifestFormatOf(manifest);
  if (format === undefined) throw new RotError('RUNTIME_INVALID_AUTH_MANIFEST_MARKER', 'neither "ATM2" nor "OWOM"');
  const ownerOnly = format.kind === 'owner-authorization';
  const preamble = (ownerOnly ? OwnerAuthManifestPreamble : AuthManifestPreamble).decodeFrom(manifest);
  const collection = manifest.subarray(format.preambleSize);
  if (collection.length < u32.size)
    throw new StructError(
      'imageMetadataCollection.entryCount',
      format.preambleSize,
      `${collection.length} bytes, not 4`,
    );
  const count = entryCountOf(collection);
  if (count > format.maxEntries)
    throw new RotError(
      ownerOnly
        ? 'RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_ENTRY_COUNT'
        : 'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_ENTRY_COUNT',
      `entryCount ${count}, room for ${format.maxEntries}`,
    );
  return { kind: format.kind, preamble, entries: entriesOf(collection, count) } as ParsedSocManifest;
}
