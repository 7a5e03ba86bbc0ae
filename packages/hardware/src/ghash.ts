import { ghash } from '@noble/ciphers/_polyval.js';

const BLOCK = 16;

/**
 * GHASH of SP 800-38D §6.4 continued from a state: `X = (X ⊕ block) · H` for each block. From @noble/ciphers.
 *
 * @param h - hash subkey, 16 bytes
 * @param state - 16 bytes; zeros at the start
 * @param data - zero filled to whole blocks
 * @returns the new state, 16 bytes
 */
export function ghashUpdate(h: Uint8Array, state: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.length === 0) return state.slice();
  // From state 0 the first block is multiplied as it is, so a state is carried on by XOR into it.
  const blocks = new Uint8Array(Math.ceil(data.length / BLOCK) * BLOCK);
  blocks.set(data);
  for (let i = 0; i < BLOCK; i++) blocks[i] = (blocks[i] as number) ^ (state[i] as number);
  return ghash(blocks, h);
}
