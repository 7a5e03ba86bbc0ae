import { createHash, createHmac } from 'node:crypto';
import { checkBytes } from '../checks.ts';
import { algorithm } from '../portable/hashes.ts';
import type { Hash, HashName, Hmac } from '../provider.ts';
import { plain } from './bytes.ts';

type State = ReturnType<typeof createHash>;

/** A hash that has absorbed the key, padded to a block and XORed with `pad`. */
function keyed(name: HashName, block: Uint8Array, pad: number): State {
  return createHash(name).update(block.map((byte) => byte ^ pad));
}

/** OpenSSL's running HMAC cannot be copied, its running hashes can: HMAC as its two hashes. FIPS 198-1 §4 */
class NodeHmac implements Hash {
  #inner: State | undefined;
  readonly #outer: State;

  constructor(inner: State, outer: State) {
    this.#inner = inner;
    this.#outer = outer;
  }

  update(data: Uint8Array): this {
    checkBytes('data', data);
    this.#running().update(data);
    return this;
  }

  digest(): Uint8Array {
    const out = plain(this.#outer.copy().update(this.#running().digest()).digest());
    this.#inner = undefined;
    return out;
  }

  clone(): NodeHmac {
    return new NodeHmac(this.#running().copy(), this.#outer);
  }

  #running(): State {
    if (this.#inner === undefined)
      throw new TypeError('hash: expected a running hash, got one already ended by digest');
    return this.#inner;
  }
}

/** HMAC from OpenSSL. */
export const hmac: Hmac = {
  create(name, key) {
    const { blockLen } = algorithm(name);
    checkBytes('key', key);
    const block = new Uint8Array(blockLen);
    block.set(key.length > blockLen ? createHash(name).update(key).digest() : key);
    const state = new NodeHmac(keyed(name, block, 0x36), keyed(name, block, 0x5c));
    block.fill(0);
    return state;
  },
  mac(name, key, ...parts) {
    algorithm(name);
    checkBytes('key', key);
    const state = createHmac(name, key);
    for (const part of parts) {
      checkBytes('data', part);
      state.update(part);
    }
    return plain(state.digest());
  },
};
