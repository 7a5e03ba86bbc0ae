import { DriveError } from '../errors.ts';
import type { FlashState, PartyRecord, RangeRecord, RecordStore } from './flash.ts';

/** The flash while a drive runs: what it holds, and changes that reach it one after the other. */
export class FlashMemory {
  readonly #store: RecordStore<FlashState>;
  #state: FlashState;
  /** The last change: host and controller may ask for some at once. */
  #last: Promise<void> = Promise.resolve();

  constructor(store: RecordStore<FlashState>, state: FlashState) {
    this.#store = store;
    this.#state = state;
  }

  get state(): FlashState {
    return this.#state;
  }

  /** @throws DriveError UNKNOWN */
  party(uid: string): PartyRecord {
    const party = this.#state.parties.find((each) => each.uid === uid);
    if (party === undefined) throw new DriveError('UNKNOWN', `party ${uid}: not bound to this drive`);
    return party;
  }

  /** @throws DriveError UNKNOWN */
  range(name: string): RangeRecord {
    const range = this.#state.ranges.find((each) => each.name === name);
    if (range === undefined) throw new DriveError('UNKNOWN', `range ${name}: this drive has none of this name`);
    return range;
  }

  /** Keeps a change as a whole; it holds when the promise settles. */
  async save(change: Partial<FlashState>): Promise<void> {
    const saved = this.#last.then(async () => {
      const next = { ...this.#state, ...change };
      await this.#store.write(next);
      this.#state = next;
    });
    this.#last = saved.catch(() => undefined);
    return saved;
  }

  async saveRange(record: RangeRecord): Promise<void> {
    await this.save({ ranges: this.#state.ranges.map((range) => (range.name === record.name ? record : range)) });
  }

  /** Overwrites what was there before: it has keys that must not come back. */
  scrub(): Promise<void> {
    return this.#store.scrub();
  }

  /** A change, and nothing of what was there before is left. */
  async saveErased(change: Partial<FlashState>): Promise<void> {
    await this.save(change);
    await this.scrub();
  }
}
