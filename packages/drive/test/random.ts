/** Numbers of 0 up to 1 that depend on the seed alone. */
export function seeded(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 0x5bd1_e995) + 0x3c6e_f372) >>> 0;
    state = (state ^ (state >>> 15)) >>> 0;
    return state / 2 ** 32;
  };
}
