import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { FW_MARKER, FW_VERSION, ROM_MAJOR_VERSION, ROM_MARKER, ROM_MINOR_VERSION } from '../memory/persistent-data.ts';
import { FHT_INVALID_HANDLE, FHT_MARKER } from '../rom/fht.ts';
import { makeFmcAliasCsrs } from './fmc-alias-csr.ts';
import { measureRuntime } from './pcrs.ts';
import { deriveRtAlias } from './rt-alias.ts';

const CFI_RESETS = 3;

/**
 * First mutable code: measures the runtime and gives it its identity.
 *
 * @throws RotError where FMC stops with a fatal error
 * @see caliptra-sw:fmc/src/main.rs, fmc/src/flow/mod.rs
 */
export function* fmc(context: FirmwareContext): Firmware {
  const { chip, persistent } = context;
  chip.trng.start();
  for (let i = 0; i < CFI_RESETS; i++) chip.trng.generate();
  if (persistent.rom.get('marker') !== ROM_MARKER) throw new RotError('FMC_INVALID_ROM_PERSISTENT_DATA_MARKER');
  if (persistent.rom.get('major_version') !== ROM_MAJOR_VERSION)
    throw new RotError('FMC_INVALID_ROM_PERSISTENT_DATA_VERSION');
  const cold = chip.soc.resetReason === 'cold';
  if (cold) persistent.fht.slice('reserved').fill(0xff);
  requireHandoff(context, cold);
  if (cold) {
    persistent.rom.set('minor_version', ROM_MINOR_VERSION);
    persistent.fw.set('marker', FW_MARKER);
    persistent.fw.set('version', FW_VERSION);
    makeFmcAliasCsrs(context);
  } else requireOwnData(context);

  measureRuntime(context);
  yield* report(context, 'RtMeasurementComplete');
  yield* deriveRtAlias(context);
}

/** The handoff table must be ROM's. @see caliptra-sw:drivers/src/hand_off.rs */
function requireHandoff({ persistent: { fht } }: FirmwareContext, cold: boolean): void {
  const valid =
    fht.get('fht_marker') === FHT_MARKER &&
    fht.get('fmc_cdi_kv_hdl') !== FHT_INVALID_HANDLE &&
    fht.get('manifest_load_addr') !== FHT_INVALID_HANDLE &&
    fht.get('fips_fw_load_addr_hdl') === FHT_INVALID_HANDLE &&
    fht.get('ecc_ldevid_tbs_addr') !== 0 &&
    fht.get('ecc_fmcalias_tbs_addr') !== 0 &&
    fht.get('pcr_log_addr') !== 0 &&
    fht.get('meas_log_addr') !== 0 &&
    fht.get('fuse_log_addr') !== 0 &&
    (!cold || (fht.get('ecc_ldevid_tbs_size') !== 0 && fht.get('ecc_fmcalias_tbs_size') !== 0));
  if (!valid) throw new RotError('FMC_HANDOFF_INVALID_PARAM');
}

/** After a warm or update reset, memory must hold what an FMC of this version left. */
function requireOwnData({ persistent: { rom, fw } }: FirmwareContext): void {
  if (rom.get('minor_version') > ROM_MINOR_VERSION) throw new RotError('FMC_INVALID_ROM_PERSISTENT_DATA_VERSION');
  if (fw.get('marker') !== FW_MARKER) throw new RotError('FMC_INVALID_FW_PERSISTENT_DATA_MARKER');
  if (fw.get('version') !== FW_VERSION) throw new RotError('FMC_INVALID_FW_PERSISTENT_DATA_VERSION');
}
