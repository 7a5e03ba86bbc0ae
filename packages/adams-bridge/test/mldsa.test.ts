import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { keccak } from '@rootcap/adams-bridge';
import fc from 'fast-check';
import { keygen, messageRepresentative, sign, verifyResult } from './assembled-mldsa.ts';
import { hasVectors, hex, json, lines, unhex } from './vectors.ts';

const ZERO = new Uint8Array(32);
const trOf = (privateKey: Uint8Array): Uint8Array => privateKey.slice(64, 128);
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe('ML-DSA-87 from the units is that of noble', () => {
  test('keys, signatures and verification of random seeds', () => {
    fc.assert(
      fc.property(bytes(32), bytes(64), bytes(32), (seed, mu, rnd) => {
        const { publicKey, privateKey } = keygen(seed);
        const expected = ml_dsa87.keygen(seed);
        expect(hex(publicKey)).toBe(hex(expected.publicKey));
        expect(hex(privateKey)).toBe(hex(expected.secretKey));
        const { signature } = sign(privateKey, mu, rnd);
        const options = { externalMu: true, extraEntropy: rnd };
        expect(hex(signature)).toBe(hex(ml_dsa87.internal.sign(mu, expected.secretKey, options)));
        expect(hex(verifyResult(publicKey, mu, signature) as Uint8Array)).toBe(hex(signature.subarray(0, 64)));
      }),
      { numRuns: 4 },
    );
  });

  test('another message gives another commitment hash', () => {
    const { publicKey, privateKey } = keygen(ZERO);
    const { signature } = sign(privateKey, new Uint8Array(64), ZERO);
    const result = verifyResult(publicKey, new Uint8Array(64).fill(1), signature);
    expect(result).toBeDefined();
    expect(hex(result as Uint8Array)).not.toBe(hex(signature.subarray(0, 64)));
  });
});

type Kats<Name extends string, Fields extends string> = Record<
  string,
  { readonly arrays: Record<Name, readonly Record<Fields, string>[]> }
>;
const uvm = <Name extends string, Fields extends string>(file: string, name: Name) =>
  (json('uvm-kats.json') as Kats<Name, Fields>)[file]?.arrays[name] ?? [];

