import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { LIFECYCLE } from '@rootcap/hardware';
import type { Infer, Struct } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, mailboxCommand, mailboxIdle } from '../coroutine.ts';
import { hasValidChecksum, sealMessage } from '../messages/checksum.ts';
import { COMMAND_ID } from '../messages/command-ids.ts';
import {
  ManufDebugUnlockTokenReq,
  ProductionAuthDebugUnlockChallenge,
  ProductionAuthDebugUnlockReq,
  ProductionAuthDebugUnlockToken,
} from '../messages/layouts/fuses.ts';
import { headerOnly } from '../messages/response.ts';
import { decodeExactly } from './command.ts';
import { createChallenge, validateToken } from './debug-unlock-challenge.ts';

/**
 * Debug unlock, where debug intent is strapped: by token in manufacturing, by challenge and two signatures in
 * production. Debug intent alone already costs the device its secrets.
 *
 * @throws RotError for every refusal, and that is fatal
 * @see caliptra-sw:rom/dev/src/flow/debug_unlock.rs
 */
export function* debugUnlock(context: FirmwareContext): Firmware {
  const { chip } = context;
  const { soc } = chip;
  if (soc.field('SS_DEBUG_INTENT', 'debug_intent') === 0) return;
  chip.doe.clearSecrets();
  const kind = requestedUnlock(context);
  if (kind === undefined) return;
  if (!soc.subsystemMode) throw new RotError('SS_DBG_UNLOCK_REQ_IN_PASSIVE_MODE');

  soc.setField('SS_DBG_SERVICE_REG_RSP', 'tap_mailbox_available', 1);
  soc.setField('SS_DBG_SERVICE_REG_RSP', `${kind}_dbg_unlock_in_progress`, 1);
  yield* kind === 'manuf' ? unlockManufacturing(context) : unlockProduction(context);
}

type UnlockKind = 'manuf' | 'prod';

function requestedUnlock({ chip: { soc } }: FirmwareContext): UnlockKind | undefined {
  const manuf = soc.field('SS_DBG_SERVICE_REG_REQ', 'manuf_dbg_unlock_req') !== 0;
  const prod = soc.field('SS_DBG_SERVICE_REG_REQ', 'prod_dbg_unlock_req') !== 0;
  if (!manuf && !prod) return undefined;
  if (manuf && !prod && soc.lifecycle === LIFECYCLE.MANUFACTURING) return 'manuf';
  if (prod && !manuf && soc.lifecycle === LIFECYCLE.PRODUCTION) return 'prod';
  throw new RotError('SS_DBG_UNLOCK_INVALID_REQ_REG_VALUE');
}

/** Outcome bits, then the end of the service. The TAP loses the mailbox only if it got a response. */
function* finish(context: FirmwareContext, kind: UnlockKind, succeeded: boolean, responded: boolean): Firmware {
  const { soc } = context.chip;
  soc.setField('SS_DBG_SERVICE_REG_RSP', `${kind}_dbg_unlock_${succeeded ? 'success' : 'fail'}`, 1);
  soc.setField('SS_DBG_SERVICE_REG_RSP', `${kind}_dbg_unlock_in_progress`, 0);
  if (!responded) return;
  while (!mailboxIdle(context)) yield { for: 'mailbox-idle', ready: () => mailboxIdle(context) };
  soc.setField('SS_DBG_SERVICE_REG_RSP', 'tap_mailbox_available', 0);
}

/** Message of the pending command. @throws RotError for a wrong checksum or length */
function takeRequest<T>({ chip: { mailbox } }: FirmwareContext, id: number, layout: Struct<T>): T {
  const message = mailbox.request();
  if (message.length < 4) throw new RotError('FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH');
  if (!hasValidChecksum(id, message)) throw new RotError('FW_PROC_MAILBOX_INVALID_CHECKSUM');
  return decodeExactly(layout, message);
}

/** The same where nothing else answers a malformed message: its command fails at once. */
function takeRequestOrFail<T>(context: FirmwareContext, id: number, layout: Struct<T>): T {
  try {
    return takeRequest(context, id, layout);
  } catch (error) {
    context.chip.mailbox.complete('CMD_FAILURE');
    throw error;
  }
}

function* unlockManufacturing(context: FirmwareContext): Firmware {
  const { chip } = context;
  yield* mailboxCommand(context);
  if (chip.mailbox.pending()?.command !== COMMAND_ID.MANUF_DEBUG_UNLOCK_REQ_TOKEN) {
    chip.soc.setField('SS_DBG_SERVICE_REG_RSP', 'manuf_dbg_unlock_in_progress', 0);
    throw new RotError('SS_DBG_UNLOCK_MANUF_INVALID_MBOX_CMD');
  }
  const refusal = refusalOf(() => {
    const { token } = takeRequest(context, COMMAND_ID.MANUF_DEBUG_UNLOCK_REQ_TOKEN, ManufDebugUnlockTokenReq);
    const digest = chip.sha512.digest('sha512', token);
    if (!equalBytes(digest, chip.soc.bytes('FUSE_MANUF_DBG_UNLOCK_TOKEN')))
      throw new RotError('SS_DBG_UNLOCK_MANUF_INVALID_TOKEN');
  });
  // The answer is the same in both cases, and comes before the outcome.
  chip.mailbox.respond(sealMessage(0, headerOnly()));
  yield* finish(context, 'manuf', refusal === undefined, true);
  if (refusal !== undefined) throw refusal;
}

function refusalOf(check: () => void): RotError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof RotError) return error;
    throw error;
  }
}

function* unlockProduction(context: FirmwareContext): Firmware {
  const { mailbox, soc } = context.chip;
  let responded = false;
  let level = 0;
  let refusal: RotError | undefined;

  yield* mailboxCommand(context);
  let request: Infer<typeof ProductionAuthDebugUnlockReq> | undefined;
  let challenge: Infer<typeof ProductionAuthDebugUnlockChallenge> | undefined;
  refusal = refusalOf(() => {
    if (mailbox.pending()?.command !== COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_REQ)
      throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_REQ_MBOX_CMD');
    request = takeRequestOrFail(context, COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_REQ, ProductionAuthDebugUnlockReq);
    responded = true;
    try {
      challenge = createChallenge(context, request);
    } finally {
      const answer = challenge === undefined ? headerOnly() : ProductionAuthDebugUnlockChallenge.encode(challenge);
      mailbox.respond(sealMessage(0, answer));
    }
  });

  if (refusal === undefined && request !== undefined && challenge !== undefined) {
    yield* mailboxCommand(context);
    const asked = request;
    const given = challenge;
    refusal = refusalOf(() => {
      if (mailbox.pending()?.command !== COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN)
        throw new RotError('SS_DBG_UNLOCK_PROD_INVALID_TOKEN_MBOX_CMD');
      const token = takeRequestOrFail(
        context,
        COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN,
        ProductionAuthDebugUnlockToken,
      );
      try {
        validateToken(context, asked, given, token);
      } finally {
        mailbox.respond(sealMessage(0, headerOnly()));
      }
    });
    level = asked.unlock_level;
  }
  if (refusal === undefined) soc.set('SS_SOC_DBG_UNLOCK_LEVEL', (1 << (level - 1)) >>> 0, 0);
  yield* finish(context, 'prod', refusal === undefined, responded);
  if (refusal !== undefined) throw refusal;
}
