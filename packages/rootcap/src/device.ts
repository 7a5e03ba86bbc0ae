import { Masking, modelAbrEngine } from '@rootcap/adams-bridge';
import { errorName, RotError } from '@rootcap/errors';
import {
  COMMAND_ID,
  type EntryPoint,
  FIRMWARE_PROFILES,
  type Firmware,
  FirmwareContext,
  firmware,
  storedCertificate,
  storedFmcAliasCsr,
  storedIdevCsr,
  UPDATE_RESET_CYCLES,
  type Wait,
} from '@rootcap/firmware';
import { type AbrEngine, Chip, type ResetKind, SOC_IFC_REG, writeFuses } from '@rootcap/hardware';
import { DeviceClock } from './clock.ts';
import { DeviceDpe } from './device-dpe.ts';
import { DeviceError, wrongState } from './device-error.ts';
import { copyOf, isReplayable } from './entropy.ts';
import type { DeviceEvent, DeviceListener } from './events.ts';
import { DeviceMailbox, mailboxLocked } from './mailbox.ts';
import {
  type DeviceOptions,
  firmwareOf,
  LIFECYCLES,
  type ResolvedOptions,
  resolveOptions,
  socFirmwareOf,
} from './options.ts';
import { type DeviceSnapshot, requireSnapshot } from './snapshot.ts';

/** Where a device is. */
export type DeviceState = 'awaiting-fuses' | 'booting' | 'awaiting-firmware' | 'runtime' | 'fatal';

/** Algorithms of the two certificate chains. */
export const CHAIN_ALGORITHMS = ['ecdsa-p384', 'mldsa87'] as const;
export type ChainAlgorithm = (typeof CHAIN_ALGORITHMS)[number];

/** What a step left the device waiting for. */
export type DeviceWait = Wait | { readonly for: 'fuses'; readonly ready: () => boolean; readonly cycles?: undefined };

/**
 * One root of trust: a chip, its firmware and the SoC's side of both. Everything is synchronous; nothing happens unless a
 * method is called.
 */
export class Device {
  readonly options: ResolvedOptions;
  readonly chip: Chip;
  readonly context: FirmwareContext;
  readonly mailbox: DeviceMailbox;
  readonly dpe: DeviceDpe;
  /** The device in time; {@link step} and {@link run} take none. */
  readonly clock: DeviceClock;
  readonly #listeners = new Set<DeviceListener>();
  /** Ends the subscription to the chip, which lasts while there are listeners. */
  #ignoreChip = (): void => {};
  #firmware: Firmware | undefined;
  #wait: Wait | undefined;

  constructor(options: DeviceOptions = {}) {
    this.options = resolveOptions(options);
    this.chip = newChip(this.options);
    this.context = new FirmwareContext(this.chip, {
      profile: FIRMWARE_PROFILES[this.options.profile],
      rom: this.options.rom,
      verifyOwnSignatures: this.options.verifyOwnSignatures,
      fipsTestHooks: this.options.fipsTestHooks ?? false,
      dpeRootSizedTcbInfos: this.options.compatibility?.dpeRootSizedTcbInfos ?? false,
      commands: this.options.commands,
    });
    this.mailbox = new DeviceMailbox(this, this.options.axiUser);
    this.dpe = new DeviceDpe(this.mailbox, FIRMWARE_PROFILES[this.options.profile].dpeStatuses);
    this.clock = new DeviceClock(this);
    this.context.onText = (text) => this.emit({ kind: 'text', text });
    this.context.onBootStatus = (status, name) => this.emit({ kind: 'firmware-status', status, name });
  }

  /** @returns a function that ends the subscription */
  on(listener: DeviceListener): () => void {
    if (this.#listeners.size === 0) this.#ignoreChip = this.chip.on((event) => this.emit(event));
    this.#listeners.add(listener);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#ignoreChip();
    };
  }

  /** Whether anybody listens: an event that nobody hears need not be made. @internal */
  get observed(): boolean {
    return this.#listeners.size !== 0;
  }

