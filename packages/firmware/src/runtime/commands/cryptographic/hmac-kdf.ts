import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../../context.ts';
import { type Cmk, cmHmac, type WrappedCmk } from '../../../messages/cmk.ts';
import { CM_HASH_ALGORITHM } from '../../../messages/layouts/cm-hash.ts';
import {
  CmHkdfExpandReq,
  CmHkdfExpandResp,
  CmHkdfExtractReq,
  CmHkdfExtractResp,
  CmHmacKdfCounterReq,
  CmHmacKdfCounterResp,
  CmHmacReq,
} from '../../../messages/layouts/cm-keys.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import { type RuntimeCommand, rawCommand } from '../../command.ts';
import { type HashChoice, requireHash, reserveCmk, unwrapHmacKey, wrap, wrapKey } from './cmk.ts';
import { cmCommand, used } from './command.ts';

/** Sizes of derived keys by their use; HMAC keys are as long as the hash. */
const DERIVED_SIZES: Readonly<Record<number, number>> = {
  [CM_KEY_USAGE.AES]: 32,
  [CM_KEY_USAGE.ECDSA]: 48,
  [CM_KEY_USAGE.MLDSA]: 32,
};
const HMAC_SIZES: Readonly<Record<number, number>> = { [CM_HASH_ALGORITHM.SHA384]: 48, [CM_HASH_ALGORITHM.SHA512]: 64 };

interface Derivation {
  readonly hash_algorithm: number;
  readonly key_usage: number;
  readonly key_size: number;
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS */
function requireDerivable({ hash_algorithm, key_usage, key_size }: Derivation): void {
  const size = key_usage === CM_KEY_USAGE.HMAC ? HMAC_SIZES[hash_algorithm] : DERIVED_SIZES[key_usage];
  if (size !== key_size) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `usage ${key_usage}, ${key_size} bytes`);
}

/** The key as long as the hash wants it: 48 bytes of a key of 64, or a key of 48 with zeros behind. */
function keyFor({ key_material }: Cmk, { size }: HashChoice): Uint8Array {
  return key_material.subarray(0, size);
}

/** The order of the firmware: a usage counter is taken even if the hash then turns out to be none. */
function derive(
  context: FirmwareContext,
  request: Derivation,
  wrapped: WrappedCmk,
  kdf: (hash: HashChoice, key: Uint8Array) => Uint8Array,
): WrappedCmk {
  const source = unwrapHmacKey(context, wrapped);
  const derived = reserveCmk(context, request.key_usage, new Uint8Array(request.key_size));
  const hash = requireHash(request.hash_algorithm);
  derived.key_material.set(kdf(hash, keyFor(source, hash)).subarray(0, request.key_size));
  return wrap(context, derived);
}

export const HMAC_COMMANDS: readonly RuntimeCommand[] = [
  // Checks its request by itself, as in ROM.
  rawCommand('CM_HMAC', CmHmacReq, cmHmac),
  cmCommand('CM_HMAC_KDF_COUNTER', 'shorter', CmHmacKdfCounterReq, (context, request) => {
    requireDerivable(request);
    const label = used(request.label, request.label_size);
    const { hmac } = context.drivers;
    const kout = derive(context, request, request.kin, ({ mode }, key) => hmac.kdfBytes(mode, key, label));
    return CmHmacKdfCounterResp.encode({ hdr: RESPONSE_HEADER, kout });
  }),
  cmCommand('CM_HKDF_EXTRACT', 'exact', CmHkdfExtractReq, (context, request) => {
    const ikm = unwrapHmacKey(context, request.ikm);
    const salt = unwrapHmacKey(context, request.salt);
    const hash = requireHash(request.hash_algorithm);
    if (ikm.length !== hash.size)
      throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `keying material of ${ikm.length} bytes`);
    const prk = context.drivers.hmac.mac(hash.mode, keyFor(salt, hash), keyFor(ikm, hash));
    return CmHkdfExtractResp.encode({ hdr: RESPONSE_HEADER, prk: wrapKey(context, CM_KEY_USAGE.HMAC, prk) });
  }),
  cmCommand('CM_HKDF_EXPAND', 'shorter', CmHkdfExpandReq, (context, request) => {
    requireDerivable(request);
    const info = used(request.info, request.info_size);
    const { hmac } = context.drivers;
    const okm = derive(context, request, request.prk, ({ mode }, key) => hmac.hkdfExpand(mode, key, info));
    return CmHkdfExpandResp.encode({ hdr: RESPONSE_HEADER, okm });
  }),
];
