import { errorName } from '@rootcap/errors';
import { COMMAND_ID } from '@rootcap/firmware';
import { BusFault, SOC_IFC_REG } from '@rootcap/hardware';
import type { DeviceOptions } from 'rootcap';
import { type Baseline, type Bench, createBaseline } from './baseline.ts';
import { mutateSequence, type Operation, type RegisterAccess } from './operations.ts';
import { Outcomes } from './outcomes.ts';
import { checkBytes, checkTexts, checkWords, violateThrown } from './properties.ts';
import { caseRandom } from './random.ts';
import { StateWatch } from './state-watch.ts';

interface Subject {
  readonly stage: 'rom' | 'runtime';
  readonly baseline: Baseline;
  readonly watch: StateWatch;
}

/** Where a sequence starts: ROM and runtime of devices of different kinds. */
function createSubjects(bench: Bench): Subject[] {
  const subject = (name: string, options: DeviceOptions, stage: 'rom' | 'runtime'): Subject => {
    const baseline = createBaseline(name, bench, options, stage);
    return { stage, baseline, watch: new StateWatch(baseline.device) };
  };
  return [
    subject('ROM', {}, 'rom'),
    subject('runtime', {}, 'runtime'),
    subject('ROM in manufacturing', { lifecycle: 'manufacturing', requestCsr: true }, 'rom'),
    subject('runtime, debug unlocked', { debugLocked: false }, 'runtime'),
    subject('ROM in a subsystem', { subsystemMode: true, ocpLock: true }, 'rom'),
  ];
}

/**
 * What a command may change although it is refused: error registers, the boot status that shows with them, the mailbox's interrupts and counters, the place
 * where the error before is kept, the random numbers that a driver took.
 */
const REFUSED =
  /^SOC_IFC_REG\.(CPTRA_FW_ERROR_NON_FATAL|CPTRA_FW_EXTENDED_ERROR_INFO|CPTRA_BOOT_STATUS|CPTRA_FLOW_STATUS|CPTRA_TRNG_DATA|INTR_BLOCK_RF_.*|internal state)$|^DCCM\.cleared_non_fatal_fw_error$/;
/** A fatal refusal erases keys and engines; nothing else goes on. */
const STOPPED =
  /^SOC_IFC_REG\.(CPTRA_FW_ERROR_FATAL|CPTRA_WDT_.*)$|^KV_REG\.KEY_ENTRY$|^(ABR|ECC|HMAC|AES|AES_CLP|SHA256|SHA512)_REG\.|^SHA512_ACC_CSR\.|^DCCM\.(boot status|manifest1|boot_mode)$/;
/** An update that is refused restarts the runtime, whose variables begin anew. */
const UPDATE_REFUSED =
  /^SOC_IFC_REG\.(CPTRA_RESET_REASON|CPTRA_WDT_.*)$|^KV_REG\.KEY_CTRL$|^DCCM\.(data_vault|boot status)$|^firmware\..*$/;

/** What the SoC itself wrote as random numbers, it may read back. */
/** The runtime starts its watchdog for every command. */
const WATCHDOG = /^SOC_IFC_REG\.CPTRA_WDT_TIMER\d_/;

const TRNG_DATA = SOC_IFC_REG.base + SOC_IFC_REG.registers.CPTRA_TRNG_DATA.offset;
const isTrngData = (address: number): boolean => address >= TRNG_DATA && address < TRNG_DATA + 48;

/** One run of a sequence, and what it gave to the outside. */
class Run {
  readonly #subject: Subject;
  readonly #index: number;
  readonly #outcomes: Outcomes;

  constructor(subject: Subject, index: number, outcomes: Outcomes) {
    this.#subject = subject;
    this.#index = index;
    this.#outcomes = outcomes;
  }

  /** @returns the outcome's name */
  operate(operation: Operation): string {
    const { device } = this.#subject.baseline;
    switch (operation.kind) {
      case 'command':
        return this.#command(operation);
      case 'registers':
        return this.#registers(operation.accesses);
      case 'time':
        device.chip.advance(operation.cycles);
        device.run();
        return 'time';
      case 'reset':
        device.reset(operation.reset);
        if (operation.fuses && device.state === 'awaiting-fuses') device.burnFuses();
        device.run();
        return `${operation.reset} reset, then ${device.state}`;
    }
  }

