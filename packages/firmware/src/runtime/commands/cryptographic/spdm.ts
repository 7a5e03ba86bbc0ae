import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';

const KEY_SIZE = 32;
const IV_SIZE = 12;
/** Bit of the flags: the sequence number goes big-endian into the end of the IV, otherwise little-endian into its start. */
const COUNTER_BIG_ENDIAN = 0x100;
/** SPDM versions 1.0 to 1.4. */
const VERSIONS = [0x10, 0x11, 0x12, 0x13, 0x14];

/** Input of HKDF-Expand: length ‖ version ‖ label. DSP0274 §12 */
function binConcat(length: number, version: number, label: string): Uint8Array {
  return concatBytes(Uint8Array.of(length, length >>> 8), utf8ToBytes(`spdm1.${version & 0xf} ${label}`));
}

/**
 * Key and IV of an SPDM record under a traffic secret.
 *
 * @param secret - 48 or 64 bytes, which chooses SHA-384 or SHA-512
 * @param flags - version in bits 7:0, byte order of the sequence number in bit 8
 * @param sequence - 8 bytes, as the sender orders them
 * @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS for an unknown version or another size of secret
 */
export function spdmKeyAndIv(
  { drivers: { hmac } }: FirmwareContext,
  secret: Uint8Array,
  flags: number,
  sequence: Uint8Array,
): { readonly key: Uint8Array; readonly iv: Uint8Array } {
  const version = flags & 0xff;
  if (!VERSIONS.includes(version)) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `SPDM version ${version}`);
  if (secret.length !== 48 && secret.length !== 64)
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `traffic secret of ${secret.length} bytes`);
  const mode = secret.length === 48 ? 'sha384' : 'sha512';
  const key = hmac.hkdfExpand(mode, secret, binConcat(KEY_SIZE, version, 'key')).slice(0, KEY_SIZE);
  const iv = hmac.hkdfExpand(mode, secret, binConcat(IV_SIZE, version, 'iv')).slice(0, IV_SIZE);
  const bigEndian = (flags & COUNTER_BIG_ENDIAN) !== 0;
  const mask = bigEndian ? sequence.slice().reverse() : sequence;
  const start = bigEndian ? IV_SIZE - mask.length : 0;
  mask.forEach((byte, i) => {
    iv[start + i] = (iv[start + i] as number) ^ byte;
  });
  return { key, iv };
}
