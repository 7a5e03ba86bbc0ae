import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { bytesToHex, portableProvider } from '@rootcap/crypto';
import {
  attachSignatures,
  type BundleOptions,
  buildBundle,
  bundleToBeSigned,
  demoKeys,
  encodeSvnFuse,
  fusesOf,
  ImageManifest,
  inspectBundle,
  ownerPkHash,
  ownerPublicKeys,
  parseBundle,
  vendorPkHash,
  vendorPublicKeys,
  verifyBundle,
} from '@rootcap/image';

const provider = portableProvider;
const keys = demoKeys(provider);
const fmc = { payload: new Uint8Array(64).fill(1), loadAddr: 0x4000_0000, entryPoint: 0x4000_0004, version: 0x841 };
const runtime = { payload: new Uint8Array(128).fill(2), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 };
const options: BundleOptions = { provider, ...keys, pqc: 'mldsa', header: { svn: 9, pl0Pauser: 1 }, fmc, runtime };

/** DER prefix of a P-384 SubjectPublicKeyInfo with an uncompressed point (RFC 5480). */
const SPKI_P384 = Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex');

describe.each(['mldsa', 'lms'] as const)('bundle with %s', (pqc) => {
  const bundle = buildBundle({ ...options, pqc });
  test('is accepted with its own fuses', () => {
    const info = verifyBundle({ provider, bundle, fuses: fusesOf(provider, bundle) });
    expect(info).toMatchObject({ fwSvn: 9, effectiveFuseSvn: 9, pqcKeyType: pqc, ownerPubKeysDigestInFuses: true });
    expect(info.fmc).toMatchObject({ loadAddr: fmc.loadAddr, entryPoint: fmc.entryPoint, size: 64 });
    expect(info.logInfo).toEqual({
      vendorEccPubKeyIdx: 0,
      fuseVendorEccPubKeyRevocation: 0,
      vendorPqcPubKeyIdx: 0,
      fuseVendorPqcPubKeyRevocation: 0,
      manifestSvn: 9,
      fuseSvn: 9,
    });
  });
  test('its fuses follow from the keys alone', () => {
    const fuses = fusesOf(provider, bundle);
    expect(fuses.vendorPkHash).toEqual(vendorPkHash(provider, vendorPublicKeys(keys.vendor), pqc));
    expect(fuses.ownerPkHash).toEqual(ownerPkHash(provider, ownerPublicKeys(keys.owner), pqc));
    expect(fuses.fwSvn).toEqual(encodeSvnFuse(9));
  });
  test('the same options give the same bytes', () => {
    expect(bytesToHex(buildBundle({ ...options, pqc }))).toBe(bytesToHex(bundle));
  });
  test('is a multiple of 256 bytes and parses to what went in', () => {
    expect(bundle.length % 256).toBe(0);
    const parsed = parseBundle(bundle);
    expect(parsed.fmc).toEqual(fmc.payload);
    expect(parsed.runtime).toEqual(runtime.payload);
    expect(bundle.subarray(ImageManifest.size + 192).every((byte) => byte === 0)).toBe(true);
  });
  test('OpenSSL accepts the ECDSA signatures over the plain header bytes', () => {
    const { preamble } = parseBundle(bundle).manifest;
    const check = (
      x: Uint8Array,
      y: Uint8Array,
      sig: { r: Uint8Array; s: Uint8Array },
      message: Uint8Array,
    ): boolean => {
      const key = createPublicKey({ key: Buffer.concat([SPKI_P384, x, y]), format: 'der', type: 'spki' });
      return verify('sha384', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([sig.r, sig.s]));
    };
    const { vendorEccActivePubKey: vendorKey, ownerPubKeys } = preamble;
    expect(check(vendorKey.x, vendorKey.y, preamble.vendorSigs.eccSig, bundle.subarray(16588, 16588 + 120))).toBe(true);
    const { eccPubKey } = ownerPubKeys;
    expect(check(eccPubKey.x, eccPubKey.y, preamble.ownerSigs.eccSig, bundle.subarray(16588, 16588 + 160))).toBe(true);
  });
  test('can be signed elsewhere', () => {
    const unsigned = bundleToBeSigned({
      ...options,
      pqc,
      vendor: vendorPublicKeys(keys.vendor),
      owner: ownerPublicKeys(keys.owner),
    });
    expect(inspectBundle(provider, unsigned.bundle).vendor).toMatchObject({
      eccSignature: 'invalid',
      pqcSignature: 'invalid',
    });
    const party = (request: typeof unsigned.vendor, signer: typeof keys.owner) => ({
      ecc: provider.ecdsa384.sign(signer.ecc.privateKey, request.eccDigest),
      pqc:
        pqc === 'lms'
          ? signer.lms.sign(request.pqcMessage)
          : provider.mldsa87.sign(signer.mldsa.secretKey, request.pqcMessage),
    });
    const [ecc, mldsa, lms] = [keys.vendor.ecc[0], keys.vendor.mldsa[0], keys.vendor.lms[0]];
    if (!ecc || !mldsa || !lms) throw new Error('demo keys of every kind');
    const signed = attachSignatures(unsigned.bundle, {
      vendor: party(unsigned.vendor, { ecc, mldsa, lms }),
      owner: party(unsigned.owner, keys.owner),
    });
    expect(bytesToHex(signed)).toBe(bytesToHex(bundle));
  });
});

