import { concatBytes } from '@rootcap/crypto';
import type { LockPort } from './port.ts';

/** 64 random bytes: one response and the head of the next. */
export function random64({ random }: Pick<LockPort, 'random'>): Uint8Array {
  const first = random();
  return concatBytes(first, random().subarray(0, 16));
}

/** The head of one response. @param size - up to 48 */
export function randomHead({ random }: Pick<LockPort, 'random'>, size: number): Uint8Array {
  return random().slice(0, size);
}
