import { blockEntropy, utf8ToBytes } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { type ErrorName, errorName } from '@rootcap/errors';
import {
  type BootStatusName,
  COMMAND_ID,
  type CommandName,
  type EntryPoint,
  FIRMWARE_PROFILES,
  type Firmware,
  FirmwareContext,
  firmware,
  sealMessage,
  type Wait,
} from '@rootcap/firmware';
import {
  Chip,
  type ChipOptions,
  type Fuses,
  type MailboxStatus,
  type ResetKind,
  SOC_IFC_REG,
  writeFuses,
} from '@rootcap/hardware';
import { fusesOfBundle, signedBundle, socFirmware } from './bundle.ts';

export const provider = defaultProvider();

export const AXI_USER = 1;

export interface BoardOptions extends Partial<Omit<ChipOptions, 'hwConfig'>> {
  readonly fuses?: Partial<Fuses>;
  readonly subsystemMode?: boolean;
  readonly ocpLock?: boolean;
  readonly fuseGranularity32?: boolean;
  readonly requestCsr?: boolean;
  readonly watchdogCycles?: number;
}

export interface Answer {
  readonly status: MailboxStatus;
  readonly data: Uint8Array;
}

/** A chip, its firmware and as much of a SoC as the tests need. Waits are those of the firmware, unchanged. */
export class Board {
  readonly options: BoardOptions;
  readonly chip: Chip;
  readonly context: FirmwareContext;
  /** Since the last power-on or reset. */
  statuses: BootStatusName[] = [];
  #firmware: Firmware | undefined;
  #wait: Wait | undefined;

  constructor(options: BoardOptions = {}) {
    this.options = options;
    const { subsystemMode = false, ocpLock = false, fuseGranularity32 = false } = options;
    const hwConfig = { itrng: false, subsystemMode, ocpLock, fuseGranularity32 };
    this.chip = new Chip({
      provider,
      entropy: blockEntropy(utf8ToBytes('firmware tests'), provider),
      lifecycle: 3,
      debugLocked: true,
      obfuscationKey: new Uint8Array(32).fill(0x5a),
      csrHmacKey: new Uint8Array(64).fill(0xa5),
      ...options,
      hwConfig,
    });
    this.context = new FirmwareContext(this.chip, {
      profile: FIRMWARE_PROFILES['2.1.3'],
      rom: { revision: new Uint8Array(20).fill(1), sha256: new Uint8Array(32).fill(2), address: 0x1_6b00 },
      verifyOwnSignatures: false,
      conformance: 'firmware-2.1',
      commands: [],
    });
    this.context.onBootStatus = (_, name) => this.statuses.push(name);
  }

  /** Fuses, mailbox users, and the core runs to its first wait that lasts. */
  powerOn(): this {
    const { requestCsr, watchdogCycles, fuses } = this.options;
    writeFuses(this.chip, { ...fusesOfBundle(provider), ...fuses }, AXI_USER);
    [0, 1, 2, 3, 0xffff_ffff].forEach((user, i) => {
      this.writeSoc('CPTRA_MBOX_VALID_AXI_USER', user, i);
      this.writeSoc('CPTRA_MBOX_AXI_USER_LOCK', 1, i);
    });
    if (requestCsr === true) this.writeSoc('CPTRA_DBG_MANUF_SERVICE_REG', 1);
    this.writeSoc('CPTRA_WDT_CFG', watchdogCycles ?? 0x1000_0000);
    this.writeSoc('CPTRA_FUSE_WR_DONE', 1);
    return this.start('reset');
  }

  /** Straps debug intent where no pin leads: in passive mode. */
  setDebugIntent(): void {
    const soc = this.chip.soc as unknown as { store(name: 'SS_DEBUG_INTENT', value: number): void };
    soc.store('SS_DEBUG_INTENT', 1);
  }

  start(entry: EntryPoint): this {
    this.statuses = [];
    this.#firmware = firmware(this.context, entry);
    this.#wait = undefined;
    this.run();
    return this;
  }

  /** Takes the CSR envelope that the manufacturer asked for, as a SoC does. @returns 8784 bytes */
  takeCsrEnvelope(): Uint8Array {
    const sent = this.chip.mailbox.receiveFromUc(AXI_USER)?.data as Uint8Array;
    this.chip.mailbox.answerUc(AXI_USER, 'CMD_COMPLETE');
    this.writeSoc('CPTRA_DBG_MANUF_SERVICE_REG', 0);
    this.run();
    return sent;
  }

  /** What the firmware waits for. */
  get wait(): Wait {
    return this.#wait as Wait;
  }