(hasVectors ? describe : describe.skip)("vectors of the accelerator's test bench", () => {
  test.each([1, 2, 3])('reference model, keygen %d', (n) => {
    const [, seed = ''] = lines(`dilithium-ref/keygen_input_KAT${n}.hex`);
    const [, publicKey = '', privateKey = ''] = lines(`dilithium-ref/keygen_KAT${n}_expected.hex`);
    const keys = keygen(unhex(seed));
    expect(hex(keys.publicKey)).toBe(publicKey.toLowerCase());
    expect(hex(keys.privateKey)).toBe(privateKey.toLowerCase());
  });

  test.each(['KAT1', 'KAT2', 'KAT3', 'rnd_KAT1'])('reference model, signing %s', (name) => {
    const [, , message = '', key = '', rnd = ''] = lines(`dilithium-ref/signing_input_${name}.hex`);
    const [, , signature = ''] = lines(`dilithium-ref/signing_${name}_expected.hex`);
    const privateKey = unhex(key);
    const mu = messageRepresentative(trOf(privateKey), unhex(message));
    expect(hex(sign(privateKey, mu, rnd === '' ? ZERO : unhex(rnd)).signature)).toBe(signature.toLowerCase());
  });

  test('reference model, signing and verifying with an empty context', () => {
    const [, message = '', key = ''] = lines('dilithium-ref/signing_input.hex');
    const [, , signature = ''] = lines('dilithium-ref/signing_output.hex');
    const [, , publicKey = ''] = lines('dilithium-ref/verif_input.hex');
    const privateKey = unhex(key);
    const mu = messageRepresentative(trOf(privateKey), Uint8Array.of(0, 0), unhex(message));
    expect(hex(sign(privateKey, mu, ZERO).signature)).toBe(signature.toLowerCase());
    expect(hex(verifyResult(unhex(publicKey), mu, unhex(signature)) as Uint8Array)).toBe(
      signature.slice(0, 128).toLowerCase(),
    );
  });

  test('reference model, verifying a streamed message', () => {
    const [, , signature = '', , message = '', key = ''] = lines('dilithium-ref/verif_input_strm_msg.hex');
    const publicKey = unhex(key);
    const mu = messageRepresentative(keccak('SHAKE256', 64, publicKey), Uint8Array.of(0, 0), unhex(message));
    expect(hex(verifyResult(publicKey, mu, unhex(signature)) as Uint8Array)).toBe(
      signature.slice(0, 128).toLowerCase(),
    );
  });

  test.each([0, 1, 2])('UVM keygen %d', (n) => {
    const kat = uvm<'keygen_kats', 'SEED' | 'expected_PK' | 'expected_SK'>(
      'ML_DSA_keygen_KATs_sequence.svh',
      'keygen_kats',
    )[n];
    const keys = keygen(unhex(kat?.SEED ?? ''));
    expect([hex(keys.publicKey), hex(keys.privateKey)]).toEqual([kat?.expected_PK, kat?.expected_SK]);
  });

  test.each([0, 1, 2])('UVM keygen and signing %d', (n) => {
    const kat = uvm<'keygen_signing_kats', 'SEED' | 'MSG' | 'expected_PK' | 'expected_SIG'>(
      'ML_DSA_keygen_signing_KATs_sequence.svh',
      'keygen_signing_kats',
    )[n];
    const { publicKey, privateKey } = keygen(unhex(kat?.SEED ?? ''));
    const mu = messageRepresentative(trOf(privateKey), Uint8Array.of(0, 0), unhex(kat?.MSG ?? ''));
    // The file has whole words: a byte of zero follows.
    expect([hex(publicKey), `${hex(sign(privateKey, mu, ZERO).signature)}00`]).toEqual([
      kat?.expected_PK,
      kat?.expected_SIG,
    ]);
  });

  test.each([0, 1, 2])('UVM verification %d', (n) => {
    const kat = uvm<'verif_kats', 'MSG' | 'SIG' | 'PK' | 'expected_RES'>(
      'ML_DSA_verif_KATs_sequence.svh',
      'verif_kats',
    )[n];
    const publicKey = unhex(kat?.PK ?? '');
    const mu = messageRepresentative(keccak('SHAKE256', 64, publicKey), Uint8Array.of(0, 0), unhex(kat?.MSG ?? ''));
    const signature = unhex(kat?.SIG ?? '').subarray(0, 4627);
    expect(hex(verifyResult(publicKey, mu, signature) as Uint8Array)).toBe(kat?.expected_RES);
  });

  test('UVM rejection paths: nine signatures, and every cause of a further pass', () => {
    const kats = uvm<'acvp_kats', 'SEED' | 'SK' | 'MU' | 'SIGNRND' | 'expected_SIG'>(
      'ML_DSA_ACVP_rejection_KATs_sequence.svh',
      'acvp_kats',
    );
    const causes = new Set<string>();
    for (const kat of kats) {
      expect(hex(keygen(unhex(kat.SEED)).privateKey)).toBe(kat.SK);
      const { signature, rejections } = sign(unhex(kat.SK), unhex(kat.MU), unhex(kat.SIGNRND));
      expect(hex(signature)).toBe(kat.expected_SIG);
      for (const cause of rejections.flat()) causes.add(cause);
    }
    expect(kats).toHaveLength(9);
    expect([...causes].sort()).toEqual(['hint', 'r0', 'z']);
  });

  test('Caliptra RTL test bench, the key pair of its smoke vector', () => {
    const [seed = '', publicKey = '', privateKey = ''] = lines('caliptra-rtl-mldsa-tb/smoke_test_mldsa_vector.hex');
    const keys = keygen(unhex(seed));
    expect([hex(keys.publicKey), hex(keys.privateKey)]).toEqual([publicKey.toLowerCase(), privateKey.toLowerCase()]);
  });
});
