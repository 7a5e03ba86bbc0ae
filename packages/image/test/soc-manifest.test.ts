import { describe, expect, test } from '@jest/globals';
import { concatBytes, equalBytes, portableProvider } from '@rootcap/crypto';
import { type ErrorName, RotError } from '@rootcap/errors';
import {
  AUTH_MANIFEST_CHECKS,
  AUTH_MANIFEST_FORMAT,
  type AuthManifestOptions,
  AuthManifestPreamble,
  AuthorizationManifest,
  attachManifestSignatures,
  authManifestToBeSigned,
  buildAuthManifest,
  buildBundle,
  buildOwnerAuthManifest,
  demoKeys,
  demoManifestKeys,
  encodeSvnFuse,
  type ImageMetadataOptions,
  inspectSocManifest,
  LIFECYCLE,
  type ManifestSigner,
  OWNER_AUTH_MANIFEST_CHECKS,
  OWNER_AUTH_MANIFEST_FORMAT,
  OwnerAuthManifestPreamble,
  OwnerAuthorizationManifest,
  type OwnerKeys,
  ownerAuthManifestToBeSigned,
  ownerPublicKeys,
  type PqcKeyType,
  parseSocManifest,
  SOC_MANIFEST_LAYOUTS,
  type SocManifestFuses,
  type StandaloneManifestOptions,
  standaloneManifestEnv,
  type VerifiedAuthManifest,
  verifyAuthManifest,
  verifyOwnerAuthManifest,
  verifySocManifest,
} from '@rootcap/image';
import { StructError } from '@rootcap/struct';
import fc from 'fast-check';

const provider = portableProvider;
const { vendor, owner } = demoKeys(provider);
const manifestKeys = demoManifestKeys(provider);
const sha384 = (message: Uint8Array) => provider.hashes.digest('sha384', message);

const vendorFirmware = (index: number): OwnerKeys => {
  const [ecc, mldsa, lms] = [vendor.ecc[index], vendor.mldsa[index], vendor.lms[index]];
  if (!ecc || !mldsa || !lms) throw new Error(`no vendor key ${index}`);
  return { ecc, mldsa, lms };
};
const firmwareOf = (pqc: PqcKeyType): Uint8Array =>
  buildBundle({
    provider,
    vendor,
    owner,
    pqc,
    vendorEccIndex: 1,
    vendorPqcIndex: 1,
    header: { svn: 0 },
    fmc: { payload: new Uint8Array(4), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000 },
    runtime: { payload: new Uint8Array(4), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 },
  });
const firmware = { mldsa: firmwareOf('mldsa'), lms: firmwareOf('lms') };

const image = (fwId: number, more: Partial<ImageMetadataOptions> = {}): ImageMetadataOptions => ({
  fwId,
  digest: new Uint8Array(48).fill(fwId),
  ...more,
});
const options = (pqc: PqcKeyType, change: Partial<AuthManifestOptions> = {}): AuthManifestOptions => ({
  provider,
  pqc,
  svn: 7,
  images: [image(9), image(2, { execBit: 2, imageLoadAddress: 0x1_2345_6789n }), image(0x7fff_fff0)],
  vendorFirmware: vendorFirmware(1),
  ownerFirmware: owner,
  ...manifestKeys,
  ...change,
});
const ownerOptions = (pqc: PqcKeyType, images = [image(40), image(30)]) => ({
  provider,
  pqc,
  svn: 3,
  images,
  ownerFirmware: owner,
  ownerManifest: manifestKeys.ownerManifest,
});

function outcome(run: () => unknown): ErrorName | 'accepted' {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
}

/** A copy with some bytes changed. */
function changed(manifest: Uint8Array, at: number, ...bytes: number[]): Uint8Array {
  const copy = manifest.slice();
  copy.set(bytes, at);
  return copy;
}
const flipped = (manifest: Uint8Array, at: number) => changed(manifest, at, (manifest[at] as number) ^ 1);

const manifests = { mldsa: buildAuthManifest(options('mldsa')), lms: buildAuthManifest(options('lms')) };
const ownerManifests = {
  mldsa: buildOwnerAuthManifest(ownerOptions('mldsa')),
  lms: buildOwnerAuthManifest(ownerOptions('lms')),
};
const chip = (pqc: PqcKeyType, change: Partial<StandaloneManifestOptions> = {}): StandaloneManifestOptions => ({
  provider,
  firmware: firmware[pqc],
  ...change,
});

