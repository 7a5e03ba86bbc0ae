import type { Device } from './device.ts';

export interface StepOptions {
  /** Upper bound, a whole number >= 0. */
  readonly cycles: number;
  /** Ends the step when it holds. Asked before the first cycle and after each one at which something happened. */
  readonly until?: () => boolean;
  /** Ask after every single cycle, for an `until` that looks at the time. Default false. */
  readonly everyCycle?: boolean;
}

export interface StepResult {
  /** Cycles that passed. */
  readonly ran: number;
  /** `until` holds; or nothing can happen any more without the SoC; or the cycles are used up. */
  readonly reason: 'until' | 'idle' | 'cycles';
}

/** Cycles between two pauses of a step that looks at every cycle. */
const PAUSE = 256;

/**
 * Virtual time of a device whose firmware has no instructions to count: the firmware computes up to its next wait in no
 * time, then as many cycles pass as the wait declares and its operations took, at least one, so that every wait can be observed. Watchdogs and
 * the answers of a TRNG are events on the same clock. Time passes in a step only, and nothing else moves it: the same
 * calls give the same cycles.
 */
export class DeviceClock {
  readonly #device: Device;
  /** Cycles before the firmware can go on. */
  #busy = 0;
  /** Cycles that the chip is ahead, because the firmware waited inside an operation. */
  #ahead = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  /** Cycles since the device was made. */
  get now(): number {
    return this.#device.chip.cycles - this.#ahead;
  }

  /** @throws RangeError unless `cycles` is a whole number >= 0 */
  step(options: StepOptions): StepResult {
    const steps = this.steps(options);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /** The same in pieces, so that one long step need not keep others waiting: pauses whenever firmware has run. */
  *steps({
    cycles,
    until = () => false,
    everyCycle = false,
  }: StepOptions): Generator<undefined, StepResult, undefined> {
    if (!(Number.isSafeInteger(cycles) && cycles >= 0)) throw new RangeError(`cycles: ${cycles} is not a whole number`);
    if (until()) return { ran: 0, reason: 'until' };
    for (let ran = 0; ran < cycles; ) {
      const runs = this.#busy === 0 && this.#device.canStep;
      if (runs) this.#run();
      const next = runs || everyCycle ? 1 : this.#cyclesToEvent();
      if (next === Number.POSITIVE_INFINITY) {
        this.#pass(cycles - ran);
        return { ran: cycles, reason: 'idle' };
      }
      const passed = Math.min(next, cycles - ran);
      this.#pass(passed);
      ran += passed;
      if (until()) return { ran, reason: 'until' };
      if (runs || (everyCycle && ran % PAUSE === 0)) yield;
    }
    return { ran: cycles, reason: 'cycles' };
  }

  /** Lets the firmware go on to its next wait. */
  #run(): void {
    const { chip } = this.#device;
    const wait = this.#device.step();
    const stalled = chip.takeStalledCycles();
    this.#ahead += stalled;
    this.#busy = stalled + chip.takeSpentCycles() + Math.max(1, wait.cycles ?? 1);
  }

  #cyclesToEvent(): number {
    const { canStep, chip } = this.#device;
    const firmware = canStep ? this.#busy : Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(firmware, this.#ahead + chip.cyclesToEvent));
  }

  #pass(cycles: number): void {
    const caughtUp = Math.min(cycles, this.#ahead);
    this.#ahead -= caughtUp;
    this.#busy -= Math.min(cycles, this.#busy);
    this.#device.chip.advance(cycles - caughtUp);
    if (this.#device.chip.nmiPending) this.#busy = 0;
  }

  /** @internal A reset: whatever kept the firmware busy is over. */
  forget(): void {
    this.#device.chip.takeStalledCycles();
    this.#device.chip.takeSpentCycles();
    this.#busy = 0;
    this.#ahead = 0;
  }
}
