import type { CryptoProvider } from '@rootcap/crypto';
import type { Chip } from '@rootcap/hardware';
import type { Conformance } from '@rootcap/ocp-lock';
import { BOOT_STATUS, type BootStatusName } from './boot-status.ts';
import { Drivers } from './drivers/drivers.ts';
import { PersistentData } from './memory/persistent-data.ts';
import type { FirmwareProfile } from './profile.ts';
import type { RuntimeCommand } from './runtime/command.ts';
import { initialRuntimeState, type RuntimeState } from './runtime/state.ts';

/** What ROM says of itself in FW_INFO and hands over in the FHT. */
export interface RomInfo {
  /** Source revision, 20 bytes. */
  readonly revision: Uint8Array;
  /** SHA-256 of the ROM up to this table, 32 bytes. */
  readonly sha256: Uint8Array;
  /** Where the table lies in ROM. */
  readonly address: number;
  /** CPTRA_FW_REV_ID[0][15:0]. Default that of the release. */
  readonly version?: number;
  /** Whether the digest is that of the ROM; otherwise its self-test fails. Default true. */
  readonly intact?: boolean;
}

export interface FirmwareOptions {
  readonly profile: FirmwareProfile;
  readonly rom: RomInfo;
  /**
   * Pairwise tests after key generation and verification after each signature, as the real drivers do. Turning them
   * off changes no byte, only the time.
   */
  readonly verifyOwnSignatures: boolean;
  /** Whether this is the build that a tester can halt: see `FIPS_TEST_HOOK`. */
  readonly fipsTestHooks?: boolean;
  /** Reproduce a defect of the firmware's DPE: see `compatibility` in `@rootcap/dpe`. */
  readonly dpeRootSizedTcbInfos?: boolean;
  /** Whose OCP LOCK to have where firmware and specification differ. */
  readonly conformance: Conformance;
  /** Further mailbox commands of the runtime; one with a known id replaces the built-in command. */
  readonly commands: readonly RuntimeCommand[];
}

/** Observer of boot statuses; the chip's own events tell of everything else. */
export type BootStatusListener = (status: number, name: BootStatusName) => void;

/**
 * What ROM, FMC and runtime run on: the chip, the drivers over it and the tables in its memory. What the firmware
 * remembers between two waits is in the chip or in `state`, never in a local of a coroutine.
 */
export class FirmwareContext {
  readonly chip: Chip;
  readonly options: FirmwareOptions;
  readonly persistent: PersistentData;
  readonly drivers: Drivers;
  /** Variables of ROM and runtime that live in memory the model has no layout for. */
  state: FirmwareState;
  onBootStatus: BootStatusListener = () => {};
  /** Takes what the firmware says, line by line. */
  onText: (text: string) => void = () => {};

  constructor(chip: Chip, options: FirmwareOptions) {
    this.chip = chip;
    this.options = options;
    this.persistent = new PersistentData(chip.dccm);
    this.drivers = new Drivers(chip, options.verifyOwnSignatures);
    this.state = initialFirmwareState();
  }

  /** What computes for the chip's engines. */
  get provider(): CryptoProvider {
    return this.chip.options.provider;
  }

  /** Forgets what lived in memory: a power cycle. */
  resetState(): void {
    this.state = initialFirmwareState();
  }

  /** Says a line. */
  print(line: string): void {
    this.onText(`${line}\n`);
  }

  /** What ROM shows in CPTRA_FW_REV_ID[0][15:0]. */
  get romVersion(): number {
    return this.options.rom.version ?? this.profile.romVersion;
  }

  get profile(): FirmwareProfile {
    return this.options.profile;
  }

  /** Leaves the status in data memory, and in CPTRA_BOOT_STATUS if debug is unlocked. */
  recordBootStatus(name: BootStatusName): void {
    const status = BOOT_STATUS[name];
    this.persistent.bootStatus = status;
    if (!this.chip.soc.debugLocked) this.chip.soc.set('CPTRA_BOOT_STATUS', status);
    this.onBootStatus(status, name);
  }

  /**
   * Writes an error register; 0 clears it. With it the last boot status comes to CPTRA_BOOT_STATUS, whether debug is
   * locked or not.
   *
   * @see caliptra-sw:drivers/src/error_reporter.rs
   */
  reportError(register: 'CPTRA_FW_ERROR_FATAL' | 'CPTRA_FW_ERROR_NON_FATAL', code: number): void {
    const { soc } = this.chip;
    soc.set(register, code);
    soc.set('CPTRA_BOOT_STATUS', this.persistent.bootStatus);
  }
}

/** Which of the three programs runs. */
export type StageName = 'rom' | 'fmc' | 'runtime';

export interface FirmwareState {
  stage: StageName;
  romSelfTestInProgress: boolean;
  runtime: RuntimeState;
}

function initialFirmwareState(): FirmwareState {
  return { stage: 'rom', romSelfTestInProgress: false, runtime: initialRuntimeState() };
}
