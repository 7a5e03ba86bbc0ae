import { StructError } from '@rootcap/struct';
import { MediumError } from '../errors.ts';
import type { Medium, MediumStore } from '../medium.ts';
import { type Changes, decodeRecord, encodeRecord, hasLaterRecord, RECORD_TYPE } from './record.ts';

/** A journal shorter than this is not written anew, however much of it is outdated. */
const COMPACT_AT = 65_536;
/** How many times as long as its content a journal may get. */
const COMPACT_FACTOR = 4;
const ZEROS = new Uint8Array(65_536);

/**
 * The drive's metadata: values by key, such as wrapped keys, in a log of checksummed records after a snapshot.
 *
 * A commit is one record, durable as a whole when its promise settles, and after a loss of power there as a whole or not
 * at all. When the log has grown, a snapshot replaces it in one step; the old one is overwritten, so that a destroyed
 * wrapped key is nowhere in the files any more.
 */
export class Journal {
  readonly #store: MediumStore;
  readonly #name: string;
  readonly #values = new Map<string, Uint8Array>();
  #medium: Medium;
  #end = 0;
  #sequence = 0;
  #snapshotSize = 0;
  /** The last of the commits, which run one after the other. */
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(store: MediumStore, name: string) {
    this.#store = store;
    this.#name = name;
    this.#medium = store.open(name);
  }

  /**
   * Opens a journal or begins one, and finishes what a loss of power interrupted.
   *
   * @param name - of the medium; `NAME.new` and `NAME.old` are used too
   * @throws MediumError CORRUPT if it is damaged where no loss of power can have done it
   */
  static async open(store: MediumStore, name = 'journal'): Promise<Journal> {
    const [fresh, old] = [`${name}.new`, `${name}.old`];
    const { names } = store;
    // In this order a replacement goes: see #replace.
    if (names.includes(old) && !names.includes(name)) {
      if (!names.includes(fresh)) throw new MediumError('CORRUPT', `${old} is there without ${name}`);
      store.rename(fresh, name);
    }
    if (store.names.includes(fresh)) await discardMedium(store, fresh);
    if (store.names.includes(old)) await discardMedium(store, old);
    const begins = !store.names.includes(name);
    const journal = new Journal(store, name);
    if (begins || journal.#medium.end === 0) await journal.#replace();
    else if (!journal.#load()) await journal.#replace();
    return journal;
  }

  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** A copy of the value. */
  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.slice();
  }

  /**
   * Changes values, all or none: `undefined` deletes one. What is replaced or deleted may still lie in the file; see
   * {@link erase}. Settles when the change survives loss of power.
   */
  commit(changes: Changes): Promise<void> {
    const copy = new Map([...changes].map(([key, value]) => [key, value?.slice()]));
    return this.#enqueue(async () => {
      const record = encodeRecord(RECORD_TYPE.CHANGES, this.#sequence + 1, copy);
      this.#medium.write(this.#end, record);
      await this.#medium.flush();
      this.#end += record.length;
      this.#sequence++;
      this.#apply(copy);
      if (this.#end > COMPACT_AT && this.#end > COMPACT_FACTOR * this.#snapshotSize) await this.#replace();
    });
  }

  /** Deletes values and overwrites every place of the journal where they, or what they were before, lie. */
  erase(keys: Iterable<string>): Promise<void> {
    const gone = [...keys];
    return this.#enqueue(async () => {
      const kept = new Map(this.#values);
      for (const key of gone) kept.delete(key);
      await this.#replace(kept);
      for (const key of gone) {
        this.#values.get(key)?.fill(0);
        this.#values.delete(key);
      }
    });
  }

  /** Waits for what was committed, and lets go of the medium. */
  async close(): Promise<void> {
    await this.#last;
    this.#medium.close();
  }

  #enqueue(action: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      // Nobody knows what of a failed commit is on the medium: nothing may follow it.
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await action();
      } catch (error) {
        // What cannot be encoded was never written.
        if (!(error instanceof StructError)) this.#failure = error;
        throw error;
      }
    };
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #apply(changes: Changes): void {
    for (const [key, value] of changes) {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
    }
  }

  /** @returns whether the log ends cleanly: a record that was being written may be torn */
  #load(): boolean {
    const log = new Uint8Array(this.#medium.end);
    this.#medium.read(0, log);
    const snapshot = decodeRecord(log, 0);
    if (snapshot?.type !== RECORD_TYPE.SNAPSHOT)
      throw new MediumError('CORRUPT', `${this.#name}: no snapshot at its start`);
    let record: typeof snapshot | undefined = snapshot;
    while (record !== undefined) {
      this.#apply(record.changes);
      this.#sequence = record.sequence;
      this.#end += record.size;
      record = decodeRecord(log, this.#end);
      if (record !== undefined && (record.type !== RECORD_TYPE.CHANGES || record.sequence !== this.#sequence + 1))
        throw new MediumError(
          'CORRUPT',
          `${this.#name}: the record at byte ${this.#end} does not follow the one before`,
        );
    }
    this.#snapshotSize = snapshot.size;
    if (this.#end === log.length) return true;
    if (hasLaterRecord(log, this.#end, this.#sequence))
      throw new MediumError('CORRUPT', `${this.#name}: the record at byte ${this.#end} is damaged`);
    return false;
  }

  /**
   * Puts a snapshot in the log's place. `NAME.new` is complete and durable before `NAME` becomes `NAME.old` and it
   * becomes `NAME`; the old one is overwritten last.
   */
  async #replace(values: ReadonlyMap<string, Uint8Array> = this.#values): Promise<void> {
    const [fresh, old] = [`${this.#name}.new`, `${this.#name}.old`];
    const record = encodeRecord(RECORD_TYPE.SNAPSHOT, this.#sequence, values);
    const medium = this.#store.open(fresh);
    medium.write(0, record);
    await medium.flush();
    await this.#store.flush();
    this.#store.rename(this.#name, old);
    this.#store.rename(fresh, this.#name);
    await this.#store.flush();
    const previous = this.#medium;
    this.#medium = medium;
    this.#end = record.length;
    this.#snapshotSize = record.length;
    await overwrite(previous);
    previous.close();
    this.#store.remove(old);
    await this.#store.flush();
  }
}

async function overwrite(medium: Medium): Promise<void> {
  const { end } = medium;
  for (let at = 0; at < end; at += ZEROS.length) medium.write(at, ZEROS.subarray(0, Math.min(ZEROS.length, end - at)));
  await medium.flush();
}

/** Removes a medium whose content may be secret. */
async function discardMedium(store: MediumStore, name: string): Promise<void> {
  const medium = store.open(name);
  await overwrite(medium);
  medium.close();
  store.remove(name);
  await store.flush();
}
