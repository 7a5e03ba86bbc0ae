import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { erasePcr } from '../drivers/key-vault.ts';
import { PCR_LOG_ENTRY_ID } from '../memory/tables.ts';
import { PCR_ID } from '../rom/pcrs.ts';

/**
 * Measures the runtime into PCR 2 (afresh) and PCR 3 (on top) and locks both. A warm reset runs the same runtime, and an
 * update may bring the same again: then nothing is extended.
 *
 * @see caliptra-sw:fmc/src/flow/pcr.rs, rt_alias.rs
 */
export function measureRuntime(context: FirmwareContext): void {
  const { chip } = context;
  const reason = chip.soc.resetReason;
  if (reason === 'unknown') throw new RotError('FMC_UNKNOWN_RESET');
  if (reason === 'cold' || (reason === 'update' && runtimeChanged(context))) extend(context);
  chip.pcrBank.lock(PCR_ID.RT_FW_CURRENT);
  chip.pcrBank.lock(PCR_ID.RT_FW_JOURNEY);
}

function runtimeChanged({ chip, persistent }: FirmwareContext): boolean {
  const predicted = chip.sha512.digest('sha384', new Uint8Array(48), persistent.dataVault.get('rt_tci'));
  return !equalBytes(predicted, chip.pcrBank.read(PCR_ID.RT_FW_CURRENT));
}

function extend({ chip, persistent }: FirmwareContext): void {
  const data = persistent.dataVault.get('rt_tci');
  erasePcr(chip, PCR_ID.RT_FW_CURRENT);
  chip.pcrBank.extend(PCR_ID.RT_FW_CURRENT, data);
  chip.pcrBank.extend(PCR_ID.RT_FW_JOURNEY, data);
  const pcr_ids = (1 << PCR_ID.RT_FW_CURRENT) | (1 << PCR_ID.RT_FW_JOURNEY);
  if (!persistent.appendPcrLog({ id: PCR_LOG_ENTRY_ID.RtTci, pcr_ids, data }))
    throw new RotError('FMC_GLOBAL_PCR_LOG_EXHAUSTED');
}
