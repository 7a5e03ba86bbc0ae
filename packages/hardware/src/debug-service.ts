import { SOC_IFC_REG } from './registers/soc-interface.ts';
import { LIFECYCLE, type Lifecycle } from './security-state.ts';

/** Bits of `SS_DBG_SERVICE_REG_REQ`. */
const DEBUG_REQUEST = { MANUF_UNLOCK: 1, PROD_UNLOCK: 2 } as const;

/** Bits of `SS_DBG_SERVICE_REG_RSP`: each service has success, fail, in progress. */
const MANUF_BITS = 0x007;
const PROD_BITS = 0x038;
const UDS_AND_TAP_BITS = 0x3c0;
const MANUF_SUCCESS = 0x001;
const PROD_SUCCESS = 0x008;

/** Request bits that SoC and firmware may write: an unlock, with debug intent and in its lifecycle. */
export function writableRequests(lifecycle: Lifecycle, debugIntent: boolean): number {
  if (!debugIntent) return 0;
  if (lifecycle === LIFECYCLE.MANUFACTURING) return DEBUG_REQUEST.MANUF_UNLOCK;
  return lifecycle === LIFECYCLE.PRODUCTION ? DEBUG_REQUEST.PROD_UNLOCK : 0;
}

/** Response bits that firmware may write. A success bit stays once set. */
export function writableResponses(previous: number, lifecycle: Lifecycle, debugIntent: boolean): number {
  if (debugIntent && lifecycle === LIFECYCLE.MANUFACTURING)
    return UDS_AND_TAP_BITS | (MANUF_BITS & ~(previous & MANUF_SUCCESS));
  if (debugIntent && lifecycle === LIFECYCLE.PRODUCTION)
    return UDS_AND_TAP_BITS | (PROD_BITS & ~(previous & PROD_SUCCESS));
  return UDS_AND_TAP_BITS;
}

type Name = keyof typeof SOC_IFC_REG.registers;

/** Registers that TAP writes in any security state. caliptra-rtl:src/soc_ifc/rtl/soc_ifc_top.sv (DMI) */
const TAP_ALWAYS: readonly Name[] = ['CPTRA_BOOTFSM_GO', 'CPTRA_DBG_MANUF_SERVICE_REG', 'SS_DBG_SERVICE_REG_REQ'];

/** Registers that TAP writes with debug unlocked or in manufacturing, whatever locks them for others. */
const TAP_UNLOCKED: readonly Name[] = [
  'SS_CALIPTRA_BASE_ADDR_L',
  'SS_CALIPTRA_BASE_ADDR_H',
  'SS_MCI_BASE_ADDR_L',
  'SS_MCI_BASE_ADDR_H',
  'SS_RECOVERY_IFC_BASE_ADDR_L',
  'SS_RECOVERY_IFC_BASE_ADDR_H',
  'SS_OTP_FC_BASE_ADDR_L',
  'SS_OTP_FC_BASE_ADDR_H',
  'SS_EXTERNAL_STAGING_AREA_BASE_ADDR_L',
  'SS_EXTERNAL_STAGING_AREA_BASE_ADDR_H',
  'SS_CALIPTRA_DMA_AXI_USER',
  'SS_STRAP_GENERIC',
  'SS_DEBUG_INTENT',
  'SS_SOC_DBG_UNLOCK_LEVEL',
];

/** A word that TAP writes, by its offset in the block. */
export interface TapWord {
  readonly name: Name;
  readonly index: number;
  readonly always: boolean;
}

export const TAP_WORDS: ReadonlyMap<number, TapWord> = new Map(
  [...TAP_ALWAYS, ...TAP_UNLOCKED].flatMap((name) => {
    const { offset, stride, count } = SOC_IFC_REG.registers[name];
    const always = TAP_ALWAYS.includes(name);
    return Array.from({ length: count }, (_, index) => [offset + stride * index, { name, index, always }] as const);
  }),
);
