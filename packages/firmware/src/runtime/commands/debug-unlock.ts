import { RotError } from '@rootcap/errors';
import { LIFECYCLE } from '@rootcap/hardware';
import type { FirmwareContext } from '../../context.ts';
import { type Firmware, mailboxIdle } from '../../coroutine.ts';
import { COMMAND_ID } from '../../messages/command-ids.ts';
import {
  ProductionAuthDebugUnlockChallenge,
  ProductionAuthDebugUnlockReq,
  ProductionAuthDebugUnlockToken,
} from '../../messages/layouts/fuses.ts';
import { requestedUnlock, setUnlockLevel } from '../../rom/debug-unlock.ts';
import { createChallenge, validateToken } from '../../rom/debug-unlock-challenge.ts';
import { decodeSized, type RuntimeCommand, rawCommand } from '../command.ts';

const LENGTH_ERROR = 'RUNTIME_MAILBOX_API_REQUEST_DATA_LEN_TOO_LARGE';

function requireProduction({ chip: { soc } }: FirmwareContext): void {
  if (soc.lifecycle !== LIFECYCLE.PRODUCTION) throw new RotError('RUNTIME_DEBUG_UNLOCK_INVALID_LIFECYCLE');
}

function challenge(context: FirmwareContext, message: Uint8Array): Uint8Array {
  const { soc } = context.chip;
  if (soc.field('SS_DEBUG_INTENT', 'debug_intent') === 0 || requestedUnlock(context) === undefined)
    throw new RotError('SS_DBG_UNLOCK_REQ_BIT_NOT_SET');
  const request = decodeSized(ProductionAuthDebugUnlockReq, 'exact', message, LENGTH_ERROR);
  requireProduction(context);
  soc.setField('SS_DBG_SERVICE_REG_RSP', 'tap_mailbox_available', 1);
  soc.setField('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_in_progress', 1);
  try {
    const response = ProductionAuthDebugUnlockChallenge.encode(createChallenge(context, request));
    context.state.runtime.debugUnlock = { request: message.slice(), challenge: response };
    return response;
  } catch (error) {
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_in_progress', 0);
    throw error;
  }
}

/** A challenge can be answered once, rightly or not. */
function unlock(context: FirmwareContext, message: Uint8Array): undefined {
  const { soc } = context.chip;
  const token = decodeSized(ProductionAuthDebugUnlockToken, 'exact', message, LENGTH_ERROR);
  requireProduction(context);
  const open = context.state.runtime.debugUnlock;
  if (open === undefined) throw new RotError('RUNTIME_DEBUG_UNLOCK_NO_CHALLENGE');
  context.state.runtime.debugUnlock = undefined;
  const request = ProductionAuthDebugUnlockReq.decode(open.request);
  try {
    validateToken(context, request, ProductionAuthDebugUnlockChallenge.decode(open.challenge), token);
    setUnlockLevel(context, request.unlock_level);
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_success', 1);
  } catch (error) {
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_fail', 1);
    throw error;
  } finally {
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_in_progress', 0);
  }
}

/**
 * Whether a command, answered, was the last of a debug unlock: every token, and a request that was refused. `id` is the
 * mailbox's own: a token inside EXTERNAL_MAILBOX_CMD leaves the mailbox to the TAP.
 */
export function endsDebugUnlock(id: number, failed: boolean): boolean {
  if (id === COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN) return true;
  return id === COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_REQ && failed;
}

/** Takes the mailbox from the TAP once the answer has been read. @see caliptra-sw:runtime/src/lib.rs */
export function* endDebugUnlock(context: FirmwareContext): Firmware {
  const { soc } = context.chip;
  if (soc.lifecycle === LIFECYCLE.PRODUCTION) soc.setField('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_in_progress', 0);
  if (soc.lifecycle === LIFECYCLE.MANUFACTURING)
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'manuf_dbg_unlock_in_progress', 0);
  while (!mailboxIdle(context)) yield { for: 'mailbox-idle', ready: () => mailboxIdle(context) };
  if (soc.lifecycle === LIFECYCLE.PRODUCTION || soc.lifecycle === LIFECYCLE.MANUFACTURING)
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'tap_mailbox_available', 0);
}

/** Debug unlock in production: a challenge, then its answer. @see caliptra-sw:runtime/src/debug_unlock.rs */
export const DEBUG_UNLOCK_COMMANDS: readonly RuntimeCommand[] = [
  rawCommand('PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', ProductionAuthDebugUnlockReq, challenge),
  rawCommand('PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', ProductionAuthDebugUnlockToken, unlock),
];
