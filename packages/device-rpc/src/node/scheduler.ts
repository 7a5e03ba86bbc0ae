/** Something that has work in pieces. */
export interface Worker {
  /** Whether there is work that can be done now. */
  readonly ready: boolean;
  /** Does one piece. */
  work(): void;
  /** The turn is over. */
  rest(): void;
}

/** Milliseconds that one worker has before the next one's turn. A single piece may take longer. */
const TURN = 2;

/**
 * Gives every worker its turn, one after the other, and lets the process do its other work in between: so one
 * connection's long step does not keep the others waiting.
 */
export class Scheduler {
  readonly #workers = new Set<Worker>();
  #scheduled = false;

  /** The worker has work. */
  wake(worker: Worker): void {
    this.#workers.add(worker);
    this.#schedule();
  }

  forget(worker: Worker): void {
    this.#workers.delete(worker);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#round);
  }

  readonly #round = (): void => {
    this.#scheduled = false;
    for (const worker of [...this.#workers]) {
      const end = performance.now() + TURN;
      while (worker.ready && performance.now() < end) worker.work();
      if (!worker.ready) this.#workers.delete(worker);
      worker.rest();
    }
    if (this.#workers.size > 0) this.#schedule();
  };
}