describe('layout', () => {
  test('sizes and offsets of caliptra-sw:auth-manifest/types', () => {
    expect([AuthManifestPreamble.size, AuthorizationManifest.size]).toEqual([24292, 30696]);
    expect([OwnerAuthManifestPreamble.size, OwnerAuthorizationManifest.size]).toEqual([12156, 14720]);
    expect(AUTH_MANIFEST_FORMAT.signatures).toEqual({
      vendorFirmware: { signed: { offset: 8, length: 2700 }, offset: 2708 },
      ownerFirmware: { signed: { offset: 7432, length: 2688 }, offset: 10120 },
      vendorManifest: { signed: { offset: 24292, length: 6404 }, offset: 14844 },
      ownerManifest: { signed: { offset: 24292, length: 6404 }, offset: 19568 },
    });
    expect(OWNER_AUTH_MANIFEST_FORMAT.signatures).toEqual({
      ownerFirmware: { signed: { offset: 8, length: 2700 }, offset: 2708 },
      ownerManifest: { signed: { offset: 12156, length: 2564 }, offset: 7432 },
    });
  });
  test('the layout tables cover every byte once', () => {
    for (const rows of Object.values(SOC_MANIFEST_LAYOUTS)) {
      let end = 0;
      for (const row of rows) {
        expect(row.offset).toBe(end);
        end += row.size;
      }
    }
  });
});

describe.each(['mldsa', 'lms'] as const)('an authorization manifest with %s', (pqc) => {
  const manifest = manifests[pqc];
  const verify = (bytes: Uint8Array, change?: Partial<StandaloneManifestOptions>) =>
    verifySocManifest(bytes, chip(pqc, change)) as VerifiedAuthManifest;

  test('is accepted, and leaves its entries in order', () => {
    const verified = verify(manifest);
    expect(verified).toMatchObject({ svn: 7, version: 1, pqcKeyType: pqc });
    expect(verified.entries.map(({ fwId }) => fwId)).toEqual([2, 9, 0x7fff_fff0]);
    const inOrder = concatBytes(manifest.slice(0, 24292), verified.imageMetadataCollection);
    expect(verified.digest).toEqual(sha384(inOrder));
    expect(verified.vendorMeasurement).toEqual(sha384(manifest.slice(8, 2708)));
    expect(verified.ownerMeasurement).toEqual(sha384(manifest.slice(7432, 10120)));
  });
  test('the same options give the same bytes', () => {
    expect(equalBytes(buildAuthManifest(options(pqc)), manifest)).toBe(true);
  });
  test('inspection finds every signature valid', () => {
    const valid = { ecc: 'valid', pqc: 'valid' };
    expect(inspectSocManifest(provider, manifest, firmware[pqc])).toMatchObject({
      kind: 'authorization',
      svn: 7,
      vendorSignatureRequired: true,
      pqcKeyType: pqc,
      signers: { vendorFirmware: valid, vendorManifest: valid, ownerFirmware: valid, ownerManifest: valid },
    });
    expect(inspectSocManifest(provider, manifest).images[1]).toEqual({
      fwId: 2,
      componentId: 0xffff_ffff,
      classification: 0,
      imageSource: 'inRequest',
      ignoreAuthCheck: false,
      execBit: 2,
      imageLoadAddress: 0x1_2345_6789n,
      imageStagingAddress: 0n,
      digest: new Uint8Array(48).fill(2),
    });
  });
  test('signed elsewhere, party by party, it is the same', () => {
    const { vendorManifest, ownerManifest, vendorFirmware, ownerFirmware, ...rest } = options(pqc);
    const keys: Record<ManifestSigner, OwnerKeys | undefined> = {
      vendorFirmware,
      ownerFirmware,
      vendorManifest,
      ownerManifest,
    };
    const { manifest: unsigned, requests } = authManifestToBeSigned({
      ...rest,
      vendorManifest: ownerPublicKeys(manifestKeys.vendorManifest),
      ownerManifest: ownerPublicKeys(ownerManifest),
    });
    expect(outcome(() => verify(unsigned))).toBe('RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID');
    expect(inspectSocManifest(provider, unsigned).signers.vendorManifest).toEqual({ ecc: 'missing', pqc: 'missing' });
    let signed = unsigned;
    for (const [signer, request] of Object.entries(requests)) {
      const { ecc, mldsa, lms } = keys[signer as ManifestSigner] as Required<OwnerKeys>;
      signed = attachManifestSignatures(signed, {
        [signer]: {
          ecc: provider.ecdsa384.sign(ecc.privateKey, request.eccDigest),
          pqc:
            pqc === 'lms' ? lms.sign(request.pqcMessage) : provider.mldsa87.sign(mldsa.secretKey, request.pqcMessage),
        },
      });
    }
    expect(equalBytes(signed, manifest)).toBe(true);
  });

  const pqcSymbols = (party: 'VENDOR' | 'OWNER'): ErrorName =>
    pqc === 'lms'
      ? `RUNTIME_AUTH_MANIFEST_${party}_LMS_SIGNATURE_INVALID`
      : `RUNTIME_AUTH_MANIFEST_MLDSA_${party}_SIG_INVALID`;
  test.each<[ErrorName, number]>([
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', 8],
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', 2708],
    [pqcSymbols('VENDOR'), 2804 + 30],
    ['RUNTIME_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID', 7432],
    ['RUNTIME_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID', 10120],
    [pqcSymbols('OWNER'), 10216 + 30],
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', 14844],
    [pqcSymbols('VENDOR'), 14940 + 30],
    ['RUNTIME_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID', 19568],
    [pqcSymbols('OWNER'), 19664 + 30],
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', 30695],
  ])('%s for a change at byte %i', (symbol, at) => {
    expect(outcome(() => verify(flipped(manifest, at)))).toBe(symbol);
  });
});

