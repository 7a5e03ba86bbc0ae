import { createPublicKey, type KeyObject, verify as nodeVerify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { bytesToHex, concatBytes, equalBytes, hexToBytes, portableProvider } from '@rootcap/crypto';
import { ERRORS, RotError } from '@rootcap/errors';
import {
  AUTH_MANIFEST_FORMAT,
  AuthorizationManifest,
  authManifestToBeSigned,
  describeImageMetadata,
  ImageManifest,
  type ImageOwnerPubKeys,
  inspectSocManifest,
  type ManifestSigner,
  parseSocManifest,
  verifySocManifest,
} from '@rootcap/image';
import { swapWords } from '@rootcap/struct';
import { fakeOwnerKeys, fakeVendorKeys } from './fake-keys.ts';
import { manifestsOf, recordedManifestChip, recordedManifestFile, recordedSession } from './recorded-soc-manifests.ts';
import { goldenNames, haveVectors } from './vectors.ts';

/** FW_INFO: offsets of the digest (little-endian words) and of the SVN that the loaded manifest left. */
const FW_INFO = { cmd: 0x494e_464f, authmanSha384Digest: 264, socManifestCurrentSvn: 376 };
/** In c the firmware of the MCU came with a manifest of its own. */
const BOOTED_WITH_MANIFEST = 'c-subsystem-ocplock-mldsa';
/** The recorded host signed every manifest for the vendor keys of the first configuration. */
const OTHER_VENDOR_KEYS = ['b-passive-lms', 'd-passive-mldsa-manuf-debug'];

function codeOf(run: () => unknown): number | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof RotError) return error.code;
    throw error;
  }
}

function p384Key(publicKey: Uint8Array): KeyObject {
  const [x, y] = [publicKey.subarray(0, 48), publicKey.subarray(48)].map((part) =>
    Buffer.from(part).toString('base64url'),
  ) as [string, string];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-384', x, y }, format: 'jwk' });
}

/** The keys of a signer as the manifest or the firmware stores them. */
function storedKeys(signer: ManifestSigner, manifest: Uint8Array, firmware: Uint8Array): ImageOwnerPubKeys {
  const { vendorPubKeys, ownerPubKeys } = AuthorizationManifest.decode(manifest).preamble;
  const { preamble } = ImageManifest.decodeFrom(firmware);
  return {
    vendorManifest: vendorPubKeys,
    ownerManifest: ownerPubKeys,
    vendorFirmware: { eccPubKey: preamble.vendorEccActivePubKey, pqcPubKey: preamble.vendorPqcActivePubKey },
    ownerFirmware: preamble.ownerPubKeys,
  }[signer];
}

/** Fields in which two manifests differ. */
function differences(a: Uint8Array, b: Uint8Array): string[] {
  const same = (offset: number, size: number): boolean =>
    equalBytes(a.subarray(offset, offset + size), b.subarray(offset, offset + size));
  return AuthorizationManifest.layout.filter(({ offset, size }) => !same(offset, size)).map(({ path }) => path);
}

