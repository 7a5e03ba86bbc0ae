import { concatBytes, equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { type Infer, swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { dmaRead } from '../drivers/dma.ts';
import { axiBase } from '../drivers/straps.ts';
import { deviceUeid } from '../fuses.ts';
import {
  ProductionAuthDebugUnlockChallenge,
  ProductionAuthDebugUnlockReq,
  ProductionAuthDebugUnlockToken,
} from '../messages/layouts/fuses.ts';
import { MailboxReqHeader, MailboxRespHeader } from '../messages/layouts/header.ts';
import { RESPONSE_HEADER } from '../messages/response.ts';

type Request = Infer<typeof ProductionAuthDebugUnlockReq>;
type Challenge = Infer<typeof ProductionAuthDebugUnlockChallenge>;
type Token = Infer<typeof ProductionAuthDebugUnlockToken>;

const DIGEST_SIZE = 48;

/** Length field of a message: its words, checksum or header left out. */
function lengthInWords(size: number, header: number): number {
  return (size - header) / 4;
}

/**
 * Challenge for a production debug unlock, shared by ROM and runtime.
 *
 * @throws RotError if length or level is wrong, or no keys are fused for the level
 * @see caliptra-sw:common/src/debug_unlock.rs
 */
export function createChallenge(context: FirmwareContext, request: Request): Challenge {
  const { chip } = context;
  if (request.length !== lengthInWords(ProductionAuthDebugUnlockReq.size, MailboxReqHeader.size))
    throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_REQ', `length ${request.length}`);
  const levels = chip.soc.get('SS_NUM_OF_PROD_DEBUG_UNLOCK_AUTH_PK_HASHES');
  if (request.unlock_level === 0 || request.unlock_level > levels)
    throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_REQ', `level ${request.unlock_level} of ${levels}`);
  const hash = authPkHash(context, request.unlock_level);
  if (hash.every((byte) => byte === 0) || hash.every((byte) => byte === 0xff))
    throw new RotError('SS_DBG_UNLOCK_PROD_DISABLED');
  const unique_device_identifier = new Uint8Array(32);
  unique_device_identifier.set(deviceUeid(chip.soc));
  return {
    hdr: RESPONSE_HEADER,
    length: lengthInWords(ProductionAuthDebugUnlockChallenge.size, MailboxRespHeader.size),
    unique_device_identifier,
    challenge: swapWords(chip.trng.generate()),
  };
}

/** SHA-384 of the keys allowed for a level, from the MCI's register bank, as natural bytes. */
function authPkHash({ chip }: FirmwareContext, level: number): Uint8Array {
  const { soc } = chip;
  const offset = soc.get('SS_PROD_DEBUG_UNLOCK_AUTH_PK_HASH_REG_BANK_OFFSET') + DIGEST_SIZE * (level - 1);
  return swapWords(dmaRead(chip, axiBase(soc, 'SS_MCI_BASE_ADDR') + BigInt(offset), DIGEST_SIZE));
}

/** @throws RotError for the first check that the answer to a challenge fails */
export function validateToken(context: FirmwareContext, request: Request, challenge: Challenge, token: Token): void {
  const { chip, drivers } = context;
  const matches =
    token.length === lengthInWords(ProductionAuthDebugUnlockToken.size, MailboxReqHeader.size) &&
    token.unlock_level === request.unlock_level &&
    equalBytes(token.challenge, challenge.challenge) &&
    equalBytes(token.unique_device_identifier, challenge.unique_device_identifier);
  if (!matches) throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE');

  // The digest is over the keys as they stand in the message.
  const wire = ProductionAuthDebugUnlockToken.encode(token);
  const keys = wire.subarray(
    ProductionAuthDebugUnlockToken.offsetOf('ecc_public_key'),
    ProductionAuthDebugUnlockToken.offsetOf('ecc_signature'),
  );
  if (!equalBytes(chip.sha512.digest('sha384', keys), authPkHash(context, token.unlock_level)))
    throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_TOKEN_WRONG_PUBLIC_KEYS');

  const message = concatBytes(
    token.unique_device_identifier,
    Uint8Array.of(token.unlock_level),
    token.reserved,
    token.challenge,
  );
  const eccValid = drivers.ecc384.verify(
    token.ecc_public_key,
    chip.sha512.digest('sha384', message),
    token.ecc_signature,
  );
  if (!eccValid) throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_TOKEN_INVALID_SIGNATURE', 'ECDSA');
  const digest = chip.sha512.digest('sha512', message);
  if (!drivers.mldsa87.verify(token.mldsa_public_key, digest, token.mldsa_signature))
    throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_TOKEN_INVALID_SIGNATURE', 'ML-DSA');
}
