import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { type Infer, swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { guarded } from '../drivers/engine-fault.ts';
import { KEY_ID } from '../key-ids.ts';
import { stableOwnerKeyAvailable } from '../rom/idevid.ts';
import { CM_HASH_ALGORITHM } from './layouts/cm-hash.ts';
import { type CmDeriveStableKeyReq, CmHmacReq } from './layouts/cm-keys.ts';
import { CM_KEY_USAGE, type EncryptedCmk, UnencryptedCmk } from './layouts/cmk.ts';
import { varSizeResponse } from './response.ts';

/** A key of the cryptographic mailbox, in the clear. */
export type Cmk = Infer<typeof UnencryptedCmk>;
/** The same as the client has it. */
export type WrappedCmk = Infer<typeof EncryptedCmk>;

/** Root slot and label of each kind of stable key; 0 and everything above are refused. */
const STABLE_KEYS: Readonly<Record<number, { readonly slot: number; readonly label: string }>> = {
  1: { slot: KEY_ID.STABLE_IDEV, label: 'DOT Final' },
  2: { slot: KEY_ID.STABLE_LDEV, label: 'DOT Final' },
  3: { slot: KEY_ID.STABLE_OWNER, label: 'Stable Owner Key' },
};
const STABLE_OWNER_KEY_TYPE = 3;

/**
 * A key that outlives firmware updates, for CM_DERIVE_STABLE_KEY of ROM and runtime.
 *
 * @throws RotError DOT_INVALID_KEY_TYPE, CMB_STABLE_OWNER_KEY_NOT_AVAILABLE
 * @see caliptra-sw:runtime/src/cryptographic_mailbox.rs (derive_stable_key)
 */
export function stableKey(context: FirmwareContext, request: Infer<typeof CmDeriveStableKeyReq>): Cmk {
  const { drivers } = context;
  if (request.key_type === STABLE_OWNER_KEY_TYPE && !stableOwnerKeyAvailable(context))
    throw new RotError('CMB_STABLE_OWNER_KEY_NOT_AVAILABLE');
  const root = STABLE_KEYS[request.key_type];
  if (root === undefined) throw new RotError('DOT_INVALID_KEY_TYPE', `key type ${request.key_type}`);
  const intermediate = cmacKdf(context, root.slot, request.info);
  const key = drivers.hmac.kdfBytes('sha512', intermediate, concatBytes(utf8ToBytes(root.label), request.info));
  return newCmk(CM_KEY_USAGE.HMAC, swapWords(key));
}

/** @param id - of the usage counter, for AES keys */
export function newCmk(key_usage: number, key: Uint8Array, id = 0): Cmk {
  const key_material = new Uint8Array(UnencryptedCmk.member('key_material').field.size);
  key_material.set(key);
  return {
    version: 1,
    length: key.length,
    key_usage,
    id: Uint8Array.of(id, id >>> 8, id >>> 16),
    usage_counter: new Uint8Array(8),
    key_material,
  };
}

/**
 * Counter-mode KDF on AES-CMAC with a key of the vault: four blocks, each over its big-endian number and the label.
 *
 * @returns 64 bytes
 * @see caliptra-sw:drivers/src/cmac_kdf.rs
 */
function cmacKdf({ chip }: FirmwareContext, slot: number, label: Uint8Array): Uint8Array {
  const blocks = [1, 2, 3, 4].map((counter) =>
    guarded({ 'key-read': 'DRIVER_AES_READ_KEY_KV_READ' }, () =>
      chip.aes.cmac({ slot }, concatBytes(Uint8Array.of(0, 0, 0, counter), label)),
    ),
  );
  return concatBytes(...blocks);
}

/** The two halves of the key that wraps all others; ROM makes it at each cold boot. */
function wrappingKey({ persistent: { rom } }: FirmwareContext): [Uint8Array, Uint8Array] {
  return [rom.get('cmb_aes_key_share0'), rom.get('cmb_aes_key_share1')];
}

/** @param iv - 12 bytes, never used before under this key */
export function wrapCmk(context: FirmwareContext, cmk: Cmk, iv: Uint8Array): WrappedCmk {
  const plaintext = UnencryptedCmk.encode(cmk);
  const { ciphertext, tag } = context.chip.aes.gcmEncrypt({ key: wrappingKey(context), iv, plaintext });
  return { domain: 0, domain_metadata: new Uint8Array(16), iv, ciphertext, gcm_tag: tag };
}

/** @throws RotError RUNTIME_DRIVER_AES_INVALID_TAG for anything that this boot's key did not wrap */
export function unwrapCmk(context: FirmwareContext, { iv, ciphertext, gcm_tag: tag }: WrappedCmk): Cmk {
  const plaintext = context.chip.aes.gcmDecrypt({ key: wrappingKey(context), iv, ciphertext, tag });
  if (plaintext === undefined) throw new RotError('RUNTIME_DRIVER_AES_INVALID_TAG');
  return UnencryptedCmk.decode(plaintext);
}

const MODES = {
  [CM_HASH_ALGORITHM.SHA384]: { mode: 'sha384', keySize: 48 },
  [CM_HASH_ALGORITHM.SHA512]: { mode: 'sha512', keySize: 64 },
} as const;

/** CM_HMAC: MAC under a wrapped key. A request may be shorter than its struct; the rest counts as zeros. */
export function cmHmac(context: FirmwareContext, message: Uint8Array): Uint8Array {
  if (message.length > CmHmacReq.size) throw new RotError('CMB_HMAC_INVALID_REQ_SIZE');
  const whole = new Uint8Array(CmHmacReq.size);
  whole.set(message);
  const request = CmHmacReq.decode(whole);
  if (request.data_size > request.data.length) throw new RotError('CMB_HMAC_INVALID_REQ_SIZE');
  const cmk = unwrapCmk(context, request.cmk);
  if ((cmk.length !== 48 && cmk.length !== 64) || cmk.key_usage !== CM_KEY_USAGE.HMAC)
    throw new RotError('CMB_HMAC_INVALID_KEY_USAGE');
  if (cmk.length === 48 && request.hash_algorithm !== CM_HASH_ALGORITHM.SHA384)
    throw new RotError('CMB_HMAC_INVALID_KEY_USAGE_AND_SIZE');
  const algorithm = MODES[request.hash_algorithm as keyof typeof MODES];
  if (algorithm === undefined) throw new RotError('CMB_HMAC_UNSUPPORTED_HASH_ALGORITHM');
  const key = cmk.key_material.subarray(0, algorithm.keySize);
  return varSizeResponse(context.drivers.hmac.mac(algorithm.mode, key, request.data.subarray(0, request.data_size)));
}
