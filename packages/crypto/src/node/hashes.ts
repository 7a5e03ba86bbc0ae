import { createHash, hash as oneShot } from 'node:crypto';
import { checkBytes } from '../checks.ts';
import { algorithm } from '../portable/hashes.ts';
import type { Hash, Hashes } from '../provider.ts';
import { plain } from './bytes.ts';

type State = ReturnType<typeof createHash>;

class NodeHash implements Hash {
  #state: State | undefined;

  constructor(state: State) {
    this.#state = state;
  }

  update(data: Uint8Array): this {
    checkBytes('data', data);
    this.#running().update(data);
    return this;
  }

  digest(): Uint8Array {
    const out = plain(this.#running().digest());
    this.#state = undefined;
    return out;
  }

  clone(): NodeHash {
    return new NodeHash(this.#running().copy());
  }

  #running(): State {
    if (this.#state === undefined)
      throw new TypeError('hash: expected a running hash, got one already ended by digest');
    return this.#state;
  }
}

/** SHA-1, SHA-2 and SHA-3 from OpenSSL, which knows them by the same names. */
export const hashes: Hashes = {
  create(name) {
    algorithm(name);
    return new NodeHash(createHash(name));
  },
  digest(name, ...parts) {
    algorithm(name);
    for (const part of parts) checkBytes('data', part);
    const [first] = parts;
    if (first !== undefined && parts.length === 1) return plain(oneShot(name, first, 'buffer'));
    const state = createHash(name);
    for (const part of parts) state.update(part);
    return plain(state.digest());
  },
};
