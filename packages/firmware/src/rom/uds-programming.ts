import { RotError } from '@rootcap/errors';
import { LIFECYCLE } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';
import { programSeed } from './otp-seeds.ts';

/**
 * Programs a random UDS into fuses if the manufacturer asks for it. This boot goes on with the old one.
 *
 * @throws RotError if debug intent is set, in passive mode, or outside manufacturing
 * @see caliptra-sw:rom/dev/src/flow/uds_programming.rs
 */
export function programUds(context: FirmwareContext): void {
  const { soc } = context.chip;
  if (soc.field('SS_DBG_SERVICE_REG_REQ', 'uds_program_req') === 0) return;
  if (soc.field('SS_DEBUG_INTENT', 'debug_intent') !== 0) throw new RotError('ROM_UDS_PROG_DEBUG_INTENT_SET');
  if (!soc.subsystemMode) throw new RotError('ROM_UDS_PROG_IN_PASSIVE_MODE');
  if (soc.lifecycle !== LIFECYCLE.MANUFACTURING) throw new RotError('ROM_UDS_PROG_ILLEGAL_LIFECYCLE_STATE');
  soc.setField('SS_DBG_SERVICE_REG_RSP', 'uds_program_in_progress', 1);
  try {
    programSeed(context, 'UDS');
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'uds_program_success', 1);
  } catch (error) {
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'uds_program_fail', 1);
    throw error;
  } finally {
    soc.setField('SS_DBG_SERVICE_REG_RSP', 'uds_program_in_progress', 0);
  }
}
