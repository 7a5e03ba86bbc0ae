import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import type { CryptographicMailboxState } from '../../state.ts';

/** Bytes of an AES-GCM IV, and of the counter that gives one after the other. */
export const IV_SIZE = 12;
const KEY_SIZE = 32;
const TOP_BIT = 0x80;

/**
 * Keys and counters of the cryptographic mailbox at the start of the runtime, from four TRNG responses. The key that
 * wraps keys is ROM's; the one for contexts is new at each start of the runtime, so no context outlives a reset.
 *
 * @see caliptra-sw:runtime/src/cryptographic_mailbox.rs (CmStorage::init)
 */
export function newCryptographicMailbox({ chip: { trng } }: FirmwareContext): CryptographicMailboxState {
  return {
    wrapIv: firstIv(trng.generate4()),
    contextKey: [contextKeyShare(trng.generate()), contextKeyShare(trng.generate())],
    contextIv: firstIv(trng.generate4()),
    keyUses: [],
    shake256: undefined,
  };
}

function contextKeyShare(response: Uint8Array): Uint8Array {
  return swapWords(response.subarray(0, KEY_SIZE));
}

/** Three words as a number, the first one highest, with room for 2^95 more. The engine takes it little-endian. */
function firstIv(response: Uint8Array): Uint8Array {
  const iv = response.slice(0, IV_SIZE).reverse();
  iv[IV_SIZE - 1] = (iv[IV_SIZE - 1] as number) & ~TOP_BIT;
  return iv;
}

/** The IV to use now; the counter goes on. */
export function takeIv({ state }: FirmwareContext, counter: 'wrapIv' | 'contextIv'): Uint8Array {
  const mailbox = state.runtime.cryptographicMailbox;
  const iv = mailbox[counter];
  const next = iv.slice();
  for (let i = 0; i < IV_SIZE; i++) {
    next[i] = (next[i] as number) + 1;
    if (next[i] !== 0) break;
  }
  mailbox[counter] = next;
  return iv;
}
