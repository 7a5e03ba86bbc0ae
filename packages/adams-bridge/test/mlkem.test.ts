import { describe, expect, test } from '@jest/globals';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { AbrError, decodeEncapsulationKey, decodePoly, encodePoly, MLKEM_Q, N } from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { decapsulate, encapsulate, keygen } from './assembled-mlkem.ts';
import { hasVectors, hex, json, unhex } from './vectors.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe('ML-KEM-1024 from the units is that of noble', () => {
  test('keys, ciphertexts, shared keys and implicit rejection', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(32), fc.integer({ min: 0, max: 1567 }), (d, z, message, at) => {
        const { publicKey, secretKey } = keygen(d, z);
        const expected = ml_kem1024.keygen(Uint8Array.from([...d, ...z]));
        expect(hex(publicKey)).toBe(hex(expected.publicKey));
        expect(hex(secretKey)).toBe(hex(expected.secretKey));
        const { cipherText, sharedSecret } = encapsulate(publicKey, message);
        const encapsulated = ml_kem1024.encapsulate(publicKey, message);
        expect(hex(cipherText)).toBe(hex(encapsulated.cipherText));
        expect(hex(sharedSecret)).toBe(hex(encapsulated.sharedSecret));
        expect(hex(decapsulate(secretKey, cipherText))).toBe(hex(sharedSecret));
        const damaged = cipherText.map((byte, i) => (i === at ? byte ^ 0x10 : byte));
        expect(hex(decapsulate(secretKey, damaged))).toBe(hex(ml_kem1024.decapsulate(damaged, secretKey)));
      }),
      { numRuns: 10 },
    );
  });

  test('a coefficient that is not reduced becomes 0, and the key is refused', () => {
    const poly = new Int32Array(N).fill(MLKEM_Q - 1);
    poly[255] = MLKEM_Q;
    expect([...decodePoly(encodePoly(poly)).subarray(254)]).toEqual([MLKEM_Q - 1, 0]);
    const key = new Uint8Array(1568);
    key.set(encodePoly(poly), 384);
    expect(() => decodeEncapsulationKey(key)).toThrow(
      new AbrError('EK_MODULUS', 'encapsulation key: a coefficient of t[1] is 3329 or more'),
    );
  });
});

(hasVectors ? describe : describe.skip)("vectors of the accelerator's test bench", () => {
  const uvm = (file: string, name: string): Record<string, string> => {
    const kats = json('uvm-kats.json') as Record<
      string,
      { readonly arrays: Record<string, readonly Record<string, string>[]> }
    >;
    return kats[file]?.arrays[name]?.[0] ?? {};
  };

  test('UVM keygen', () => {
    const kat = uvm('ML_KEM_keygen_KATs_sequence.svh', 'keygen_kats');
    const { publicKey, secretKey } = keygen(unhex(kat.seed_d ?? ''), unhex(kat.seed_z ?? ''));
    expect([hex(publicKey), hex(secretKey)]).toEqual([kat.expected_PK, kat.expected_SK]);
  });

  test('UVM encapsulation', () => {
    const kat = uvm('ML_KEM_encaps_KATs_sequence.svh', 'encaps_kats');
    const { cipherText, sharedSecret } = encapsulate(unhex(kat.ek ?? ''), unhex(kat.msg ?? ''));
    expect([hex(cipherText), hex(sharedSecret)]).toEqual([kat.ciphertext, kat.shared_key]);
  });

  test('UVM decapsulation', () => {
    const kat = uvm('ML_KEM_decaps_KATs_sequence.svh', 'decaps_kats');
    expect(hex(decapsulate(unhex(kat.dk ?? ''), unhex(kat.ciphertext ?? '')))).toBe(kat.shared_key);
  });
});
