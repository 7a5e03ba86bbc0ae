import { shake128, shake256 } from '@noble/hashes/sha3.js';
import { checkInteger } from '../checks.ts';
import type { Xof, XofName, XofState } from '../provider.ts';

const ALGORITHMS = { shake128, shake256 };

function algorithm(name: XofName) {
  if (!Object.hasOwn(ALGORITHMS, name))
    throw new RangeError(`name: expected shake128 or shake256, got ${String(name)}`);
  return ALGORITHMS[name];
}

/** What the library's running sponge offers. */
interface Sponge {
  update(data: Uint8Array): unknown;
  xof(length: number): Uint8Array;
}

/** A running sponge of the library. */
class RunningXof implements XofState {
  readonly #sponge: Sponge;
  #squeezing = false;

  constructor(sponge: Sponge) {
    this.#sponge = sponge;
  }

  update(data: Uint8Array): this {
    if (this.#squeezing) throw new TypeError('xof: expected an absorbing state, got one that has been squeezed');
    this.#sponge.update(data);
    return this;
  }

  squeeze(length: number): Uint8Array {
    checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
    this.#squeezing = true;
    return length === 0 ? new Uint8Array(0) : this.#sponge.xof(length);
  }
}

/** SHAKE128 and SHAKE256 (FIPS 202) from @noble/hashes. */
export const xof: Xof = {
  create: (name) => new RunningXof(algorithm(name).create({})),
  digest(name, length, ...parts) {
    const state = new RunningXof(algorithm(name).create({}));
    for (const part of parts) state.update(part);
    return state.squeeze(length);
  },
};