  /** @internal */
  emit(event: DeviceEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  get state(): DeviceState {
    if (!this.chip.soc.coreRunning) return 'awaiting-fuses';
    switch (this.#wait?.entry) {
      case 'rom-mailbox':
        return 'awaiting-firmware';
      case 'runtime-mailbox':
        return 'runtime';
      case 'fatal':
        return 'fatal';
      default:
        return 'booting';
    }
  }

  /** The error registers: 0, or a code that `@rootcap/errors` names. */
  get errors(): { readonly fatal: number; readonly nonFatal: number } {
    const { soc } = this.chip;
    return { fatal: soc.get('CPTRA_FW_ERROR_FATAL'), nonFatal: soc.get('CPTRA_FW_ERROR_NON_FATAL') };
  }

  /**
   * Writes the fuses as the SoC does, once after each power-on, and starts the core.
   *
   * @throws RangeError naming a fuse whose value does not fit
   */
  burnFuses(): void {
    const { axiUser, fuses, mailboxAxiUsers, requestCsr, watchdogCycles } = this.options;
    const write = (name: SocRegisterName, value: number, index = 0): void =>
      this.chip.socBus.write(socAddress(name, index), value, axiUser);
    writeFuses(this.chip, fuses, axiUser);
    mailboxAxiUsers.forEach((user, i) => {
      write('CPTRA_MBOX_VALID_AXI_USER', user, i);
      write('CPTRA_MBOX_AXI_USER_LOCK', 1, i);
    });
    if (requestCsr === true) write('CPTRA_DBG_MANUF_SERVICE_REG', 1);
    if (watchdogCycles !== undefined) write('CPTRA_WDT_CFG', watchdogCycles);
    write('CPTRA_FUSE_WR_DONE', 1);
  }

  /** Lets the firmware go on to its next wait. Does nothing while that for which it waits has not come. */
  step(): DeviceWait {
    const { soc, trng } = this.chip;
    if (!soc.coreRunning) return { for: 'fuses', ready: () => soc.coreRunning };
    if (trng.starved) return { for: 'entropy', ready: () => !trng.starved };
    if (this.#firmware === undefined) this.#start('reset');
    if (this.#wait === undefined || this.#wait.ready()) this.#advance();
    return this.#wait ?? CORE_RESTARTED;
  }

  /** Whether {@link step} would let the firmware go on. */
  get canStep(): boolean {
    const { soc, trng } = this.chip;
    return soc.coreRunning && !trng.starved && (this.#wait?.ready() ?? true);
  }

  /** Whether the device waits at a named point for something that only the SoC can bring, so that it can be saved. */
  get atRest(): boolean {
    return !this.chip.soc.coreRunning || (this.#wait?.entry !== undefined && !this.canStep);
  }

  #start(entry: EntryPoint): void {
    this.#firmware = firmware(this.context, entry, this.options.stages);
    this.#wait = undefined;
  }

  #advance(): void {
    const result = (this.#firmware as Firmware).next();
    if (result.done === true)
      throw new DeviceError(
        'firmware-ended',
        'run',
        this.state,
        ' and its firmware returned',
        'a stage must wait forever',
      );
    this.#wait = result.value;
    if (result.value.for === 'update-reset') this.#restartCore();
  }

  /** The core asked for its own reset: ROM runs again, with a new firmware in the mailbox. */
  #restartCore(): void {
    this.#firmware = undefined;
    this.#wait = undefined;
  }

  /**
   * Runs the firmware until `until` holds or it waits for something that has not come.
   *
   * @returns what it waits for
   */
  run(until: () => boolean = () => false): DeviceWait {
    for (;;) {
      const wait = this.step();
      // Outside of the clock's steps the time of operations is over, or never was.
      this.chip.takeStalledCycles();
      this.chip.takeSpentCycles();
      if (until() || !wait.ready()) return wait;
    }
  }

  /**
   * Power-on to runtime: fuses, ROM, firmware upload, FMC, runtime.
   *
   * @throws RotError with the code in the fatal error register if ROM or FMC refuse
   */
  boot(): this {
    this.bootToRom();
    this.loadFirmware(firmwareOf(this.options));
    return this;
  }

  /**
   * Power-on to the point where ROM waits for firmware. The IDevID CSR envelope is taken if it was asked for.
   *
   * @throws RotError with the code in the fatal error register; DeviceError if the device is past that point, or waits
   *   for something else on the way there, such as a debug unlock command
   */
  bootToRom(): this {
    if (this.state === 'awaiting-fuses') this.burnFuses();
    let wait = this.run();
    if (wait.for === 'csr-consumed') {
      this.#takeCsrEnvelope();
      wait = this.run();
    }
    this.#throwIfFatal();
    if (this.state !== 'awaiting-firmware') throw wrongState('bootToRom', this.state, wait.for);
    return this;
  }

  #takeCsrEnvelope(): void {
    const { axiUser } = this.options;
    this.chip.mailbox.receiveFromUc(axiUser);
    this.chip.mailbox.answerUc(axiUser, 'CMD_COMPLETE');
    this.chip.socBus.write(socAddress('CPTRA_DBG_MANUF_SERVICE_REG'), 0, axiUser);
  }

  /**
   * Hands a firmware bundle to a waiting ROM, through the mailbox or, in subsystem mode, the recovery interface, with SoC
   * manifest and firmware of the MCU behind it; or to a running runtime, which then updates itself.
   *
   * @throws RotError with the code that refused it; DeviceError if the device waits for something else, or the mailbox
   *   is taken
   */
  loadFirmware(bundle: Uint8Array): void {
    const { axiUser } = this.options;
    const { mailbox, recovery, soc } = this.chip;
    const inRom = this.state === 'awaiting-firmware';
    if (!inRom && this.state !== 'runtime' && this.state !== 'fatal')
      throw wrongState('loadFirmware', this.state, this.#wait?.for);
    if (inRom && soc.subsystemMode) {
      const encrypted = this.options.encryptedMcuFirmware === true;
      recovery.stage([bundle, ...socFirmwareOf(this.options, bundle)]);
      this.mailbox.execute(encrypted ? 'RI_DOWNLOAD_ENCRYPTED_FIRMWARE' : 'RI_DOWNLOAD_FIRMWARE');
    } else {
      if (!mailbox.send({ axiUser, ...this.mailbox.envelope(COMMAND_ID.FIRMWARE_LOAD, bundle) }))
        throw mailboxLocked('loadFirmware', this);
      this.run(() => mailbox.status() !== 'CMD_BUSY');
      mailbox.release(axiUser);
    }
    this.run();
    this.#throwIfFatal();
    const { nonFatal } = this.errors;
    const symbol = inRom ? undefined : errorName(nonFatal);
    if (symbol !== undefined) throw new RotError(symbol, 'firmware update');
  }

  #throwIfFatal(): void {
    const symbol = errorName(this.errors.fatal);
    if (symbol !== undefined) throw new RotError(symbol);
  }

  /**
   * The certificates that the device issued, leaf first: RT alias, FMC alias, LDevID. The next one up, IDevID, is the
   * vendor's.
   *
   * @throws DeviceError before FMC made them
   */
  certificateChain(algorithm: ChainAlgorithm): Uint8Array[] {
    return (['rt-alias', 'fmc-alias', 'ldevid'] as const).map((layer) => {
      const certificate = storedCertificate(this.context, layer, algorithm);
      if (certificate === undefined) throw wrongState('certificateChain', this.state, this.#wait?.for);
      return certificate;
    });
  }

  /** IDevID CSR of this boot, if the manufacturer asked for it. */
  idevidCsr(algorithm: ChainAlgorithm): Uint8Array | undefined {
    return storedIdevCsr(this.context, algorithm)?.slice();
  }

  /** FMC alias CSR, which FMC makes at every cold boot for an owner's CA. */
  fmcAliasCsr(algorithm: ChainAlgorithm): Uint8Array | undefined {
    const csr = storedFmcAliasCsr(this.context, algorithm);
    return csr === undefined || csr.length === 0 ? undefined : csr.slice();
  }

  /** Sealed envelope with both IDevID CSRs, 8784 bytes, if the manufacturer asked for it at this boot. */
  csrEnvelope(): Uint8Array | undefined {
    return this.idevidCsr('ecdsa-p384') === undefined
      ? undefined
      : this.context.persistent.rom.get('idevid_csr_envelop');
  }

  /** Resets the chip. `cold` is a power cycle. After `cold` and `warm` the core waits for {@link burnFuses}. */
  reset(kind: ResetKind): void {
    this.chip.reset(kind);
    this.clock.forget();
    this.#restartCore();
    if (kind === 'cold') this.context.resetState();
  }

  /**
   * The whole device as data. If the firmware is between two named waits, it first runs on to the next one.
   *
   * @throws DeviceError if it cannot reach one without input from outside
   */
  snapshot(): DeviceSnapshot {
    const entry = this.#restingPoint();
    return {
      format: 'rootcap-device',
      version: 1,
      entry,
      chip: this.chip.save(),
      firmware: structuredCopy(this.context.state),
      entropyPosition: isReplayable(this.options.entropy) ? this.options.entropy.position : undefined,
    };
  }

  #restingPoint(): EntryPoint | 'awaiting-fuses' {
    const wait = this.run(() => this.#wait?.entry !== undefined && !(this.#wait?.ready() ?? true));
    if (wait.for === 'fuses') return 'awaiting-fuses';
    if (wait.entry === undefined) throw wrongState('snapshot', this.state, wait.for);
    return wait.entry;
  }

  /** Puts a device built with the same options into a saved state. @throws TypeError if `snapshot` is not one */
  restore(snapshot: DeviceSnapshot): this {
    const { entry, chip, firmware: state, entropyPosition } = requireSnapshot(snapshot);
    this.chip.restore(chip);
    this.clock.forget();
    this.context.state = structuredCopy(state);
    if (entropyPosition !== undefined && isReplayable(this.options.entropy))
      this.options.entropy.position = entropyPosition;
    this.#restartCore();
    if (entry !== 'awaiting-fuses') {
      this.#start(entry);
      this.step();
    }
    return this;
  }

  /** A second device in the same state, independent from now on. */
  fork(): Device {
    const { entropy: _, ...options } = this.options;
    const own = isReplayable(this.options.entropy) ? copyOf(this.options.entropy) : this.options.entropy;
    return new Device({ ...options, entropy: own }).restore(this.snapshot());
  }
}

/** Between the reset that a core asked for and the first step after it. */
const CORE_RESTARTED: Wait = { for: 'update-reset', ready: () => true, cycles: UPDATE_RESET_CYCLES };

/** More TRNG answers than firmware uses between two waits: the key ladder takes one for each of up to 128 steps. */
const TRNG_STOCK = 160;

type SocRegisterName = keyof typeof SOC_IFC_REG.registers;

/** Address of a SoC interface register on the SoC's bus. */
function socAddress(name: SocRegisterName, index = 0): number {
  return SOC_IFC_REG.base + SOC_IFC_REG.registers[name].offset + 4 * index;
}

function newChip(options: ResolvedOptions): Chip {
  const abrEngine = options.abrEngine ?? (options.adamsBridge === 'model' ? modelOf(options) : undefined);
  return new Chip({
    provider: options.provider,
    lifecycle: LIFECYCLES[options.lifecycle],
    debugLocked: options.debugLocked,
    obfuscationKey: options.obfuscationKey,
    csrHmacKey: options.csrHmacKey,
    hwConfig: {
      itrng: options.internalTrng ?? false,
      subsystemMode: options.subsystemMode ?? false,
      ocpLock: options.ocpLock ?? false,
      fuseGranularity32: options.fuseGranularity32 ?? false,
    },
    ...(options.hwRevId === undefined ? {} : { hwRevId: options.hwRevId }),
    ...(options.hekSeed === undefined ? {} : { hekSeed: options.hekSeed }),
    ...(options.awaitsGo === undefined ? {} : { awaitsGo: options.awaitsGo }),
    ...(options.trngResponder === undefined ? {} : { trngResponder: options.trngResponder }),
    ...(options.socEntropy ? { trngStock: TRNG_STOCK } : { entropy: options.entropy }),
    ...(options.testSram === undefined ? {} : { testSram: options.testSram }),
    subsystemMailboxSize: FIRMWARE_PROFILES[options.profile].subsystemMailboxSize,
    ...(options.straps === undefined ? {} : { straps: options.straps }),
    ...(options.debugIntent === undefined ? {} : { debugIntent: options.debugIntent }),
    ...(options.debugServiceRequest === undefined ? {} : { debugServiceRequest: options.debugServiceRequest }),
    ...(options.blocks === undefined ? {} : { blocks: options.blocks }),
    ...(abrEngine === undefined ? {} : { abrEngine }),
    ...(options.abrProfile === undefined ? {} : { abrProfile: options.abrProfile }),
  });
}

function modelOf({ abrMasking = false }: ResolvedOptions): AbrEngine {
  if (abrMasking === false) return modelAbrEngine();
  return modelAbrEngine({ masking: new Masking(abrMasking === true ? {} : abrMasking) });
}

/** Plain data copied deeply; the firmware's state is numbers, strings and byte arrays. */
function structuredCopy<T>(value: T): T {
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(structuredCopy) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, structuredCopy(inner)])) as T;
}
