import type { CryptoProvider, Entropy } from '@rootcap/crypto';
import { Abr } from './abr.ts';
import { type AbrEngine, providerAbrEngine } from './abr-engine.ts';
import type { AbrProfileName } from './abr-profile.ts';
import { Aes } from './aes.ts';
import { AxiBus, AxiMemory, type AxiMemoryState } from './axi.ts';
import type { Block, ResetKind } from './block.ts';
import { MEMORY_MAP, type MemoryFault, type SocBus, socBus, type TapBus, tapBus, type UcBus, ucBus } from './bus.ts';
import { DataVault } from './data-vault.ts';
import { Dma } from './dma.ts';
import { Doe } from './doe.ts';
import { Ecc } from './ecc.ts';
import { type ChipEvent, EventSource } from './events.ts';
import { Hmac } from './hmac.ts';
import type { HwConfig, Reference } from './hw-config.ts';
import { KeyVault } from './key-vault.ts';
import { Mailbox } from './mailbox.ts';
import { MCI_REGISTERS_SIZE, MCU_SRAM_OFFSET, MCU_SRAM_SIZE, Mci, type MciState } from './mci.ts';
import { OTP_SIZE, OtpController, type OtpState } from './otp.ts';
import { type BlockFactory, makeOwnBlocks } from './own-block.ts';
import { PcrBank } from './pcr-bank.ts';
import { RECOVERY_IFC_SIZE, RecoveryInterface } from './recovery-interface.ts';
import type { Lifecycle, SecurityPins } from './security-state.ts';
import { ShaAccelerator } from './sha-accelerator.ts';
import { Sha256 } from './sha256.ts';
import { Sha512 } from './sha512.ts';
import { SocInterface } from './soc-interface.ts';
import { checkState } from './state.ts';
import { DEFAULT_STRAPS, type Straps } from './straps.ts';
import { Trng, type TrngResponder, type TrngState } from './trng.ts';
import { type UnmodelledRegister, unmodelledRegisters } from './unmodelled.ts';

/** What a chip is built with. */
export interface ChipOptions {
  readonly provider: CryptoProvider;
  /** Answers TRNG requests at once, or feeds the internal TRNG. Without it the SoC must answer. */
  readonly entropy?: Entropy;
  /** Answers requests of the external TRNG instead of `entropy`, each after a delay. */
  readonly trngResponder?: TrngResponder;
  /** Keeps so many answers of the SoC's TRNG in stock, so that firmware need not wait in an operation. */
  readonly trngStock?: number;
  readonly lifecycle: Lifecycle;
  readonly debugLocked: boolean;
  /** 32 bytes. */
  readonly obfuscationKey: Uint8Array;
  /** 64 bytes. */
  readonly csrHmacKey: Uint8Array;
  readonly hwConfig: HwConfig;
  /** `CPTRA_HW_REV_ID.cptra_generation`. Default 0x0112, the 2.1 generation of the recorded data. */
  readonly hwRevId?: number;
  /** Bytes of mailbox SRAM in subsystem mode. Default 16 KiB; hardware before 2.1 has the 256 KiB of a passive chip. */
  readonly subsystemMailboxSize?: number;
  /** Subsystem mode only; what is left out has `DEFAULT_STRAPS`. */
  readonly straps?: Partial<Straps>;
  readonly debugIntent?: boolean;
  /** `SS_DBG_SERVICE_REG_REQ` after a cold reset. */
  readonly debugServiceRequest?: number;
  readonly bootFsmBreak?: boolean;
  /** Holds the core until `CPTRA_BOOTFSM_GO` in every security state. */
  readonly awaitsGo?: boolean;
  /** 32 bytes that the fuse controller holds: `FUSE_HEK_SEED` after a cold reset. */
  readonly hekSeed?: Uint8Array;
  /** Blocks of one's own on the core's bus and the SoC's. */
  readonly blocks?: readonly BlockFactory[];
  /** First contents of a memory of {@link TEST_SRAM_SIZE} bytes on the AXI bus, which only test benches have. */
  readonly testSram?: Uint8Array;
  readonly abrEngine?: AbrEngine;
  /** Whose register face the lattice accelerator has. Default: that of `reference`. */
  readonly abrProfile?: AbrProfileName;
  /** Contents of the ROM on the core's bus, up to 96 KiB. */
  readonly rom?: Uint8Array;
  /** Default `emulator`. */
  readonly reference?: Reference;
  /** Whether a debug-lock switch at run time wipes keys and engines, as the RTL does, or only shows. Default `rtl`. */
  readonly debugTransition?: Reference;
}