describe('buildBundle', () => {
  test('stores dates, versions, indices and revision where they are read', () => {
    const { manifest } = parseBundle(
      buildBundle({
        ...options,
        header: { svn: 3, vendorNotBefore: '20250101000000Z', ownerNotAfter: '20330101000000Z' },
        vendorEccIndex: 2,
        vendorPqcIndex: 3,
        fmc: { ...fmc, revision: new Uint8Array(20).fill(7) },
      }),
    );
    expect(manifest.header).toMatchObject({
      svn: 3,
      flags: 0,
      pl0Pauser: 0,
      vendorEccPubKeyIdx: 2,
      vendorPqcPubKeyIdx: 3,
    });
    expect(Buffer.from(manifest.header.vendorData.vendorNotBefore).toString()).toBe('20250101000000Z');
    expect(manifest.header.vendorData.vendorNotAfter).toEqual(new Uint8Array(15));
    expect(Buffer.from(manifest.header.ownerData.ownerNotAfter).toString()).toBe('20330101000000Z');
    expect(manifest.fmc).toMatchObject({ version: 0x841, revision: new Uint8Array(20).fill(7), id: 1, tocType: 1 });
    expect(manifest.runtime).toMatchObject({ version: 0, offset: 16956 + 64, id: 2 });
  });
  test.each<[string, Partial<BundleOptions>]>([
    ['header.vendorNotBefore', { header: { svn: 1, vendorNotBefore: '2025-01-01' } }],
    ['fmc.payload', { fmc: { ...fmc, payload: new Uint8Array(0) } }],
    ['runtime.payload', { runtime: { ...runtime, payload: new Uint8Array(5) } }],
    ['bundle', { runtime: { ...runtime, payload: new Uint8Array(256 * 1024) } }],
    ['runtime.loadAddr', { runtime: { ...runtime, loadAddr: fmc.loadAddr + 60 } }],
    ['vendorEccIndex', { vendorEccIndex: 4 }],
    ['vendorPqcIndex', { vendorPqcIndex: -1 }],
    ['vendor.ecc', { vendor: { ...keys.vendor, ecc: [] } }],
    ['vendor.mldsa', { vendor: { ecc: keys.vendor.ecc } }],
    ['owner.lms', { pqc: 'lms', owner: { ecc: keys.owner.ecc } }],
  ])('refuses a wrong %s', (name, change) => {
    expect(() => buildBundle({ ...options, ...change })).toThrow(RangeError);
    expect(() => buildBundle({ ...options, ...change })).toThrow(new RegExp(`^${name}`));
  });
  test('attachSignatures refuses signatures of the other algorithm', () => {
    const bundle = buildBundle(options);
    const pair = { ecc: new Uint8Array(96), pqc: new Uint8Array(1620) };
    expect(() => attachSignatures(bundle, { vendor: pair, owner: pair })).toThrow(
      'vendor.pqc: expected 4627 bytes, got 1620',
    );
  });
});
