import {
  type BusAccess,
  RegisterFile,
  type RegisterFileState,
  type RegisterWrite,
  type ResetKind,
  type Side,
  UC_AXI_USER,
} from './block.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { MBOX_CSR } from './registers/mailbox.ts';
import { checkState, copyState } from './state.ts';

type Registers = typeof MBOX_CSR.registers;
type Name = keyof Registers & string;

/** `MBOX_STATUS.status`. */
export const MAILBOX_STATUS = ['CMD_BUSY', 'DATA_READY', 'CMD_COMPLETE', 'CMD_FAILURE'] as const;
export type MailboxStatus = (typeof MAILBOX_STATUS)[number];

/** `MBOX_STATUS.mbox_fsm_ps`. caliptra-rtl:src/soc_ifc/rtl/mbox_csr.rdl */
export const MAILBOX_FSM = {
  MBOX_IDLE: 0,
  MBOX_RDY_FOR_CMD: 1,
  MBOX_RDY_FOR_DATA: 2,
  MBOX_RDY_FOR_DLEN: 3,
  MBOX_EXECUTE_SOC: 4,
  MBOX_EXECUTE_TAP: 5,
  MBOX_EXECUTE_UC: 6,
  MBOX_ERROR: 7,
} as const;
const { MBOX_IDLE, MBOX_RDY_FOR_CMD, MBOX_RDY_FOR_DLEN, MBOX_RDY_FOR_DATA } = MAILBOX_FSM;
const { MBOX_EXECUTE_UC, MBOX_EXECUTE_SOC, MBOX_EXECUTE_TAP, MBOX_ERROR } = MAILBOX_FSM;

/** A command that waits for firmware. */
export interface PendingCommand {
  readonly command: number;
  /** `MBOX_DLEN` as the sender wrote it, in bytes. */
  readonly dlen: number;
  readonly axiUser: number;
  readonly side: 'soc' | 'tap';
}

/** A command of the SoC or a debugger. */
export interface MailboxRequest {
  readonly axiUser: number;
  readonly command: number;
  readonly data: Uint8Array;
  /** Default `soc`. */
  readonly side?: 'soc' | 'tap';
}

export interface MailboxOptions {
  /** Bytes of SRAM: 256 KiB in passive mode, 16 KiB in a subsystem since 2.1. */
  readonly size: number;
  /** Whether an AXI user may use the mailbox at all. Default: everyone. */
  readonly validUser?: (axiUser: number) => boolean;
  readonly onViolation?: (violation: 'no_lock' | 'ooo') => void;
  readonly onInterrupt?: (event: 'notif_cmd_avail' | 'notif_soc_req_lock' | 'error_inv_dev') => void;
  readonly emit?: Emit;
}

export interface MailboxState extends RegisterFileState {
  readonly fsm: number;
  readonly owner: Side | 'none';
  readonly writePointer: number;
  readonly writeFull: boolean;
  readonly readPointer: number;
  readonly readFull: boolean;
  readonly dlenInDwords: number;
  readonly sram: Uint8Array;
}

/** Where the registers are in `words`, which is in declaration order: by name would cost more than the access itself. */
const WORD = Object.fromEntries(Object.keys(MBOX_CSR.registers).map((name, i) => [name, i])) as Record<Name, number>;
const { MBOX_LOCK: LOCK, MBOX_USER: USER, MBOX_CMD: CMD, MBOX_DLEN: DLEN } = WORD;
const { MBOX_DATAOUT: DATAOUT, MBOX_EXECUTE: EXECUTE, MBOX_STATUS: STATUS, TAP_MODE } = WORD;
const STATUS_MASK = 0xf;

const DATAOUT_OFFSET = MBOX_CSR.registers.MBOX_DATAOUT.offset;
const OFFSET = Object.fromEntries(
  Object.entries(MBOX_CSR.registers).map(([name, { offset }]) => [name, offset]),
) as Record<Name, number>;

/**
 * The mailbox between SoC (or TAP) and firmware: lock, FSM, one SRAM for request and response.
 *
 * Registers and typed methods drive the same FSM. Protocol violations are checked for the SoC only, as in the RTL;
 * whoever does not hold the lock is ignored. caliptra-rtl:src/soc_ifc/rtl/mbox.sv
 */