/** Everything a chip remembers. Plain data: bytes, words, numbers, strings, booleans, lists, objects. */
export interface ChipState {
  readonly cycles: number;
  /** A non-maskable interrupt is pending. */
  readonly nmi: boolean;
  readonly iccm: Uint8Array;
  readonly dccm: Uint8Array;
  readonly trng: TrngState;
  readonly mci: MciState;
  readonly otp: OtpState;
  readonly stagingArea: AxiMemoryState;
  readonly testSram?: AxiMemoryState | undefined;
  /** By the name of the block's declaration. */
  readonly blocks: Readonly<Record<string, unknown>>;
}

/** Bytes of the staging area. */
const STAGING_SIZE = 0x10_0000;
/** Bit of `SS_GENERIC_FW_EXEC_CTRL[0]` that is the MCU's. */
const MCU_FW_EXEC = 1 << 2;

/** Where test benches have a memory on the AXI bus. caliptra-sw:sw-emulator/lib/periph/src/dma/axi_root_bus.rs */
export const TEST_SRAM_BASE = 0x50_0000;
/** Bytes of it. */
export const TEST_SRAM_SIZE = 0x40_0000;

/** Bytes of mailbox SRAM: passive, and in a subsystem since 2.1. */
export const MAILBOX_SIZE = { passive: 0x4_0000, subsystem: 0x4000 } as const;

/**
 * A passive chip: every block, both buses, resets. It runs nothing by itself; firmware drives the blocks' methods or
 * the registers, the SoC its bus, and time passes in {@link advance}. It starts as after power-on, in boot state FUSE.
 */
export class Chip {
  readonly options: ChipOptions;
  readonly soc: SocInterface;
  readonly mailbox: Mailbox;
  readonly keyVault: KeyVault;
  readonly pcrBank: PcrBank;
  readonly dataVault: DataVault;
  readonly doe: Doe;
  readonly sha256: Sha256;
  readonly sha512: Sha512;
  readonly shaAccelerator: ShaAccelerator;
  readonly hmac: Hmac;
  readonly ecc: Ecc;
  readonly abr: Abr;
  readonly aes: Aes;
  readonly trng: Trng;
  readonly axi = new AxiBus();
  readonly recovery = new RecoveryInterface();
  readonly otp: OtpController;
  readonly mci: Mci;
  /** SoC memory for what is too large for a subsystem's mailbox, at `stagingBase`. */
  readonly stagingArea: AxiMemory;
  readonly dma: Dma;
  readonly iccm: Uint8Array = new Uint8Array(MEMORY_MAP.ICCM.size);
  readonly dccm: Uint8Array = new Uint8Array(MEMORY_MAP.DCCM.size);
  /** Memory of test benches, if the chip has it. */
  readonly testSram: AxiMemory | undefined;
  /** Injected: the core finds an uncorrectable error in this memory. */
  memoryFault: MemoryFault = 'none';
  /** Bus of the core. */
  readonly uc: UcBus;
  /** AXI port for the SoC. */
  readonly socBus: SocBus;
  /** Debug port. */
  readonly tap: TapBus;
  /** Straps in force; their addresses are where the subsystem's blocks are. */
  readonly straps: Straps;
  readonly #events = new EventSource();
  readonly #blocks: readonly Block[];
  #cycles = 0;
  #stalledCycles = 0;
  #spentCycles = 0;
  #nmi = false;

