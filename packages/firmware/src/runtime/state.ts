import type { LockState } from '@rootcap/ocp-lock';

/** Variables of the runtime: they begin anew at every reset. */
export interface RuntimeState {
  /** Certificate chains that DPE hands out, leaf last; POPULATE_IDEV_* puts the vendor's certificate in front. */
  eccCertChain: Uint8Array;
  mldsaCertChain: Uint8Array;
  selfTest: 'idle' | 'in-progress' | 'done';
  /** Ciphertext of the MCU's firmware that an encrypted boot left in its SRAM. */
  mcuFirmware?: { readonly size: number; readonly sha384: Uint8Array };
  /** Name for subjectAltName that ADD_SUBJECT_ALT_NAME left. */
  dmtfDeviceInfo?: Uint8Array;
  cryptographicMailbox: CryptographicMailboxState;
  ocpLock: LockState;
  /** Debug unlock under way: the request and its challenge, as sent. */
  debugUnlock: { readonly request: Uint8Array; readonly challenge: Uint8Array } | undefined;
}

/** An AES key of the cryptographic mailbox, and how many IVs it got. */
export interface KeyUse {
  readonly id: number;
  count: number;
}

/** Variables of the cryptographic mailbox. */
export interface CryptographicMailboxState {
  /** Next IV to wrap a key with, 12 bytes, a number little-endian; likewise for contexts. */
  wrapIv: Uint8Array;
  contextIv: Uint8Array;
  /** Key of contexts, in two shares of 32 bytes. */
  readonly contextKey: readonly [Uint8Array, Uint8Array];
  /** By ascending id. */
  keyUses: KeyUse[];
  /** What the SHA-3 engine works on between two commands, and the token of who may go on. */
  shake256: { readonly token: Uint8Array; message: Uint8Array } | undefined;
}

export function initialRuntimeState(): RuntimeState {
  return {
    eccCertChain: new Uint8Array(0),
    mldsaCertChain: new Uint8Array(0),
    selfTest: 'idle',
    cryptographicMailbox: {
      wrapIv: new Uint8Array(12),
      contextIv: new Uint8Array(12),
      contextKey: [new Uint8Array(32), new Uint8Array(32)],
      keyUses: [],
      shake256: undefined,
    },
    ocpLock: { mekSecret: false, hpke: { cursor: 0, keys: [] } },
    debugUnlock: undefined,
  };
}
