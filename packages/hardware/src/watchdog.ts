export interface WatchdogControl {
  readonly enabled1: boolean;
  readonly enabled2: boolean;
  /** Cycles. */
  readonly period1: number;
  readonly period2: number;
}

/** Cycles as the two words of `CPTRA_WDT_TIMERn_TIMEOUT_PERIOD`. */
export type WatchdogPeriod = readonly [low: number, high: number];

export interface WatchdogState {
  readonly count1: number;
  readonly count2: number;
  readonly expired1: boolean;
  readonly expired2: boolean;
}

/** What happened: a timer reached its period, or both did in cascade, which is fatal (NMI). */
export type WatchdogEvent = 'timer1' | 'timer2' | 'fatal';

/**
 * The two watchdog timers. Timer 2 counts by itself if enabled; otherwise it starts when timer 1 has expired (cascade)
 * and its expiry is fatal. An expired timer stops until serviced. caliptra-rtl:src/soc_ifc/rtl/wdt.sv
 */
export class Watchdogs {
  #count1 = 0;
  #count2 = 0;
  #expired1 = false;
  #expired2 = false;

  get expired1(): boolean {
    return this.#expired1;
  }

  get expired2(): boolean {
    return this.#expired2;
  }

  reset(): void {
    this.#count1 = 0;
    this.#count2 = 0;
    this.#expired1 = false;
    this.#expired2 = false;
  }

  /** Lets `cycles` pass. Jumps from one expiry to the next, so the length of the period costs nothing. */
  advance(cycles: number, control: WatchdogControl): WatchdogEvent[] {
    const events = [...this.evaluate(control)];
    let left = cycles;
    while (left > 0) {
      const counting1 = control.enabled1 && !this.#expired1;
      const counting2 = (control.enabled2 || this.#expired1) && !this.#expired2;
      if (!counting1 && !counting2) break;
      const until1 = counting1 ? distance(this.#count1, control.period1) : Number.POSITIVE_INFINITY;
      const until2 = counting2 ? distance(this.#count2, control.period2) : Number.POSITIVE_INFINITY;
      const step = Math.min(left, until1, until2);
      if (counting1) this.#count1 += step;
      if (counting2) this.#count2 += step;
      left -= step;
      events.push(...this.evaluate(control));
    }
    return events;
  }

  /** Cycles until the next expiry; infinite while no timer counts. */
  cyclesToExpiry({ enabled1, enabled2, period1, period2 }: WatchdogControl): number {
    const counting1 = enabled1 && !this.#expired1;
    const counting2 = (enabled2 || this.#expired1) && !this.#expired2;
    return Math.min(
      counting1 ? distance(this.#count1, period1) : Number.POSITIVE_INFINITY,
      counting2 ? distance(this.#count2, period2) : Number.POSITIVE_INFINITY,
    );
  }

  /** Recomputes the expiry signals (count equals period) and returns those that rose. */
  evaluate({ enabled2, period1, period2 }: WatchdogControl): readonly WatchdogEvent[] {
    const expired1 = this.#count1 === period1;
    const expired2 = this.#count2 === period2;
    if (expired1 === this.#expired1 && expired2 === this.#expired2) return NO_EVENTS;
    const events: WatchdogEvent[] = [];
    if (expired1 && !this.#expired1) events.push('timer1');
    if (expired2 && !this.#expired2) events.push(enabled2 ? 'timer2' : 'fatal');
    this.#expired1 = expired1;
    this.#expired2 = expired2;
    return events;
  }

  /** `CPTRA_WDT_TIMERn_CTRL.restart`. Ignored once expired; timer 2 also in cascade. */
  restart(timer: 1 | 2, { enabled1, enabled2 }: WatchdogControl): void {
    if (timer === 1 && enabled1 && !this.#expired1) this.#count1 = 0;
    if (timer === 2 && enabled2 && !this.#expired2) this.#count2 = 0;
  }

  /** The error interrupts of the timers were cleared. In cascade, servicing timer 1 restarts both unless 2 expired. */
  service(timer1: boolean, timer2: boolean, { enabled1, enabled2 }: WatchdogControl): void {
    const serviced1 = timer1 && this.#expired1;
    const expired2 = this.#expired2;
    const counting2 = enabled2 || this.#expired1;
    if (serviced1 && enabled1 && (enabled2 || !expired2)) this.#count1 = 0;
    const serviced2 = timer2 && expired2 && enabled2;
    if (counting2 && (serviced2 || (serviced1 && !expired2 && !enabled2))) this.#count2 = 0;
  }

  save(): WatchdogState {
    return { count1: this.#count1, count2: this.#count2, expired1: this.#expired1, expired2: this.#expired2 };
  }

  /** @param saved - already checked */
  restore(saved: WatchdogState): void {
    this.#count1 = saved.count1;
    this.#count2 = saved.count2;
    this.#expired1 = saved.expired1;
    this.#expired2 = saved.expired2;
  }
}

const NO_EVENTS: readonly WatchdogEvent[] = [];

/** Cycles until `count` equals `period`; a count beyond the period wraps first, which no run lives to see. */
function distance(count: number, period: number): number {
  return count <= period ? period - count : Number.POSITIVE_INFINITY;
}
