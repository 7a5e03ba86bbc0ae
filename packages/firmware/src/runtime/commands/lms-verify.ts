import { concatBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { CALIPTRA_LMS, lmsDriverVerify } from '@rootcap/image';
import type { Infer } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST, LmsVerifyReq } from '../../messages/layouts/status.ts';
import { headerOnly } from '../../messages/response.ts';
import { type RuntimeCommand, runtimeCommand } from '../command.ts';

function bigEndian(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/**
 * Checks an LMS signature over the digest in the request. The numbers of key and signature come little-endian, but for
 * the type inside the one-time signature.
 *
 * @throws RotError RUNTIME_LMS_VERIFY_FAILED, or for other parameter sets than the one that the firmware has
 * @see caliptra-sw:runtime/src/verify.rs
 */
function verifyLms({ provider }: FirmwareContext, request: Infer<typeof LmsVerifyReq>): void {
  const { lms, lmots } = CALIPTRA_LMS;
  if (request.pub_key_tree_type !== lms.type) throw new RotError('RUNTIME_LMS_VERIFY_INVALID_LMS_ALGORITHM');
  if (request.pub_key_ots_type !== lmots.type) throw new RotError('RUNTIME_LMS_VERIFY_INVALID_LMOTS_ALGORITHM');
  if (request.signature_tree_type !== lms.type) throw new RotError('RUNTIME_LMS_VERIFY_INVALID_LMS_ALGORITHM');
  const types = concatBytes(bigEndian(lms.type), bigEndian(lmots.type));
  const publicKey = concatBytes(types, request.pub_key_id, request.pub_key_digest);
  const signature = concatBytes(
    bigEndian(request.signature_q),
    request.signature_ots,
    bigEndian(request.signature_tree_type),
    request.signature_tree_path,
  );
  if (!lmsDriverVerify(provider, publicKey, request.hash, signature)) throw new RotError('RUNTIME_LMS_VERIFY_FAILED');
}

export const LMS_COMMANDS: readonly RuntimeCommand[] = [
  runtimeCommand('LMS_SIGNATURE_VERIFY', 'exact', LmsVerifyReq, (context, request) => {
    verifyLms(context, request);
    return headerOnly(FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST);
  }),
];
