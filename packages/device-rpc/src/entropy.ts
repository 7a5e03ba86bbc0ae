import { type CryptoProvider, concatBytes, utf8ToBytes, type XofState } from '@rootcap/crypto';
import { EntropyDry, type TrngResponder, type TrngResponse } from '@rootcap/hardware';
import type { ReplayableEntropy } from 'rootcap';
import { invalidParameter } from './errors.ts';
import {
  bytesOfWords,
  integer,
  integerOf,
  isAbsent,
  isHexDigits,
  listOf,
  objectOf,
  U32_MAX,
  wordsOf,
} from './params.ts';

const RESPONSE_SIZE = 48;
const RESPONSE_WORDS = 12;

/** What a client says of its device's entropy. */
export interface EntropyPlan {
  readonly responses: readonly TrngResponse[];
  /** 4-bit samples, one hexadecimal digit each. */
  readonly nibbles: string;
  /** Continues both when they end. */
  readonly seed: number | undefined;
}

/** @throws RpcError naming the parameter */
export function entropyPlan(value: unknown): EntropyPlan {
  if (isAbsent(value)) return { responses: [], nibbles: '', seed: 0 };
  const params = objectOf(value, 'entropy');
  const { etrng, itrngNibbles } = params;
  if (!isAbsent(itrngNibbles) && !isHexDigits(itrngNibbles))
    throw invalidParameter('entropy.itrngNibbles', 'lower-case hexadecimal digits');
  const items = isAbsent(etrng) ? [] : listOf(etrng, 'entropy.etrng', 2 ** 20);
  return {
    responses: items.map((item, i) => response(item, `entropy.etrng[${i}]`)),
    nibbles: isAbsent(itrngNibbles) ? '' : itrngNibbles,
    seed: isAbsent(params.seed) ? undefined : integerOf(params.seed, 'entropy.seed', Number.MAX_SAFE_INTEGER),
  };
}

function response(value: unknown, name: string): TrngResponse {
  const { delay, words } = objectOf(value, name);
  return {
    delay: integer({ [`${name}.delay`]: delay }, `${name}.delay`, U32_MAX, 0),
    data: bytesOfWords(wordsOf(words, `${name}.words`, RESPONSE_WORDS)),
  };
}

/** An endless stream of bytes that can be read from anywhere. */
class Continuation {
  readonly #provider: Pick<CryptoProvider, 'xof'>;
  readonly #input: Uint8Array;
  #state: XofState;
  #at = 0;

  constructor(provider: Pick<CryptoProvider, 'xof'>, domain: string, seed: number) {
    const suffix = new Uint8Array(8);
    new DataView(suffix.buffer).setBigUint64(0, BigInt(seed), true);
    this.#provider = provider;
    this.#input = concatBytes(utf8ToBytes(domain), suffix);
    this.#state = this.#start();
  }

  #start(): XofState {
    this.#at = 0;
    return this.#provider.xof.create('shake256').update(this.#input);
  }

  read(offset: number, length: number): Uint8Array {
    if (offset < this.#at) this.#state = this.#start();
    if (offset > this.#at) this.#state.squeeze(offset - this.#at);
    this.#at = offset + length;
    return this.#state.squeeze(length);
  }
}

/**
 * Entropy as a client of the protocol gives it: a list, then SHAKE-256("rootcap-etrng" or "rootcap-itrng" ‖ seed as u64
 * little-endian), or nothing. `position` counts responses of the external TRNG or samples of the internal one, whichever
 * the device has.
 */
export class ClientEntropy implements ReplayableEntropy, TrngResponder {
  position = 0;
  readonly #plan: EntropyPlan;
  readonly #etrng: Continuation | undefined;
  readonly #itrng: Continuation | undefined;

  constructor(plan: EntropyPlan, provider: Pick<CryptoProvider, 'xof'>) {
    this.#plan = plan;
    const { seed } = plan;
    if (seed === undefined) return;
    this.#etrng = new Continuation(provider, 'rootcap-etrng', seed);
    this.#itrng = new Continuation(provider, 'rootcap-itrng', seed);
  }

  /** Answers a request of the external TRNG. */
  respond(): TrngResponse | undefined {
    const index = this.position;
    const { responses } = this.#plan;
    const continued = index - responses.length;
    const next = responses[index] ?? (this.#etrng && { delay: 0, data: bigEndian(this.#etrng, continued) });
    if (next !== undefined) this.position++;
    return next;
  }

  /** Samples of the internal TRNG, two a byte, the first one low. @throws EntropyDry when they have ended */
  bytes(length: number): Uint8Array {
    const start = this.position;
    const { nibbles } = this.#plan;
    const continued = Math.max(0, start + 2 * length - nibbles.length);
    if (continued > 0 && this.#itrng === undefined) throw new EntropyDry();
    const skipped = Math.max(0, start - nibbles.length);
    const more = this.#itrng?.read(skipped >>> 1, ((skipped + continued) >>> 1) + 1 - (skipped >>> 1));
    const sample = (i: number): number => {
      if (i < nibbles.length) return Number.parseInt(nibbles[i] as string, 16);
      const at = i - nibbles.length - (skipped & ~1);
      return ((more?.[at >>> 1] ?? 0) >>> (4 * (at & 1))) & 0xf;
    };
    const output = new Uint8Array(length);
    for (let i = 0; i < length; i++) output[i] = sample(start + 2 * i) | (sample(start + 2 * i + 1) << 4);
    this.position = start + 2 * length;
    return output;
  }
}

/** Response `index`: words little-endian in the stream. */
function bigEndian(stream: Continuation, index: number): Uint8Array {
  const data = stream.read(index * RESPONSE_SIZE, RESPONSE_SIZE).slice();
  for (let i = 0; i < data.length; i += 4) data.subarray(i, i + 4).reverse();
  return data;
}
