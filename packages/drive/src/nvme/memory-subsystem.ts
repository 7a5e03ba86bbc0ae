import { type Entropy, systemEntropy } from '@rootcap/crypto';
import { ENGINE_ERROR } from '@rootcap/hardware';
import { EncryptedNamespace } from '../encrypted-namespace.ts';
import type { Medium } from '../medium.ts';
import { MemoryMedium } from '../memory-medium.ts';
import type { SecurityProtocol, Subsystem } from '../namespace.ts';
import { XtsDataPath } from '../xts/data-path.ts';
import { encodeMetadata } from '../xts/metadata.ts';
import type { UnitCipherEngine } from '../xts/unit-cipher.ts';
import { SoftwareOpal } from './software-opal.ts';
import { Tper } from './tcg/tper.ts';

export interface MemorySubsystemOptions {
  readonly engine: UnitCipherEngine;
  /** Source of media keys. Default: the system's. */
  readonly entropy?: Entropy;
  /** Blocks of each namespace. */
  readonly blockCounts: readonly number[];
  readonly serial?: string;
  /** Media of the namespaces. Default: in memory. */
  readonly media?: readonly Medium[];
}

const AUX = new Uint8Array(32);
const KEY_SIZE = 64;

/**
 * A drive that makes and keeps its media keys by itself, where a real one has a root of trust: for tests, examples and
 * proofs of the fronts. The media hold ciphertext only.
 */
export class MemorySubsystem implements Subsystem {
  readonly serial: string;
  readonly model = 'Rootcap memory drive';
  readonly firmwareRevision = '1';
  readonly namespaces: readonly EncryptedNamespace[];
  readonly #tper: Tper;
  readonly #dataPath: XtsDataPath;
  readonly #entropy: Entropy;
  readonly #keys: Uint8Array[];
  #locked = false;

  constructor(options: MemorySubsystemOptions) {
    const { engine, entropy = systemEntropy(), blockCounts, serial = 'ROOTCAP0001', media = [] } = options;
    this.serial = serial;
    this.#entropy = entropy;
    this.#dataPath = new XtsDataPath({ engine });
    this.namespaces = blockCounts.map((blockCount, i) => {
      const medium = media[i] ?? new MemoryMedium();
      return new EncryptedNamespace({ nsid: i + 1, blockCount, dataPath: this.#dataPath, medium });
    });
    this.#keys = this.namespaces.map(() => entropy.bytes(KEY_SIZE));
    this.#load();
    this.#tper = new Tper(new SoftwareOpal(this, entropy));
  }

  /** TCG Opal. */
  get security(): SecurityProtocol {
    return this.#tper;
  }

  get locked(): boolean {
    return this.#locked;
  }

  /** Power goes and comes again: all is locked that Opal locks, and everything if `lock` is set. */
  powerCycle({ lock = false } = {}): void {
    if (lock) this.lock();
    this.#tper.powerOn();
  }

  /** Forgets the loaded keys. */
  lock(): void {
    this.#dataPath.zeroize();
    this.#locked = true;
  }

  unlock(): void {
    this.#dataPath.zeroize();
    this.#load();
    this.#locked = false;
  }

  async cryptoErase(nsid: number | 'all'): Promise<void> {
    this.replaceKeys(nsid);
  }

  /** Gives namespaces new keys. What was written under the old ones is gone. */
  replaceKeys(nsid: number | 'all'): void {
    for (const [i, namespace] of this.namespaces.entries()) {
      if (nsid !== 'all' && namespace.nsid !== nsid) continue;
      this.#keys[i]?.fill(0);
      this.#keys[i] = this.#entropy.bytes(KEY_SIZE);
      namespace.discard(0, namespace.blockCount);
    }
    if (!this.#locked) this.unlock();
  }

  #load(): void {
    for (const [i, { nsid, blockCount }] of this.namespaces.entries()) {
      const metadata = encodeMetadata({ start: 0, end: blockCount - 1, nsid });
      const error = this.#dataPath.load(metadata, AUX, this.#keys[i] as Uint8Array);
      if (error !== ENGINE_ERROR.NONE)
        throw new RangeError(`namespace ${nsid}: the engine refuses its key, ERR ${error}`);
    }
  }
}
