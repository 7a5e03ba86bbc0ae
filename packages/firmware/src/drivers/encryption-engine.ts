import { RotError } from '@rootcap/errors';
import { type Chip, ENCRYPTION_ENGINE_SFR, ENGINE_COMMAND, MEK_SIZE } from '@rootcap/hardware';
import { pack, unpack } from '@rootcap/struct';
import { KEY_ID } from '../key-ids.ts';
import { NmiPending } from '../trap.ts';
import { dmaReleaseKey, dmaWrite, readAxiWord, writeAxiWord } from './dma.ts';
import { eraseKey } from './key-vault.ts';
import { axiBase } from './straps.ts';

const { AUX, CTRL, METD } = ENCRYPTION_ENGINE_SFR.registers;

/** Commands of the engine that firmware gives. */
export type EngineCommandName = keyof typeof ENGINE_COMMAND;

/**
 * Driver of the drive's encryption engine, whose registers the DMA reaches at SS_KEY_RELEASE_BASE_ADDR. In the order of
 * LOAD_MEK: {@link clear}, {@link checkReady}, {@link writeMetadata}, {@link writeAux}, the key into slot 23,
 * {@link releaseMek}, {@link run}. Each access that nothing answers is RotError DRIVER_DMA_TRANSACTION_ERROR.
 *
 * @see caliptra-sw:drivers/src/dma.rs (DmaEncryptionEngine)
 */
export class EncryptionEngineDriver {
  readonly #chip: Chip;

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  get #base(): bigint {
    return axiBase(this.#chip.soc, 'SS_KEY_RELEASE_BASE_ADDR');
  }

  /** CTRL as GET_STATUS reports it. */
  readCtrl(): number {
    return readAxiWord(this.#chip, this.#base + BigInt(CTRL.offset));
  }

  #writeCtrl(word: number): void {
    writeAxiWord(this.#chip, this.#base + BigInt(CTRL.offset), word);
  }

  /** Writes DONE: takes leave of the last command, whose registers the engine then zeroes. */
  clear(): void {
    this.#writeCtrl(pack(CTRL, { done: 1 }));
  }

  /** @throws RotError OCP_LOCK_ENGINE_NOT_READY */
  checkReady(): void {
    if (unpack(CTRL, this.readCtrl()).rdy === 0) throw new RotError('OCP_LOCK_ENGINE_NOT_READY');
  }

  /** @param metadata - 20 bytes */
  writeMetadata(metadata: Uint8Array): void {
    dmaWrite(this.#chip, this.#base + BigInt(METD.offset), metadata);
  }

  /** @param aux - 32 bytes */
  writeAux(aux: Uint8Array): void {
    dmaWrite(this.#chip, this.#base + BigInt(AUX.offset), aux);
  }

  /**
   * Releases the key in slot 23, as many bytes as SS_KEY_RELEASE_SIZE says, and erases the slot.
   *
   * @throws RotError OCP_LOCK_ENGINE_INVALID_MEK_SIZE; DRIVER_DMA_TRANSACTION_ERROR if the hardware refuses
   */
  releaseMek(): void {
    const size = this.#chip.soc.get('SS_KEY_RELEASE_SIZE');
    if (size > MEK_SIZE || size % 4 !== 0) throw new RotError('OCP_LOCK_ENGINE_INVALID_MEK_SIZE', `${size} bytes`);
    dmaReleaseKey(this.#chip, this.#base, size);
    eraseKey(this.#chip, KEY_ID.MEK);
  }

  /** Starts a command. */
  execute(command: EngineCommandName): void {
    this.#writeCtrl(pack(CTRL, { exe: 1, cmd: ENGINE_COMMAND[command] }));
  }

  /**
   * Waits for the end of a command.
   *
   * @param timeout - {@link timeoutCycles}
   * @returns 0, or `ERR << 4 | RDY` of a command that the engine refused
   * @throws RotError OCP_LOCK_ENGINE_TIMEOUT if more cycles have passed; NmiPending if the watchdog of the command, which
   *   has 20 million cycles, expires first
   */
  waitDone(timeout: number): number {
    const chip = this.#chip;
    const start = chip.cycles;
    // Reading the time takes time: a timeout of 0 is always over.
    chip.stall(1);
    for (;;) {
      const left = timeout - (chip.cycles - start);
      if (left < 0) throw new RotError('OCP_LOCK_ENGINE_TIMEOUT', `${timeout} cycles`);
      const { done, err, rdy } = unpack(CTRL, this.readCtrl());
      if (chip.nmiPending) throw new NmiPending();
      if (done === 1) return err === 0 ? 0 : (err << 4) | rdy;
      // Nothing changes before the next event, so CTRL need not be read until then.
      chip.stall(Math.max(1, Math.min(left + 1, chip.cyclesToEvent)));
    }
  }

  /**
   * Starts a command, waits for its end and takes leave of it.
   *
   * @param timeout - {@link timeoutCycles}
   * @throws RotError OCP_LOCK_ENGINE_TIMEOUT, the command then still under way; OCP_LOCK_ENGINE_ERR, with
   *   `ERR << 4 | RDY` in CPTRA_FW_EXTENDED_ERROR_INFO[0]
   */
  run(command: EngineCommandName, timeout: number): void {
    this.execute(command);
    const refusal = this.waitDone(timeout);
    this.clear();
    if (refusal === 0) return;
    this.#chip.soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', refusal);
    throw new RotError('OCP_LOCK_ENGINE_ERR', `${command} ended with ERR ${refusal >>> 4}`);
  }

  /** Cycles of a command's `cmd_timeout` in ms by the clock period that the SoC declares. */
  timeoutCycles(milliseconds: number): number {
    return timeoutCycles(milliseconds, this.#chip.soc.get('CPTRA_TIMER_CONFIG'));
  }
}

const HOUR = 3_600_000;
const PICOSECONDS_PER_MS = 1_000_000_000;
/** Of 400 MHz, in ps. */
const DEFAULT_PERIOD = 2500;

/**
 * A time in cycles, rounded up; more than an hour is an hour.
 *
 * @param period - of the clock, in ps; 0 counts as 2500
 * @see caliptra-sw:runtime/src/ocp_lock/mod.rs (timeout_to_mtime)
 */
function timeoutCycles(milliseconds: number, period: number): number {
  return Math.ceil((Math.min(milliseconds, HOUR) * PICOSECONDS_PER_MS) / (period === 0 ? DEFAULT_PERIOD : period));
}
