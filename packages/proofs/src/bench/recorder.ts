import type { CryptoProvider, Hash, XofState } from '@rootcap/crypto';

/** One call of a primitive, ready to be made again on the provider underneath. */
export interface RecordedCall {
  /** `capability.method`, and the algorithm where the method serves several. */
  readonly name: string;
  readonly run: () => unknown;
}

type Method = (...args: unknown[]) => unknown;

/** A running hash or extendable output. */
interface Stream {
  update(data: Uint8Array): unknown;
  digest?(): Uint8Array;
  squeeze?(length: number): Uint8Array;
  clone?(): Stream;
}

/** Arguments outlive the call: their owner may overwrite them with zeros as soon as it returns. */
function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)]));
}

function callName(capability: string, method: string, args: readonly unknown[]): string {
  const [first] = args;
  return `${capability}.${method}${typeof first === 'string' ? ` ${first}` : ''}`;
}

/**
 * A provider that computes with another one and notes each call with its arguments, so that the same work can be timed
 * alone. Running hashes are replayed on running hashes.
 */
export class PrimitiveRecorder {
  readonly provider: CryptoProvider;
  readonly #bare: CryptoProvider;
  #calls: RecordedCall[] | undefined;

  constructor(bare: CryptoProvider) {
    this.#bare = bare;
    this.provider = Object.fromEntries(
      Object.entries(bare).map(([name, value]) => [name, name === 'name' ? value : this.#capability(name, value)]),
    ) as unknown as CryptoProvider;
  }

  /** The calls that `work` makes. */
  record(work: () => void): readonly RecordedCall[] {
    const calls: RecordedCall[] = [];
    this.#calls = calls;
    try {
      work();
    } finally {
      this.#calls = undefined;
    }
    return calls;
  }

  #capability(name: string, capability: object): object {
    const methods = Object.entries(capability).map(([method, member]) => [
      method,
      typeof member !== 'function' ? member : this.#method(name, method, member as Method),
    ]);
    return Object.fromEntries(methods);
  }

  #method(capability: string, method: string, call: Method): Method {
    const target = this.#bare[capability as keyof CryptoProvider];
    return (...args) => {
      const name = callName(capability, method, args);
      const copies = this.#calls === undefined ? [] : args.map(copyOf);
      const result = call.apply(target, args);
      if (method === 'create') return this.#stream(name, result as Stream, () => call.apply(target, copies) as Stream);
      this.#calls?.push({ name, run: () => call.apply(target, copies) });
      return result;
    };
  }

  /** A running hash, whose replay runs on a hash of its own. */
  #stream(name: string, live: Stream, create: () => Stream): Stream {
    let replayed: Stream | undefined;
    const note = (method: string, run: () => unknown): void => {
      this.#calls?.push({ name: name.replace('create', method), run });
    };
    note('create', () => {
      replayed = create();
    });
    const own: Stream = {
      update: (data) => {
        const copy = this.#calls === undefined ? data : data.slice();
        note('update', () => replayed?.update(copy));
        live.update(data);
        return own;
      },
      digest: () => {
        note('digest', () => replayed?.digest?.());
        return (live as Hash).digest();
      },
      squeeze: (length) => {
        note('squeeze', () => replayed?.squeeze?.(length));
        return (live as XofState).squeeze(length);
      },
      clone: () => this.#stream(name, (live as Hash).clone(), () => (replayed as Hash).clone()),
    };
    return own;
  }
}
