import { describe, expect, test } from '@jest/globals';
import { IMAGE_LAYOUTS, ImageHeader, ImageManifest, ImageTocEntry, MANIFEST_RANGES } from '@rootcap/image';
import { haveVectors, readVectors } from './vectors.ts';

const offsetOf = (path: string): number | undefined => ImageManifest.layout.find((row) => row.path === path)?.offset;

describe('bundle layout', () => {
  test('sizes that the README of caliptra-sw:image and the ROM agree on', () => {
    expect([ImageManifest.size, ImageHeader.size, ImageTocEntry.size]).toEqual([16956, 160, 104]);
    expect(MANIFEST_RANGES.vendorSignedHeader.length).toBe(120);
    expect(MANIFEST_RANGES.vendorPubKeyInfo).toEqual({ offset: 12, length: 1736 });
    expect(MANIFEST_RANGES.ownerPubKeys).toEqual({ offset: 9168, length: 2688 });
  });
  test('the layout tables cover every byte once', () => {
    for (const rows of Object.values(IMAGE_LAYOUTS)) {
      let end = 0;
      for (const row of rows) {
        expect(row.offset).toBe(end);
        end += row.size;
      }
    }
  });
  if (haveVectors)
    test('offsets used on the real firmware', () => {
      const { layout } = readVectors<{ layout: Record<string, number> }>(
        'goldens/a-passive-mldsa/fw-verify-errors.json',
      );
      expect({
        preamble_offset: ImageManifest.offsetOf('preamble'),
        header_offset: ImageManifest.offsetOf('header'),
        toc_offset: ImageManifest.offsetOf('fmc'),
        vendor_ecc_idx: offsetOf('preamble.vendorEccPubKeyIdx'),
        vendor_ecc_key: offsetOf('preamble.vendorEccActivePubKey.x'),
        vendor_pqc_idx: offsetOf('preamble.vendorPqcPubKeyIdx'),
        vendor_pqc_key: offsetOf('preamble.vendorPqcActivePubKey'),
        vendor_ecc_sig: offsetOf('preamble.vendorSigs.eccSig.r'),
        vendor_pqc_sig: offsetOf('preamble.vendorSigs.pqcSig'),
        owner_keys: offsetOf('preamble.ownerPubKeys.eccPubKey.x'),
        owner_ecc_sig: offsetOf('preamble.ownerSigs.eccSig.r'),
        owner_pqc_sig: offsetOf('preamble.ownerSigs.pqcSig'),
        fmc: ImageManifest.size,
        runtime: layout.runtime,
      }).toEqual(layout);
    });
  else test('left out: no caliptra pack', () => {});
});
