import { bytes, struct, u8, u16, u32 } from '@rootcap/struct';

/**
 * Key of the cryptographic mailbox, encrypted: opaque to the client, who hands it back with each use.
 *
 * @see caliptra-sw:runtime/src/cryptographic_mailbox.rs, common/src/crypto.rs
 */
export const EncryptedCmk = struct('EncryptedCmk', {
  domain: u32,
  domain_metadata: bytes(16),
  iv: bytes(12),
  ciphertext: bytes(80),
  gcm_tag: bytes(16),
});

/** What is inside an encrypted key. */
export const UnencryptedCmk = struct('UnencryptedCmk', {
  version: u16,
  /** Bytes of `key_material` in use. */
  length: u16,
  key_usage: u8,
  id: bytes(3),
  usage_counter: bytes(8),
  key_material: bytes(64),
});

/** What a key is for; every other number counts as reserved. */
export const CM_KEY_USAGE = { HMAC: 1, AES: 2, ECDSA: 3, MLDSA: 4, MLKEM: 5 } as const;
