import { concatBytes, u32be } from '../bytes.ts';
import type { LmotsParameters, LmsHash } from './parameters.ts';

/** Domain separation, RFC 8554 §7.1. */
const D_PBLC = Uint8Array.of(0x80, 0x80);
const D_MESG = Uint8Array.of(0x81, 0x81);

/** Where a chain stands: `I ‖ u32str(q) ‖ u16str(i) ‖ u8str(j) ‖ value`, hashed in place. */
class Chain {
  readonly #hash: LmsHash;
  readonly #buffer: Uint8Array;
  readonly #view: DataView;

  constructor(hash: LmsHash, id: Uint8Array, q: number, n: number) {
    this.#hash = hash;
    this.#buffer = new Uint8Array(23 + n);
    this.#view = new DataView(this.#buffer.buffer);
    this.#buffer.set(id);
    this.#view.setUint32(16, q);
  }

  /** Advances `value` of chain `i` from step `from` to step `to`. A step `j` hashes j itself. */
  advance(value: Uint8Array, i: number, from: number, to: number): Uint8Array {
    const { length } = value;
    this.#view.setUint16(20, i);
    this.#buffer.set(value, 23);
    for (let j = from; j < to; j++) {
      this.#buffer[22] = j;
      this.#buffer.set(this.#hash(this.#buffer), 23);
    }
    return this.#buffer.slice(23, 23 + length);
  }
}

/** The `p` digits of `digest ‖ checksum`, each `w` bits, most significant first. RFC 8554 §3.1.3, §4.4 */
function digits({ w, p, n, ls }: LmotsParameters, digest: Uint8Array): readonly number[] {
  const mask = (1 << w) - 1;
  const perByte = 8 / w;
  const digitOf = (source: Uint8Array, i: number) =>
    ((source[Math.floor(i / perByte)] ?? 0) >> (8 - w * (i % perByte) - w)) & mask;
  let sum = 0;
  for (let i = 0; i < n * perByte; i++) sum += mask - digitOf(digest, i);
  const checksum = sum << ls;
  const whole = concatBytes(digest, Uint8Array.of((checksum >> 8) & 0xff, checksum & 0xff));
  return Array.from({ length: p }, (_, i) => digitOf(whole, i));
}

/** Where one LM-OTS key lives: the hash, the parameter set, the tree's identifier I and the leaf number q. */
export interface OtsPlace {
  readonly hash: LmsHash;
  readonly parameters: LmotsParameters;
  readonly id: Uint8Array;
  readonly q: number;
}

function messageDigits({ hash, parameters, id, q }: OtsPlace, nonce: Uint8Array, message: Uint8Array) {
  return digits(parameters, hash(id, u32be(q), D_MESG, nonce, message));
}

/** Public key K that a signature `y` leads to. RFC 8554 Algorithm 4b */
export function otsCandidate(
  place: OtsPlace,
  nonce: Uint8Array,
  y: readonly Uint8Array[],
  message: Uint8Array,
): Uint8Array {
  const { hash, parameters, id, q } = place;
  const chain = new Chain(hash, id, q, parameters.n);
  const last = 2 ** parameters.w - 1;
  const starts = messageDigits(place, nonce, message);
  const ends = y.map((value, i) => chain.advance(value, i, starts[i] ?? 0, last));
  return hash(id, u32be(q), D_PBLC, ...ends);
}

/** Start of chain `i`: `x[i] = H(I ‖ u32str(q) ‖ u16str(i) ‖ ff ‖ SEED)`. RFC 8554 Appendix A */
function chainStart({ hash, id, q }: OtsPlace, seed: Uint8Array, i: number): Uint8Array {
  return hash(id, u32be(q), Uint8Array.of(i >> 8, i & 0xff, 0xff), seed);
}

/** Public key K of the key that `seed` gives at this place. RFC 8554 Algorithm 1 */
export function otsPublicKey(place: OtsPlace, seed: Uint8Array): Uint8Array {
  const { hash, parameters, id, q } = place;
  const chain = new Chain(hash, id, q, parameters.n);
  const last = 2 ** parameters.w - 1;
  const ends = Array.from({ length: parameters.p }, (_, i) => chain.advance(chainStart(place, seed, i), i, 0, last));
  return hash(id, u32be(q), D_PBLC, ...ends);
}

/** `u32str(type) ‖ C ‖ y[0] ‖ … ‖ y[p-1]`. RFC 8554 Algorithm 3 */
export function otsSign(place: OtsPlace, seed: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  const { hash, parameters, id, q } = place;
  const chain = new Chain(hash, id, q, parameters.n);
  const y = messageDigits(place, nonce, message).map((digit, i) =>
    chain.advance(chainStart(place, seed, i), i, 0, digit),
  );
  return concatBytes(u32be(parameters.type), nonce, ...y);
}
