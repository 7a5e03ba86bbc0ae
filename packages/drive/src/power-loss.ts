import { MediumError } from './errors.ts';
import type { Medium, MediumStore } from './medium.ts';

/** Bytes that a medium writes as a whole even when its power fails. */
const DEFAULT_SECTOR = 512;

type Operation =
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; readonly data: Uint8Array }
  | { readonly kind: 'discard'; readonly file: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'create'; readonly name: string; readonly file: number }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly name: string }
  /** A flush settled: operations before `upTo` are durable, of a file or, without one, of names. */
  | { readonly kind: 'settled'; readonly file: number | undefined; readonly upTo: number };

/** Names and contents at one time. */
class State {
  readonly names = new Map<string, number>();
  readonly contents = new Map<number, Uint8Array>();

  apply(operation: Operation): void {
    if (operation.kind === 'create') this.names.set(operation.name, operation.file);
    else if (operation.kind === 'remove') this.names.delete(operation.name);
    else if (operation.kind === 'rename') {
      const file = this.names.get(operation.from);
      this.names.delete(operation.from);
      if (file !== undefined) this.names.set(operation.to, file);
    } else if (operation.kind === 'write') this.write(operation.file, operation.offset, operation.data);
    else if (operation.kind === 'discard') this.discard(operation.file, operation.offset, operation.length);
  }

  content(file: number): Uint8Array {
    return this.contents.get(file) ?? new Uint8Array(0);
  }

  write(file: number, offset: number, data: Uint8Array): void {
    let content = this.content(file);
    if (content.length < offset + data.length) {
      const grown = new Uint8Array(offset + data.length);
      grown.set(content);
      content = grown;
      this.contents.set(file, content);
    }
    content.set(data, offset);
  }

  discard(file: number, offset: number, length: number): void {
    const content = this.content(file);
    if (offset + length >= content.length) this.contents.set(file, content.slice(0, offset));
    else content.fill(0, offset, offset + length);
  }
}

export interface PowerLossOptions {
  /** 0 up to, not including, 1: decides what became of each write that was not flushed. */
  readonly random: () => number;
  /** Operations that happened before; default all. */
  readonly at?: number;
  /** Bytes that are written as a whole; default 512. */
  readonly sector?: number;
}

/**
 * Media in memory whose power can fail, after any operation: what was flushed is there, of other writes each sector may
 * be or not, of changed names the first so many. For tests of what lies on media.
 */
export class PowerLossStore implements MediumStore {
  readonly #operations: Operation[] = [];
  readonly #state = new State();
  #files = 0;

  /** Operations so far: any of them may be the last before the power fails. */
  get operations(): number {
    return this.#operations.length;
  }

  get names(): readonly string[] {
    return [...this.#state.names.keys()];
  }

  open(name: string): Medium {
    let file = this.#state.names.get(name);
    if (file === undefined) {
      file = this.#files++;
      this.#do({ kind: 'create', name, file });
    }
    return new PowerLossMedium(this.#state, file, (operation) => this.#do(operation), this.#flush);
  }

  rename(from: string, to: string): void {
    if (!this.#state.names.has(from)) throw new MediumError('IO', `there is no ${from}`);
    this.#do({ kind: 'rename', from, to });
  }

  remove(name: string): void {
    this.#do({ kind: 'remove', name });
  }

  flush(): Promise<void> {
    return this.#flush(undefined);
  }

  /** The media as they are when the power comes back. */
  fail({ random, at = this.#operations.length, sector = DEFAULT_SECTOR }: PowerLossOptions): PowerLossStore {
    const happened = this.#operations.slice(0, at);
    const durable = new Map<number | undefined, number>();
    for (const operation of happened)
      if (operation.kind === 'settled')
        durable.set(operation.file, Math.max(operation.upTo, durable.get(operation.file) ?? 0));
    const after = new State();
    let namesKept = true;
    for (const [index, operation] of happened.entries()) {
      if (operation.kind === 'settled') continue;
      const ofFile = operation.kind === 'write' || operation.kind === 'discard';
      if (index < (durable.get(ofFile ? operation.file : undefined) ?? 0)) after.apply(operation);
      else if (!ofFile) {
        namesKept &&= random() < 0.5;
        if (namesKept) after.apply(operation);
      } else if (operation.kind === 'write') tear(operation, sector, random, after);
      else if (random() < 0.5) after.apply(operation);
    }
    return PowerLossStore.#of(after);
  }

  static #of(state: State): PowerLossStore {
    const store = new PowerLossStore();
    for (const [name, file] of state.names) {
      const medium = store.open(name);
      medium.write(0, state.content(file));
    }
    const upTo = store.#operations.length;
    for (let file = 0; file < store.#files; file++) store.#do({ kind: 'settled', file, upTo });
    store.#do({ kind: 'settled', file: undefined, upTo });
    return store;
  }

  #do(operation: Operation): void {
    this.#operations.push(operation);
    this.#state.apply(operation);
  }

  readonly #flush = async (file: number | undefined): Promise<void> => {
    const upTo = this.#operations.length;
    await Promise.resolve();
    this.#do({ kind: 'settled', file, upTo });
  };
}

function tear(
  { file, offset, data }: Extract<Operation, { kind: 'write' }>,
  sector: number,
  random: () => number,
  after: State,
): void {
  const [whole, none] = [random() < 0.4, random() < 0.5];
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + sector - ((offset + from) % sector));
    if (whole || (!none && random() < 0.5)) after.write(file, offset + from, data.subarray(from, to));
    from = to;
  }
}

class PowerLossMedium implements Medium {
  readonly #state: State;
  readonly #file: number;
  readonly #do: (operation: Operation) => void;
  readonly #flush: (file: number) => Promise<void>;

  constructor(state: State, file: number, act: (operation: Operation) => void, flush: (file: number) => Promise<void>) {
    this.#state = state;
    this.#file = file;
    this.#do = act;
    this.#flush = flush;
  }

  get end(): number {
    return this.#state.content(this.#file).length;
  }

  read(offset: number, into: Uint8Array): void {
    const found = this.#state.content(this.#file).subarray(offset, offset + into.length);
    into.set(found);
    into.fill(0, found.length);
  }

  write(offset: number, data: Uint8Array): void {
    this.#do({ kind: 'write', file: this.#file, offset, data: data.slice() });
  }

  discard(offset: number, length: number): void {
    this.#do({ kind: 'discard', file: this.#file, offset, length });
  }

  flush(): Promise<void> {
    return this.#flush(this.#file);
  }

  close(): void {}
}
