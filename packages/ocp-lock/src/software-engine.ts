import { bytesToHex } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { EngineCommand, EnginePort } from './port.ts';

/** A key of the engine, with what it is for. */
export interface CachedMek {
  /** 20 bytes. */
  readonly metadata: Uint8Array;
  /** 32 bytes. */
  readonly aux: Uint8Array;
  /** 64 bytes. */
  readonly mek: Uint8Array;
}

const READY = 0x8000_0000;
/** Codes of CTRL.ERR; from 4 on they are the vendor's, here those of Caliptra's emulator. */
const ERROR = { NONE: 0, CACHE_FULL: 4, NOT_FOUND: 5, ALREADY_LOADED: 6 } as const;
const CACHE_SIZE = 8;
const KAT_MEK = Uint8Array.from({ length: 64 }, (_, i) => (i >> 4) * 0x11);

/**
 * An encryption engine without registers or time, for a block that runs alone: eight keys by their metadata, errors as
 * Caliptra's emulator has them, and the optional KAT key.
 */
export class SoftwareEngine implements EnginePort {
  readonly #takeMek: () => Uint8Array;
  readonly #cache = new Map<string, CachedMek>();
  #metadata: Uint8Array = new Uint8Array(20);
  #aux: Uint8Array = new Uint8Array(32);
  #received: Uint8Array = new Uint8Array(64);

  /** @param takeMek - takes the key that the block releases, 64 bytes */
  constructor(takeMek: () => Uint8Array) {
    this.#takeMek = takeMek;
  }

  /** Keys in the cache. */
  get keys(): readonly CachedMek[] {
    return [...this.#cache.values()];
  }

  readControl(): number {
    return READY;
  }

  prepare(): void {
    this.#metadata = new Uint8Array(20);
    this.#aux = new Uint8Array(32);
  }

  writeMetadata(metadata: Uint8Array): void {
    this.#metadata = metadata.slice();
  }

  writeAux(aux: Uint8Array): void {
    this.#aux = aux.slice();
  }

  releaseMek(): void {
    this.#received = this.#takeMek();
  }

  run(command: EngineCommand): void {
    const error = this.#execute(command);
    this.#received = new Uint8Array(64);
    if (error !== ERROR.NONE) throw new RotError('OCP_LOCK_ENGINE_ERR', `${command} ended with ERR ${error}`);
  }

  #execute(command: EngineCommand): number {
    switch (command) {
      case 'LOAD_MEK':
        return this.#load(this.#received);
      case 'LOAD_KAT_MEK':
        return this.#load(KAT_MEK.slice());
      case 'UNLOAD_MEK':
        return this.#unload();
      case 'ZEROIZE':
        for (const { mek } of this.#cache.values()) mek.fill(0);
        this.#cache.clear();
        return ERROR.NONE;
    }
  }

  #unload(): number {
    const name = bytesToHex(this.#metadata);
    this.#cache.get(name)?.mek.fill(0);
    return this.#cache.delete(name) ? ERROR.NONE : ERROR.NOT_FOUND;
  }

  #load(mek: Uint8Array): number {
    if (this.#cache.size >= CACHE_SIZE) return ERROR.CACHE_FULL;
    const name = bytesToHex(this.#metadata);
    if (this.#cache.has(name)) return ERROR.ALREADY_LOADED;
    this.#cache.set(name, { metadata: this.#metadata, aux: this.#aux, mek });
    return ERROR.NONE;
  }
}
