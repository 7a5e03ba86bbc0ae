import type { BusAccess, RegisterWrite, ResetKind } from './block.ts';
import { RegisterFile } from './block.ts';
import { BOOT_STATE_CODE, BootFsm, type BootState } from './boot-fsm.ts';
import { TAP_WORDS, writableRequests, writableResponses } from './debug-service.ts';
import type { DoeSecrets } from './doe.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { hwConfigWord, type Reference } from './hw-config.ts';
import { SOC_IFC_REG } from './registers/soc-interface.ts';
import { LIFECYCLE, type Lifecycle, SecurityLatch, type SecurityPins } from './security-state.ts';
import type { SocInterfaceHooks, SocInterfaceOptions } from './soc-interface-options.ts';
import { SOC_INTERFACE_STATE, type SocInterfaceState } from './soc-interface-state.ts';
import { checkState, copyState } from './state.ts';
import { strapRegisters } from './straps.ts';
import { type WatchdogControl, type WatchdogEvent, type WatchdogPeriod, Watchdogs } from './watchdog.ts';

type Registers = typeof SOC_IFC_REG.registers;
type Name = keyof Registers & string;

/** `CPTRA_DEF_MBOX_VALID_AXI_USER`: always valid. */
const DEFAULT_MAILBOX_USER = 0xffff_ffff;
const MAILBOX_USERS = 5;

/** ICCM region registers take two equal writes. */
const SHADOWED: readonly Name[] = [
  'INTERNAL_ICCM_FMC_START_ADDR',
  'INTERNAL_ICCM_FMC_END_ADDR',
  'INTERNAL_ICCM_RT_START_ADDR',
  'INTERNAL_ICCM_RT_END_ADDR',
];

/**
 * `SOC_IFC_REG`: what the SoC and the firmware tell each other, fuses and straps, boot FSM, watchdogs, error lines.
 * caliptra-rtl:src/soc_ifc/rtl/soc_ifc_top.sv
 */
