import { type CryptoProvider, concatBytes, type Entropy, entropyBlock } from '@rootcap/crypto';

/** Entropy that a snapshot can put back to where it was. */
export interface ReplayableEntropy extends Entropy {
  /** Number of 48-byte responses given so far. */
  position: number;
}

const RESPONSE_SIZE = 48;

/**
 * The TRNG of a deterministic device: response i is `SHA-384(seed ‖ u32be(i))`, and a request takes whole responses, as
 * Caliptra's external TRNG protocol does.
 */
export function replayableEntropy(seed: Uint8Array, provider: Pick<CryptoProvider, 'hashes'>): ReplayableEntropy {
  const own = seed.slice();
  return {
    position: 0,
    bytes(length) {
      const responses: Uint8Array[] = [];
      for (let filled = 0; filled < length; filled += RESPONSE_SIZE)
        responses.push(entropyBlock(own, this.position++, provider));
      return concatBytes(...responses).slice(0, length);
    },
  };
}

export function isReplayable(entropy: Entropy): entropy is ReplayableEntropy {
  return 'position' in entropy && typeof entropy.position === 'number';
}

/** Another source at the same position; of a class it is an instance too. */
export function copyOf(entropy: ReplayableEntropy): ReplayableEntropy {
  return Object.create(Object.getPrototypeOf(entropy), Object.getOwnPropertyDescriptors(entropy)) as ReplayableEntropy;
}