if (!haveVectors) test('left out: no caliptra pack', () => {});
else {
  describe.each(goldenNames())('%s', (config) => {
    const chip = recordedManifestChip(config);
    const file = recordedManifestFile(config);
    const session = recordedSession(config, 'misc');
    const sent = manifestsOf(session);

    test('parses every manifest, and encodes it to the same bytes', () => {
      const files = [file.boot_manifest_hex, file.mailbox_manifest_hex].flatMap((hex) => hex ?? []).map(hexToBytes);
      for (const manifest of [...files, ...sent.map((command) => command.manifest)]) {
        expect(parseSocManifest(manifest).kind).toBe('authorization');
        expect(bytesToHex(AuthorizationManifest.encode(AuthorizationManifest.decode(manifest)))).toBe(
          bytesToHex(manifest),
        );
      }
      expect(
        parseSocManifest(hexToBytes(file.mailbox_manifest_hex)).entries.map((entry) => ({
          fw_id: entry.fwId,
          flags: entry.flags,
          digest: bytesToHex(entry.digest),
          component_id: entry.componentId,
        })),
      ).toEqual(
        file.mailbox_manifest_metadata.map(({ fw_id, flags, digest, component_id }) => ({
          fw_id,
          flags,
          digest,
          component_id,
        })),
      );
    });

    for (const { name, manifest, code } of sent)
      test(`${name}: as recorded`, () => {
        expect(codeOf(() => verifySocManifest(manifest, chip))).toBe(code);
      });

    const accepted = sent.find(({ command, code }) => command === 'SET' && code === undefined);
    if (accepted !== undefined)
      test('FW_INFO shows digest and SVN of the accepted one', () => {
        const set = session.findIndex(({ cmd, status }) => cmd === 0x4154_4d4e && status !== 'CMD_FAILURE');
        const info = session.find(({ cmd }, i) => i > set && cmd === FW_INFO.cmd);
        const response = hexToBytes(info?.response_hex ?? '');
        const view = new DataView(response.buffer);
        const verified = verifySocManifest(accepted.manifest, chip);
        expect(view.getUint32(FW_INFO.socManifestCurrentSvn, true)).toBe(verified.svn);
        const { authmanSha384Digest: at } = FW_INFO;
        expect(bytesToHex(swapWords(response.slice(at, at + 48)))).toBe(bytesToHex(verified.digest));
      });
    else
      test('the vendor keys are others', () => {
        const codes = sent.map(({ code }) => code);
        const refused = OTHER_VENDOR_KEYS.includes(config)
          ? [ERRORS.RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID]
          : [];
        expect([...new Set(codes)]).toEqual(refused);
      });
  });

  const config = BOOTED_WITH_MANIFEST;
  const { firmware } = recordedManifestChip(config);
  const file = recordedManifestFile(config);
  const manifests = { boot: file.boot_manifest_hex ?? '', mailbox: file.mailbox_manifest_hex };

  describe.each(Object.entries(manifests))('the %s manifest of the subsystem', (_, hex) => {
    const manifest = hexToBytes(hex);
    test('every signature is valid for node:crypto and noble', () => {
      for (const [name, { signed, offset }] of Object.entries(AUTH_MANIFEST_FORMAT.signatures)) {
        const message = manifest.slice(signed.offset, signed.offset + signed.length);
        const { eccPubKey, pqcPubKey } = storedKeys(name as ManifestSigner, manifest, firmware);
        const stored = AuthorizationManifest.decode(manifest).preamble;
        const { eccSig, pqcSig } = {
          vendorFirmware: stored.vendorPubKeysSignatures,
          ownerFirmware: stored.ownerPubKeysSignatures,
          vendorManifest: stored.vendorImageMetadataSignatures,
          ownerManifest: stored.ownerImageMetadataSignatures,
        }[name as ManifestSigner];
        const key = { key: p384Key(concatBytes(eccPubKey.x, eccPubKey.y)), dsaEncoding: 'ieee-p1363' } as const;
        expect([name, nodeVerify('sha384', message, key, concatBytes(eccSig.r, eccSig.s))]).toEqual([name, true]);
        expect([name, ml_dsa87.verify(pqcSig.subarray(0, 4627), message, pqcPubKey)]).toEqual([name, true]);
        expect(manifest.slice(offset + 96, offset + 96 + 4628)).toEqual(pqcSig);
      }
    });
    test('inspection says so too', () => {
      const valid = { ecc: 'valid', pqc: 'valid' };
      expect(inspectSocManifest(portableProvider, manifest, firmware).signers).toEqual({
        vendorFirmware: valid,
        ownerFirmware: valid,
        vendorManifest: valid,
        ownerManifest: valid,
      });
      expect(inspectSocManifest(portableProvider, manifest).signers).toMatchObject({
        vendorFirmware: { ecc: 'unknown key', pqc: 'unknown key' },
        ownerManifest: valid,
      });
    });
    test('is what the builder makes of the same inputs, but for the signatures', () => {
      const { preamble, entries } = parseSocManifest(manifest);
      const [vendor, owner] = [fakeVendorKeys(), fakeOwnerKeys()];
      // caliptra-sw:auth-manifest/gen/src/default_test_manifest.rs: the vendor's second keys, the owner's own.
      const [ecc, mldsa] = [vendor.ecc[1], vendor.mldsa[1]];
      if (ecc === undefined || mldsa === undefined) throw new Error('fake-keys.json: two vendor keys of each kind');
      const { manifest: unsigned } = authManifestToBeSigned({
        provider: portableProvider,
        pqc: 'mldsa',
        version: preamble.version,
        svn: preamble.svn,
        images: entries.map(describeImageMetadata).map(({ imageSource, ...image }) => ({
          ...image,
          ...(imageSource && { imageSource }),
        })),
        vendorManifest: { ecc: ecc.publicKey, mldsa: mldsa.publicKey },
        ownerManifest: { ecc: owner.ecc.publicKey, mldsa: owner.mldsa.publicKey },
      });
      expect(
        differences(unsigned, manifest).filter((path) => !/Signatures\.(pqcSig|eccSig\.[rs])$/.test(path)),
      ).toEqual([]);
    });
  });
}
