import { concatBytes } from '@rootcap/crypto';
import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { EcdsaVerifyReq, MldsaVerifyReq } from './layouts/status.ts';

/** Codes by stage for a wrong signature. */
export interface VerifyFailures {
  readonly ecdsa: ErrorName;
  readonly mldsa: ErrorName;
}

/**
 * Checks the signature of an ECDSA384_SIGNATURE_VERIFY request over the digest it carries.
 *
 * @throws RotError if the request has another size, the signature is malformed, or it is wrong
 * @see caliptra-sw:common/src/verify.rs
 */
export function verifyEcdsaRequest({ drivers }: FirmwareContext, message: Uint8Array, failures: VerifyFailures): void {
  if (message.length !== EcdsaVerifyReq.size) throw new RotError('RUNTIME_INSUFFICIENT_MEMORY');
  const request = EcdsaVerifyReq.decode(message);
  const publicKey = concatBytes(request.pub_key_x, request.pub_key_y);
  const signature = concatBytes(request.signature_r, request.signature_s);
  if (!drivers.ecc384.verify(publicKey, request.hash, signature)) throw new RotError(failures.ecdsa);
}

const MESSAGE_OFFSET = MldsaVerifyReq.offsetOf('message');
const MESSAGE_MAX = MldsaVerifyReq.size - MESSAGE_OFFSET;

/** Checks the signature of an MLDSA87_SIGNATURE_VERIFY request. The request may end with its message. */
export function verifyMldsaRequest({ drivers }: FirmwareContext, message: Uint8Array, failures: VerifyFailures): void {
  if (message.length < MESSAGE_OFFSET) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
  const field = (name: 'pub_key' | 'signature'): Uint8Array => {
    const { offset, field: type } = MldsaVerifyReq.member(name);
    return message.subarray(offset, offset + type.size);
  };
  const view = new DataView(message.buffer, message.byteOffset);
  const size = view.getUint32(MldsaVerifyReq.offsetOf('message_size'), true);
  if (size > MESSAGE_MAX || MESSAGE_OFFSET + size > message.length)
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
  const signed = message.subarray(MESSAGE_OFFSET, MESSAGE_OFFSET + size);
  if (!drivers.mldsa87.verify(field('pub_key'), signed, field('signature'))) throw new RotError(failures.mldsa);
}
