import { createHash } from 'node:crypto';
import { checkBytes, checkInteger } from '../checks.ts';
import type { Xof, XofName, XofState } from '../provider.ts';
import { plain } from './bytes.ts';

type State = ReturnType<typeof createHash>;

/** OpenSSL squeezes once, to a length given beforehand; the first request is answered from so many bytes. */
const FIRST_BYTES = 512;

function checkName(name: XofName): void {
  if (name !== 'shake128' && name !== 'shake256')
    throw new RangeError(`name: expected shake128 or shake256, got ${String(name)}`);
}

/** Squeezing any number of times: each time the output runs out, a copy of the absorbed state gives twice as much. */
class NodeXof implements XofState {
  readonly #absorbed: State;
  #output: Uint8Array | undefined;
  #used = 0;

  constructor(name: XofName) {
    this.#absorbed = createHash(name, { outputLength: FIRST_BYTES });
  }

  update(data: Uint8Array): this {
    checkBytes('data', data);
    if (this.#output !== undefined)
      throw new TypeError('xof: expected an absorbing state, got one that has been squeezed');
    this.#absorbed.update(data);
    return this;
  }

  squeeze(length: number): Uint8Array {
    checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
    const end = this.#used + length;
    let output = this.#output;
    if (output === undefined || end > output.length) {
      const outputLength = Math.max(FIRST_BYTES, end, 2 * (output?.length ?? 0));
      output = plain(this.#absorbed.copy({ outputLength }).digest());
      this.#output = output;
    }
    const out = output.slice(this.#used, end);
    this.#used = end;
    return out;
  }
}

/** SHAKE128 and SHAKE256 from OpenSSL. */
export const xof: Xof = {
  create(name) {
    checkName(name);
    return new NodeXof(name);
  },
  digest(name, length, ...parts) {
    checkName(name);
    checkInteger('length', length, 0, Number.MAX_SAFE_INTEGER);
    for (const part of parts) checkBytes('data', part);
    if (length === 0) return new Uint8Array(0);
    const state = createHash(name, { outputLength: length });
    for (const part of parts) state.update(part);
    return plain(state.digest());
  },
};