export class Mailbox extends RegisterFile<Registers> {
  /** The SRAM. Direct accesses of the core go through {@link readSram}. */
  readonly sram: Uint8Array;
  readonly #view: DataView;
  readonly #depth: number;
  readonly #options: MailboxOptions;
  readonly #emit: Emit;
  #fsm: number = MBOX_IDLE;
  #owner: Side | 'none' = 'none';
  #writePointer = 0;
  #writeFull = false;
  #readPointer = 0;
  #readFull = false;
  /** Words that the receiver may read. */
  #dlenInDwords = 0;
  /** The access under way is a violation, so the FSM goes to ERROR and nowhere else. */
  #violation = false;

  constructor(options: MailboxOptions) {
    super(MBOX_CSR);
    this.#options = options;
    this.#emit = options.emit ?? ignoreEvents;
    this.#depth = options.size / 4;
    this.sram = new Uint8Array(options.size);
    this.#view = new DataView(this.sram.buffer);
  }

  get fsm(): number {
    return this.#fsm;
  }

  /** Who holds the lock. */
  get owner(): Side | 'none' {
    return this.#owner;
  }

  // Typed face of the core

  /** The command in state EXECUTE_UC, if there is one. */
  pending(): PendingCommand | undefined {
    const side = this.#sender();
    if (side === undefined) return undefined;
    const [command, dlen, axiUser] = [this.words[CMD], this.words[DLEN], this.words[USER]] as [number, number, number];
    return { command, dlen, axiUser, side };
  }

  /** Whose command waits for the core. */
  #sender(): 'soc' | 'tap' | undefined {
    if (this.#fsm !== MBOX_EXECUTE_UC) return undefined;
    return this.#owner === 'soc' || this.#owner === 'tap' ? this.#owner : undefined;
  }

  /** The data that waits for the core: DLEN bytes, zeros beyond what was written, at most the SRAM's size. A copy. */
  request(): Uint8Array {
    return this.#readable(this.#fsm === MBOX_EXECUTE_UC);
  }

