import { bytesToHex, hexToBytes } from '@rootcap/crypto';
import { checkState } from './state.ts';

/** Bytes of what an encryption engine is told with a key. */
export const METADATA_SIZE = 20;
export const AUX_SIZE = 32;
/** Bytes of a media encryption key: XTS data key, then XTS tweak key. */
export const MEK_SIZE = 64;

/** Values of `CTRL.err`; the vendor's are those of the reference cache, the other ones from 4 to 15 are free. */
export const ENGINE_ERROR = {
  NONE: 0,
  INVALID_COMMAND: 1,
  CACHE_FULL: 4,
  NOT_FOUND: 5,
  REDUNDANT_METADATA: 6,
} as const;

/**
 * What a vendor puts behind the registers of an encryption engine: the place that holds media encryption keys. Each method
 * returns the ERR nibble of CTRL: 0, or 4 to 15 for a refusal of the vendor's own.
 */
export interface MediaKeyCache {
  /** Takes a key. The arrays (20, 32 and 64 bytes) are the cache's to keep. */
  load(metadata: Uint8Array, aux: Uint8Array, mek: Uint8Array): number;
  /** Forgets the key with this metadata. */
  unload(metadata: Uint8Array): number;
  /** Forgets every key; a power cycle does so too. */
  zeroize(): number;
  /** The keys as plain data for a snapshot. Without it a snapshot has none, and a restored engine keeps what it has. */
  save?(): unknown;
  /** @throws TypeError if `state` is not what {@link save} returns; the cache is then unchanged */
  restore?(state: never): void;
}

/** A key as a cache keeps it. */
interface Entry {
  readonly metadata: Uint8Array;
  readonly aux: Uint8Array;
  readonly mek: Uint8Array;
}

const ENTRY = {
  fields: { metadata: { bytes: METADATA_SIZE }, aux: { bytes: AUX_SIZE }, mek: { bytes: MEK_SIZE } },
} as const;

/** The cache of caliptra-sw's emulator: 8 keys by their metadata. caliptra-sw:sw-emulator/lib/periph/src/dma/encryption_engine.rs */
export class ReferenceKeyCache implements MediaKeyCache {
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();

  /** @param capacity - keys that fit */
  constructor(capacity = 8) {
    this.#capacity = capacity;
  }

  /** How many keys it holds. */
  get size(): number {
    return this.#entries.size;
  }

  load(metadata: Uint8Array, aux: Uint8Array, mek: Uint8Array): number {
    // Being full is found first: a full cache does not say that it has the key already.
    if (this.#entries.size >= this.#capacity) return ENGINE_ERROR.CACHE_FULL;
    const name = bytesToHex(metadata);
    if (this.#entries.has(name)) return ENGINE_ERROR.REDUNDANT_METADATA;
    this.#entries.set(name, { metadata, aux, mek });
    return ENGINE_ERROR.NONE;
  }

  unload(metadata: Uint8Array): number {
    const name = bytesToHex(metadata);
    this.#entries.get(name)?.mek.fill(0);
    return this.#entries.delete(name) ? ENGINE_ERROR.NONE : ENGINE_ERROR.NOT_FOUND;
  }

  zeroize(): number {
    for (const { mek } of this.#entries.values()) mek.fill(0);
    this.#entries.clear();
    return ENGINE_ERROR.NONE;
  }

  save(): readonly Entry[] {
    return [...this.#entries.values()].map(copyOf);
  }

  restore(state: readonly Entry[]): void {
    checkState(state, { list: ENTRY }, 'keyCache');
    this.zeroize();
    for (const entry of state) this.#entries.set(bytesToHex(entry.metadata), copyOf(entry));
  }
}

function copyOf({ metadata, aux, mek }: Entry): Entry {
  return { metadata: metadata.slice(), aux: aux.slice(), mek: mek.slice() };
}

/** Key of the command that loads a known answer: sixteen bytes each of 00, 11, 22, 33. OCP LOCK 1.1, LOAD_KAT_MEK */
export function katMek(): Uint8Array {
  return hexToBytes('00112233'.replace(/../g, (byte) => byte.repeat(16)));
}
