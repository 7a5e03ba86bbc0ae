import type { MaskSource } from './random-bits.ts';
import type { Shares } from './shares.ts';

/** `split`: shares of a value that was in the clear; `product`: not reduced; `reduced`: of a value in [0, q). */
export type ShareStage = 'split' | 'product' | 'reduced';

/** Gets the shares of one signal. @param coefficient - index in the polynomial, 0..255 */
export type ShareReport = (
  coefficient: number,
  cycle: number,
  signal: string,
  stage: ShareStage,
  shares: Shares,
) => void;

/** How a masked instruction goes through its rows. */
export interface MaskedRows {
  /** In the order in which they are taken. */
  readonly rows: readonly number[];
  /** Cycle of the instruction in which the operands of the first row enter the arithmetic units. */
  readonly enter: number;
  readonly random: MaskSource;
  readonly report?: ShareReport | undefined;
}

const LOW_10 = 2 ** 10;
const LOW_14 = 2 ** 14;

/** 24 bits: the low 14 of one word, then the low 10 of another. */
export const join24 = (low: number, high: number): number => (low % LOW_14) + (high % LOW_10) * LOW_14;
