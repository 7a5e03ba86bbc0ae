const ROUNDS = 24;
const LANES = 25;

/** Rotations of rho by lane, and the lane that pi takes a lane to. FIPS 202, sections 3.2.2 and 3.2.3 */
const ROTATIONS = new Uint8Array(LANES);
const TARGETS = new Uint8Array(LANES);
for (let t = 0, x = 1, y = 0; t < 24; t++, [x, y] = [y, (2 * x + 3 * y) % 5])
  ROTATIONS[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
for (let x = 0; x < 5; x++) for (let y = 0; y < 5; y++) TARGETS[x + 5 * y] = y + 5 * ((2 * x + 3 * y) % 5);

/** Round constants of iota, low and high word: bits of an LFSR at places 2^j - 1. FIPS 202, section 3.2.5 */
const CONSTANTS = (() => {
  const words = new Uint32Array(2 * ROUNDS);
  for (let round = 0, lfsr = 1; round < ROUNDS; round++)
    for (let j = 0; j < 7; j++) {
      const bit = (1 << j) - 1;
      const word = 2 * round + (bit >> 5);
      if (lfsr & 1) words[word] = (words[word] as number) ^ (1 << (bit & 31));
      lfsr = (lfsr << 1) ^ (lfsr & 0x80 ? 0x171 : 0);
    }
  return words;
})();

/** Takes a lane of `from`, low and high word, rotated by `by`, into two words of `to` by XOR. */
function rotateInto(from: Uint32Array, lane: number, by: number, to: Uint32Array, target: number): void {
  const swap = by >= 32 ? 1 : 0;
  const [low, high] = [from[2 * lane + swap] as number, from[2 * lane + 1 - swap] as number];
  const shift = by & 31;
  const carry = (word: number): number => (shift === 0 ? 0 : word >>> (32 - shift));
  to[2 * target] = (to[2 * target] as number) ^ (low << shift) ^ carry(high);
  to[2 * target + 1] = (to[2 * target + 1] as number) ^ (high << shift) ^ carry(low);
}

function theta(state: Uint32Array): void {
  const parity = new Uint32Array(10);
  for (let i = 0; i < state.length; i++) parity[i % 10] = (parity[i % 10] as number) ^ (state[i] as number);
  const effect = new Uint32Array(10);
  for (let x = 0; x < 5; x++) {
    rotateInto(parity, (x + 4) % 5, 0, effect, x);
    rotateInto(parity, (x + 1) % 5, 1, effect, x);
  }
  for (let i = 0; i < state.length; i++) state[i] = (state[i] as number) ^ (effect[i % 10] as number);
}

/**
 * One round of Keccak-f[1600] on a state of 25 lanes, each two little-endian words: what a look between two rounds needs. Whole
 * permutations are the library's.
 *
 * @param round - 0..23
 * @see FIPS 202, section 3.3
 */
export function keccakRound(state: Uint32Array, round: number): void {
  theta(state);
  const moved = new Uint32Array(state.length);
  for (let lane = 0; lane < LANES; lane++)
    rotateInto(state, lane, ROTATIONS[lane] as number, moved, TARGETS[lane] as number);
  for (let i = 0; i < state.length; i++) {
    const row = i - (i % 10);
    const next = (words: number): number => moved[row + ((i + words) % 10)] as number;
    state[i] = (moved[i] as number) ^ (~next(2) & next(4));
  }
  for (const half of [0, 1]) state[half] = (state[half] as number) ^ (CONSTANTS[2 * round + half] as number);
}
