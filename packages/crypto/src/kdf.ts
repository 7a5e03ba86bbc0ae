import { utf8ToBytes } from './bytes.ts';
import { checkBytes } from './checks.ts';
import type { Capabilities, HashName } from './provider.ts';

type NeedsHmac = Pick<Capabilities, 'hmac'>;

const SEPARATOR = Uint8Array.of(0);
const COUNTER_1 = Uint8Array.of(0, 0, 0, 1);

function kdf(
  { hmac }: NeedsHmac,
  hash: HashName,
  key: Uint8Array,
  label: string | Uint8Array,
  context: Uint8Array | undefined,
): Uint8Array {
  const labelBytes = typeof label === 'string' ? utf8ToBytes(label) : label;
  checkBytes('label', labelBytes);
  if (context === undefined) return hmac.mac(hash, key, COUNTER_1, labelBytes);
  checkBytes('context', context);
  return hmac.mac(hash, key, COUNTER_1, labelBytes, SEPARATOR, context);
}

/**
 * One block of the counter-mode KDF that every Caliptra key comes from.
 *
 * `HMAC-SHA-512(key, 00000001 ‖ label ‖ [00 ‖ context])`: a big-endian counter and, only if there is a context, a zero
 * byte before it. No length field follows, unlike SP 800-108r1 §4.1.
 *
 * @param key - 64 bytes, a whole key-vault entry; other lengths are taken as HMAC takes them
 * @param label - without terminator; a string is encoded as UTF-8
 * @param context - any length; leave out for "no context", which is not the same as empty
 * @returns 64 bytes
 * @see caliptra-sw:drivers/src/hmac_kdf.rs
 */
export function kdf512(
  provider: NeedsHmac,
  key: Uint8Array,
  label: string | Uint8Array,
  context?: Uint8Array,
): Uint8Array {
  return kdf(provider, 'sha512', key, label, context);
}

/**
 * {@link kdf512} with HMAC-SHA-384.
 *
 * @returns 48 bytes
 * @see caliptra-sw:drivers/src/hmac_kdf.rs
 */
export function kdf384(
  provider: NeedsHmac,
  key: Uint8Array,
  label: string | Uint8Array,
  context?: Uint8Array,
): Uint8Array {
  return kdf(provider, 'sha384', key, label, context);
}
