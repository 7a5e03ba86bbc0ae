/** A small generator with a seed: the same seed gives the same run on every machine. Not for keys. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A 32-bit number. mulberry32, public domain */
  u32(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number in 0..limit-1. */
  below(limit: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * limit);
  }

  chance(probability: number): boolean {
    return this.u32() < probability * 0x1_0000_0000;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.u32();
    return out;
  }

  /** A 32-bit number that programs trip over more often than over any other. */
  edge(): number {
    return this.chance(0.5) ? this.pick(EDGES) : this.u32();
  }
}

const EDGES = [
  0, 1, 2, 3, 4, 31, 32, 33, 127, 128, 129, 0xff, 0x100, 0xffff, 0x1_0000, 0x3_ffff, 0x4_0000, 0x4_0001, 0x4000_0000,
  0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff,
] as const;

/** The generator of one case: independent of all cases before it, so that a case can be run alone. */
export function caseRandom(seed: number, index: number): Random {
  return new Random((Math.imul(seed, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b)) >>> 0);
}
