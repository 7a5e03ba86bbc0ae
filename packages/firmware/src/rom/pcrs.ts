import { deviceStatus } from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { erasePcr } from '../drivers/key-vault.ts';
import { measuredState } from '../measured-state.ts';
import { PCR_LOG_ENTRY_ID } from '../memory/tables.ts';

export const PCR_ID = {
  FMC_CURRENT: 0,
  FMC_JOURNEY: 1,
  RT_FW_CURRENT: 2,
  RT_FW_JOURNEY: 3,
  STASH_MEASUREMENT: 31,
} as const satisfies Record<string, number>;

/**
 * Measures device state, vendor and owner keys and FMC into PCR 0 (afresh) and PCR 1 (on top of what it holds), and
 * logs each step.
 *
 * @throws RotError if PCR 0 is locked or the log is full
 * @see caliptra-sw:rom/dev/src/pcr.rs
 */
export function extendFmcPcrs(context: FirmwareContext): void {
  const { chip, persistent } = context;
  persistent.fht.set('pcr_log_index', 0);
  erasePcr(chip, PCR_ID.FMC_CURRENT);
  extend(context, 'DeviceStatus', deviceStatus(context.profile.measured, measuredState(context)));
  extend(context, 'VendorPubKeyInfoHash', chip.soc.bytes('FUSE_VENDOR_PK_HASH'));
  extend(context, 'OwnerPubKeyHash', persistent.dataVault.get('owner_pk_hash'));
  extend(context, 'FmcTci', persistent.dataVault.get('fmc_tci'));
}

function extend({ chip, persistent }: FirmwareContext, id: keyof typeof PCR_LOG_ENTRY_ID, data: Uint8Array): void {
  chip.pcrBank.extend(PCR_ID.FMC_CURRENT, data);
  chip.pcrBank.extend(PCR_ID.FMC_JOURNEY, data);
  const pcr_ids = (1 << PCR_ID.FMC_CURRENT) | (1 << PCR_ID.FMC_JOURNEY);
  if (!persistent.appendPcrLog({ id: PCR_LOG_ENTRY_ID[id], pcr_ids, data }))
    throw new RotError('ROM_GLOBAL_PCR_LOG_EXHAUSTED');
}
