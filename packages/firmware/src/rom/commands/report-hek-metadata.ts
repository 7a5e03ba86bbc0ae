import { RotError } from '@rootcap/errors';
import { hekIsAvailable } from '@rootcap/ocp-lock';
import { OcpLockReportHekMetadataReq, OcpLockReportHekMetadataResp } from '../../messages/layouts/ocp-lock.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import { romCommand } from '../command.ts';

const HEK_AVAILABLE = 0x8000_0000;

/** OCP_LOCK_REPORT_HEK_METADATA: the SoC tells what its HEK seed fuses hold. */
export const reportHekMetadata = romCommand(
  'OCP_LOCK_REPORT_HEK_METADATA',
  OcpLockReportHekMetadataReq,
  ({ chip: { soc }, persistent }, { total_slots, active_slots, seed_state }) => {
    if (!soc.ocpLockEnabled) throw new RotError('FW_PROC_OCP_LOCK_UNSUPPORTED');
    const available = hekIsAvailable(seed_state, soc.lifecycle, soc.bytes('FUSE_HEK_SEED'));
    persistent.rom.set('ocp_lock_metadata', {
      total_hek_seed_slots: total_slots,
      active_hek_seed_slots: active_slots,
      hek_seed_state: seed_state,
      hek_available: available ? 1 : 0,
      reserved: 0,
    });
    const flags = available ? HEK_AVAILABLE : 0;
    return OcpLockReportHekMetadataResp.encode({ hdr: RESPONSE_HEADER, flags, reserved: [0, 0, 0] });
  },
);
