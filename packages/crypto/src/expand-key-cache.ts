import { bytesToHex } from './bytes.ts';
import { checkBytes, checkInteger } from './checks.ts';
import { hashes } from './portable/hashes.ts';
import type { MlDsa, MlDsaKeyPair } from './provider.ts';

export interface CachedMlDsa extends MlDsa {
  /** Wipes and forgets every key. */
  clear(): void;
}

function copyOf({ publicKey, secretKey }: MlDsaKeyPair): MlDsaKeyPair {
  return { publicKey: publicKey.slice(), secretKey: secretKey.slice() };
}

/**
 * Remembers the key pairs of the last `entries` seeds, because hardware keeps only the seed and expands it for every
 * signature. Keyed by SHA-256 of the seed; a pair that falls out is overwritten with zeros. Callers get copies.
 *
 * @throws RangeError if `entries` is not in 1..1024
 */
export function expandKeyCache(mldsa: MlDsa, entries: number): CachedMlDsa {
  checkInteger('entries', entries, 1, 1024);
  const pairs = new Map<string, MlDsaKeyPair>();

  function drop(name: string): void {
    pairs.get(name)?.secretKey.fill(0);
    pairs.delete(name);
  }

  function remember(name: string, pair: MlDsaKeyPair): void {
    // A Map keeps the order of insertion: the first name is the one unused for longest.
    pairs.delete(name);
    pairs.set(name, pair);
    for (const oldest of pairs.keys()) {
      if (pairs.size <= entries) break;
      drop(oldest);
    }
  }

  return {
    publicKeySize: mldsa.publicKeySize,
    secretKeySize: mldsa.secretKeySize,
    signatureSize: mldsa.signatureSize,
    publicKeyOf: (secretKey) => mldsa.publicKeyOf(secretKey),
    sign: (secretKey, message, options) => mldsa.sign(secretKey, message, options),
    verify: (publicKey, message, signature, options) => mldsa.verify(publicKey, message, signature, options),
    signInternal: (secretKey, formatted, rnd) => mldsa.signInternal(secretKey, formatted, rnd),
    verifyInternal: (publicKey, formatted, signature) => mldsa.verifyInternal(publicKey, formatted, signature),
    signMu: (secretKey, mu, rnd) => mldsa.signMu(secretKey, mu, rnd),
    verifyMu: (publicKey, mu, signature) => mldsa.verifyMu(publicKey, mu, signature),
    keygenFromSeed(seed) {
      checkBytes('seed', seed, 32);
      const name = bytesToHex(hashes.digest('sha256', seed));
      const pair = pairs.get(name) ?? mldsa.keygenFromSeed(seed);
      remember(name, pair);
      return copyOf(pair);
    },
    clear() {
      for (const name of [...pairs.keys()]) drop(name);
    },
  };
}
