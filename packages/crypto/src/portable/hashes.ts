import { sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from '@noble/hashes/sha2.js';
import { sha3_224, sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js';
import type { CHash } from '@noble/hashes/utils.js';
import type { Hash, Hashes, HashName } from '../provider.ts';

const ALGORITHMS: Readonly<Record<HashName, CHash>> = {
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  'sha512-224': sha512_224,
  'sha512-256': sha512_256,
  'sha3-224': sha3_224,
  'sha3-256': sha3_256,
  'sha3-384': sha3_384,
  'sha3-512': sha3_512,
};

/** @internal @throws RangeError if there is no hash of that name */
export function algorithm(name: HashName): CHash {
  if (!Object.hasOwn(ALGORITHMS, name))
    throw new RangeError(`name: expected one of ${Object.keys(ALGORITHMS).join(', ')}, got ${String(name)}`);
  return ALGORITHMS[name];
}

/** What a library's running hash or MAC offers. */
interface Running {
  update(data: Uint8Array): unknown;
  digest(): Uint8Array;
  clone(): Running;
}

/** @internal A running hash or MAC of the library, with this package's error once it has ended. */
export class RunningHash implements Hash {
  #state: Running | undefined;

  constructor(state: Running) {
    this.#state = state;
  }

  update(data: Uint8Array): this {
    this.#running().update(data);
    return this;
  }

  digest(): Uint8Array {
    const out = this.#running().digest();
    this.#state = undefined;
    return out;
  }

  clone(): RunningHash {
    return new RunningHash(this.#running().clone());
  }

  #running(): Running {
    if (this.#state === undefined)
      throw new TypeError('hash: expected a running hash, got one already ended by digest');
    return this.#state;
  }
}

/** SHA-1, SHA-2 and SHA-3 (FIPS 180-4, FIPS 202) from @noble/hashes. */
export const hashes: Hashes = {
  create: (name) => new RunningHash(algorithm(name).create()),
  digest(name, ...parts) {
    const hash = algorithm(name);
    const [first] = parts;
    if (first !== undefined && parts.length === 1) return hash(first);
    const running = hash.create();
    for (const part of parts) running.update(part);
    return running.digest();
  },
};
