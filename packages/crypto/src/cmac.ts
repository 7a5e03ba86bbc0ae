import { concatBytes, u32be, utf8ToBytes } from './bytes.ts';
import { checkAesKey, checkBytes, checkInteger } from './checks.ts';
import type { Capabilities } from './provider.ts';

type NeedsBlockCipher = Pick<Capabilities, 'blockCipher'>;

const ZERO_BLOCK = new Uint8Array(16);

/** Multiplication by x in GF(2^128), byte 0 holding the highest powers. SP 800-38B §5.3 */
function double(block: Uint8Array): Uint8Array {
  const out = block.map((byte, i) => (byte << 1) | ((block[i + 1] ?? 0) >> 7));
  if (((block[0] ?? 0) & 0x80) !== 0) out[15] = (out[15] ?? 0) ^ 0x87;
  return out;
}

/**
 * AES-CMAC (SP 800-38B) over the parts, one after the other.
 *
 * The last block of CBC over the message whose own last block is masked with `K1 = 2·E(0)`, or padded with 80 00… and
 * masked with `K2 = 4·E(0)` if it is not full.
 *
 * @param key - 16, 24 or 32 bytes
 * @returns 16 bytes
 */
export function aesCmac(
  { blockCipher }: NeedsBlockCipher,
  key: Uint8Array,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  checkAesKey(key);
  for (const part of parts) checkBytes('data', part);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const full = length > 0 && length % 16 === 0;
  const message = new Uint8Array(full ? length : length + 16 - (length % 16));
  message.set(concatBytes(...parts));
  if (!full) message[length] = 0x80;
  const k1 = double(blockCipher.ecbEncrypt(key, ZERO_BLOCK));
  const mask = full ? k1 : double(k1);
  const last = message.subarray(message.length - 16);
  for (let i = 0; i < 16; i++) last[i] = (last[i] ?? 0) ^ (mask[i] ?? 0);
  return blockCipher.cbcEncrypt(key, ZERO_BLOCK, message).slice(-16);
}

/**
 * Counter-mode KDF on AES-CMAC: `CMAC(key, u32be(i) ‖ label ‖ [00 ‖ context])` for i = 1..rounds, one after the other.
 *
 * @param label - a string is encoded as UTF-8
 * @param context - leave out for "no context", which is not the same as empty
 * @param rounds - 1..4
 * @returns 16 · rounds bytes
 * @throws RangeError if `rounds` is out of range
 * @see caliptra-sw:drivers/src/cmac_kdf.rs
 */
export function cmacKdf(
  provider: NeedsBlockCipher,
  key: Uint8Array,
  label: string | Uint8Array,
  context: Uint8Array | undefined,
  rounds: number,
): Uint8Array {
  checkInteger('rounds', rounds, 1, 4);
  const fixed = [typeof label === 'string' ? utf8ToBytes(label) : label];
  if (context !== undefined) fixed.push(Uint8Array.of(0), context);
  const blocks = Array.from({ length: rounds }, (_, i) => aesCmac(provider, key, u32be(i + 1), ...fixed));
  return concatBytes(...blocks);
}
