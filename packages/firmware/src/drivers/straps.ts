import type { Chip } from '@rootcap/hardware';

/** 64-bit AXI base address that a pair of strap registers holds. */
export function axiBase(
  soc: Chip['soc'],
  name: 'SS_MCI_BASE_ADDR' | 'SS_RECOVERY_IFC_BASE_ADDR' | 'SS_OTP_FC_BASE_ADDR' | 'SS_KEY_RELEASE_BASE_ADDR',
): bigint {
  return (BigInt(soc.get(`${name}_H`)) << 32n) | BigInt(soc.get(`${name}_L`));
}