  /** @throws RangeError if a key has the wrong length */
  constructor(options: ChipOptions) {
    checkKey('obfuscationKey', options.obfuscationKey, 32);
    checkKey('csrHmacKey', options.csrHmacKey, 64);
    this.options = options;
    const { provider, hwConfig, reference = 'emulator' } = options;
    const emit = this.#events.emit;
    this.straps = { ...DEFAULT_STRAPS, ...options.straps };
    this.soc = new SocInterface({ ...socOptions(options, this.straps), emit });
    const soc = this.soc;
    this.mailbox = new Mailbox({
      size: hwConfig.subsystemMode ? (options.subsystemMailboxSize ?? MAILBOX_SIZE.subsystem) : MAILBOX_SIZE.passive,
      validUser: (axiUser) => soc.validMailboxUser(axiUser),
      onViolation: (violation) => soc.mailboxViolation(violation),
      onInterrupt: (event) => soc.notify(event),
      emit,
    });
    const ocpLockInProgress = () => soc.get('SS_OCP_LOCK_CTRL') === 1;
    this.keyVault = new KeyVault({
      debugLocked: () => soc.debugLocked,
      ocpLockInProgress,
      reference,
      emit,
    });
    this.pcrBank = new PcrBank({ provider, emit });
    this.dataVault = new DataVault({ emit });
    this.doe = new Doe({ provider, keyVault: this.keyVault, secrets: soc, emit });
    this.sha256 = new Sha256({ provider });
    this.sha512 = new Sha512({ provider, pcrBank: this.pcrBank, reference });
    this.shaAccelerator = new ShaAccelerator({ provider, sram: this.mailbox.sram });
    this.hmac = new Hmac({ provider, keyVault: this.keyVault, csrHmacKey: options.csrHmacKey });
    this.ecc = new Ecc({ provider, keyVault: this.keyVault, sha512: this.sha512, emit });
    const engine = options.abrEngine ?? providerAbrEngine(provider);
    const profile = options.abrProfile ?? (reference === 'rtl' ? 'rtl-2.0.3' : 'emulator');
    const clock = {
      now: () => this.#cycles,
      spend: (cycles: number) => {
        this.#spentCycles += cycles;
      },
    };
    this.abr = new Abr({ engine, keyVault: this.keyVault, sha512: this.sha512, emit, profile, clock });
    this.aes = new Aes({
      provider,
      keyVault: this.keyVault,
      ocpLockInProgress,
      keyReleaseSize: () => soc.get('SS_KEY_RELEASE_SIZE'),
    });
    this.trng = new Trng({
      soc,
      provider,
      now: () => this.#cycles,
      stall: (cycles) => this.#stall(cycles),
      ...(options.entropy === undefined ? {} : { entropy: options.entropy }),
      ...(options.trngResponder === undefined ? {} : { responder: options.trngResponder }),
      ...(options.trngStock === undefined ? {} : { stock: options.trngStock }),
    });
    this.otp = new OtpController({ provider, ...otpOptions(options, this.straps) });
    this.mci = new Mci({
      bankOffset: this.straps.prodDebugUnlockPkHashOffset,
      bankCount: this.straps.prodDebugUnlockPkHashCount,
      sramSize: hwConfig.subsystemMode ? MCU_SRAM_SIZE : 0,
    });
    this.stagingArea = new AxiMemory(hwConfig.subsystemMode ? STAGING_SIZE : 0);
    this.dma = new Dma({ axi: this.axi, recovery: this.recovery, recoveryBase: () => this.straps.recoveryBase });
    const builtIn = this.#registerBlocks();
    const ownBlocks = makeOwnBlocks(options.blocks ?? [], this, builtIn);
    this.#blocks = [...builtIn, ...ownBlocks];
    soc.hooks = {
      updateReset: () => this.reset('update'),
      trngRequest: () => this.trng.onRequest(),
      trngResponse: () => this.trng.onResponse(),
      wipe: () => this.#wipe(),
      nmi: () => {
        this.#nmi = true;
      },
      iccmLock: () => {},
      firmwareExecution: (index, previous, next) => this.#followMcuExecution(index, previous, next),
    };
    if (hwConfig.subsystemMode) this.#attachSubsystem();
    this.testSram = options.testSram === undefined ? undefined : this.#attachTestSram(options.testSram);
    const parts = {
      blocks: builtIn,
      ownBlocks,
      soc,
      mailbox: this.mailbox,
      shaAccelerator: this.shaAccelerator,
      axi: this.axi,
      rom: options.rom ?? new Uint8Array(0),
      iccm: this.iccm,
      dccm: this.dccm,
      iccmLocked: () => soc.get('INTERNAL_ICCM_LOCK') === 1,
      memoryFault: () => this.memoryFault,
    };
    this.uc = ucBus(parts);
    this.socBus = socBus(parts);
    this.tap = tapBus(parts);
    this.keyVault.reset('cold');
  }

