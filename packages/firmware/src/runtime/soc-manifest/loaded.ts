import type { AuthManifestImageMetadata } from '@rootcap/image';
import type { FirmwareContext } from '../../context.ts';

/** Which manifest lists an image. */
export type ManifestOrigin = 'authorization' | 'owner-authorization';

export interface ListedImage {
  readonly entry: AuthManifestImageMetadata;
  readonly origin: ManifestOrigin;
}

/** Images that a loaded manifest lists, sorted by `fwId`; none if it was not loaded. */
export function loadedImages(
  { persistent: { authManifest, ownerAuthManifest } }: FirmwareContext,
  origin: ManifestOrigin,
): readonly AuthManifestImageMetadata[] {
  const { entryCount, imageMetadataList } =
    origin === 'authorization' ? authManifest.get('image_metadata_col') : ownerAuthManifest.get('image_metadata_col');
  return imageMetadataList.slice(0, entryCount);
}

/** The image with this id: an id is in one manifest only. */
export function findImage(
  context: FirmwareContext,
  fwId: number,
  origins: readonly ManifestOrigin[] = ['authorization', 'owner-authorization'],
): ListedImage | undefined {
  for (const origin of origins) {
    const entry = loadedImages(context, origin).find((image) => image.fwId === fwId);
    if (entry !== undefined) return { entry, origin };
  }
  return undefined;
}
