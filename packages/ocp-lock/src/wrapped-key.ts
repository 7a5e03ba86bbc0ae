import { concatBytes } from '@rootcap/crypto';
import { type ErrorName, RotError } from '@rootcap/errors';
import { bytes, type Infer, struct, u16, u32 } from '@rootcap/struct';

/** Kinds of key that leave the block encrypted. */
export const WRAPPED_KEY_TYPE = { LOCKED_MPK: 1, ENABLED_MPK: 2, WRAPPED_MEK: 3 } as const;
export type WrappedKeyType = keyof typeof WRAPPED_KEY_TYPE;

/** Bytes of the key inside a wrapped key. */
const WRAPPED_KEY_LENGTH = { LOCKED_MPK: 32, ENABLED_MPK: 32, WRAPPED_MEK: 64 } as const satisfies Record<
  WrappedKeyType,
  number
>;

/** Longest metadata of a wrapped key. */
const METADATA_SIZE = 32;
const TAG_SIZE = 16;
const CIPHERTEXT_SIZE = 80;

/** A key encrypted by the block, 148 bytes. @see caliptra-sw:api/src/mailbox.rs (WrappedKey) */
export const WrappedKey = struct('WrappedKey', {
  key_type: u16,
  reserved: u16,
  salt: bytes(12),
  metadata_len: u32,
  key_len: u32,
  iv: bytes(12),
  metadata: bytes(METADATA_SIZE),
  ciphertext_and_auth_tag: bytes(CIPHERTEXT_SIZE),
});
export type WrappedKey = Infer<typeof WrappedKey>;

/** What preconditioned AES made of a key. */
export interface SealedKey {
  /** 12 bytes. */
  readonly salt: Uint8Array;
  /** 12 bytes. */
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

/** Puts a sealed key into its wire form: ciphertext and tag one after the other, then zeros. */
export function wrapKey(type: WrappedKeyType, sealed: SealedKey, metadata: Uint8Array): WrappedKey {
  const ciphertext_and_auth_tag = new Uint8Array(CIPHERTEXT_SIZE);
  ciphertext_and_auth_tag.set(concatBytes(sealed.ciphertext, sealed.tag));
  const padded = new Uint8Array(METADATA_SIZE);
  padded.set(metadata);
  return {
    key_type: WRAPPED_KEY_TYPE[type],
    reserved: 0,
    salt: sealed.salt,
    metadata_len: metadata.length,
    key_len: WRAPPED_KEY_LENGTH[type],
    iv: sealed.iv,
    metadata: padded,
    ciphertext_and_auth_tag,
  };
}

/**
 * Takes a sealed key out of its wire form. `key_len` is not looked at.
 *
 * @throws RotError RUNTIME_OCP_LOCK_INVALID_WRAPPED_KEY_TYPE for a key of another type
 */
export function unwrapKey(type: WrappedKeyType, wrapped: WrappedKey): SealedKey {
  if (wrapped.key_type !== WRAPPED_KEY_TYPE[type])
    throw new RotError('RUNTIME_OCP_LOCK_INVALID_WRAPPED_KEY_TYPE', `key_type: ${wrapped.key_type}`);
  const length = WRAPPED_KEY_LENGTH[type];
  return {
    salt: wrapped.salt,
    iv: wrapped.iv,
    ciphertext: wrapped.ciphertext_and_auth_tag.subarray(0, length),
    tag: wrapped.ciphertext_and_auth_tag.subarray(length, length + TAG_SIZE),
  };
}

/** Additional data that binds a wrapped key to its type and metadata: `u16 type ‖ u32 length ‖ metadata`, little-endian. */
export function wrappedKeyAad(type: WrappedKeyType, metadata: Uint8Array = new Uint8Array(0)): Uint8Array {
  const head = new Uint8Array(6);
  const view = new DataView(head.buffer);
  view.setUint16(0, WRAPPED_KEY_TYPE[type], true);
  view.setUint32(2, metadata.length, true);
  return concatBytes(head, metadata);
}

/** Metadata in use. @throws RotError `code` if the length is beyond the field */
export function usedMetadata(
  { metadata, metadata_len }: Pick<WrappedKey, 'metadata' | 'metadata_len'>,
  code: ErrorName = 'RUNTIME_MAILBOX_INVALID_PARAMS',
): Uint8Array {
  if (metadata_len > metadata.length) throw new RotError(code, `metadata_len: ${metadata_len}`);
  return metadata.subarray(0, metadata_len);
}
