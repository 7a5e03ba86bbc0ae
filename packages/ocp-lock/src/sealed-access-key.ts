import { RotError } from '@rootcap/errors';
import { bytes, type Infer, struct, u32 } from '@rootcap/struct';

/** Bytes of an access key. */
const ACCESS_KEY_SIZE = 32;
const TAG_SIZE = 16;
/** Longest encapsulated key: that of the hybrid suite. */
export const MAX_ENC_SIZE = 1665;

/** An HPKE key of the block and what it is for. */
export const HpkeHandle = struct('HpkeHandle', { handle: u32, hpke_algorithm: u32 });

/** An access key that a remote party sealed to one of the block's HPKE keys, 1988 bytes. */
export const SealedAccessKey = struct('SealedAccessKey', {
  hpke_handle: HpkeHandle,
  access_key_len: u32,
  info_len: u32,
  info: bytes(256),
  kem_ciphertext: bytes(MAX_ENC_SIZE),
  _padding: bytes(3),
  ak_ciphertext: bytes(ACCESS_KEY_SIZE + TAG_SIZE),
});
export type SealedAccessKey = Infer<typeof SealedAccessKey>;

/** Ciphertext of one access key, 32 bytes, and its tag, 16. */
export interface AccessKeyCiphertext {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** `info` in use. @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS */
export function usedInfo({ info, info_len }: SealedAccessKey): Uint8Array {
  if (info_len > info.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `info_len: ${info_len}`);
  return info.subarray(0, info_len);
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS if the access key is not to be 32 bytes long */
export function accessKeyCiphertext(sealed: Uint8Array, access_key_len: number): AccessKeyCiphertext {
  if (access_key_len !== ACCESS_KEY_SIZE)
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `access_key_len: ${access_key_len}`);
  return { ciphertext: sealed.subarray(0, ACCESS_KEY_SIZE), tag: sealed.subarray(ACCESS_KEY_SIZE) };
}