  #command({ id, message, axiUser }: Extract<Operation, { kind: 'command' }>): string {
    const { baseline, watch } = this.#subject;
    const { device, secrets } = baseline;
    if (device.chip.mailbox.owner !== 'none') return 'command: lock taken';
    const before = device.state;
    if (before === 'awaiting-fuses') return 'command: core in reset';
    if (!device.chip.soc.validMailboxUser(axiUser)) return 'command: not a mailbox user';
    const listens = before === 'runtime' || before === 'awaiting-firmware';
    watch.look();
    const { status, data } = device.mailbox.send(id, message, { axiUser });
    checkBytes(data, secrets, this.#index, this.#outcomes);
    const { fatal, nonFatal } = device.errors;
    const code = fatal !== 0 ? fatal : nonFatal;
    const symbol = code === 0 ? 'no code' : errorName(code);
    if (symbol === undefined)
      this.#violate('typed error', `code 0x${code.toString(16)} after command 0x${id.toString(16)}`);
    if (status !== 'CMD_FAILURE') return `command: ${status}`;
    if (listens) this.#checkRefused(id, before === 'awaiting-firmware');
    return `command: CMD_FAILURE, ${before === 'fatal' ? 'after a fatal error' : symbol}`;
  }

  #checkRefused(id: number, inRom: boolean): void {
    const { device } = this.#subject.baseline;
    const stopped = device.state === 'fatal';
    for (const place of this.#subject.watch.differences()) {
      const allowed =
        REFUSED.test(place) ||
        (!inRom && WATCHDOG.test(place)) ||
        (stopped && STOPPED.test(place)) ||
        (id === COMMAND_ID.FIRMWARE_LOAD && UPDATE_REFUSED.test(place)) ||
        (id === COMMAND_ID.SHUTDOWN && stopped && !inRom) ||
        (id === COMMAND_ID.SELF_TEST_START && inRom && place === 'firmware.romSelfTestInProgress');
      if (!allowed) this.#violate('unchanged', `refused 0x${id.toString(16)}, ${device.state}: ${place} changed`);
    }
  }

  #registers(accesses: readonly RegisterAccess[]): string {
    const { device, secrets } = this.#subject.baseline;
    const words: number[] = [];
    for (const access of accesses) {
      try {
        const read = this.#access(access);
        if (!isTrngData(access.address)) words.push(...read);
      } catch (error) {
        if (!(error instanceof BusFault)) throw error;
        this.#count(`register: ${error.kind}`);
        checkTexts([error], secrets, this.#index, this.#outcomes);
      }
      device.run();
    }
    checkWords(words, secrets, this.#index, this.#outcomes);
    return `registers, then ${device.state}`;
  }

  /** @returns the word read, if it was a read */
  #access({ port, address, axiUser, value }: RegisterAccess): number[] {
    const { socBus, tap } = this.#subject.baseline.device.chip;
    if (port === 'tap') {
      if (value === undefined) return [tap.read(address)];
      tap.write(address, value);
    } else {
      if (value === undefined) return [socBus.read(address, axiUser)];
      socBus.write(address, value, axiUser);
    }
    return [];
  }

  #count(outcome: string): void {
    this.#outcomes.count(`${this.#subject.baseline.name}: ${outcome}`);
  }

  #violate(property: 'typed error' | 'unchanged', detail: string): void {
    this.#outcomes.violate({ case: this.#index, property, detail: `${this.#subject.baseline.name}: ${detail}` });
  }
}

/** One sequence from a fresh device on. */
function runSequence(subject: Subject, operations: readonly Operation[], index: number, outcomes: Outcomes): void {
  const { baseline } = subject;
  baseline.rewind();
  const run = new Run(subject, index, outcomes);
  for (const operation of operations) {
    baseline.allowSteps();
    try {
      outcomes.count(`${baseline.name}: ${run.operate(operation)}`);
    } catch (error) {
      violateThrown(error, `${baseline.name}: ${operation.kind}`, baseline.secrets, index, outcomes);
      break;
    }
  }
  checkTexts(baseline.events, baseline.secrets, index, outcomes);
}

/**
 * Falsified mailbox sequences against ROM and runtime.
 *
 * @param range - numbers of the cases: each case depends on its number and the seed alone
 * @param progress - called after each case
 */
export function fuzzMailbox(
  bench: Bench,
  seed: number,
  range: { readonly from: number; readonly to: number },
  progress: (done: number) => void = () => {},
): Outcomes {
  const subjects = createSubjects(bench);
  const outcomes = new Outcomes();
  for (let index = range.from; index < range.to; index++) {
    const random = caseRandom(seed ^ 0x6d62_6f78, index);
    const subject = random.pick(subjects);
    runSequence(subject, mutateSequence(random, { stage: subject.stage, firmware: bench.firmware }), index, outcomes);
    progress(index + 1 - range.from);
  }
  return outcomes;
}