describe('order and bounds', () => {
  const manifest = manifests.mldsa;
  const verify = (bytes: Uint8Array, change?: Partial<StandaloneManifestOptions>) => () =>
    verifyAuthManifest(bytes, standaloneManifestEnv(chip('mldsa', change)));
  const fuses = (change: SocManifestFuses) => ({ fuses: change });
  // caliptra-sw:runtime/src/set_auth_manifest.rs: every check comes before the first signature, so one fault is enough.
  test.each<[ErrorName | 'accepted', Uint8Array, Partial<StandaloneManifestOptions>]>([
    ['RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN', manifest.slice(0, 24291), {}],
    ['RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN', new Uint8Array(0), {}],
    ['RUNTIME_INVALID_AUTH_MANIFEST_MARKER', flipped(manifest, 0), {}],
    ['RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_MISMATCH', flipped(manifest, 4), {}],
    ['IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED', changed(manifest, 12, 129), {}],
    ['IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED', manifest, fuses({ socManifestMaxSvn: 6 })],
    ['IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE', manifest, fuses({ socManifestSvn: encodeSvnFuse(8) })],
    ['accepted', manifest, fuses({ socManifestSvn: encodeSvnFuse(7), socManifestMaxSvn: 7 })],
    ['accepted', manifest, fuses({ socManifestSvn: encodeSvnFuse(8), antiRollbackDisable: true })],
    ['accepted', manifest, { lifecycle: LIFECYCLE.unprovisioned, ...fuses({ socManifestSvn: encodeSvnFuse(8) }) }],
    ['RUNTIME_AUTH_MANIFEST_INVALID_PQC_KEY_TYPE_IN_FUSE', manifest, fuses({ pqcKeyType: 0 })],
    ['RUNTIME_AUTH_MANIFEST_PQC_KEY_TYPE_MISMATCH', manifest, fuses({ pqcKeyType: 3 })],
    ['accepted', manifest, { lifecycle: LIFECYCLE.unprovisioned, ...fuses({ pqcKeyType: 3 }) }],
    ['RUNTIME_AUTH_MANIFEST_INVALID_PQC_KEY_TYPE', manifest, { firmware: changed(firmware.mldsa, 8, 2) }],
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', manifest, { firmware: flipped(firmware.mldsa, 1756) }],
    ['RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_SIZE', manifest.slice(0, 24295), {}],
    ['RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_ENTRY_COUNT', changed(manifest, 24292, 0), {}],
    ['RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_ENTRY_COUNT', changed(manifest, 24292, 81), {}],
    ['RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_INVALID_SIZE', manifest.slice(0, 24296 + 239), {}],
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', manifest.slice(0, 24296 + 240), {}],
    [
      'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_DUPLICATE_FIRMWARE_ID',
      manifest,
      { otherEntries: parseSocManifest(buildOwnerAuthManifest(ownerOptions('mldsa', [image(9)]))).entries },
    ],
    ['accepted', manifest, { otherEntries: parseSocManifest(ownerManifests.mldsa).entries }],
  ])('%s', (symbol, bytes, change) => {
    expect(outcome(verify(bytes, change))).toBe(symbol);
  });
  test('a collection that ends with its last entry is signed as it is and stored with zeros behind it', () => {
    const short = manifest.slice(0, 24296 + 240);
    const collection = short.slice(24292);
    const sign = ({ ecc, mldsa }: OwnerKeys) => ({
      ecc: provider.ecdsa384.sign(ecc.privateKey, sha384(collection)),
      pqc: provider.mldsa87.sign((mldsa as { secretKey: Uint8Array }).secretKey, collection),
    });
    const signed = attachManifestSignatures(short, {
      vendorManifest: sign(manifestKeys.vendorManifest),
      ownerManifest: sign(manifestKeys.ownerManifest),
    });
    const { entries, imageMetadataCollection } = verifySocManifest(signed, chip('mldsa'));
    expect(entries).toHaveLength(3);
    expect(imageMetadataCollection).toHaveLength(6404);
    expect(imageMetadataCollection.slice(244).every((byte) => byte === 0)).toBe(true);
  });
  test('a firmware id that is there twice is refused after the signatures', () => {
    const { ownerManifest, vendorManifest: _, ...rest } = options('mldsa');
    const { manifest: unsigned } = authManifestToBeSigned({ ...rest, ownerManifest: ownerPublicKeys(ownerManifest) });
    const twice = changed(unsigned, 24296, 2);
    const collection = twice.slice(24292);
    const message = (at: number, length: number) => twice.slice(at, at + length);
    const sign = ({ ecc, mldsa }: OwnerKeys, bytes: Uint8Array) => ({
      ecc: provider.ecdsa384.sign(ecc.privateKey, sha384(bytes)),
      pqc: provider.mldsa87.sign((mldsa as { secretKey: Uint8Array }).secretKey, bytes),
    });
    const signed = attachManifestSignatures(twice, {
      vendorFirmware: sign(rest.vendorFirmware, message(8, 2700)),
      ownerFirmware: sign(owner, message(7432, 2688)),
      ownerManifest: sign(ownerManifest, collection),
    });
    expect(outcome(verify(signed))).toBe('RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_DUPLICATE_FIRMWARE_ID');
  });
  test('without vendor keys for manifests the vendor does not sign image metadata', () => {
    const { vendorManifest: _, ...rest } = options('mldsa');
    const built = buildAuthManifest(rest);
    expect(inspectSocManifest(provider, built)).toMatchObject({
      vendorSignatureRequired: false,
      signers: { vendorManifest: { ecc: 'missing', pqc: 'missing' } },
    });
    expect(outcome(verify(built))).toBe('accepted');
  });
});

