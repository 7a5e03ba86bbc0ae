import type { AbrEngine, MlDsaInput } from '@rootcap/hardware';

/** Bytes repeated up to a length. */
const spread = (bytes: Uint8Array, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0);

const subject = (input: MlDsaInput): Uint8Array =>
  'mu' in input ? input.mu : Uint8Array.of(...(input.context ?? []), 0xfe, ...input.message);

export interface StubCall {
  readonly operation: keyof AbrEngine;
  readonly inputs: readonly Uint8Array[];
}

/**
 * An engine without arithmetic, so that rules of the registers take no time: results are inputs repeated, and each call is
 * kept. A private key or encapsulation key that begins with 0xff is malformed. `changed` alters public results, so that what
 * shows an input shows a secret.
 */
export function stubAbrEngine(publicResults: 'plain' | 'changed' = 'plain'): {
  readonly engine: AbrEngine;
  readonly calls: StubCall[];
} {
  const calls: StubCall[] = [];
  const kept = (operation: keyof AbrEngine, ...inputs: readonly Uint8Array[]): void => {
    calls.push({ operation, inputs: inputs.map((bytes) => bytes.slice()) });
  };
  const open = (bytes: Uint8Array): Uint8Array =>
    publicResults === 'plain' ? bytes : bytes.map((byte) => byte ^ 0xa5);
  const wellFormed = (bytes: Uint8Array): void => {
    if (bytes[0] === 0xff) throw new RangeError('key: malformed');
  };
  const engine: AbrEngine = {
    mldsaKeygen(seed) {
      kept('mldsaKeygen', seed);
      return { publicKey: spread(open(seed), 2592), secretKey: spread(seed, 4896) };
    },
    mldsaSign(secretKey, input, rnd) {
      kept('mldsaSign', secretKey, subject(input), rnd);
      wellFormed(secretKey);
      return spread(open(Uint8Array.of(...secretKey.subarray(0, 32), ...rnd, ...subject(input))), 4627);
    },
    mldsaVerify(publicKey, signature, input) {
      kept('mldsaVerify', publicKey, signature, subject(input));
      return signature[0] === publicKey[0];
    },
    mldsaVerifyResult(publicKey, signature, input) {
      // An engine may be an object with a state of its own.
      if (this !== engine) throw new TypeError('this: not the engine');
      kept('mldsaVerifyResult', publicKey, signature, subject(input));
      return spread(publicKey, 64);
    },
    mldsaRejectsEarly: (signature) => signature[64] === 0xee,
    mlkemKeygen(d, z) {
      kept('mlkemKeygen', d, z);
      return { encapsulationKey: spread(open(d), 1568), decapsulationKey: spread(Uint8Array.of(...d, ...z), 3168) };
    },
    mlkemEncapsulate(encapsulationKey, m) {
      kept('mlkemEncapsulate', encapsulationKey, m);
      wellFormed(encapsulationKey);
      return { ciphertext: spread(encapsulationKey, 1568), sharedSecret: m.slice() };
    },
    mlkemDecapsulate(decapsulationKey, ciphertext) {
      kept('mlkemDecapsulate', decapsulationKey, ciphertext);
      wellFormed(decapsulationKey);
      return decapsulationKey.slice(32, 64);
    },
  };
  return { engine, calls };
}
