import { describe, expect, test } from '@jest/globals';
import * as mldsa from './assembled-mldsa.ts';
import * as mlkem from './assembled-mlkem.ts';
import { hasVectors, hex, json, unhex } from './vectors.ts';

type Words = readonly string[];
/** How a test of Caliptra's RTL writes bytes as an array of words. */
const ORDERS = {
  /** Words one after the other, each as it is read. */
  'big endian': (words: Words) => unhex(words.join('')),
  /** As the registers have them: the lowest byte of a word first. */
  registers: (words: Words) => Uint8Array.from(words.flatMap((word) => [...unhex(word).reverse()])),
  /** The last byte first. */
  reversed: (words: Words) => unhex(words.join('')).reverse(),
};
type Order = keyof typeof ORDERS;

const ZERO = new Uint8Array(32);
const PURE = Uint8Array.of(0, 0);

/** Arrays of one test, as bytes. @returns the first there is of the given names */
function arrays(name: string, order: Order) {
  const all = json('caliptra-rtl-smoke.json') as Record<string, Record<string, Words>>;
  const of = all[`${name}/${name}.c`] ?? {};
  return (...names: string[]): Uint8Array | undefined => {
    const words = names.map((each) => of[each]).find((each) => each !== undefined);
    return words === undefined ? undefined : ORDERS[order](words);
  };
}

(hasVectors ? describe : describe.skip)("tests of Caliptra's RTL", () => {
  test.each<[string, Order]>([
    ['randomized_mldsa_invalid_verify', 'reversed'],
    ['smoke_test_kv_mldsa', 'reversed'],
    ['smoke_test_mldsa_edge', 'reversed'],
    ['smoke_test_mldsa_errortrigger', 'reversed'],
    ['smoke_test_mldsa_kv_ocp_progress', 'reversed'],
    ['smoke_test_mldsa_all_zero_seed', 'registers'],
    ['smoke_test_mldsa_kat', 'big endian'],
  ])('%s: ML-DSA key pair', (name, order) => {
    const bytes = arrays(name, order);
    const { publicKey, privateKey } = mldsa.keygen(bytes('mldsa_seed') ?? ZERO);
    expect(hex(publicKey)).toBe(hex(bytes('mldsa_pubkey', 'expected_pubkey') as Uint8Array));
    expect(hex(privateKey)).toBe(hex(bytes('mldsa_privkey', 'expected_privkey') as Uint8Array));
  });

  test.each<[string, Order]>([
    ['randomized_mldsa_invalid_verify', 'reversed'],
    ['smoke_test_kv_mldsa', 'reversed'],
    ['smoke_test_mldsa_edge', 'reversed'],
    ['smoke_test_mldsa_errortrigger', 'reversed'],
    ['smoke_test_mldsa_kv_ocp_progress', 'reversed'],
    ['smoke_test_mldsa', 'registers'],
    ['smoke_test_mldsa_all_zero_seed', 'registers'],
    ['smoke_test_mldsa_externalmu', 'registers'],
    ['smoke_test_mldsa_sign_rnd', 'registers'],
  ])('%s: ML-DSA signature', (name, order) => {
    const bytes = arrays(name, order);
    const privateKey = bytes('mldsa_privkey', 'expected_privkey') as Uint8Array;
    const message = bytes('mldsa_msg') ?? new Uint8Array(64);
    const mu = mldsa.messageRepresentative(privateKey.slice(64, 128), PURE, message);
    const externalMu = bytes('mldsa_external_mu') ?? mu;
    expect(hex(externalMu)).toBe(hex(mu));
    const { signature } = mldsa.sign(privateKey, mu, bytes('mldsa_sign_rnd') ?? ZERO);
    const expected = bytes('mldsa_sign', 'expected_sign') as Uint8Array;
    expect(hex(signature)).toBe(hex(expected.subarray(0, signature.length)));
  });

  test.each<[string, Order]>([
    ['smoke_test_mlkem', 'registers'],
    ['smoke_test_mlkem_all_zero_seed', 'registers'],
    ['smoke_test_mlkem_errortrigger', 'registers'],
  ])('%s: ML-KEM key pair', (name, order) => {
    const bytes = arrays(name, order);
    const { publicKey, secretKey } = mlkem.keygen(bytes('seed_d') ?? ZERO, bytes('seed_z') ?? ZERO);
    expect(hex(publicKey)).toBe(hex(bytes('exp_encaps_key', 'ek') as Uint8Array));
    expect(hex(secretKey)).toBe(hex(bytes('exp_decaps_key', 'dk') as Uint8Array));
  });

  test.each<[string, Order]>([
    ['smoke_test_kv_mlkem', 'registers'],
    ['smoke_test_mlkem', 'registers'],
    ['smoke_test_mlkem_all_zero_seed', 'registers'],
    ['smoke_test_mlkem_errortrigger', 'registers'],
  ])('%s: ML-KEM decapsulation', (name, order) => {
    const bytes = arrays(name, order);
    const secretKey = bytes('dk', 'exp_decaps_key') as Uint8Array;
    const cipherText = bytes('ciphertext', 'exp_ciphertext') as Uint8Array;
    expect(hex(mlkem.decapsulate(secretKey, cipherText))).toBe(
      hex(bytes('shared_key_array', 'exp_shared_key') as Uint8Array),
    );
  });
});
