import { RotError } from '@rootcap/errors';
import type { Infer } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { PCR_LOG_ENTRY_ID } from '../../memory/tables.ts';
import { type StashMeasurementReq, StashMeasurementResp } from '../../messages/layouts/dpe.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import { PCR_ID } from '../pcrs.ts';

/** STASH_MEASUREMENT: into PCR 31 and the measurement log, from where the runtime hands it to DPE. */
export function stashMeasurement(
  { chip, persistent }: FirmwareContext,
  { metadata, measurement, context, svn }: Infer<typeof StashMeasurementReq>,
): Uint8Array {
  chip.pcrBank.extend(PCR_ID.STASH_MEASUREMENT, measurement);
  const logged = persistent.appendMeasurementLog({
    pcr_entry: {
      id: PCR_LOG_ENTRY_ID.StashMeasurement,
      reserved0: new Uint8Array(2),
      pcr_ids: (1 << PCR_ID.STASH_MEASUREMENT) >>> 0,
      pcr_data: measurement,
    },
    metadata,
    context,
    svn,
    reserved0: new Uint8Array(4),
  });
  if (!logged) throw new RotError('ROM_GLOBAL_MEASUREMENT_LOG_EXHAUSTED');
  return StashMeasurementResp.encode({ hdr: RESPONSE_HEADER, dpe_result: 0 });
}
