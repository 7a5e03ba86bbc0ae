import { bytesToHex } from '@rootcap/crypto';
import type { Device } from 'rootcap';

/** Slot from which keys are released. */
const RELEASE_SLOT = 23;

/**
 * The key that came last into the slot from which keys are released, and what the encryption engine was told with it once
 * it took it. Only a test bench may see this.
 */
export class ReleasedKey {
  readonly #stop: () => void;
  #key: { readonly mek: string; readonly metadata?: string; readonly aux?: string } | undefined;

  constructor(device: Device) {
    this.#stop = device.on((event) => {
      if (event.kind === 'key-vault' && event.operation === 'write' && event.slot === RELEASE_SLOT)
        this.#key = { mek: bytesToHex(device.chip.keyVault.inspect(RELEASE_SLOT)) };
      const loaded = event.kind === 'encryption-engine' && event.operation === 'done' && event.error === 0;
      const last = loaded ? device.encryptionEngine?.loaded.at(-1) : undefined;
      if (this.#key !== undefined && this.#key.metadata === undefined && last !== undefined)
        this.#key = { ...this.#key, metadata: bytesToHex(last.metadata), aux: bytesToHex(last.aux) };
    });
  }

  close(): void {
    this.#stop();
  }

  /** As the protocol has it: hex, or nothing before the first key. */
  get fields(): object {
    return { ...this.#key };
  }
}
