import { describe, expect, test } from '@jest/globals';
import {
  AbrError,
  decodeCiphertext,
  decodeDecapsulationKey,
  decodeHints,
  decodePrivateKey,
  decodePublicKey,
  decodeSignature,
  encodeHints,
  encodePrivateKey,
  encodePublicKey,
  encodeSignature,
  HINT_BYTES,
  MLDSA_BYTES,
  MLKEM_BYTES,
  N,
  OMEGA,
  type Poly,
  packBits,
  unpackBits,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { hex } from './vectors.ts';

test.each([1, 3, 4, 5, 10, 11, 12, 13, 20])('%d bits: packed and unpacked again, first value lowest', (width) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** width - 1 }), { minLength: N, maxLength: N }), (values) => {
      const bytes = packBits(values, width);
      const asNumber = values.reduceRight((all, value) => (all << BigInt(width)) | BigInt(value), 0n);
      expect(hex(bytes.toReversed())).toBe(asNumber.toString(16).padStart((N * width) / 4, '0'));
      expect([...unpackBits(bytes, width)]).toEqual(values);
    }),
    { numRuns: 20 },
  );
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('ML-DSA-87', () => {
  test('any public key comes back', () => {
    fc.assert(
      fc.property(bytes(MLDSA_BYTES.publicKey), (key) =>
        expect(hex(encodePublicKey(decodePublicKey(key)))).toBe(hex(key)),
      ),
      { numRuns: 10 },
    );
  });

  test('any private key with symbols 0..4 comes back', () => {
    const symbols = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 15 * N, maxLength: 15 * N });
    fc.assert(
      fc.property(bytes(128), symbols, bytes(3328), (head, short, t0) => {
        const key = Uint8Array.from([...head, ...packBits(short, 3), ...t0]);
        expect(hex(encodePrivateKey(decodePrivateKey(key)))).toBe(hex(key));
      }),
      { numRuns: 10 },
    );
  });

  test.each([
    [0, 's1[0]'],
    [6 * N + 255, 's1[6]'],
    [7 * N, 's2[0]'],
    [15 * N - 1, 's2[7]'],
  ])('symbol %d above 4 is refused, and named', (at, name) => {
    const symbols = new Int32Array(15 * N);
    symbols[at] = 5;
    const key = new Uint8Array(MLDSA_BYTES.privateKey);
    key.set(packBits(symbols, 3), 128);
    expect(() => decodePrivateKey(key)).toThrow(
      new AbrError('SK_DECODE', `private key: a symbol of ${name} is above 4`),
    );
  });

  test('any signature with hints in order comes back', () => {
    const signature = new Uint8Array(MLDSA_BYTES.signature);
    fc.assert(
      fc.property(bytes(MLDSA_BYTES.signature - HINT_BYTES), (head) => {
        signature.set(head);
        const { commitmentHash, z, h } = decodeSignature(signature);
        expect(h).toBeDefined();
        expect(hex(encodeSignature({ commitmentHash, z, h: h as readonly Poly[] }))).toBe(hex(signature));
      }),
      { numRuns: 10 },
    );
  });

  test.each([
    ['public key', decodePublicKey, MLDSA_BYTES.publicKey],
    ['private key', decodePrivateKey, MLDSA_BYTES.privateKey],
    ['signature', decodeSignature, MLDSA_BYTES.signature],
    ['decapsulation key', decodeDecapsulationKey, MLKEM_BYTES.decapsulationKey],
    ['ciphertext', decodeCiphertext, MLKEM_BYTES.ciphertext],
  ])('a %s of another length is refused', (name, decode, length) => {
    for (const wrong of [0, length - 1, length + 1])
      expect(() => decode(new Uint8Array(wrong))).toThrow(
        new AbrError('LENGTH', `${name}: ${wrong} bytes, not ${length}`),
      );
  });
});

describe('hints', () => {
  const positions = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 9 }), {
    minLength: 8,
    maxLength: 8,
  });
  const polys = (places: readonly (readonly number[])[]): Poly[] =>
    places.map((at) => Int32Array.from({ length: N }, (_, i) => (at.includes(i) ? 1 : 0)));

  test('come back', () => {
    fc.assert(
      fc.property(positions, (places) => expect(decodeHints(encodeHints(polys(places)))).toEqual(polys(places))),
      { numRuns: 30 },
    );
  });

  test('there is one encoding only: what decodes, encodes to the same bytes', () => {
    const count = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(bytes(OMEGA), fc.array(count, { minLength: 8, maxLength: 8 }), fc.boolean(), (all, counts, rest) => {
        const encoded = new Uint8Array(HINT_BYTES);
        let sum = 0;
        for (const [i, more] of counts.entries()) {
          sum += more;
          encoded[OMEGA + i] = sum;
        }
        encoded.set(rest ? all : all.subarray(0, sum).toSorted());
        const decoded = decodeHints(encoded);
        if (decoded !== undefined) expect(hex(encodeHints(decoded))).toBe(hex(encoded));
      }),
      { numRuns: 300 },
    );
  });

  const encoding = (places: readonly number[], counts: readonly number[]): Uint8Array => {
    const encoded = new Uint8Array(HINT_BYTES);
    encoded.set(places);
    encoded.set(counts, OMEGA);
    return encoded;
  };

  test.each([
    ['a count above 75', encoding([1], [76, 76, 76, 76, 76, 76, 76, 76])],
    ['a count that falls', encoding([1, 2], [2, 1, 2, 2, 2, 2, 2, 2])],
    ['positions that fall', encoding([2, 1], [2, 2, 2, 2, 2, 2, 2, 2])],
    ['a position twice', encoding([1, 1], [2, 2, 2, 2, 2, 2, 2, 2])],
    ['a position twice, beyond the fourth', encoding([1, 2, 3, 4, 4], [5, 5, 5, 5, 5, 5, 5, 5])],
    ['a byte after the last position', encoding([1, 7], [1, 1, 1, 1, 1, 1, 1, 1])],
  ])('%s is no encoding', (_, encoded) => expect(decodeHints(encoded)).toBeUndefined());

  test('a position may be in two polynomials, and 75 are allowed', () => {
    expect(decodeHints(encoding([9, 9], [1, 2, 2, 2, 2, 2, 2, 2]))).toBeDefined();
    const full = Array.from({ length: OMEGA }, (_, i) => i);
    expect(hex(encodeHints(polys([full, [], [], [], [], [], [], []])))).toBe(
      hex(encoding(full, [75, 75, 75, 75, 75, 75, 75, 75])),
    );
    expect(() => encodeHints(polys([full, [0], [], [], [], [], [], []]))).toThrow('hints: more than 75');
  });
});
