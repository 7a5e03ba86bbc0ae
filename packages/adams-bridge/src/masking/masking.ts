import { type CoeffMemory, POLY_ROWS, splitAddress } from '../memory/coeff-memory.ts';
import { INTERIM_PLACES } from '../program/memory-map.ts';
import { OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';
import { MLKEM_Q, N, type Poly } from '../units/modular.ts';
import { inttRound } from '../units/ntt.ts';
import { type AccessOrder, engineMode, engineOrders, normCheckOrder } from './access-order.ts';
import { maskedInttRound } from './masked-inverse.ts';
import { type MaskedTarget, maskedPairwm, maskedPwm } from './masked-products.ts';
import type { MaskedRows, ShareReport, ShareStage } from './masked-rows.ts';
import { NO_MASKS, RandomBits } from './random-bits.ts';
import { ShareMemory } from './share-memory.ts';
import { recombine, ringOf, type ShareRing, type Shares } from './shares.ts';

/** The two shares of a signal, seen in one clock cycle. */
export interface SharesEvent {
  readonly instruction: Instruction;
  /** Of the instruction; undefined if a sampler decides when the operands come. */
  readonly cycle: number | undefined;
  /** Index in the polynomial, 0..255; of a pair, the lower. */
  readonly coefficient: number;
  /** `a`, `b`: factors; `c`: what was there; `u`, `v`, `w`: operands of a butterfly; `zeta`: constant of a pair. */
  readonly signal: string;
  readonly stage: ShareStage;
  readonly shares: Shares;
  /** The shares add up to the signal modulo 2^bits. */
  readonly bits: number;
}

export interface OrderEvent extends AccessOrder {
  readonly instruction: Instruction;
}

/** Who looks at shares and orders; what is left out is not reported. */
export interface MaskingObserver {
  shares?(event: SharesEvent): void;
  order?(event: OrderEvent): void;
}

const SHARE_BANK = 3;
const IN_ORDER = Array.from({ length: POLY_ROWS }, (_, row) => row);
/** Cycles of an LFSR instruction until the seed is loaded. */
const SEED_CYCLES = 2;

/**
 * Masking and shuffling of one accelerator: its random bits and the shares in bank 3, kept from one command to the next.
 * Results and cycles are those of {@link execute} without it.
 *
 * @see adams-bridge:src/ntt_top/rtl/ntt_top.sv, v2.0.3
 */
export class Masking {
  readonly shareMemory = new ShareMemory();
  readonly random = new RandomBits();
  readonly #observer: MaskingObserver;
  #orders: readonly AccessOrder[] = [];

  constructor(observer: MaskingObserver = {}) {
    this.#observer = observer;
  }

  /** Before an instruction: draws and reports its orders. */
  begin(instruction: Instruction): void {
    const { shuffling } = OPCODES[instruction.op];
    const check = instruction.op === 'NORMCHK';
    if (!shuffling && !check) return;
    this.#orders = check ? [normCheckOrder(this.random)] : engineOrders(instruction, this.random);
    if (this.#observer.order !== undefined)
      for (const order of this.#orders) this.#observer.order({ instruction, ...order });
  }

  /** After an instruction: the LFSRs take a seed, and step on. */
  end({ op }: Instruction, cycles: number, seed: Uint8Array): void {
    if (op === 'LFSR') this.random.seed(seed);
    this.random.advance(op === 'LFSR' ? Math.max(cycles - SEED_CYCLES, 0) : cycles);
  }

  /**
   * Does an instruction on polynomials in memory if it is one that works on shares.
   *
   * @returns whether it was
   */
  run(memory: CoeffMemory, instruction: Instruction): boolean {
    const { op, src1, src2, dst } = instruction;
    const { masked, transform } = engineMode(op);
    const [order] = this.#orders;
    if (!masked || order === undefined) return false;
    const rows = { rows: order.reads, enter: order.enter, random: this.random, report: this.#report(instruction) };
    if (transform === 'gs') this.#inverse(memory, instruction, rows);
    else this.#product(memory, instruction, memory.view(src1), memory.view(src2), dst, rows);
    return true;
  }

  /**
   * The product of a polynomial in memory and one from a sampler. Its random words are held at zero, so every mask is
   * zero, and the second share after a reduction a fixed function of the data.
   *
   * @see adams-bridge:src/abr_top/rtl/abr_top.sv, v2.0.3: `ntt_random_en`
   */
  sampledProduct(memory: CoeffMemory, instruction: Instruction, sampled: Poly): void {
    const rows = { rows: IN_ORDER, enter: 0, random: NO_MASKS, report: this.#report(instruction, true) };
    this.#product(memory, instruction, memory.view(instruction.src2), sampled, instruction.dst, rows);
  }

  #product(memory: CoeffMemory, { op }: Instruction, a: Poly, b: Poly, dst: number, rows: MaskedRows): void {
    const { q, accumulate } = engineMode(op);
    const ring = ringOf(q);
    const clear = memory.view(dst);
    const sum = accumulate ? this.#sharesOf(memory, dst, ring) : undefined;
    const stored = splitAddress(dst).bank === SHARE_BANK;
    // The operands are read before the first result is written.
    const result = new Int32Array(N);
    const target: MaskedTarget = {
      sum,
      store: (coefficient, shares) => {
        result[coefficient] = recombine(ring, shares);
        if (stored) this.shareMemory.store(coefficient, shares);
      },
    };
    if (q === MLKEM_Q) maskedPairwm(a, b, rows, target);
    else maskedPwm(a, b, rows, target);
    clear.set(result);
  }

  #inverse(memory: CoeffMemory, { op, imm, src1, dst }: Instruction, rows: MaskedRows): void {
    const { q } = engineMode(op);
    const interim = memory.view(INTERIM_PLACES[(imm & 1) as 0 | 1]);
    const target = memory.view(dst);
    maskedInttRound(this.#sharesOf(memory, src1, ringOf(q)), interim, q, rows);
    inttRound(interim, target, 1, q);
    inttRound(target, interim, 2, q);
    inttRound(interim, target, 3, q);
  }

  /** Shares of a polynomial in memory. Only bank 3 has two of them. */
  #sharesOf(memory: CoeffMemory, address: number, ring: ShareRing): (coefficient: number) => Shares {
    const values = memory.view(address);
    return splitAddress(address).bank === SHARE_BANK
      ? (i) => this.shareMemory.read(i, values[i] as number, ring)
      : (i) => [values[i] as number, 0];
  }

  #report(instruction: Instruction, sampled = false): ShareReport | undefined {
    const observer = this.#observer;
    if (observer.shares === undefined) return undefined;
    const { bits } = ringOf(engineMode(instruction.op).q);
    return (coefficient, cycle, signal, stage, shares) =>
      observer.shares?.({
        instruction,
        cycle: sampled ? undefined : cycle,
        coefficient,
        signal,
        stage,
        shares,
        bits,
      });
  }
}
