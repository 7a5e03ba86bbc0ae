import { sha256 } from '@noble/hashes/sha2.js';
import { type Entropy, utf8ToBytes } from '@rootcap/crypto';
import { BLOCK_SIZE } from '../block.ts';
import type { MemorySubsystem } from './memory-subsystem.ts';
import {
  type OpalAuthority,
  type OpalCredential,
  type OpalPort,
  OpalRefusal,
  type OpalState,
} from './tcg/opal-port.ts';

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Opal over a drive in memory: PINs are compared with digests, and release nothing by themselves. */
export class SoftwareOpal implements OpalPort {
  readonly msid: Uint8Array;
  readonly blockSize = BLOCK_SIZE;
  /** The global range only. */
  readonly maxRanges = 0;
  readonly #subsystem: MemorySubsystem;
  readonly #pins = new Map<OpalAuthority, Uint8Array>();
  readonly #entropy: Entropy;
  #kept: OpalState | undefined;

  constructor(subsystem: MemorySubsystem, entropy: Entropy) {
    this.#subsystem = subsystem;
    this.#entropy = entropy;
    this.msid = utf8ToBytes(`MSID-${subsystem.serial}`);
    this.#firstPin();
  }

  #firstPin(): void {
    this.#pins.set('SID', sha256(this.msid));
  }

  get locked(): boolean {
    return this.#subsystem.locked;
  }

  random(size: number): Uint8Array {
    return this.#entropy.bytes(size);
  }

  load(): OpalState | undefined {
    return this.#kept;
  }

  keep(state: OpalState): void {
    this.#kept = state;
  }

  verifyPin({ authority, pin }: OpalCredential): boolean {
    // A user without a PIN has the empty one, as Opal says.
    return equal(this.#pins.get(authority) ?? sha256(new Uint8Array(0)), sha256(pin));
  }

  setPin(authority: OpalAuthority, pin: Uint8Array): void {
    this.#pins.set(authority, sha256(pin));
  }

  activate({ pin }: OpalCredential): void {
    this.#pins.set('Admin1', sha256(pin));
  }

  lock(): void {
    this.#subsystem.lock();
  }

  unlock(): void {
    this.#subsystem.unlock();
  }

  genKey(): void {
    this.#subsystem.replaceKeys('all');
  }

  setRange(range: number): void {
    throw new OpalRefusal('INVALID_PARAMETER', `range ${range}: there is the global range only`);
  }

  revert({ owner, keepData }: { readonly owner: boolean; readonly keepData: boolean }): void {
    const sid = this.#pins.get('SID');
    this.#pins.clear();
    if (owner || sid === undefined) this.#firstPin();
    else this.#pins.set('SID', sid);
    if (!keepData) this.#subsystem.replaceKeys('all');
    this.#subsystem.unlock();
  }
}
