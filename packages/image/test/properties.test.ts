import { describe, expect, test } from '@jest/globals';
import { portableProvider } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import {
  buildBundle,
  decodeRevocation,
  decodeSvnFuse,
  demoKeys,
  encodeRevocation,
  encodeSvnFuse,
  fusesOf,
  ImageManifest,
  inspectBundle,
  type PqcKeyType,
  parseBundle,
  verifyBundle,
} from '@rootcap/image';
import { StructError } from '@rootcap/struct';
import fc from 'fast-check';

const provider = portableProvider;
const keys = demoKeys(provider);
const FMC_SIZE = 64;
const RUNTIME_SIZE = 128;

const bundleOf = (pqc: PqcKeyType): Uint8Array =>
  buildBundle({
    provider,
    ...keys,
    pqc,
    header: { svn: 9, pl0Pauser: 1 },
    fmc: { payload: new Uint8Array(FMC_SIZE).fill(1), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000 },
    runtime: { payload: new Uint8Array(RUNTIME_SIZE).fill(2), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 },
  });

/**
 * Bytes that nothing protects, because the verifier never reads them: [first, after last].
 * caliptra-sw:image/verify/src/verifier.rs hashes only the head of the active LMS key and gives the signature engines only
 * as much of the signature fields as the algorithm has.
 */
const UNPROTECTED: Readonly<Record<PqcKeyType, readonly (readonly [number, number])[]>> = {
  mldsa: [
    [9, 12], // manifest.reserved
    [4540 + 4627, 4540 + 4628], // after the vendor's ML-DSA signature
    [11952 + 4627, 11952 + 4628], // after the owner's
    [16580, 16588], // preamble.reserved
    [16956 + FMC_SIZE + RUNTIME_SIZE, Number.POSITIVE_INFINITY], // padding
  ],
  lms: [
    [9, 12],
    [1852 + 48, 1852 + 2592], // after the vendor's LMS key
    [4540 + 1620, 4540 + 4628],
    [11952 + 1620, 11952 + 4628],
    [16580, 16588],
    [16956 + FMC_SIZE + RUNTIME_SIZE, Number.POSITIVE_INFINITY],
  ],
};

/** The last byte of the tree type in an LMS signature: the driver takes any type of height 15, so 7 as well as 12. */
const isOtherTreeType = (pqc: PqcKeyType, at: number, value: number): boolean =>
  pqc === 'lms' && [4540, 11952].some((start) => at === start + 4 + 4 + 24 + 51 * 24 + 3) && value === 7;

describe.each(['mldsa', 'lms'] as const)('a changed %s bundle', (pqc) => {
  const bundle = bundleOf(pqc);
  const fuses = fusesOf(provider, bundle);
  const unprotected = (at: number): boolean => UNPROTECTED[pqc].some(([first, end]) => at >= first && at < end);

  test('is refused with a code, unless the byte is one that nothing protects', () => {
    const change = fc.record({ at: fc.nat(bundle.length - 1), mask: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(change, ({ at, mask }) => {
        const mutated = bundle.slice();
        mutated[at] = (mutated[at] as number) ^ mask;
        const verify = () => verifyBundle({ provider, bundle: mutated, fuses });
        if (unprotected(at) || isOtherTreeType(pqc, at, mutated[at] as number)) expect(verify).not.toThrow();
        else expect(verify).toThrow(RotError);
      }),
      { numRuns: 60 },
    );
  });
  test('every unprotected range really is', () => {
    for (const [first, end] of UNPROTECTED[pqc]) {
      const mutated = bundle.slice();
      mutated.fill(0xa5, first, Math.min(end, bundle.length));
      expect(verifyBundle({ provider, bundle: mutated, fuses }).fwSvn).toBe(9);
    }
  });
  test('gives nothing but RotError, however much of it changes', () => {
    const damage = fc.record({ at: fc.nat(bundle.length - 1), bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }) });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 8 }), fc.nat(bundle.length), (damages, length) => {
        const mutated = bundle.slice();
        for (const { at, bytes } of damages) mutated.set(bytes.subarray(0, mutated.length - at), at);
        try {
          verifyBundle({ provider, bundle: mutated.slice(0, Math.max(length, 1)), fuses, lifecycle: 0 });
        } catch (error) {
          if (!(error instanceof RotError)) throw error;
        }
      }),
      { numRuns: 40 },
    );
  });
  test('can still be inspected', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 256, maxLength: 256 }), fc.nat(66), (bytes, page) => {
        const mutated = bundle.slice();
        mutated.set(bytes.subarray(0, mutated.length - page * 256), page * 256);
        expect(inspectBundle(provider, mutated).size).toBe(bundle.length);
      }),
      { numRuns: 25 },
    );
  });
});

describe('parsing', () => {
  const bundle = bundleOf('mldsa');
  test('every manifest encodes to the bytes it was decoded from', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: ImageManifest.size, maxLength: ImageManifest.size }), (bytes) => {
        expect(ImageManifest.encode(ImageManifest.decode(bytes))).toEqual(bytes);
      }),
      { numRuns: 10 },
    );
  });
  test('a shorter bundle is a StructError or a RotError', () => {
    for (const length of [0, 1, 16955]) {
      expect(() => parseBundle(bundle.slice(0, length))).toThrow(StructError);
      expect(() => inspectBundle(provider, bundle.slice(0, length))).toThrow(StructError);
      expect(() => fusesOf(provider, bundle.slice(0, length))).toThrow(StructError);
    }
    expect(() => parseBundle(bundle.slice(0, 16956))).toThrow('IMAGE_VERIFIER_ERR_IMAGE_LEN_MORE_THAN_BUNDLE_SIZE');
    const used = 16956 + FMC_SIZE + RUNTIME_SIZE;
    expect(() => parseBundle(bundle.slice(0, used - 1))).toThrow(RotError);
    expect(parseBundle(bundle.slice(0, used)).runtime.length).toBe(RUNTIME_SIZE);
    expect(() => parseBundle(new Uint8Array(16956))).toThrow('IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH');
  });
});

describe('fuse encodings', () => {
  test('SVN: thermometer, least significant word first', () => {
    expect(encodeSvnFuse(0)).toEqual([0, 0, 0, 0]);
    expect(encodeSvnFuse(7)).toEqual([0x7f, 0, 0, 0]);
    expect(encodeSvnFuse(32)).toEqual([0xffff_ffff, 0, 0, 0]);
    expect(encodeSvnFuse(33)).toEqual([0xffff_ffff, 1, 0, 0]);
    expect(encodeSvnFuse(128)).toEqual([0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff]);
    for (let svn = 0; svn <= 128; svn++) expect(decodeSvnFuse(encodeSvnFuse(svn))).toBe(svn);
  });
  test('SVN: only the highest burnt bit counts', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)),
        (words) => {
          const value = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n);
          expect(decodeSvnFuse(words)).toBe(value === 0n ? 0 : value.toString(2).length);
        },
      ),
    );
  });
  test.each([-1, 129, 1.5, Number.NaN])('refuses SVN %p', (svn) => {
    expect(() => encodeSvnFuse(svn)).toThrow(RangeError);
  });
  test('revocation: one bit a key', () => {
    expect(encodeRevocation('ecc', [0, 2])).toBe(0b101);
    expect(encodeRevocation('lms', [31])).toBe(0x8000_0000);
    expect(decodeRevocation(0x8000_0005)).toEqual([0, 2, 31]);
    expect(() => encodeRevocation('mldsa', [4])).toThrow(RangeError);
  });
});
