import { describe, expect, test } from '@jest/globals';
import { bytesToHex, hexToBytes, portableProvider } from '@rootcap/crypto';
import {
  bundleToBeSigned,
  type ColdBootRecord,
  editManifest,
  ImageHeader,
  ImageManifest,
  inspectBundle,
  ownerPublicKeys,
  parseBundle,
  standInBundle,
  vendorPublicKeys,
  verifyBundle,
} from '@rootcap/image';
import { fakeOwnerKeys, fakeVendorKeys } from './fake-keys.ts';
import { BLANK, imageFuses, LIFECYCLES, recordedConfig, recordedImage, recordedManifest } from './recorded.ts';
import { goldenNames, haveVectors } from './vectors.ts';

const images = haveVectors
  ? goldenNames().flatMap((config) => ['image', 'image-update'].map((name) => ({ config, name })))
  : [];

/** Accepts a recorded image as the chip did at cold boot, and returns what the chip then remembers. */
function coldBoot(config: string, name: string): ColdBootRecord & { readonly svn: number } {
  const image = recordedImage(config, name);
  const { fuses, lifecycle } = recordedConfig(config);
  const standIn = standInBundle(portableProvider, recordedManifest(image));
  const info = verifyBundle({ ...standIn, fuses: imageFuses(fuses, BLANK), lifecycle: LIFECYCLES[lifecycle] });
  expect(bytesToHex(info.ownerPubKeysDigest)).toBe(image.owner_pub_keys_sha384);
  expect(info.ownerPubKeysDigestInFuses).toBe(!/^0*$/.test(fuses.owner_pk_hash ?? ''));
  expect(bytesToHex(info.fmc.digest)).toBe(image.fmc.digest_words_be_hex);
  expect(bytesToHex(info.runtime.digest)).toBe(image.runtime.digest_words_be_hex);
  return {
    vendorEccPkIndex: info.vendorEccPubKeyIdx,
    vendorPqcPkIndex: info.vendorPqcPubKeyIdx,
    ownerPkHash: info.ownerPubKeysDigest,
    fmcTci: info.fmc.digest,
    svn: info.fwSvn,
  };
}

if (images.length === 0) test('left out: no caliptra pack', () => {});
else {
  describe.each(images)('$config $name', ({ config, name }) => {
    const image = recordedImage(config, name);
    const manifest = recordedManifest(image);

    test('is the manifest that was recorded', () => {
      expect(bytesToHex(portableProvider.hashes.digest('sha384', manifest))).toBe(image.manifest_sha384);
    });
    test('decodes to the recorded fields and encodes to the same bytes', () => {
      const decoded = ImageManifest.decode(manifest);
      expect(bytesToHex(ImageManifest.encode(decoded))).toBe(bytesToHex(manifest));
      expect(bytesToHex(ImageHeader.encode(decoded.header))).toBe(image.header_hex);
      expect(decoded.header).toMatchObject({
        svn: image.header.svn,
        flags: 1,
        pl0Pauser: image.header.pl0_pauser,
        vendorEccPubKeyIdx: image.header.vendor_ecc_pub_key_idx,
        vendorPqcPubKeyIdx: image.header.vendor_pqc_pub_key_idx,
      });
      for (const part of ['fmc', 'runtime'] as const)
        expect(decoded[part]).toMatchObject({
          size: image[part].size,
          offset: image[part].offset,
          version: image[part].version,
          loadAddr: image[part].load_addr,
          entryPoint: image[part].entry_point,
          revision: hexToBytes(image[part].revision),
          digest: hexToBytes(image[part].digest_words_be_hex),
        });
    });
    test('the signatures of the real tool are valid', () => {
      const { bundle, provider } = standInBundle(portableProvider, manifest);
      expect(bundle.length).toBe(image.bundle_size);
      const description = inspectBundle(provider, bundle);
      expect(bytesToHex(description.vendor.pkHash)).toBe(image.vendor_pub_key_info_sha384);
      expect(description).toMatchObject({
        tocDigestValid: true,
        keyIndicesAgree: true,
        vendor: {
          eccSignature: 'valid',
          pqcSignature: 'valid',
          ecc: { activeKeyListed: true },
          pqc: { activeKeyListed: true },
        },
        owner: { eccSignature: 'valid', pqcSignature: 'valid' },
        fmc: { digestValid: true },
        runtime: { digestValid: true },
      });
      expect(parseBundle(bundle).fmc.length).toBe(image.fmc.size);
    });
    test('is what the builder makes of the same inputs, but for the signatures', () => {
      const standIn = standInBundle(portableProvider, manifest);
      const payloads = parseBundle(standIn.bundle);
      const executable = (part: 'fmc' | 'runtime') => ({
        payload: payloads[part],
        loadAddr: image[part].load_addr,
        entryPoint: image[part].entry_point,
        version: image[part].version,
        revision: hexToBytes(image[part].revision),
      });
      const { header } = image;
      const dates = {
        vendorNotBefore: header.vendor_not_before,
        vendorNotAfter: header.vendor_not_after,
        ownerNotBefore: header.owner_not_before,
        ownerNotAfter: header.owner_not_after,
      };
      const { bundle } = bundleToBeSigned({
        provider: standIn.provider,
        vendor: vendorPublicKeys(fakeVendorKeys()),
        owner: ownerPublicKeys(fakeOwnerKeys()),
        pqc: image.pqc_key_type === 3 ? 'lms' : 'mldsa',
        vendorEccIndex: header.vendor_ecc_pub_key_idx,
        vendorPqcIndex: header.vendor_pqc_pub_key_idx,
        header: {
          svn: header.svn,
          pl0Pauser: header.pl0_pauser,
          ...Object.fromEntries(Object.entries(dates).filter(([, date]) => date.endsWith('Z'))),
        },
        fmc: executable('fmc'),
        runtime: executable('runtime'),
      });
      for (const signatures of ['preamble.vendorSigs', 'preamble.ownerSigs'])
        editManifest(standIn.bundle, { stage: 'after-signing', field: signatures, fill: 0, length: 96 + 4628 });
      expect(bytesToHex(bundle)).toBe(bytesToHex(standIn.bundle));
    });
    test('boots with the recorded fuses', () => {
      expect(coldBoot(config, name).svn).toBe(image.header.svn);
    });
  });
  test.each(goldenNames())('%s: the second image is an update of the first', (config) => {
    const { fuses, lifecycle } = recordedConfig(config);
    const standIn = standInBundle(portableProvider, recordedManifest(recordedImage(config, 'image-update')));
    const info = verifyBundle({
      ...standIn,
      fuses: imageFuses(fuses, BLANK),
      lifecycle: LIFECYCLES[lifecycle],
      coldBoot: coldBoot(config, 'image'),
    });
    expect(info.fwSvn).toBe(recordedImage(config, 'image-update').header.svn);
  });
}
