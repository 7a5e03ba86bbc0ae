import { equalBytes } from './bytes.ts';
import type { Capabilities, Capability, CryptoProvider, Hash, XofState } from './provider.ts';

/** Two providers disagree. The message names the place, never the bytes. */
export class ProviderMismatchError extends Error {
  override readonly name = 'ProviderMismatchError';
  readonly capability: Capability;
  readonly operation: string;

  constructor(capability: Capability, operation: string, detail: string) {
    super(`${capability}.${operation}: ${detail}`);
    this.capability = capability;
    this.operation = operation;
  }
}

/** The operations of each capability that answer with bytes, verdicts or key pairs. */
const OPERATIONS = {
  hashes: ['create', 'digest'],
  hmac: ['create', 'mac'],
  xof: ['create', 'digest'],
  blockCipher: ['ecbEncrypt', 'ecbDecrypt', 'cbcEncrypt', 'cbcDecrypt', 'ctr'],
  aead: ['gcmSeal', 'gcmOpen'],
  xts: ['encrypt', 'decrypt'],
  ecdsa384: ['publicKey', 'sign', 'verify', 'isPoint'],
  ecdh384: ['sharedSecret'],
  mldsa87: [
    'keygenFromSeed',
    'publicKeyOf',
    'sign',
    'verify',
    'signInternal',
    'verifyInternal',
    'signMu',
    'verifyMu',
    'publicKeySize',
    'secretKeySize',
    'signatureSize',
  ],
  mlkem1024: [
    'keygenFromSeed',
    'encapsulate',
    'decapsulate',
    'checkEncapsulationKey',
    'checkDecapsulationKey',
    'encapsulationKeySize',
    'decapsulationKeySize',
    'ciphertextSize',
  ],
} as const satisfies { readonly [C in Capability]: readonly (keyof Capabilities[C])[] };

/** Where a comparison stands, for the error message. */
interface Place {
  readonly capability: Capability;
  readonly operation: string;
  readonly names: readonly [string, string];
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error };
  }
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b);
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const names = Object.keys(a);
    const other = b as Record<string, unknown>;
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => sameValue((a as Record<string, unknown>)[name], other[name]))
    );
  }
  return a === b;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** Runs both sides; they must both return or both throw the same kind of error, which is then thrown on. */
function both<A, B>(place: Place, first: () => A, second: () => B): readonly [A, B] {
  const { capability, operation, names } = place;
  const a = outcomeOf(first);
  const b = outcomeOf(second);
  if (a.ok && b.ok) return [a.value, b.value];
  if (!a.ok && !b.ok && nameOf(a.error) === nameOf(b.error)) throw a.error;
  const did = (outcome: Outcome<unknown>) => (outcome.ok ? 'answered' : `threw ${nameOf(outcome.error)}`);
  throw new ProviderMismatchError(capability, operation, `${names[0]} ${did(a)}, ${names[1]} ${did(b)}`);
}

function agree<T>(place: Place, first: () => T, second: () => T): T {
  const [a, b] = both(place, first, second);
  if (sameValue(a, b)) return a;
  const { capability, operation, names } = place;
  throw new ProviderMismatchError(capability, operation, `${names[0]} and ${names[1]} give different results`);
}

class CheckedHash implements Hash {
  readonly #place: Place;
  readonly #first: Hash;
  readonly #second: Hash;

  constructor(place: Place, first: Hash, second: Hash) {
    this.#place = place;
    this.#first = first;
    this.#second = second;
  }

  update(data: Uint8Array): this {
    both(
      this.#at('update'),
      () => this.#first.update(data),
      () => this.#second.update(data),
    );
    return this;
  }

  digest(): Uint8Array {
    return agree(
      this.#at('digest'),
      () => this.#first.digest(),
      () => this.#second.digest(),
    );
  }

  clone(): Hash {
    const place = this.#at('clone');
    const [first, second] = both(
      place,
      () => this.#first.clone(),
      () => this.#second.clone(),
    );
    return new CheckedHash(this.#place, first, second);
  }

  #at(operation: string): Place {
    return { ...this.#place, operation: `create().${operation}` };
  }
}

class CheckedXof implements XofState {
  readonly #place: Place;
  readonly #first: XofState;
  readonly #second: XofState;

  constructor(place: Place, first: XofState, second: XofState) {
    this.#place = place;
    this.#first = first;
    this.#second = second;
  }

  update(data: Uint8Array): this {
    both(
      { ...this.#place, operation: 'create().update' },
      () => this.#first.update(data),
      () => this.#second.update(data),
    );
    return this;
  }

  squeeze(length: number): Uint8Array {
    return agree(
      { ...this.#place, operation: 'create().squeeze' },
      () => this.#first.squeeze(length),
      () => this.#second.squeeze(length),
    );
  }
}

type Method = (...args: readonly unknown[]) => unknown;

/** The capability with every operation run on both sides. Values that are not operations must be equal at once. */
function checkedCapability<C extends Capability>(
  capability: C,
  provider: CryptoProvider,
  oracle: CryptoProvider,
): Capabilities[C] {
  const first = provider[capability] as unknown as Record<string, unknown>;
  const second = oracle[capability] as unknown as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const operation of OPERATIONS[capability] as readonly string[]) {
    const place: Place = { capability, operation, names: [provider.name, oracle.name] };
    const a = first[operation];
    const b = second[operation];
    if (typeof a === 'function' && typeof b === 'function') {
      const method: Method = (...args) =>
        checkedCall(
          place,
          () => a.apply(first, args),
          () => b.apply(second, args),
        );
      out[operation] = method;
    } else {
      out[operation] = agree(
        place,
        () => a,
        () => b,
      );
    }
  }
  return out as unknown as Capabilities[C];
}

function checkedCall(place: Place, first: () => unknown, second: () => unknown): unknown {
  if (place.operation !== 'create') return agree(place, first, second);
  const [a, b] = both(place, first, second);
  return place.capability === 'xof'
    ? new CheckedXof(place, a as XofState, b as XofState)
    : new CheckedHash(place, a as Hash, b as Hash);
}

/**
 * A provider that runs every operation on `provider` and on `oracle` and answers only if both agree: same bytes, same
 * verdict or the same kind of error. For tests and for the first runs of a new provider.
 *
 * @throws ProviderMismatchError, from the operation that differs first
 */
export function checked(provider: CryptoProvider, oracle: CryptoProvider): CryptoProvider {
  const of = <C extends Capability>(capability: C) => checkedCapability(capability, provider, oracle);
  return {
    name: `checked(${provider.name},${oracle.name})`,
    hashes: of('hashes'),
    hmac: of('hmac'),
    xof: of('xof'),
    blockCipher: of('blockCipher'),
    aead: of('aead'),
    xts: of('xts'),
    ecdsa384: of('ecdsa384'),
    ecdh384: of('ecdh384'),
    mldsa87: of('mldsa87'),
    mlkem1024: of('mlkem1024'),
  };
}
