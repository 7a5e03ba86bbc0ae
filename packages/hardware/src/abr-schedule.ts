import type { AbrAlgorithm } from './abr-timing.ts';
import { copyState, type Shape } from './state.ts';

/** Time as the accelerator has it from its chip. */
export interface AbrClock {
  /** Clock cycles since the chip was made. */
  now(): number;
  /** Says that an operation of firmware took so many cycles, which are to pass before the firmware goes on. */
  spend(cycles: number): void;
}

/** What ends after some time: a zeroize, the wait for a stream, a transfer from the vault, a command. */
export type AbrEvent = { readonly due: number } & AbrHappening;

export type AbrHappening =
  | { readonly kind: 'ready' }
  /** Code of the command that takes the message. */
  | { readonly kind: 'stream'; readonly command: number }
  /** Number of the port. */
  | { readonly kind: 'vault'; readonly port: number; readonly slot: number }
  | {
      readonly kind: 'command';
      readonly algorithm: AbrAlgorithm;
      readonly failed: boolean;
      /** What shows when the command ends. */
      readonly verifyResult?: Uint8Array;
      readonly sharedKey?: Uint8Array;
    };

/** Form of saved events. */
export const SAVED_EVENTS: Shape = {
  list: {
    fields: {
      due: 'number',
      kind: { oneOf: ['ready', 'stream', 'vault', 'command'] },
      command: { optional: { oneOf: [2, 3, 4] } },
      port: { optional: { below: 3 } },
      slot: { optional: { below: 32 } },
      algorithm: { optional: { oneOf: ['mldsa', 'mlkem'] } },
      failed: { optional: 'boolean' },
      verifyResult: { optional: { bytes: 64 } },
      sharedKey: { optional: { bytes: 32 } },
    },
  },
};

/** What is under way in the accelerator. Without a clock everything happens at once. */
export class AbrSchedule {
  readonly #clock: AbrClock | undefined;
  readonly #happen: (event: AbrEvent) => void;
  #events: AbrEvent[] = [];

  constructor(clock: AbrClock | undefined, happen: (event: AbrEvent) => void) {
    this.#clock = clock;
    this.#happen = happen;
  }

  add(cycles: number, happening: AbrHappening): void {
    const event: AbrEvent = { due: (this.#clock?.now() ?? 0) + cycles, ...happening };
    if (this.#clock === undefined) this.#happen(event);
    else this.#events.push(event);
  }

  /** Cycle of the next event; infinite if there is none. */
  get due(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#events.map(({ due }) => due));
  }

  /** Lets happen what is due, the earliest first. */
  settle(): void {
    const now = this.#clock?.now() ?? 0;
    for (;;) {
      const next = this.due;
      if (next > now) return;
      const event = this.#events.find(({ due }) => due === next) as AbrEvent;
      this.#events = this.#events.filter((other) => other !== event);
      this.#happen(event);
    }
  }

  clear(): void {
    this.#events = [];
  }

  save(): readonly AbrEvent[] {
    return copyState(this.#events);
  }

  restore(events: readonly AbrEvent[]): void {
    this.#events = copyState([...events]);
  }
}
