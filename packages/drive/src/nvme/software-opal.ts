import { sha256 } from '@noble/hashes/sha2.js';
import { type Entropy, utf8ToBytes } from '@rootcap/crypto';
import { BLOCK_SIZE } from '../block.ts';
import type { MemorySubsystem } from './memory-subsystem.ts';
import {
  type OpalAuthority,
  type OpalCredential,
  type OpalPort,
  OpalRefusal,
  type OpalRevert,
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

  async keep(state: OpalState): Promise<void> {
    this.#kept = state;
  }

  verifyPin({ authority, pin }: OpalCredential): boolean {
    // A user without a PIN has the empty one, as Opal says.
    return equal(this.#pins.get(authority) ?? sha256(new Uint8Array(0)), sha256(pin));
  }

  async setPin(authority: OpalAuthority, pin: Uint8Array): Promise<void> {
    this.#pins.set(authority, sha256(pin));
  }

  async activate({ pin }: OpalCredential, state: OpalState): Promise<void> {
    this.#pins.set('Admin1', sha256(pin));
    this.#kept = state;
  }

  lock(): void {
    this.#subsystem.lock();
  }

  async unlock(): Promise<void> {
    this.#subsystem.unlock();
  }

  async enableLocking(_range: number, _enabled: boolean, _by: OpalCredential, state: OpalState): Promise<void> {
    this.#kept = state;
  }

  async genKey(): Promise<void> {
    this.#subsystem.replaceKeys('all');
  }

  async setRange(range: number): Promise<void> {
    throw new OpalRefusal('INVALID_PARAMETER', `range ${range}: there is the global range only`);
  }

  async revert({ owner, keepData }: OpalRevert, state: OpalState): Promise<void> {
    const sid = this.#pins.get('SID');
    this.#pins.clear();
    if (owner || sid === undefined) this.#firstPin();
    else this.#pins.set('SID', sid);
    if (!keepData) this.#subsystem.replaceKeys('all');
    this.#subsystem.unlock();
    this.#kept = state;
  }
}
