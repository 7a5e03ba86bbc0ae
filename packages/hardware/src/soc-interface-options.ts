import type { Emit } from './events.ts';
import type { HwConfig, Reference } from './hw-config.ts';
import type { SecurityPins } from './security-state.ts';
import type { Straps } from './straps.ts';

export interface SocInterfaceOptions {
  readonly security: SecurityPins;
  /** 32 bytes. */
  readonly obfuscationKey: Uint8Array;
  readonly hwConfig: HwConfig;
  /** `CPTRA_HW_REV_ID.cptra_generation`: major [3:0], minor [7:4], patch [15:8]. */
  readonly hwRevId: number;
  /** Subsystem only. */
  readonly straps?: Straps;
  readonly debugIntent?: boolean;
  /** Value of `SS_DBG_SERVICE_REG_REQ` after a cold reset, as if TAP had written it at once. */
  readonly debugServiceRequest?: number;
  /** Holds the core until `CPTRA_BOOTFSM_GO`, if debug unlocked, in manufacturing, or with debug intent. */
  readonly bootFsmBreak?: boolean;
  /** Holds the core until `CPTRA_BOOTFSM_GO` in every security state, as the benches of caliptra-sw do. */
  readonly awaitsGo?: boolean;
  /** 32 bytes that the fuse controller holds: `FUSE_HEK_SEED` after a cold reset. */
  readonly hekSeed?: Uint8Array;
  readonly reference?: Reference;
  readonly emit?: Emit;
}

/** What the rest of the chip does for the SoC interface. */
export interface SocInterfaceHooks {
  /** Firmware wrote `INTERNAL_FW_UPDATE_RESET.core_rst`. */
  updateReset(): void;
  /** `CPTRA_TRNG_STATUS.data_req` rose. */
  trngRequest(): void;
  /** A switch on which the hardware wipes secrets and engines. */
  wipe(): void;
  /** The SoC answered a TRNG request. */
  trngResponse(): void;
  /** The watchdogs expired in cascade. */
  nmi(): void;
  /** `INTERNAL_ICCM_LOCK` changed. */
  iccmLock(locked: boolean): void;
  /** Firmware wrote a word of `SS_GENERIC_FW_EXEC_CTRL`. */
  firmwareExecution(index: number, previous: number, next: number): void;
}
