import { bytesToHex, type HpkeKemId, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import { CM_KEY_USAGE } from '@rootcap/firmware';
import { HPKE_SUITES, type SealedKeys, sealedAccessKey, WrappedKey } from '@rootcap/ocp-lock';
import type { CallResponse, Device } from 'rootcap';
import { DriveError } from '../errors.ts';

/** AES-256-GCM under a key that only this device can derive: IV, ciphertext and tag in hexadecimal. */
export interface SealedRecord {
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** An access key, or two for a rewrap, that a party sealed to an HPKE key of this device. */
export interface PartyGrant extends SealedKeys {
  /** Metadata of the MPK, at most 32 bytes. */
  readonly metadata: Uint8Array;
}

/** An HPKE key that access keys can be sealed to; it lasts until the next reset. */
export interface HpkeKeyView {
  readonly handle: number;
  readonly kemId: HpkeKemId;
  readonly publicKey: Uint8Array;
}

/** KEM of each bit of `hpke_algorithm`. */
const KEM_IDS: ReadonlyMap<number, HpkeKemId> = new Map(
  Object.values(HPKE_SUITES).map(({ algorithm, kemId }) => [algorithm, kemId]),
);
/** `key_type` of CM_DERIVE_STABLE_KEY: from the LDevID CDI, the owner's. */
const STABLE_KEY = 2;
const FLASH_KEY_INFO = utf8ToBytes('rootcap drive flash key'.padEnd(32, '\0'));
/** `hash_algorithm` of the cryptographic mailbox. */
const SHA512 = 2;
const HEK_AVAILABLE = 0x8000_0000;
const ENGINE_TIMEOUT = 1000;

/** A key that the runtime wrapped for itself. */
type FlashKey = CallResponse<'CM_HMAC_KDF_COUNTER'>['kout'];

type Wrapped = ReturnType<typeof WrappedKey.decode>;

/** The drive's view of its key management block: each method is a mailbox command or two. */
export class RootOfTrust {
  readonly device: Device;
  #derivedFlashKey: FlashKey | undefined;

  constructor(device: Device) {
    this.device = device;
  }

  /**
   * From power-on to runtime, with what MCU ROM reports of the HEK seed on the way.
   *
   * @returns whether the HEK may be used
   */
  boot(metadata: { total_slots: number; active_slots: number; seed_state: number }): boolean {
    this.device.bootToRom();
    const { flags } = this.#mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', metadata);
    this.device.boot();
    return (flags & HEK_AVAILABLE) !== 0;
  }

  // Flash records

  /** @param context - authenticated with the data */
  seal(data: Uint8Array, context: string): SealedRecord {
    const { context: state, iv } = this.#mailbox.call('CM_AES_GCM_ENCRYPT_INIT', {
      cmk: this.#flashKey(),
      ...aadOf(context),
    });
    const { tag, ciphertext } = this.#mailbox.call('CM_AES_GCM_ENCRYPT_FINAL', { context: state, plaintext: data });
    return { iv: bytesToHex(iv), ciphertext: bytesToHex(ciphertext), tag: bytesToHex(tag) };
  }

  /** @throws DriveError CORRUPT if it was not sealed by this device for this context */
  open({ iv, ciphertext, tag }: SealedRecord, context: string): Uint8Array {
    const init = this.#mailbox.call('CM_AES_GCM_DECRYPT_INIT', {
      cmk: this.#flashKey(),
      iv: hexToBytes(iv),
      ...aadOf(context),
    });
    const { tag_verified, plaintext } = this.#mailbox.call('CM_AES_GCM_DECRYPT_FINAL', {
      context: init.context,
      tag_len: 16,
      tag: hexToBytes(tag),
      ciphertext: hexToBytes(ciphertext),
    });
    if (tag_verified !== 1) throw new DriveError('CORRUPT', `${context}: not sealed by this device`);
    return plaintext;
  }

  /** Derived once in a boot: the runtime counts the uses of each AES key that it makes, and has room for 256. */
  #flashKey(): FlashKey {
    this.#derivedFlashKey ??= this.#deriveFlashKey();
    return this.#derivedFlashKey;
  }

  #deriveFlashKey(): FlashKey {
    const { cmk } = this.#mailbox.call('CM_DERIVE_STABLE_KEY', { key_type: STABLE_KEY, info: FLASH_KEY_INFO });
    return this.#mailbox.call('CM_HMAC_KDF_COUNTER', {
      kin: cmk,
      hash_algorithm: SHA512,
      key_usage: CM_KEY_USAGE.AES,
      key_size: 32,
      label: FLASH_KEY_INFO,
    }).kout;
  }

  // Access keys

  hpkeKeys(): HpkeKeyView[] {
    return this.#hpkeHandles().map(({ handle, kemId }) => {
      const { pub_key, pub_key_len } = this.#mailbox.call('OCP_LOCK_GET_HPKE_PUB_KEY', { hpke_handle: handle });
      return { handle, kemId, publicKey: pub_key.slice(0, pub_key_len) };
    });
  }

  /** Without the public keys, which the root of trust computes each time. */
  #hpkeHandles(): Omit<HpkeKeyView, 'publicKey'>[] {
    const { hpke_handle_count, hpke_handles } = this.#mailbox.call('OCP_LOCK_ENUMERATE_HPKE_HANDLES');
    return hpke_handles
      .slice(0, hpke_handle_count)
      .map(({ handle, hpke_algorithm }) => ({ handle, kemId: KEM_IDS.get(hpke_algorithm) as HpkeKemId }));
  }

  rotateHpkeKey(handle: number): number {
    return this.#mailbox.call('OCP_LOCK_ROTATE_HPKE_KEY', { hpke_handle: handle }).hpke_handle;
  }

  generateMpk(sek: Uint8Array, grant: PartyGrant): string {
    const metadata = new Uint8Array(32);
    metadata.set(grant.metadata);
    const request = { sek, metadata_len: grant.metadata.length, metadata, sealed_access_key: this.#sealed(grant) };
    return wrapped(this.#mailbox.call('OCP_LOCK_GENERATE_MPK', request).wrapped_mek);
  }

  /** @param grant - the present access key, then the new one, sealed in one context */
  rewrapMpk(sek: Uint8Array, lockedMpk: string, grant: PartyGrant): string {
    const [, next] = grant.ciphertexts;
    if (next === undefined) throw new RangeError('grant: a rewrap takes two sealed keys, got 1');
    return wrapped(
      this.#mailbox.call('OCP_LOCK_REWRAP_MPK', {
        sek,
        current_locked_mpk: unwrapped(lockedMpk),
        sealed_access_key: this.#sealed(grant),
        new_ak_ciphertext: next,
      }).wrapped_mek,
    );
  }

  enableMpk(sek: Uint8Array, lockedMpk: string, grant: PartyGrant): string {
    const request = { sek, sealed_access_key: this.#sealed(grant), locked_mpk: unwrapped(lockedMpk) };
    return wrapped(this.#mailbox.call('OCP_LOCK_ENABLE_MPK', request).enabled_mpk);
  }

  testAccessKey(sek: Uint8Array, lockedMpk: string, grant: PartyGrant, nonce: Uint8Array): Uint8Array {
    const request = { sek, nonce, locked_mpk: unwrapped(lockedMpk), sealed_access_key: this.#sealed(grant) };
    return this.#mailbox.call('OCP_LOCK_TEST_ACCESS_KEY', request).digest;
  }

  // Media keys

  /** Puts together the secret that the next media key command consumes. @param mpks - enabled MPKs, in their order */
  initializeMekSecret(sek: Uint8Array, dpk: Uint8Array, mpks: readonly string[]): void {
    this.#mailbox.call('OCP_LOCK_INITIALIZE_MEK_SECRET', { sek, dpk });
    for (const mpk of mpks) this.#mailbox.call('OCP_LOCK_MIX_MPK', { enabled_mpk: unwrapped(mpk) });
  }

  generateMek(): string {
    return wrapped(this.#mailbox.call('OCP_LOCK_GENERATE_MEK').wrapped_mek);
  }

  /** @param metadata - METD, 20 bytes */
  loadMek(wrappedMek: string, metadata: Uint8Array): void {
    this.#mailbox.call('OCP_LOCK_LOAD_MEK', {
      metadata,
      aux_metadata: new Uint8Array(32),
      wrapped_mek: unwrapped(wrappedMek),
      cmd_timeout: ENGINE_TIMEOUT,
    });
  }

  unloadMek(metadata: Uint8Array): void {
    this.#mailbox.call('OCP_LOCK_UNLOAD_MEK', { metadata, cmd_timeout: ENGINE_TIMEOUT });
  }

  clearKeyCache(): void {
    this.#mailbox.call('OCP_LOCK_CLEAR_KEY_CACHE', { cmd_timeout: ENGINE_TIMEOUT });
  }

  #sealed(grant: PartyGrant): ReturnType<typeof sealedAccessKey> {
    const key = this.#hpkeHandles().find(({ kemId }) => kemId === grant.kemId);
    if (key === undefined) throw new RangeError(`grant: no HPKE key of KEM ${grant.kemId}`);
    return sealedAccessKey(grant, key.handle);
  }

  get #mailbox(): Device['mailbox'] {
    return this.device.mailbox;
  }
}

function aadOf(context: string): { readonly flags: number; readonly aad: Uint8Array } {
  return { flags: 0, aad: utf8ToBytes(context) };
}

function wrapped(key: Wrapped): string {
  return bytesToHex(WrappedKey.encode(key));
}

function unwrapped(text: string): Wrapped {
  return WrappedKey.decode(hexToBytes(text));
}