describe.each(['mldsa', 'lms'] as const)('an owner authorization manifest with %s', (pqc) => {
  const manifest = ownerManifests[pqc];
  const verify = (bytes: Uint8Array, change?: Partial<StandaloneManifestOptions>) => () =>
    verifyOwnerAuthManifest(bytes, standaloneManifestEnv(chip(pqc, change)));
  const second = pqc === 'lms' ? 'LMS' : 'MLDSA';

  test('is accepted, hashed as it came and kept in order', () => {
    const verified = verifySocManifest(manifest, chip(pqc));
    expect(verified.entries.map(({ fwId }) => fwId)).toEqual([30, 40]);
    expect(verified.digest).toEqual(sha384(manifest));
    expect(verified).toMatchObject({ svn: 3 });
    expect(verified).not.toHaveProperty('vendorMeasurement');
  });
  test('signed elsewhere it is the same', () => {
    const { ownerFirmware: _, ownerManifest, ...rest } = ownerOptions(pqc);
    const { requests, manifest: unsigned } = ownerAuthManifestToBeSigned({
      ...rest,
      ownerManifest: ownerPublicKeys(ownerManifest),
    });
    expect(Object.keys(requests)).toEqual(['ownerFirmware', 'ownerManifest']);
    const sign = ({ ecc, mldsa, lms }: Required<OwnerKeys>, request: (typeof requests)['ownerManifest']) => ({
      ecc: provider.ecdsa384.sign(ecc.privateKey, request?.eccDigest as Uint8Array),
      pqc:
        pqc === 'lms'
          ? lms.sign(request?.pqcMessage as Uint8Array)
          : provider.mldsa87.sign(mldsa.secretKey, request?.pqcMessage as Uint8Array),
    });
    const signed = attachManifestSignatures(unsigned, {
      ownerFirmware: sign(owner, requests.ownerFirmware),
      ownerManifest: sign(manifestKeys.ownerManifest, requests.ownerManifest),
    });
    expect(equalBytes(signed, manifest)).toBe(true);
  });
  test.each<[ErrorName | 'accepted', Uint8Array, Partial<StandaloneManifestOptions>]>([
    ['RUNTIME_OWNER_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN', manifest.slice(0, 12155), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_INVALID_MARKER', flipped(manifest, 0), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_PREAMBLE_SIZE_MISMATCH', flipped(manifest, 4), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_SIZE', manifest.slice(0, 14719), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_SIZE', concatBytes(manifest, new Uint8Array(1)), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_INVALID_FLAGS', changed(manifest, 16, 1), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_SVN_GREATER_THAN_MAX', changed(manifest, 13, 1), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_SVN_LESS_THAN_MIN', manifest, { fuses: { ownerManifestMinSvn: 4 } }],
    ['accepted', manifest, { fuses: { ownerManifestMinSvn: 3 } }],
    ['accepted', manifest, { fuses: { ownerManifestMinSvn: 4, antiRollbackDisable: true } }],
    ['RUNTIME_OWNER_AUTH_MANIFEST_OWNER_ECC_SIGNATURE_INVALID', flipped(manifest, 8), {}],
    [`RUNTIME_OWNER_AUTH_MANIFEST_OWNER_${second}_SIGNATURE_INVALID`, flipped(manifest, 2804 + 30), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_ENTRY_COUNT', changed(manifest, 12156, 0), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_IMC_INVALID_ENTRY_COUNT', changed(manifest, 12156, 33), {}],
    ['RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_ECC_SIGNATURE_INVALID', flipped(manifest, 14719), {}],
    [`RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_${second}_SIGNATURE_INVALID`, flipped(manifest, 7528 + 30), {}],
    [
      'RUNTIME_OWNER_AUTH_MANIFEST_IMC_DUPLICATE_FW_ID',
      buildOwnerAuthManifest(ownerOptions(pqc, [image(2)])),
      { otherEntries: parseSocManifest(manifests[pqc]).entries },
    ],
  ])('%s', (symbol, bytes, change) => {
    expect(outcome(verify(bytes, change))).toBe(symbol);
  });
});

describe('building refuses', () => {
  test.each<[RegExp, Partial<AuthManifestOptions>]>([
    [/images: expected 1\.\.80, got 0/, { images: [] }],
    [/images: expected 1\.\.80, got 81/, { images: Array.from({ length: 81 }, (_, i) => image(i)) }],
    [/images\[1\]\.fwId: 5 is there twice/, { images: [image(5), image(5)] }],
    [/images\[0\]\.execBit: expected an integer in 0\.\.127, got 128/, { images: [image(5, { execBit: 128 })] }],
    [/images\[0\]\.imageLoadAddress/, { images: [image(5, { imageLoadAddress: 2n ** 64n })] }],
    [/ownerManifest\.mldsa: expected a key, got none/, { ownerManifest: { ecc: owner.ecc } }],
    [/mldsa: expected a signing key, got none/, { ownerFirmware: { ecc: owner.ecc } }],
    [/unsigned 32-bit/, { svn: -1 }],
    [/47 bytes, not 48/, { images: [image(5, { digest: new Uint8Array(47) })] }],
  ])('%s', (message, change) => {
    expect(() => buildAuthManifest(options('mldsa', change))).toThrow(message);
  });
  test('a required vendor signature without vendor keys', () => {
    const { vendorManifest: _, ...rest } = options('mldsa');
    expect(() => buildAuthManifest({ ...rest, vendorSignatureRequired: true })).toThrow(/vendorManifest/);
  });
  test('signatures that do not belong', () => {
    const pair = { ecc: new Uint8Array(96), pqc: new Uint8Array(4627) };
    const attach =
      (signatures: Parameters<typeof attachManifestSignatures>[1], to = ownerManifests.mldsa) =>
      () =>
        attachManifestSignatures(to, signatures);
    expect(attach({ vendorManifest: pair })).toThrow(/vendorManifest: nothing to sign/);
    expect(attach({ ownerManifest: { ...pair, pqc: new Uint8Array(4628) } })).toThrow(/ownerManifest\.pqc/);
    expect(attach({ ownerManifest: { ...pair, ecc: new Uint8Array(95) } })).toThrow(/ownerManifest\.ecc/);
    expect(attach({}, new Uint8Array(4))).toThrow(/preamble of a SoC manifest/);
  });
});

describe('properties', () => {
  const arbitraryImage = fc.record({
    fwId: fc.nat(0xffff_ffff),
    digest: fc.uint8Array({ minLength: 48, maxLength: 48 }),
    componentId: fc.nat(0xffff_ffff),
    classification: fc.nat(0xffff_ffff),
    imageSource: fc.constantFrom('inRequest' as const, 'loadAddress' as const, 'stagingAddress' as const),
    ignoreAuthCheck: fc.boolean(),
    execBit: fc.nat(127),
    imageLoadAddress: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    imageStagingAddress: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });
  const arbitraryImages = fc.uniqueArray(arbitraryImage, { minLength: 1, maxLength: 32, selector: ({ fwId }) => fwId });
  const publicKeys = {
    vendorManifest: ownerPublicKeys(manifestKeys.vendorManifest),
    ownerManifest: ownerPublicKeys(manifestKeys.ownerManifest),
  };

  test('what goes into a manifest comes out of it', () => {
    fc.assert(
      fc.property(arbitraryImages, fc.nat(128), (images, svn) => {
        const { manifest } = authManifestToBeSigned({ provider, pqc: 'mldsa', svn, images, ...publicKeys });
        expect(inspectSocManifest(provider, manifest)).toMatchObject({ svn, images });
        const { manifest: owned } = ownerAuthManifestToBeSigned({ provider, pqc: 'mldsa', svn, images, ...publicKeys });
        expect(inspectSocManifest(provider, owned)).toMatchObject({ svn, images });
      }),
      { numRuns: 20 },
    );
  });
  test('every layout encodes to the bytes it was decoded from', () => {
    for (const layout of [AuthManifestPreamble, OwnerAuthManifestPreamble, OwnerAuthorizationManifest] as const)
      fc.assert(
        fc.property(fc.uint8Array({ minLength: layout.size, maxLength: layout.size }), (bytes) => {
          const decoded = layout.decode(bytes) as never;
          expect(equalBytes(layout.encode(decoded), bytes)).toBe(true);
        }),
        { numRuns: 5 },
      );
  });
  /** Bytes that no signature covers and no engine reads: the byte behind each ML-DSA signature. */
  const unprotected = Object.values(AUTH_MANIFEST_FORMAT.signatures).map(({ offset }) => offset + 96 + 4627);
  test('a changed manifest is refused with a listed symbol, unless nothing protects the byte', () => {
    const symbols: readonly string[] = AUTH_MANIFEST_CHECKS.map(({ symbol }) => symbol);
    const manifest = manifests.mldsa;
    fc.assert(
      fc.property(fc.nat(manifest.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const mutated = changed(manifest, at, (manifest[at] as number) ^ mask);
        const verdict = outcome(() => verifySocManifest(mutated, chip('mldsa')));
        if (unprotected.includes(at)) expect(verdict).toBe('accepted');
        else expect(symbols).toContain(verdict);
      }),
      { numRuns: 40 },
    );
    for (const at of unprotected)
      expect(outcome(() => verifySocManifest(flipped(manifest, at), chip('mldsa')))).toBe('accepted');
  });
  test('a truncated manifest is refused with a listed symbol', () => {
    const symbols: readonly string[] = [...AUTH_MANIFEST_CHECKS, ...OWNER_AUTH_MANIFEST_CHECKS].map(
      ({ symbol }) => symbol,
    );
    fc.assert(
      fc.property(fc.constantFrom(manifests.mldsa, ownerManifests.mldsa), fc.nat(30_000), (manifest, length) => {
        const cut = manifest.slice(0, Math.min(length, manifest.length - 1));
        expect(symbols).toContain(outcome(() => verifySocManifest(cut, chip('mldsa'))));
      }),
      { numRuns: 40 },
    );
  });
  test('parsing gives nothing but RotError and StructError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(manifests.mldsa, ownerManifests.lms),
        fc.nat(31_000),
        fc.uint8Array(),
        (m, at, bytes) => {
          const mutated = m.slice();
          mutated.set(bytes.subarray(0, Math.max(0, mutated.length - at)), Math.min(at, mutated.length));
          for (const file of [mutated, mutated.slice(0, at)])
            try {
              inspectSocManifest(provider, file);
            } catch (error) {
              if (!(error instanceof RotError || error instanceof StructError)) throw error;
            }
        },
      ),
      { numRuns: 30 },
    );
  });
});