export class SocInterface extends RegisterFile<Registers> implements DoeSecrets {
  readonly #options: SocInterfaceOptions;
  readonly #reference: Reference;
  readonly #emit: Emit;
  readonly #boot = new BootFsm();
  readonly #watchdogs = new Watchdogs();
  /** Where registers are in {@link words} that each access to the mailbox asks for. */
  readonly #mailboxUserWords = {
    lock: this.wordIndex('CPTRA_MBOX_AXI_USER_LOCK'),
    user: this.wordIndex('CPTRA_MBOX_VALID_AXI_USER'),
  };
  /** The timers' registers there: every write to one of them asks for all. */
  readonly #watchdogWords = {
    enable1: this.wordIndex('CPTRA_WDT_TIMER1_EN'),
    enable2: this.wordIndex('CPTRA_WDT_TIMER2_EN'),
    period1: this.wordIndex('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD'),
    period2: this.wordIndex('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD'),
    control1: this.wordIndex('CPTRA_WDT_TIMER1_CTRL'),
  };
  readonly #security: SecurityLatch;
  #obfuscationKey = new Uint8Array(32);
  #errorFatal = false;
  #errorNonFatal = false;
  #staged = [-1, -1, -1, -1];
  /** Set by {@link Chip}; a block on its own has no one to call. */
  hooks: SocInterfaceHooks = {
    updateReset() {},
    trngRequest() {},
    trngResponse() {},
    wipe() {},
    nmi() {},
    iccmLock() {},
    firmwareExecution() {},
  };

  constructor(options: SocInterfaceOptions) {
    super(SOC_IFC_REG);
    this.#options = options;
    this.#reference = options.reference ?? 'emulator';
    this.#emit = options.emit ?? ignoreEvents;
    this.#security = new SecurityLatch(options.security);
    this.reset('cold');
  }

  // Typed face

  get resetReason(): 'cold' | 'warm' | 'update' | 'unknown' {
    return (['cold', 'update', 'warm', 'unknown'] as const)[this.stored('CPTRA_RESET_REASON') & 3] as 'cold';
  }

  get lifecycle(): Lifecycle {
    return this.#security.latched.lifecycle;
  }

  get debugLocked(): boolean {
    return this.#security.latched.debugLocked;
  }

  get subsystemMode(): boolean {
    return this.#options.hwConfig.subsystemMode;
  }

  get ocpLockEnabled(): boolean {
    return this.subsystemMode && this.#options.hwConfig.ocpLock;
  }

  get internalTrng(): boolean {
    return this.#options.hwConfig.itrng;
  }

  get debugIntent(): boolean {
    return (this.stored('SS_DEBUG_INTENT') & 1) === 1;
  }

  get bootState(): BootState {
    return this.#boot.state;
  }

  /** Whether the core is out of reset. */
  get coreRunning(): boolean {
    return this.#boot.state === 'done';
  }

  /** Wire `cptra_error_fatal`. Only a reset takes it down. */
  get errorFatal(): boolean {
    return this.#errorFatal;
  }

  /** Wire `cptra_error_non_fatal`. */
  get errorNonFatal(): boolean {
    return this.#errorNonFatal;
  }

  /** Whether `mtime` has reached `mtimecmp`. */
  get timerInterrupt(): boolean {
    const time = this.stored('INTERNAL_RV_MTIME_H') - this.stored('INTERNAL_RV_MTIMECMP_H');
    return time > 0 || (time === 0 && this.stored('INTERNAL_RV_MTIME_L') >= this.stored('INTERNAL_RV_MTIMECMP_L'));
  }

  /** Drives `CPTRA_GENERIC_INPUT_WIRES[index]`. */
  setInputWires(index: 0 | 1, value: number): void {
    if (this.stored('CPTRA_GENERIC_INPUT_WIRES', index) === value >>> 0) return;
    this.store('CPTRA_GENERIC_INPUT_WIRES', value >>> 0, index);
    this.raise('notif_gen_in_toggle');
    this.#emit({ kind: 'wires', direction: 'input', index, value: value >>> 0 });
  }

  /** Changes the security-state pins. Most changes are seen only at the next cold or warm reset. */
  setSecurityState(pins: Partial<SecurityPins>): void {
    this.#security.setPins(pins);
    this.#followSecurity();
  }

  /** A hardware error: sets its bit and, unless masked, the error wire. */
  hardwareError(register: 'CPTRA_HW_ERROR_FATAL' | 'CPTRA_HW_ERROR_NON_FATAL', bit: number): void {
    const fatal = register === 'CPTRA_HW_ERROR_FATAL';
    const mask = this.stored(fatal ? 'INTERNAL_HW_ERROR_FATAL_MASK' : 'INTERNAL_HW_ERROR_NON_FATAL_MASK');
    this.store(register, (this.stored(register) | (1 << bit)) >>> 0);
    if (((mask >>> bit) & 1) === 0) this.#assert(fatal);
    this.#emit({ kind: 'error', register, value: this.stored(register) });
  }

  /** A mailbox protocol violation. caliptra-rtl:src/soc_ifc/rtl/mbox.sv `mbox_protocol_error` */
  mailboxViolation(violation: 'no_lock' | 'ooo'): void {
    this.hardwareError('CPTRA_HW_ERROR_NON_FATAL', violation === 'no_lock' ? 0 : 1);
    this.raise('error_cmd_fail');
  }

  /** Interrupts that other parts of the SoC interface cause. */
  notify(event: 'notif_cmd_avail' | 'notif_soc_req_lock' | 'error_inv_dev' | 'error_iccm_blocked'): void {
    this.raise(event);
  }

  /** Lets `cycles` pass: `mtime` and watchdogs. */
  advance(cycles: number): void {
    const low = this.stored('INTERNAL_RV_MTIME_L') + cycles;
    this.store('INTERNAL_RV_MTIME_L', low % 2 ** 32);
    this.store('INTERNAL_RV_MTIME_H', (this.stored('INTERNAL_RV_MTIME_H') + Math.floor(low / 2 ** 32)) % 2 ** 32);
    this.#watchdogEvents(this.#watchdogs.advance(cycles, this.#watchdogControl()));
  }

  /** Starts watchdog timer 1 anew, and sets the period of timer 2, which follows it: periods as their two words. */
  startWatchdog(timer1: WatchdogPeriod, timer2: WatchdogPeriod): void {
    const { enable1, period1, period2, control1 } = this.#watchdogWords;
    this.stopWatchdog();
    this.#setWatchdogPeriod(period1, timer1);
    this.#setWatchdogPeriod(period2, timer2);
    this.words[enable1] = 1;
    this.#watchdogs.restart(1, this.#watchdogControl());
    // A pulse in the RTL; the emulator keeps it, and its benches wait to see it.
    if (this.#reference === 'emulator') this.words[control1] = 1;
  }

  stopWatchdog(): void {
    this.words[this.#watchdogWords.enable1] = 0;
  }

  #setWatchdogPeriod(word: number, period: WatchdogPeriod): void {
    for (let i = 0; i < 2; i++) {
      if (this.words[word + i] === period[i]) continue;
      this.words[word + i] = period[i] as number;
      this.#watchdogEvents(this.#watchdogs.evaluate(this.#watchdogControl()));
    }
  }

  /** Cycles until a watchdog expires; infinite while none runs. */
  get cyclesToWatchdog(): number {
    return this.#watchdogs.cyclesToExpiry(this.#watchdogControl());
  }

  // Secrets for the deobfuscation engine

  /** Whether the engine sees 0xFF bytes instead of the secrets. */
  get secretsHidden(): boolean {
    const { debugLocked, scanMode, lifecycle } = this.#security.latched;
    if (!debugLocked || scanMode) return true;
    if (this.#reference === 'emulator') return false;
    return this.debugIntent || !(lifecycle === LIFECYCLE.MANUFACTURING || lifecycle === LIFECYCLE.PRODUCTION);
  }

  obfuscationKey(): Uint8Array {
    return this.#secret(this.#obfuscationKey);
  }

  udsSeed(): Uint8Array {
    return this.#secret(this.storedBytes('FUSE_UDS_SEED'));
  }

  fieldEntropy(): Uint8Array {
    return this.#secret(this.storedBytes('FUSE_FIELD_ENTROPY'));
  }

  hekSeed(): Uint8Array {
    return this.#secret(this.storedBytes('FUSE_HEK_SEED'));
  }

  /** Zeroes obfuscation key, UDS and field-entropy seed. The HEK seed register has no such clear. */
  clear(): void {
    this.#obfuscationKey.fill(0);
    this.storeBytes('FUSE_UDS_SEED', new Uint8Array(64));
    this.storeBytes('FUSE_FIELD_ENTROPY', new Uint8Array(32));
  }

  #secret(value: Uint8Array): Uint8Array {
    return this.secretsHidden ? new Uint8Array(value.length).fill(0xff) : value.slice();
  }

  // AXI users

  /** Whether an AXI user may use the mailbox: 0xFFFF_FFFF, or one of the locked `CPTRA_MBOX_VALID_AXI_USER`. */
  validMailboxUser(axiUser: number): boolean {
    if (axiUser === DEFAULT_MAILBOX_USER) return true;
    for (let i = 0; i < MAILBOX_USERS; i++) {
      const locked = this.words[this.#mailboxUserWords.lock + i] === 1;
      if (locked && this.words[this.#mailboxUserWords.user + i] === axiUser) return true;
    }
    return false;
  }

  /** Whether an AXI user may touch fuses and straps: anyone until `CPTRA_FUSE_AXI_USER_LOCK`. */
  validFuseUser(axiUser: number): boolean {
    return this.stored('CPTRA_FUSE_AXI_USER_LOCK') === 0 || this.stored('CPTRA_FUSE_VALID_AXI_USER') === axiUser;
  }

  // External TRNG

  /** The SoC's answer to a TRNG request: 48 bytes, as 12 big-endian words. */
  answerTrng(data: Uint8Array): void {
    this.storeBytes('CPTRA_TRNG_DATA', data);
    if (this.storedField('CPTRA_TRNG_STATUS', 'data_req')) this.storeField('CPTRA_TRNG_STATUS', 'data_wr_done', 1);
    this.#emit({ kind: 'trng', operation: 'response' });
  }

  // Registers

  override writeRegister(offset: number, value: number, access: BusAccess): void {
    if (access.side === 'tap') this.#tapWrite(offset, value);
    else super.writeRegister(offset, value, access);
  }

  /** The debugger's port goes past locks and access rules, but only to its own registers. */
  #tapWrite(offset: number, value: number): void {
    const word = TAP_WORDS.get(offset);
    const open = !this.debugLocked || this.lifecycle === LIFECYCLE.MANUFACTURING;
    if (word === undefined || !(word.always || open)) return;
    const { name, index } = word;
    if (name === 'SS_DEBUG_INTENT' && !this.subsystemMode) return;
    const { writable } = SOC_IFC_REG.registers[name];
    this.store(name, ((this.stored(name, index) & ~writable) | (value & writable)) >>> 0, index);
    if (name === 'CPTRA_BOOTFSM_GO' && value & 1) this.#moveBoot(() => this.#boot.go());
    if (name === 'SS_SOC_DBG_UNLOCK_LEVEL') this.#followSecurity();
  }

  protected override onRead(name: Name, _index: number, stored: number, _access: BusAccess): number {
    switch (name) {
      case 'CPTRA_SECURITY_STATE':
        return this.#security.word;
      case 'CPTRA_FLOW_STATUS':
        return (stored & ~(1 << 30)) | (this.#boot.readyForFuses ? 1 << 30 : 0);
      case 'CPTRA_WDT_STATUS':
        return Number(this.#watchdogs.expired1) | (Number(this.#watchdogs.expired2) << 1);
      case 'CPTRA_HW_REV_ID':
        // The emulator leaves the SoC's stepping out of it.
        return this.#reference === 'emulator'
          ? this.#options.hwRevId & 0xffff
          : (this.#options.hwRevId & 0xffff) | (this.stored('FUSE_SOC_STEPPING_ID') << 16);
      case 'CPTRA_HW_CONFIG':
        return hwConfigWord(this.#options.hwConfig, this.#reference);
      case 'INTERNAL_ICCM_FMC_START_ADDR':
      case 'INTERNAL_ICCM_FMC_END_ADDR':
      case 'INTERNAL_ICCM_RT_START_ADDR':
      case 'INTERNAL_ICCM_RT_END_ADDR':
        this.#staged[SHADOWED.indexOf(name)] = -1;
        return stored;
      default:
        return stored;
    }
  }

  protected override onWrite(name: Name, index: number, next: number, write: RegisterWrite): number {
    const { previous, written, access } = write;
    switch (name) {
      case 'CPTRA_FW_ERROR_FATAL':
      case 'CPTRA_FW_ERROR_NON_FATAL':
        return this.#firmwareError(name, next, previous);
      case 'CPTRA_HW_ERROR_NON_FATAL':
      case 'INTERNAL_HW_ERROR_NON_FATAL_MASK':
      case 'INTERNAL_FW_ERROR_NON_FATAL_MASK':
        this.store(name, next);
        this.#deassertNonFatal();
        return next;
      case 'CPTRA_BOOT_STATUS':
        // Stored first: who hears of it sees the chip as it is now.
        this.store(name, next);
        this.#emit({ kind: 'boot-status', value: next });
        return next;
      case 'CPTRA_FLOW_STATUS': {
        const value = this.#reference === 'emulator' ? (next & ~(7 << 25)) >>> 0 : next;
        this.words[write.word] = value;
        this.#emit({ kind: 'flow-status', value });
        return value;
      }
      case 'CPTRA_TRNG_DATA':
        return this.#validTrngUser(access) ? next : previous;
      case 'CPTRA_TRNG_CTRL':
        if (written & 1) this.storeBytes('CPTRA_TRNG_DATA', new Uint8Array(48));
        return next;
      case 'CPTRA_TRNG_STATUS':
        return this.#writeTrngStatus(previous, written, access);
      case 'CPTRA_FUSE_WR_DONE':
        this.#fuseWrDone(next);
        return next;
      case 'CPTRA_BOOTFSM_GO':
        if (next & 1) this.#moveBoot(() => this.#boot.go());
        return next;
      case 'CPTRA_GENERIC_OUTPUT_WIRES':
        this.#emit({ kind: 'wires', direction: 'output', index, value: next });
        return next;
      case 'CPTRA_WDT_TIMER1_CTRL':
      case 'CPTRA_WDT_TIMER2_CTRL':
        if (written & 1) this.#watchdogs.restart(name === 'CPTRA_WDT_TIMER1_CTRL' ? 1 : 2, this.#watchdogControl());
        // A pulse in the RTL; the emulator keeps it, and its benches wait to see it.
        return this.#reference === 'emulator' ? written & 1 : next;
      case 'CPTRA_WDT_TIMER1_EN':
      case 'CPTRA_WDT_TIMER2_EN':
      case 'CPTRA_WDT_TIMER1_TIMEOUT_PERIOD':
      case 'CPTRA_WDT_TIMER2_TIMEOUT_PERIOD':
        this.words[write.word] = next;
        this.#watchdogEvents(this.#watchdogs.evaluate(this.#watchdogControl()));
        return next;
      case 'INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R':
        this.#watchdogs.service((written & 0x40) !== 0, (written & 0x80) !== 0, this.#watchdogControl());
        this.#watchdogs.evaluate(this.#watchdogControl());
        return next;
      case 'SS_OCP_LOCK_CTRL':
        return this.ocpLockEnabled ? next : previous;
      case 'SS_DBG_SERVICE_REG_REQ':
        return this.#debugServiceRequest(previous, written);
      case 'SS_DBG_SERVICE_REG_RSP':
        return this.#debugServiceResponse(previous, written);
      case 'SS_SOC_DBG_UNLOCK_LEVEL':
        if (!this.debugIntent) return previous;
        this.store(name, next, index);
        this.#followSecurity();
        return next;
      case 'SS_GENERIC_FW_EXEC_CTRL':
        this.#emit({ kind: 'firmware-execution', index, value: next });
        this.hooks.firmwareExecution(index, previous, next);
        return next;
      case 'INTERNAL_ICCM_LOCK':
        this.hooks.iccmLock((next & 1) === 1);
        return next;
      case 'INTERNAL_FW_UPDATE_RESET':
        if (written & 1 && this.#boot.state === 'done') this.hooks.updateReset();
        return next;
      case 'INTERNAL_ICCM_FMC_START_ADDR':
      case 'INTERNAL_ICCM_FMC_END_ADDR':
      case 'INTERNAL_ICCM_RT_START_ADDR':
      case 'INTERNAL_ICCM_RT_END_ADDR':
        return this.#writeShadowed(SHADOWED.indexOf(name), written, previous);
      default:
        return next;
    }
  }

  #firmwareError(name: 'CPTRA_FW_ERROR_FATAL' | 'CPTRA_FW_ERROR_NON_FATAL', next: number, previous: number): number {
    const fatal = name === 'CPTRA_FW_ERROR_FATAL';
    const mask = this.stored(fatal ? 'INTERNAL_FW_ERROR_FATAL_MASK' : 'INTERNAL_FW_ERROR_NON_FATAL_MASK');
    this.store(name, next);
    this.#emit({ kind: 'error', register: name, value: next });
    if ((next & ~mask & ~previous) !== 0) this.#assert(fatal);
    else if (!fatal) this.#deassertNonFatal();
    return next;
  }

  #assert(fatal: boolean): void {
    if (!fatal) {
      this.#errorNonFatal = true;
      return;
    }
    this.#errorFatal = true;
    if (this.#reference === 'rtl') this.hooks.wipe();
  }

  #deassertNonFatal(): void {
    const hardware = this.stored('CPTRA_HW_ERROR_NON_FATAL') & ~this.stored('INTERNAL_HW_ERROR_NON_FATAL_MASK');
    const firmware = this.stored('CPTRA_FW_ERROR_NON_FATAL') & ~this.stored('INTERNAL_FW_ERROR_NON_FATAL_MASK');
    if (hardware === 0 && firmware === 0) this.#errorNonFatal = false;
  }

  #validTrngUser({ side, axiUser }: BusAccess): boolean {
    if (side !== 'soc') return false;
    return this.stored('CPTRA_TRNG_AXI_USER_LOCK') === 0 || axiUser === this.stored('CPTRA_TRNG_VALID_AXI_USER');
  }

  #writeTrngStatus(previous: number, written: number, access: BusAccess): number {
    if (access.side !== 'uc') {
      if (!this.#validTrngUser(access) || (previous & 1) === 0) return previous;
      const done = (previous & 1) | (written & 2);
      this.store('CPTRA_TRNG_STATUS', done);
      if (done & 2) {
        this.#emit({ kind: 'trng', operation: 'response' });
        this.hooks.trngResponse();
      }
      return this.stored('CPTRA_TRNG_STATUS');
    }
    if ((written & 1) === 0) return 0; // taking the request back also clears data_wr_done
    if (previous & 1) return previous;
    this.store('CPTRA_TRNG_STATUS', 1);
    this.#emit({ kind: 'trng', operation: 'request' });
    this.hooks.trngRequest();
    return this.stored('CPTRA_TRNG_STATUS');
  }

  #fuseWrDone(next: number): void {
    this.store('CPTRA_FUSE_WR_DONE', next);
    this.#moveBoot(() => this.#boot.fuseWrite((next & 1) === 1, this.stored('CPTRA_BOOTFSM_GO') === 1));
    if (next & 1) this.#emit({ kind: 'fuses', state: 'done' });
  }

  #debugServiceRequest(previous: number, written: number): number {
    const writable = writableRequests(this.lifecycle, this.debugIntent);
    return (previous & ~writable) | (written & writable);
  }

  #debugServiceResponse(previous: number, written: number): number {
    const writable = writableResponses(previous, this.lifecycle, this.debugIntent);
    const next = (previous & ~writable) | (written & writable);
    this.store('SS_DBG_SERVICE_REG_RSP', next);
    this.#followSecurity();
    return next;
  }

  #writeShadowed(which: number, written: number, previous: number): number {
    const staged = this.#staged[which] as number;
    if (staged < 0) {
      this.#staged[which] = written;
      return previous;
    }
    this.#staged[which] = -1;
    if (staged === written) return written;
    this.hardwareError('CPTRA_HW_ERROR_NON_FATAL', 3);
    return previous;
  }

  #followSecurity(): void {
    const before = this.#security.latched;
    const unlocked =
      this.storedField('SS_DBG_SERVICE_REG_RSP', 'manuf_dbg_unlock_success') === 1 ||
      (this.stored('SS_SOC_DBG_UNLOCK_LEVEL') & 1) === 1;
    const wiped = this.#security.follow(unlocked);
    const now = this.#security.latched;
    if (before.debugLocked !== now.debugLocked) this.raise('notif_debug_locked');
    if (now.scanMode && !before.scanMode) this.raise('notif_scan_mode');
    if (wiped) this.hooks.wipe();
  }

  #watchdogControl(): WatchdogControl {
    const { words } = this;
    const period = (low: number) => (words[low + 1] as number) * 2 ** 32 + (words[low] as number);
    return {
      enabled1: words[this.#watchdogWords.enable1] === 1,
      enabled2: words[this.#watchdogWords.enable2] === 1,
      period1: period(this.#watchdogWords.period1),
      period2: period(this.#watchdogWords.period2),
    };
  }

  #watchdogEvents(events: readonly WatchdogEvent[]): void {
    for (const event of events) {
      if (event === 'fatal') {
        this.hardwareError('CPTRA_HW_ERROR_FATAL', 2);
        this.hooks.nmi();
      } else this.raise(event === 'timer1' ? 'error_wdt_timer1_timeout' : 'error_wdt_timer2_timeout');
      this.#emit({ kind: 'watchdog', timer: event === 'timer1' ? 1 : 2 });
    }
  }

  #moveBoot(move: () => void): void {
    const before = this.#boot.state;
    move();
    const state = this.#boot.state;
    this.storeField('CPTRA_FLOW_STATUS', 'boot_fsm_ps', BOOT_STATE_CODE[state]);
    if (state !== before) this.#emit({ kind: 'boot-fsm', state });
  }

  // Reset and state

  /**
   * Cold and warm reset end in boot state FUSE, update reset in DONE. The caller orders the blocks' resets.
   *
   * @see rom-and-identity section 10: what is sticky is what the declarations say
   */
  override reset(kind: ResetKind): void {
    if (kind === 'update') {
      super.reset(kind);
      this.store('CPTRA_RESET_REASON', 1);
      this.store('INTERNAL_ICCM_LOCK', 0);
      this.#staged.fill(-1);
      this.#moveBoot(() => this.#boot.firmwareReset(this.stored('CPTRA_BOOTFSM_GO') === 1));
      return;
    }
    super.reset(kind);
    this.store('CPTRA_RESET_REASON', kind === 'warm' ? 2 : 0);
    this.#watchdogs.reset();
    this.#errorFatal = false;
    this.#errorNonFatal = false;
    this.#staged.fill(-1);
    this.#security.capture();
    if (!this.debugLocked) this.raise('notif_debug_locked');
    if (kind === 'cold') {
      this.#obfuscationKey = this.debugLocked ? this.#options.obfuscationKey.slice() : new Uint8Array(32);
      this.store('SS_DBG_SERVICE_REG_REQ', (this.#options.debugServiceRequest ?? 0) & 7);
      if (this.#options.hekSeed !== undefined) this.storeBytes('FUSE_HEK_SEED', this.#options.hekSeed);
    }
    if (this.stored('CPTRA_FUSE_WR_DONE') === 0) this.#captureStraps();
    const stoppable = !this.debugLocked || this.lifecycle === LIFECYCLE.MANUFACTURING || this.debugIntent;
    const breaks = (this.#options.bootFsmBreak ?? false) && stoppable;
    this.#moveBoot(() => this.#boot.start(breaks || (this.#options.awaitsGo ?? false)));
    this.#emit({ kind: 'fuses', state: 'ready' });
  }

  #captureStraps(): void {
    if (this.subsystemMode || this.#reference === 'emulator')
      this.store('SS_DEBUG_INTENT', Number(this.#options.debugIntent ?? false));
    if (!this.subsystemMode) return;
    if (this.#options.straps === undefined) return;
    for (const [name, index, value] of strapRegisters(this.#options.straps)) this.store(name, value, index);
  }

  override save(): SocInterfaceState {
    return {
      ...super.save(),
      boot: this.#boot.save(),
      watchdog: this.#watchdogs.save(),
      security: this.#security.save(),
      obfuscationKey: this.#obfuscationKey.slice(),
      errorFatal: this.#errorFatal,
      errorNonFatal: this.#errorNonFatal,
      staged: [...this.#staged],
    };
  }

  override restore(state: SocInterfaceState): void {
    checkState(state, { fields: { ...SOC_INTERFACE_STATE.fields, words: { words: this.words.length } } }, 'soc');
    const saved = copyState(state);
    super.restore(saved);
    this.#boot.restore(saved.boot);
    this.#watchdogs.restore(saved.watchdog);
    this.#security.restore(saved.security);
    this.#obfuscationKey = saved.obfuscationKey as Uint8Array<ArrayBuffer>;
    this.#errorFatal = saved.errorFatal;
    this.#errorNonFatal = saved.errorNonFatal;
    this.#staged = [...saved.staged];
  }
}
