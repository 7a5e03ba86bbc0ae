import type { ResetKind, Side } from './block.ts';

/** What a chip shows to an observer. No event carries secret bytes. */
export type ChipEvent =
  | { readonly kind: 'reset'; readonly reset: ResetKind }
  | { readonly kind: 'fuses'; readonly state: 'ready' | 'done' }
  | { readonly kind: 'boot-fsm'; readonly state: 'idle' | 'fuse' | 'fw_rst' | 'wait' | 'done' }
  | { readonly kind: 'boot-status'; readonly value: number }
  | { readonly kind: 'flow-status'; readonly value: number }
  | { readonly kind: 'error'; readonly register: string; readonly value: number }
  | { readonly kind: 'lock'; readonly block: string; readonly register: string; readonly index: number }
  | {
      readonly kind: 'key-vault';
      readonly operation: 'write' | 'clear' | 'lock-write' | 'lock-use';
      readonly slot: number;
      readonly usage?: number;
    }
  | { readonly kind: 'pcr'; readonly operation: 'extend' | 'clear' | 'lock'; readonly index: number }
  | { readonly kind: 'doe'; readonly operation: 'UDS' | 'FE' | 'HEK' | 'CLEAR_SECRETS'; readonly slot?: number }
  | { readonly kind: 'signature'; readonly algorithm: 'ecdsa-p384' | 'ml-dsa-87'; readonly purpose: 'message' | 'pcr' }
  | {
      readonly kind: 'mailbox';
      readonly operation: 'lock' | 'execute' | 'respond' | 'release' | 'unlock' | 'violation';
      readonly side: Side;
      readonly axiUser: number;
      readonly command: number;
      readonly dlen: number;
    }
  | {
      readonly kind: 'encryption-engine';
      readonly operation: 'ready' | 'execute' | 'done' | 'clear' | 'fatal';
      /** `CTRL.cmd` and `CTRL.err`. */
      readonly command: number;
      readonly error: number;
    }
  /** The DMA took a key out of the vault, or was refused; `length` in bytes. */
  | { readonly kind: 'key-release'; readonly slot: number; readonly length: number; readonly refused: boolean }
  | { readonly kind: 'watchdog'; readonly timer: 1 | 2 }
  | { readonly kind: 'firmware-execution'; readonly index: number; readonly value: number }
  | { readonly kind: 'trng'; readonly operation: 'request' | 'response' }
  | { readonly kind: 'wires'; readonly direction: 'input' | 'output'; readonly index: number; readonly value: number };

/** How a block reports an event. */
export type Emit = (event: ChipEvent) => void;

/** For a block that stands alone. */
export const ignoreEvents: Emit = () => {};

/** Hands events to listeners in the order in which they subscribed. */
export class EventSource {
  readonly #listeners = new Set<Emit>();

  readonly emit: Emit = (event) => {
    if (this.#listeners.size === 0) return;
    for (const listener of this.#listeners) listener(event);
  };

  /** @returns a function that ends the subscription */
  on(listener: Emit): () => void {
    // A wrapper of its own, so that a listener added twice is called twice and removed once.
    const own: Emit = (event) => listener(event);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }
}