  #registerBlocks(): readonly Block[] {
    const { doe, ecc, hmac, aes, keyVault, pcrBank, dataVault, sha512, sha256, abr } = this;
    const engines = [doe, ecc, hmac, aes, aes.clp, keyVault, pcrBank, dataVault, sha512, sha256, abr];
    return [...engines, this.mailbox, this.shaAccelerator, this.dma, this.soc];
  }

  #attachSubsystem(): void {
    const { mciBase, recoveryBase, otpBase, stagingBase } = this.straps;
    this.axi.attach(mciBase, MCI_REGISTERS_SIZE, this.mci.registers);
    this.axi.attach(BigInt(mciBase) + BigInt(MCU_SRAM_OFFSET), MCU_SRAM_SIZE, this.mci.mcuSram);
    this.axi.attach(recoveryBase, RECOVERY_IFC_SIZE, this.recovery.device);
    this.axi.attach(otpBase, OTP_SIZE, this.otp.device);
    this.axi.attach(stagingBase, STAGING_SIZE, this.stagingArea);
  }

  #attachTestSram(contents: Uint8Array): AxiMemory {
    if (contents.length > TEST_SRAM_SIZE)
      throw new RangeError(`testSram: ${contents.length} bytes, more than ${TEST_SRAM_SIZE}`);
    const memory = new AxiMemory(TEST_SRAM_SIZE);
    memory.bytes.set(contents);
    this.axi.attach(TEST_SRAM_BASE, TEST_SRAM_SIZE, memory);
    return memory;
  }

  /** The bit that lets the MCU run its firmware: rising, it leaves reset; falling, it is asked to go there. */
  #followMcuExecution(index: number, previous: number, next: number): void {
    if (index !== 0 || !this.options.hwConfig.subsystemMode || ((previous ^ next) & MCU_FW_EXEC) === 0) return;
    if ((next & MCU_FW_EXEC) === 0) this.mci.requestMcuReset();
    else this.mci.mcuInReset = false;
  }

  /** The blocks on the buses. */
  blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** One of the blocks, by the name of its declaration: one's own, to look into it. @throws RangeError for another name */
  block(name: string): Block {
    const found = this.#blocks.find(({ declaration }) => declaration.name === name);
    if (found === undefined) throw new RangeError(`name: no block is called ${name}`);
    return found;
  }

  /** Registers that answer as an idle block's would. */
  unmodelledRegisters(): readonly UnmodelledRegister[] {
    return unmodelledRegisters(this.#blocks);
  }

  /** Clock cycles since the chip was made. */
  get cycles(): number {
    return this.#cycles;
  }

  /**
   * Lets time pass: `mtime`, watchdogs, the answer of an external TRNG, commands of the lattice accelerator.
   *
   * @throws RangeError unless `cycles` is a whole number >= 0
   */
  advance(cycles: number): void {
    if (!(Number.isSafeInteger(cycles) && cycles >= 0)) throw new RangeError(`cycles: ${cycles} is not a whole number`);
    const end = this.#cycles + cycles;
    for (;;) {
      const due = Math.max(this.#cycles, Math.min(end, this.trng.eventDue, this.abr.eventDue));
      this.soc.advance(due - this.#cycles);
      this.#cycles = due;
      this.trng.settle();
      this.abr.settle();
      if (due === end) return;
    }
  }

  /** Cycles until the chip does something by itself; infinite if it waits for somebody else. */
  get cyclesToEvent(): number {
    return Math.min(this.soc.cyclesToWatchdog, Math.min(this.trng.eventDue, this.abr.eventDue) - this.#cycles);
  }

  /** Whether a non-maskable interrupt of the core is pending. */
  get nmiPending(): boolean {
    return this.#nmi;
  }

  /** Takes the pending interrupt. @returns whether there was one */
  takeNmi(): boolean {
    const pending = this.#nmi;
    this.#nmi = false;
    return pending;
  }

  /** Time that passed while firmware waited inside an operation, and that nobody has accounted for yet. */
  takeStalledCycles(): number {
    const stalled = this.#stalledCycles;
    this.#stalledCycles = 0;
    return stalled;
  }

  /** Time that operations of the firmware took and that has to pass before it goes on. */
  takeSpentCycles(): number {
    const spent = this.#spentCycles;
    this.#spentCycles = 0;
    return spent;
  }

  #stall(cycles: number): void {
    this.advance(cycles);
    this.#stalledCycles += cycles;
  }

  /** Changes the security-state pins; see `SecurityLatch` for when the core sees it. */
  setSecurityState(pins: Partial<SecurityPins>): void {
    this.soc.setSecurityState(pins);
  }

  /**
   * Resets the chip.
   *
   * | kept by | cold | warm | update |
   * |---|---|---|---|
   * | fuses, straps, error registers, `FUSE_WR_DONE` | no | yes | yes |
   * | key vault and PCR contents | no | yes (keys: if debug locked) | yes |
   * | key vault, PCR and non-sticky data-vault locks | no | no | no |
   * | mailbox, SoC registers, crypto engines | no | no | yes |
   * | ICCM, DCCM, mailbox SRAM | no | yes | yes |
   *
   * Fused things (OTP, debug unlock hashes) and time stay.
   */
  reset(kind: ResetKind): void {
    // The SoC interface first: it latches the security state that the key vault looks at.
    this.soc.reset(kind);
    for (const block of this.#blocks) if (block !== this.soc) block.reset(kind);
    this.recovery.reset(kind);
    this.trng.reset(kind);
    this.#nmi = false;
    this.mci.reset(kind);
    this.otp.reset(kind);
    if (kind === 'cold') {
      this.iccm.fill(0);
      this.dccm.fill(0);
      this.stagingArea.bytes.fill(0);
    }
    this.#events.emit({ kind: 'reset', reset: kind });
  }

  /** What the hardware does when debug is unlocked under way: secrets and engines are cleared. */
  #wipe(): void {
    if (this.options.debugTransition === 'emulator') return;
    this.soc.clear();
    this.keyVault.fillDebugValue(0);
    for (const engine of [this.doe, this.ecc, this.hmac, this.aes, this.aes.clp, this.sha512, this.sha256])
      engine.reset('warm');
    this.abr.zeroize();
  }

  /** @returns a function that ends the subscription */
  on(listener: (event: ChipEvent) => void): () => void {
    return this.#events.on(listener);
  }

  /** A copy of everything, to make another device go on from here. The entropy source is not part of it. */
  save(): ChipState {
    return {
      cycles: this.#cycles,
      nmi: this.#nmi,
      iccm: this.iccm.slice(),
      dccm: this.dccm.slice(),
      trng: this.trng.save(),
      mci: this.mci.save(),
      otp: this.otp.save(),
      stagingArea: this.stagingArea.save(),
      testSram: this.testSram?.save(),
      blocks: Object.fromEntries(
        [...this.#blocks, this.recovery].map((block) => [block.declaration.name, block.save()]),
      ),
    };
  }

  /** @throws TypeError if `state` is not what {@link save} returns for such a chip; the chip is then unchanged */
  restore(state: ChipState): void {
    checkState(state, CHIP_STATE, 'chip');
    const before = this.save();
    try {
      this.#restore(state);
    } catch (error) {
      this.#restore(before);
      throw error;
    }
  }

  #restore(state: ChipState): void {
    for (const block of [...this.#blocks, this.recovery]) block.restore(state.blocks[block.declaration.name] as never);
    this.trng.restore(state.trng);
    this.mci.restore(state.mci);
    this.otp.restore(state.otp);
    this.stagingArea.restore(state.stagingArea);
    this.iccm.set(state.iccm);
    this.dccm.set(state.dccm);
    if (state.testSram !== undefined) this.testSram?.restore(state.testSram);
    this.#cycles = state.cycles;
    this.#stalledCycles = 0;
    this.#spentCycles = 0;
    this.#nmi = state.nmi;
  }
}

const CHIP_STATE = {
  fields: {
    cycles: 'number',
    nmi: 'boolean',
    iccm: { bytes: MEMORY_MAP.ICCM.size },
    dccm: { bytes: MEMORY_MAP.DCCM.size },
    blocks: { fields: {} },
  },
} as const;

function socOptions(options: ChipOptions, straps: Straps) {
  const { lifecycle, debugLocked, obfuscationKey, hwConfig, hwRevId, debugIntent, debugServiceRequest } = options;
  return {
    security: { lifecycle, debugLocked, scanMode: false },
    obfuscationKey,
    hwConfig,
    hwRevId: hwRevId ?? 0x0112,
    straps,
    debugIntent: debugIntent ?? false,
    debugServiceRequest: debugServiceRequest ?? 0,
    bootFsmBreak: options.bootFsmBreak ?? false,
    awaitsGo: options.awaitsGo ?? false,
    ...(options.hekSeed === undefined ? {} : { hekSeed: options.hekSeed }),
    reference: options.reference ?? 'emulator',
  };
}

function otpOptions({ hwConfig }: ChipOptions, { generic, udsSeedBase }: Straps) {
  return {
    statusOffset: generic[0] & 0xffff,
    idleBit: generic[0] >>> 16,
    commandOffset: generic[1],
    bankAddress: Number(BigInt(udsSeedBase) & 0xfffn),
    fuseGranularity32: hwConfig.fuseGranularity32 ?? false,
  };
}

function checkKey(name: string, key: Uint8Array, length: number): void {
  if (key.length !== length) throw new RangeError(`${name}: ${key.length} bytes, not ${length}`);
}