  /** Runs until the firmware waits for something that has not come; a reset that it asks for is given. */
  run(): Wait {
    for (;;) {
      if (this.#wait === undefined || this.#wait.ready())
        this.#wait = (this.#firmware as Firmware).next().value as Wait;
      if (this.#wait.for === 'update-reset') {
        this.#firmware = firmware(this.context, 'reset');
        this.#wait = undefined;
        this.statuses = [];
      } else if (!this.#wait.ready()) return this.#wait;
    }
  }

  reset(kind: ResetKind): this {
    this.chip.reset(kind);
    if (kind === 'cold') this.context.resetState();
    if (kind !== 'update') return this;
    return this.start('reset');
  }

  writeSoc(name: keyof typeof SOC_IFC_REG.registers, value: number, index = 0): void {
    const { offset, stride } = SOC_IFC_REG.registers[name];
    this.chip.socBus.write(SOC_IFC_REG.base + offset + index * stride, value, AXI_USER);
  }

  /** A whole message, as it is. The answer is taken and the mailbox freed; without one the command stays. */
  send(id: number, data: Uint8Array, axiUser = AXI_USER, side: 'soc' | 'tap' = 'soc'): Answer {
    const { mailbox } = this.chip;
    if (!mailbox.send({ axiUser, command: id, data, side })) throw new Error('the mailbox is taken');
    this.run();
    const status = mailbox.status();
    const answer = status === 'DATA_READY' ? mailbox.response(axiUser) : new Uint8Array(0);
    if (status !== 'CMD_BUSY') {
      mailbox.release(axiUser, side);
      this.run();
    }
    return { status, data: answer };
  }

  /** A command whose body is given without its checksum. */
  execute(command: CommandName, body: Uint8Array = new Uint8Array(0), axiUser = AXI_USER): Answer {
    const message = new Uint8Array(4 + body.length);
    message.set(body, 4);
    return this.send(COMMAND_ID[command], sealMessage(COMMAND_ID[command], message), axiUser);
  }

  loadFirmware(bundle: Uint8Array = signedBundle(provider)): Answer {
    return this.send(COMMAND_ID.FIRMWARE_LOAD, bundle);
  }

  get fatal(): ErrorName | undefined {
    return errorName(this.chip.soc.get('CPTRA_FW_ERROR_FATAL'));
  }

  get nonFatal(): ErrorName | undefined {
    return errorName(this.chip.soc.get('CPTRA_FW_ERROR_NON_FATAL'));
  }

  /** Bits of SS_DBG_SERVICE_REG_RSP that are set. */
  get debugResponse(): string[] {
    const { fields } = SOC_IFC_REG.registers.SS_DBG_SERVICE_REG_RSP;
    return Object.keys(fields).filter(
      (name) => this.chip.soc.field('SS_DBG_SERVICE_REG_RSP', name as keyof typeof fields) !== 0,
    );
  }
}

const ready = new Map<string, ReturnType<typeof saveBoard>>();

function saveBoard(board: Board) {
  return {
    chip: board.chip.save(),
    state: structuredClone(board.context.state),
    entry: board.wait.entry as EntryPoint,
  };
}

/** A board that waits for firmware. Boots once for each set of options; everything after is a copy. */
export function romBoard(options: BoardOptions = {}): Board {
  return copyOf('rom', options, () => {
    const board = new Board(options).powerOn();
    if (board.wait.for === 'csr-consumed') board.takeCsrEnvelope();
    return board;
  });
}

/** A board whose runtime waits for commands. */
export function runtimeBoard(options: BoardOptions = {}): Board {
  return copyOf('runtime', options, () => {
    const board = romBoard(options);
    if (options.subsystemMode === true) {
      board.chip.recovery.stage([signedBundle(provider), ...socFirmware(provider)]);
      board.execute('RI_DOWNLOAD_FIRMWARE');
    } else board.loadFirmware();
    return board;
  });
}

function copyOf(stage: string, options: BoardOptions, boot: () => Board): Board {
  const key = stage + JSON.stringify(options, (_, value) => (value instanceof Uint8Array ? [...value] : value));
  let saved = ready.get(key);
  if (saved === undefined) {
    saved = saveBoard(boot());
    ready.set(key, saved);
  }
  const board = new Board(options);
  board.chip.restore(saved.chip);
  board.context.state = structuredClone(saved.state);
  return board.start(saved.entry);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** Little-endian words. */
export function words(...values: readonly number[]): Uint8Array {
  const data = new Uint8Array(4 * values.length);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return data;
}

export function wordAt(data: Uint8Array, offset: number): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(offset, true);
}
