import type { CryptoProvider, Entropy } from '@rootcap/crypto';
import type { Device } from 'rootcap';
import type { Medium } from '../medium.ts';
import type { XtsDataPath } from '../xts/data-path.ts';
import type { FlashState, NamespaceRecord, RecordStore } from './flash.ts';
import type { HekFuses } from './hek-fuses.ts';
import type { ScryptCost } from './pin.ts';

/** What a drive is put together from. */
export interface DriveParts {
  readonly provider: CryptoProvider;
  /** For SEK, DPKs and HEK seeds. */
  readonly entropy: Entropy;
  readonly flash: RecordStore<FlashState>;
  readonly fuses: RecordStore<HekFuses>;
  /** Where the ciphertext of a namespace goes. */
  readonly medium: (namespace: NamespaceRecord) => Medium;
  /** Settles when media that are new will still be there after a loss of power. Default: they are at once. */
  readonly keepMedia?: () => Promise<void>;
  readonly dataPath: XtsDataPath;
  /**
   * Makes the root of trust anew, as each power-on does: a device with OCP LOCK whose encryption engine has the data path
   * as its key cache.
   */
  readonly rootOfTrust: (parts: { readonly hekSeed: Uint8Array; readonly keyCache: XtsDataPath }) => Device;
  /** What trying a PIN costs. Default N = 2^15, r = 8, p = 1. */
  readonly pinCost?: ScryptCost;
}

export interface CreateOptions {
  readonly serial: string;
  readonly model?: string;
  /** Blocks of 4096 bytes of each. */
  readonly namespaces: readonly { readonly name: string; readonly blockCount: number }[];
  /** DER of the vendor root and the IDevID certificate, which the factory issued. */
  readonly vendorChain: readonly Uint8Array[];
  /** Slots for HEK seeds, 4 to 16. Default 8. */
  readonly hekSlots?: number;
}