  /** Writes a response and hands it over: DLEN, DATAIN, STATUS = DATA_READY. @returns false: nothing is pending */
  respond(data: Uint8Array): boolean {
    this.#checkSize(data);
    if (this.#sender() === undefined) return false;
    this.words[DLEN] = data.length;
    this.#fill(data);
    return this.complete('DATA_READY');
  }

  /** Ends the pending command with a status. @returns false: nothing is pending */
  complete(status: Exclude<MailboxStatus, 'CMD_BUSY'>): boolean {
    const side = this.#sender();
    if (side === undefined) return false;
    this.#setStatus(MAILBOX_STATUS.indexOf(status));
    this.#report('respond', side, this.words[USER] as number);
    this.#settle();
    return true;
  }

  /** Sends a command to the SoC (or TAP, in TAP mode). @returns false: the lock is taken */
  ucSend(command: number, data: Uint8Array): boolean {
    return this.#send({ side: 'uc', axiUser: UC_AXI_USER }, command, data);
  }

  /** How the SoC answered; `CMD_BUSY` until it has. */
  ucResponseStatus(): MailboxStatus {
    return this.status();
  }

  /** Clears EXECUTE of the core's own command, which frees the mailbox. */
  ucRelease(): void {
    if (this.#owner === 'uc') this.#release();
  }

  /** `MBOX_UNLOCK`: back to IDLE from any state. */
  unlock(): void {
    this.set('MBOX_UNLOCK', 1);
  }

  // Typed face of the SoC

  /**
   * Takes the lock and sends a command. The last word is padded with zeros; data beyond the SRAM is dropped.
   *
   * @returns false if the lock is taken
   * @throws RangeError for an AXI user that `CPTRA_MBOX_VALID_AXI_USER` does not list
   */
  send({ axiUser, command, data, side = 'soc' }: MailboxRequest): boolean {
    if (side === 'soc' && !this.#validUser(axiUser))
      throw new RangeError(`axiUser: 0x${axiUser.toString(16)} is not in CPTRA_MBOX_VALID_AXI_USER`);
    return this.#send({ side, axiUser }, command, data);
  }

  status(): MailboxStatus {
    return MAILBOX_STATUS[(this.words[STATUS] as number) & STATUS_MASK & 3] as MailboxStatus;
  }

  /** The response to this user's command: DLEN bytes; empty if there is none for this user. A copy. */
  response(axiUser: number): Uint8Array {
    const ready = this.#fsm === MBOX_EXECUTE_SOC && this.#owner === 'soc' && (this.words[USER] as number) === axiUser;
    return this.#readable(ready || (this.#fsm === MBOX_EXECUTE_TAP && this.#owner === 'tap'));
  }

  /** Clears EXECUTE, which frees the mailbox. Too early it is a protocol violation; without the lock nothing. */
  release(axiUser: number, side: 'soc' | 'tap' = 'soc'): void {
    this.writeRegister(OFFSET.MBOX_EXECUTE, 0, { side, axiUser });
  }

  /** A command that the core sent, if one waits for the receiver on this side. */
  receiveFromUc(axiUser: number, side: 'soc' | 'tap' = 'soc'): { command: number; data: Uint8Array } | undefined {
    const state = side === 'soc' ? MBOX_EXECUTE_SOC : MBOX_EXECUTE_TAP;
    if (this.#fsm !== state || this.#owner !== 'uc' || (side === 'soc' && !this.#validUser(axiUser))) return undefined;
    return { command: this.words[CMD] as number, data: this.#readable(true) };
  }

  /** Answers the core's command. */
  answerUc(axiUser: number, status: Exclude<MailboxStatus, 'CMD_BUSY'>, side: 'soc' | 'tap' = 'soc'): void {
    this.writeRegister(OFFSET.MBOX_STATUS, MAILBOX_STATUS.indexOf(status), { side, axiUser });
  }

  // Direct access of the core to the SRAM

  /** A word of SRAM; 0 unless the core holds the lock or a command waits for it. */
  readSram(offset: number): number {
    return this.#directAccess() ? this.#view.getUint32(offset, true) : 0;
  }

  writeSram(offset: number, value: number): void {
    if (this.#directAccess()) this.#view.setUint32(offset, value, true);
  }

  #setStatus(status: number): void {
    this.words[STATUS] = ((this.words[STATUS] as number) & ~STATUS_MASK) | status;
  }

  #directAccess(): boolean {
    return this.#owner === 'uc' || this.#fsm === MBOX_EXECUTE_UC;
  }

  // Registers

  override readRegister(offset: number, access: BusAccess): number {
    if (access.side !== 'soc') return super.readRegister(offset, access);
    if (!this.#validUser(access.axiUser)) return 0;
    this.#violation = offset === DATAOUT_OFFSET && this.#check(offset, false, access);
    const value = super.readRegister(offset, access);
    this.#settleViolation(access);
    return value;
  }

  override writeRegister(offset: number, value: number, access: BusAccess): void {
    if (access.side !== 'soc') {
      super.writeRegister(offset, value, access);
      return;
    }
    if (!this.#validUser(access.axiUser)) return;
    this.#violation = this.#check(offset, true, access);
    super.writeRegister(offset, value, access);
    this.#settleViolation(access);
  }

  protected override onRead(name: Name, _index: number, stored: number, access: BusAccess): number {
    switch (name) {
      case 'MBOX_LOCK':
        return this.#readLock(access);
      case 'MBOX_STATUS':
        return this.#statusWord(stored);
      case 'MBOX_DATAOUT':
        return this.#readDataOut(stored, access);
      default:
        return stored;
    }
  }

  protected override onWrite(name: Name, _index: number, next: number, write: RegisterWrite): number {
    const { access, written, previous } = write;
    if (name === 'MBOX_UNLOCK') {
      if (written & 1) this.#forceUnlock();
      return 0;
    }
    if (name === 'MBOX_DATAOUT' || !this.#mayWrite(name, access)) return previous;
    this.store(name, next);
    if (name === 'MBOX_DATAIN') this.#push(next, access);
    if (!this.#violation) this.#advance(name, access);
    return this.stored(name);
  }

  /** Whether the register takes this side's write. */
  #mayWrite(name: Name, access: BusAccess): boolean {
    if (name === 'TAP_MODE') return true;
    if (access.side === 'tap') {
      if (name === 'MBOX_EXECUTE') return this.#owner === 'tap';
      return this.#owner === 'tap' || this.#fsm === MBOX_EXECUTE_TAP;
    }
    return name === 'MBOX_STATUS' ? this.#validReceiver(access) : this.#validRequester(access);
  }

  #validRequester({ side, axiUser }: BusAccess): boolean {
    if (side === 'uc') return this.#owner === 'uc' || this.#fsm === MBOX_EXECUTE_UC;
    return side === 'soc' && this.#owner === 'soc' && axiUser === (this.words[USER] as number);
  }

  #validReceiver(access: BusAccess): boolean {
    const { side } = access;
    if (side === 'uc') return this.#fsm === MBOX_EXECUTE_UC;
    if (side !== 'soc' || this.#fsm !== MBOX_EXECUTE_SOC) return false;
    return this.#owner === 'uc' || this.#validRequester(access);
  }

  #validUser(axiUser: number): boolean {
    return this.#options.validUser?.(axiUser) ?? true;
  }

  /** Whether an access of the SoC is a violation; reports accesses by someone who has no business here. */
  #check(offset: number, isWrite: boolean, access: BusAccess): boolean {
    const requester = this.#validRequester(access);
    if (!requester && !this.#validReceiver(access)) this.#options.onInterrupt?.('error_inv_dev');
    switch (this.#fsm) {
      case MBOX_IDLE:
        this.#options.onViolation?.('no_lock');
        this.#report('violation', access.side, access.axiUser);
        return false;
      case MBOX_RDY_FOR_CMD:
        return requester && !(isWrite && offset === OFFSET.MBOX_CMD);
      case MBOX_RDY_FOR_DLEN:
        return requester && !(isWrite && offset === OFFSET.MBOX_DLEN);
      case MBOX_RDY_FOR_DATA:
        return requester && !(isWrite && (offset === OFFSET.MBOX_DATAIN || offset === OFFSET.MBOX_EXECUTE));
      case MBOX_EXECUTE_UC:
        return requester;
      case MBOX_EXECUTE_SOC:
        if (!isWrite) return false;
        return (requester && offset !== OFFSET.MBOX_EXECUTE) || (this.#owner === 'uc' && offset !== OFFSET.MBOX_STATUS);
      default:
        return false;
    }
  }

  #settleViolation({ side, axiUser }: BusAccess): void {
    if (!this.#violation) return;
    this.#violation = false;
    this.#fsm = MBOX_ERROR;
    this.#options.onViolation?.('ooo');
    this.#report('violation', side, axiUser);
  }

  #readLock({ side, axiUser }: BusAccess): number {
    if (this.#owner !== 'none') {
      if (this.#owner === 'uc' && side === 'soc') this.#options.onInterrupt?.('notif_soc_req_lock');
      return 1;
    }
    this.#lock(side, axiUser);
    return 0;
  }

  #lock(side: Side, axiUser: number): void {
    this.#owner = side;
    this.words[LOCK] = 1;
    this.words[USER] = axiUser;
    this.#fsm = MBOX_RDY_FOR_CMD;
    this.#report('lock', side, axiUser);
  }

  #statusWord(stored: number): number {
    return (
      (stored & 0x3f) |
      (this.#fsm << 6) |
      (this.#owner === 'soc' ? 1 << 9 : 0) |
      (this.#readPointer << 10) |
      (this.#owner === 'tap' ? 1 << 26 : 0)
    );
  }

  #readDataOut(stored: number, access: BusAccess): number {
    const { side } = access;
    const fsm = this.#fsm;
    if (side === 'tap') {
      if (fsm === MBOX_EXECUTE_UC || fsm === MBOX_EXECUTE_SOC || fsm === MBOX_EXECUTE_TAP) this.#pop();
      return stored;
    }
    const value = this.#validReceiver(access) ? stored : 0;
    if (side === 'uc' ? fsm === MBOX_EXECUTE_UC : fsm === MBOX_EXECUTE_SOC && this.#validReceiver(access)) this.#pop();
    return value;
  }

  /** Loads DATAOUT with the next word, or 0 when the receiver has had all. */
  #pop(): void {
    const pointer = this.#readPointer;
    const valid = !this.#readFull && pointer < this.#dlenInDwords;
    this.words[DATAOUT] = valid ? this.#view.getUint32(pointer * 4, true) : 0;
    this.#readFull = pointer === this.#depth - 1;
    if (pointer < this.#dlenInDwords && pointer < this.#depth - 1) this.#readPointer = pointer + 1;
  }

  #push(word: number, { side }: BusAccess): void {
    const filling = this.#fsm === MBOX_RDY_FOR_DATA || (side === 'uc' && this.#fsm === MBOX_EXECUTE_UC);
    if (!filling && !(side === 'tap' && this.#fsm === MBOX_EXECUTE_TAP)) return;
    if (!this.#writeFull) this.#view.setUint32(this.#writePointer * 4, word, true);
    this.#writeFull = this.#writePointer === this.#depth - 1;
    if (this.#writePointer < this.#depth - 1) this.#writePointer++;
  }

  /** What writing a register does to the FSM. */
  #advance(name: Name, { side, axiUser }: BusAccess): void {
    if (name === 'MBOX_CMD' && this.#fsm === MBOX_RDY_FOR_CMD) this.#fsm = MBOX_RDY_FOR_DLEN;
    else if (name === 'MBOX_DLEN' && this.#fsm === MBOX_RDY_FOR_DLEN) {
      this.#fsm = MBOX_RDY_FOR_DATA;
      this.#writePointer = 0;
      this.#writeFull = false;
    } else if (name === 'MBOX_STATUS') this.#report('respond', side, axiUser);
    this.#settle();
  }

  /** Takes the transitions that follow from register values. */
  #settle(): void {
    for (let next = this.#arc(); next !== undefined; next = this.#arc()) {
      if (next === MBOX_IDLE) this.#idle();
      else this.#handOver(next);
    }
  }

  /** The state that the FSM moves to by itself, if any. */
  #arc(): number | undefined {
    const execute = (this.words[EXECUTE] as number) === 1;
    const answered = ((this.words[STATUS] as number) & STATUS_MASK) !== 0;
    const tapMode = (this.words[TAP_MODE] as number) === 1;
    const owner = this.#owner;
    switch (this.#fsm) {
      case MBOX_RDY_FOR_DATA:
        if (!execute) return undefined;
        return owner !== 'uc' ? MBOX_EXECUTE_UC : tapMode ? MBOX_EXECUTE_TAP : MBOX_EXECUTE_SOC;
      case MBOX_EXECUTE_UC:
        if (!execute) return MBOX_IDLE;
        if (answered && owner === 'soc' && !tapMode) return MBOX_EXECUTE_SOC;
        return answered && owner === 'tap' ? MBOX_EXECUTE_TAP : undefined;
      case MBOX_EXECUTE_SOC:
        if (!execute) return MBOX_IDLE;
        return answered && owner === 'uc' && !tapMode ? MBOX_EXECUTE_UC : undefined;
      case MBOX_EXECUTE_TAP:
        if (!execute) return MBOX_IDLE;
        return answered && owner === 'uc' && tapMode ? MBOX_EXECUTE_UC : undefined;
      default:
        return undefined;
    }
  }

  /** Gives the data to the next receiver: takes DLEN over, rewinds both pointers, loads the first word. */
  #handOver(fsm: number): void {
    if (this.#fsm === MBOX_RDY_FOR_DATA) this.#report('execute', this.#owner as Side, this.words[USER] as number);
    const dlen = this.words[DLEN] as number;
    const dwords = dlen >= this.sram.length ? this.#depth : (dlen + 3) >>> 2;
    const readable = !this.#writeFull && this.#writePointer < dwords ? this.#writePointer : dwords;
    // The RTL does not take DLEN over when the SoC answers the core: such an answer has no data.
    if (this.#fsm !== MBOX_EXECUTE_SOC) this.#dlenInDwords = readable;
    this.#fsm = fsm;
    this.#writePointer = 0;
    this.#writeFull = false;
    this.#readPointer = 1;
    this.#readFull = false;
    this.words[DATAOUT] = readable === 0 ? 0 : this.#view.getUint32(0, true);
    if (fsm === MBOX_EXECUTE_UC) this.#options.onInterrupt?.('notif_cmd_avail');
  }

  #idle(): void {
    this.#report('release', this.#owner as Side, this.words[USER] as number);
    this.#free();
  }

  #forceUnlock(): void {
    if (this.#fsm === MBOX_IDLE) return;
    this.#report('unlock', 'uc', UC_AXI_USER);
    this.words[EXECUTE] = 0;
    this.#free();
  }

  #free(): void {
    this.#fsm = MBOX_IDLE;
    this.#owner = 'none';
    this.words[LOCK] = 0;
    this.#setStatus(0);
  }

  #release(): void {
    this.words[EXECUTE] = 0;
    this.#settle();
  }

  // Bulk transfers

  #send({ side, axiUser }: BusAccess, command: number, data: Uint8Array): boolean {
    if (this.#readLock({ side, axiUser }) === 1) return false;
    this.words[CMD] = command;
    this.words[DLEN] = data.length;
    this.#fsm = MBOX_RDY_FOR_DATA;
    this.#fill(data.length > this.sram.length ? data.subarray(0, this.sram.length) : data);
    this.words[EXECUTE] = 1;
    this.#settle();
    return true;
  }

  /** As if the data had been written to DATAIN word by word, from the start. */
  #fill(data: Uint8Array): void {
    const words = (data.length + 3) >>> 2;
    this.sram.set(data);
    this.sram.fill(0, data.length, words * 4);
    this.#writePointer = Math.min(words, this.#depth - 1);
    this.#writeFull = words === this.#depth;
  }

  /** DLEN bytes as the receiver sees them through DATAOUT. */
  #readable(allowed: boolean): Uint8Array {
    if (!allowed) return new Uint8Array(0);
    const length = Math.min(this.words[DLEN] as number, this.sram.length);
    const data = this.sram.slice(0, length);
    return data.fill(0, this.#dlenInDwords * 4);
  }

  #checkSize(data: Uint8Array): void {
    if (data.length > this.sram.length)
      throw new RangeError(`data: ${data.length} bytes, more than the mailbox's ${this.sram.length}`);
  }

  #report(
    operation: 'lock' | 'execute' | 'respond' | 'release' | 'unlock' | 'violation',
    side: Side,
    axiUser: number,
  ): void {
    if (this.#emit === ignoreEvents) return;
    const [command, dlen] = [this.words[CMD] as number, this.words[DLEN] as number];
    this.#emit({ kind: 'mailbox', operation, side, axiUser, command, dlen });
  }

  // Reset and state

  /** A warm reset frees the mailbox; an update reset leaves a transaction as it is. Only power loss clears the SRAM. */
  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind === 'update') return;
    this.#fsm = MBOX_IDLE;
    this.#owner = 'none';
    this.#writePointer = 0;
    this.#writeFull = false;
    this.#readPointer = 0;
    this.#readFull = false;
    this.#dlenInDwords = 0;
    if (kind === 'cold') this.sram.fill(0);
  }

  override save(): MailboxState {
    return {
      ...super.save(),
      fsm: this.#fsm,
      owner: this.#owner,
      writePointer: this.#writePointer,
      writeFull: this.#writeFull,
      readPointer: this.#readPointer,
      readFull: this.#readFull,
      dlenInDwords: this.#dlenInDwords,
      sram: this.sram.slice(),
    };
  }

  override restore(state: MailboxState): void {
    const pointer = { below: this.#depth + 1 };
    checkState(
      state,
      {
        fields: {
          words: { words: this.words.length },
          fsm: { oneOf: Object.values(MAILBOX_FSM) },
          owner: { oneOf: ['none', 'uc', 'soc', 'tap'] },
          writePointer: { below: this.#depth },
          writeFull: 'boolean',
          readPointer: pointer,
          readFull: 'boolean',
          dlenInDwords: pointer,
          sram: { bytes: this.sram.length },
        },
      },
      'mailbox',
    );
    const saved = copyState(state);
    super.restore(saved);
    this.sram.set(saved.sram);
    this.#fsm = saved.fsm;
    this.#owner = saved.owner;
    this.#writePointer = saved.writePointer;
    this.#writeFull = saved.writeFull;
    this.#readPointer = saved.readPointer;
    this.#readFull = saved.readFull;
    this.#dlenInDwords = saved.dlenInDwords;
  }
}
