import type { RuntimeCommand } from '../../command.ts';
import { AES_COMMANDS } from './aes.ts';
import { AES_GCM_COMMANDS } from './aes-gcm.ts';
import { AES_GCM_DMA_COMMANDS } from './aes-gcm-dma.ts';
import { ECDH_COMMANDS } from './ecdh.ts';
import { ECDSA_COMMANDS } from './ecdsa.ts';
import { HASH_COMMANDS } from './hash.ts';
import { HMAC_COMMANDS } from './hmac-kdf.ts';
import { KEY_COMMANDS } from './keys.ts';
import { MLDSA_COMMANDS } from './mldsa.ts';
import { MLKEM_COMMANDS } from './mlkem.ts';
import { RANDOM_COMMANDS } from './random.ts';
import { SHAKE_COMMANDS } from './shake.ts';

/**
 * The cryptographic mailbox: the chip's engines for clients outside, with keys that leave the chip only wrapped.
 *
 * @see caliptra-sw:runtime/src/cryptographic_mailbox.rs
 */
export const CRYPTOGRAPHIC_COMMANDS: readonly RuntimeCommand[] = [
  ...KEY_COMMANDS,
  ...HASH_COMMANDS,
  ...SHAKE_COMMANDS,
  ...RANDOM_COMMANDS,
  ...HMAC_COMMANDS,
  ...AES_COMMANDS,
  ...AES_GCM_COMMANDS,
  ...AES_GCM_DMA_COMMANDS,
  ...ECDH_COMMANDS,
  ...ECDSA_COMMANDS,
  ...MLDSA_COMMANDS,
  ...MLKEM_COMMANDS,
];
