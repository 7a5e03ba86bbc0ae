import { type MLKEM, ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { concatBytes, equalBytes } from '../bytes.ts';
import { checkBytes } from '../checks.ts';
import type { MlKem } from '../provider.ts';
import { hashes } from './hashes.ts';

const Q = 3329;

function size(value: number | undefined): number {
  if (value === undefined) throw new TypeError('lengths: expected a number, got undefined');
  return value;
}

/** Modulus check of FIPS 203 §7.2: every 12-bit coefficient of the encoded vector is below q. */
function coefficientsBelowQ(encoded: Uint8Array): boolean {
  for (let i = 0; i + 2 < encoded.length; i += 3) {
    const [a = 0, b = 0, c = 0] = encoded.subarray(i, i + 3);
    if ((a | ((b & 15) << 8)) >= Q || ((b >> 4) | (c << 4)) >= Q) return false;
  }
  return true;
}

function adapt(kem: MLKEM): MlKem {
  const encapsulationKeySize = size(kem.lengths.publicKey);
  const decapsulationKeySize = size(kem.lengths.secretKey);
  const ciphertextSize = size(kem.lengths.cipherText);

  function checkEncapsulationKey(key: Uint8Array): boolean {
    checkBytes('encapsulationKey', key);
    return key.length === encapsulationKeySize && coefficientsBelowQ(key.subarray(0, encapsulationKeySize - 32));
  }

  /** Hash check of FIPS 203 §7.3: `dk = dkPKE ‖ ek ‖ H(ek) ‖ z`. */
  function checkDecapsulationKey(key: Uint8Array): boolean {
    checkBytes('decapsulationKey', key);
    if (key.length !== decapsulationKeySize) return false;
    const hashAt = decapsulationKeySize - 64;
    const digest = hashes.digest('sha3-256', key.subarray(hashAt - encapsulationKeySize, hashAt));
    return equalBytes(digest, key.subarray(hashAt, hashAt + 32));
  }

  return {
    encapsulationKeySize,
    decapsulationKeySize,
    ciphertextSize,
    keygenFromSeed(d, z) {
      checkBytes('d', d, 32);
      checkBytes('z', z, 32);
      const seed = concatBytes(d, z);
      const { publicKey, secretKey } = kem.keygen(seed);
      seed.fill(0);
      return { encapsulationKey: publicKey, decapsulationKey: secretKey };
    },
    encapsulate(encapsulationKey, m) {
      checkBytes('encapsulationKey', encapsulationKey, encapsulationKeySize);
      checkBytes('m', m, 32);
      if (!checkEncapsulationKey(encapsulationKey))
        throw new RangeError('encapsulationKey: expected coefficients below q (FIPS 203 §7.2)');
      const { cipherText, sharedSecret } = kem.encapsulate(encapsulationKey, m);
      return { ciphertext: cipherText, sharedSecret: sharedSecret.slice() };
    },
    decapsulate(decapsulationKey, ciphertext) {
      checkBytes('decapsulationKey', decapsulationKey, decapsulationKeySize);
      checkBytes('ciphertext', ciphertext, ciphertextSize);
      if (!checkDecapsulationKey(decapsulationKey))
        throw new RangeError('decapsulationKey: expected the hash of its encapsulation key inside (FIPS 203 §7.3)');
      return kem.decapsulate(ciphertext, decapsulationKey).slice();
    },
    checkEncapsulationKey,
    checkDecapsulationKey,
  };
}

const SETS: Readonly<Record<512 | 768 | 1024, MlKem>> = {
  512: adapt(ml_kem512),
  768: adapt(ml_kem768),
  1024: adapt(ml_kem1024),
};

/** ML-KEM (FIPS 203) from @noble/post-quantum. @throws RangeError if there is no such parameter set */
export function mlkem(parameterSet: 512 | 768 | 1024): MlKem {
  if (!Object.hasOwn(SETS, parameterSet))
    throw new RangeError(`parameterSet: expected 512, 768 or 1024, got ${String(parameterSet)}`);
  return SETS[parameterSet];
}
