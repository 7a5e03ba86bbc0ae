import { errorName, RotError } from '@rootcap/errors';
import { COMMAND_ID, sealMessage } from '@rootcap/firmware';
import { MBOX_CSR, MCU_SRAM_OFFSET, type ResetKind } from '@rootcap/hardware';
import { type Device, DeviceError, type DeviceOptions } from 'rootcap';
import { type Baseline, type Bench, createBaseline } from './baseline.ts';
import { RequestMaker } from './command-requests.ts';
import { Gathered } from './gathered.ts';
import { Outcomes } from './outcomes.ts';
import { checkTexts, violateThrown } from './properties.ts';
import { caseRandom, type Random } from './random.ts';
import { type RequestFacts, requestFacts } from './request-facts.ts';
import { complaints, remember } from './reset-expectations.ts';

/** Resets from one state of a device on. */
export const RESETS_PER_CASE = 4;

const MCU_FIRMWARE = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);

interface Subject {
  readonly baseline: Baseline;
  readonly facts: RequestFacts;
  readonly subsystem: boolean;
  /** Of the device, whatever happens to it. */
  readonly identity: Uint8Array;
}

const DEVICES: readonly (readonly [string, DeviceOptions, 'rom' | 'runtime'])[] = [
  ['ROM', {}, 'rom'],
  ['runtime', {}, 'runtime'],
  ['runtime', {}, 'runtime'],
  ['ROM in a subsystem', { subsystemMode: true }, 'rom'],
  ['runtime in a subsystem', { subsystemMode: true }, 'runtime'],
];

function createSubjects(bench: Bench): Subject[] {
  return DEVICES.map(([name, options, stage]) => {
    const baseline = createBaseline(name, bench, { mcuFirmware: MCU_FIRMWARE, ...options }, stage);
    const { straps } = baseline.device.chip;
    const subsystem = options.subsystemMode === true;
    const facts = requestFacts(bench, MCU_FIRMWARE, {
      subsystem,
      unlocks: false,
      locks: new Map(),
      stagingBase: Number(straps.stagingBase),
      mcuSram: Number(straps.mciBase) + MCU_SRAM_OFFSET,
    });
    return { baseline, facts, subsystem, identity: remember(baseline.device).identity };
  });
}

/** Most steps that an interrupted activity makes: a boot has less. */
const MOST_STEPS = 60;

/** One sequence of work and resets. */
class Run {
  readonly #subject: Subject;
  readonly #random: Random;
  readonly #maker: RequestMaker;
  readonly #outcomes: Outcomes;
  readonly #index: number;

  constructor(subject: Subject, random: Random, outcomes: Outcomes, index: number) {
    this.#subject = subject;
    this.#random = random;
    this.#maker = new RequestMaker(random, new Gathered(), subject.facts);
    this.#outcomes = outcomes;
    this.#index = index;
  }

  get #device(): Device {
    return this.#subject.baseline.device;
  }

  /** Some work that may end in the middle, a reset, and what comes of it. */
  episode(): void {
    const device = this.#device;
    this.#work();
    const during = device.state;
    const kind: ResetKind = this.#resetKind();
    const before = remember(device);
    device.reset(kind);
    if (this.#random.chance(0.1) && device.state === 'awaiting-fuses') {
      this.#outcomes.count(`${during}: ${kind} reset, then no fuses`);
      return;
    }
    if (device.state === 'awaiting-fuses') device.burnFuses();
    if (this.#random.chance(0.25)) {
      this.#steps(this.#random.below(MOST_STEPS));
      this.#outcomes.count(`${during}: ${kind} reset, then in the middle of its boot`);
      return;
    }
    this.#rest();
    const { fatal, nonFatal } = device.errors;
    const codes = [fatal, nonFatal].map((code) => this.#name(code)).join(', ');
    this.#outcomes.count(`${during}: ${kind} reset, then ${device.state} ${codes}`);
    for (const detail of complaints(device, kind, before, this.#subject.identity))
      this.#violate(`${during}, ${kind} reset: ${detail}`);
    this.#listens();
  }

  #violate(detail: string): void {
    this.#outcomes.violate({
      case: this.#index,
      property: 'state',
      detail: `${this.#subject.baseline.name}: ${detail}`,
    });
  }

  #name(code: number): string {
    return code === 0 ? '-' : (errorName(code) ?? `0x${code.toString(16)}`);
  }

  #resetKind(): ResetKind {
    const dice = this.#random.below(10);
    if (this.#device.state === 'fatal') return dice < 7 ? 'cold' : this.#random.pick(['warm', 'update']);
    if (dice < 4) return 'warm';
    return dice < 7 ? 'update' : 'cold';
  }

  #steps(count: number): void {
    for (let i = 0; i < count; i++) if (this.#device.step().ready() === false) return;
  }

  /** To where the device waits for the SoC, which takes what is in the mailbox. */
  #rest(): void {
    const { chip } = this.#device;
    this.#device.run();
    if (chip.mailbox.owner === 'soc' && chip.mailbox.status() !== 'CMD_BUSY') {
      chip.mailbox.release(chip.mailbox.pending()?.axiUser ?? 1);
      this.#device.run();
    }
  }

  #work(): void {
    const random = this.#random;
    const device = this.#device;
    if (device.state === 'awaiting-fuses' && random.chance(0.9)) device.burnFuses();
    if (random.chance(0.1)) return;
    if (device.state === 'booting') this.#steps(random.below(MOST_STEPS));
    if (device.state === 'awaiting-firmware') this.#loadFirmware();
    else if (device.state === 'runtime' && device.chip.mailbox.owner === 'none') this.#commands();
  }

  /** Firmware through the mailbox, or over the recovery interface; at times it is damaged, or does not come whole. */
  #loadFirmware(): void {
    const random = this.#random;
    const { chip, mailbox } = this.#device;
    const bundle = this.#bundle();
    if (this.#subject.subsystem) {
      const images = [bundle, random.pick(this.#subject.facts.authManifests), MCU_FIRMWARE];
      chip.recovery.stage(images.slice(0, random.chance(0.8) ? 3 : random.below(4)));
      this.#begin(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, sealMessage(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, new Uint8Array(4)));
    } else if (chip.mailbox.send({ axiUser: 1, ...mailbox.envelope(COMMAND_ID.FIRMWARE_LOAD, bundle) }))
      this.#interrupted();
  }

  #bundle(): Uint8Array {
    const random = this.#random;
    const bundle = this.#subject.facts.firmware.slice();
    if (random.chance(0.15)) bundle[random.below(bundle.length)] = random.u32();
    return bundle;
  }

  /** Whole commands, and then one that may end in the middle. */
  #commands(): void {
    const random = this.#random;
    const device = this.#device;
    for (let n = random.below(6); n > 0 && device.state === 'runtime'; n--) {
      const { id, message, axiUser, staged } = this.#maker.next();
      if (this.#subject.subsystem && staged !== undefined) device.chip.stagingArea.bytes.set(staged);
      if (device.chip.soc.validMailboxUser(axiUser)) device.mailbox.send(id, message, { axiUser });
    }
    if (device.state !== 'runtime' || random.chance(0.2)) return;
    if (random.chance(0.1)) {
      this.#halfMessage();
      return;
    }
    const update = random.chance(0.4);
    const { id, message } = update ? { id: COMMAND_ID.FIRMWARE_LOAD, message: this.#bundle() } : this.#maker.next();
    this.#begin(id, message);
  }

  #begin(id: number, message: Uint8Array): void {
    const { chip, mailbox } = this.#device;
    if (chip.mailbox.send({ axiUser: 1, ...mailbox.envelope(id, message) })) this.#interrupted();
  }

  #interrupted(): void {
    this.#steps(this.#random.chance(0.7) ? this.#random.below(MOST_STEPS) : this.#random.below(6));
  }

  /** A client that took the lock and did not get far. */
  #halfMessage(): void {
    const { socBus } = this.#device.chip;
    const at = (name: keyof typeof MBOX_CSR.registers): number => MBOX_CSR.base + MBOX_CSR.registers[name].offset;
    socBus.read(at('MBOX_LOCK'), 1);
    socBus.write(at('MBOX_CMD'), COMMAND_ID.VERSION, 1);
    socBus.write(at('MBOX_DLEN'), this.#random.below(64), 1);
    for (let n = this.#random.below(8); n > 0; n--) socBus.write(at('MBOX_DATAIN'), this.#random.u32(), 1);
  }

  /** A runtime answers, a ROM answers, and who stopped refuses. */
  #listens(): void {
    const device = this.#device;
    if (device.chip.mailbox.owner !== 'none') return;
    const { status } = device.mailbox.send(COMMAND_ID.VERSION, sealMessage(COMMAND_ID.VERSION, new Uint8Array(4)));
    const expected = device.state === 'fatal' ? 'CMD_FAILURE' : 'DATA_READY';
    if (status !== expected) this.#violate(`${device.state}, and VERSION gives ${status}`);
  }

  /** Whatever happened, a power cycle and good firmware make a device that attests. */
  recover(firmware: Uint8Array): void {
    const device = this.#device;
    device.reset('cold');
    device.burnFuses();
    this.#rest();
    try {
      device.loadFirmware(firmware);
    } catch (error) {
      if (!(error instanceof RotError || error instanceof DeviceError)) throw error;
      this.#violate(`no boot after a power cycle: ${error.message}`);
      return;
    }
    const attests = device.context.persistent.dpe.get('attestation_disabled') === 0;
    if (device.state !== 'runtime' || !attests) this.#violate(`after a power cycle and a boot: ${device.state}`);
  }
}

/** Which cases end with a power cycle and a whole boot. */
const RECOVER_SHARE = 0.25;

function runCase(subject: Subject, bench: Bench, seed: number, index: number, outcomes: Outcomes): void {
  const { baseline } = subject;
  const random = caseRandom(seed, index);
  const run = new Run(subject, random, outcomes, index);
  baseline.rewind();
  try {
    for (let i = 0; i < RESETS_PER_CASE; i++) {
      baseline.allowSteps();
      run.episode();
    }
    baseline.allowSteps();
    if (random.chance(RECOVER_SHARE)) run.recover(bench.firmware);
  } catch (error) {
    violateThrown(error, baseline.name, baseline.secrets, index, outcomes);
  }
  checkTexts(baseline.events, baseline.secrets, index, outcomes);
}

/**
 * Resets at any moment: between two commands, in the middle of one, of a boot, an update or a recovery.
 *
 * @param range - numbers of the cases, of {@link RESETS_PER_CASE} resets each
 * @param progress - called after each case
 */
export function fuzzResets(
  bench: Bench,
  seed: number,
  range: { readonly from: number; readonly to: number },
  progress: (done: number) => void = () => {},
): Outcomes {
  const subjects = createSubjects(bench);
  const outcomes = new Outcomes();
  for (let index = range.from; index < range.to; index++) {
    const subject = caseRandom(seed ^ 0x7265_7375, index).pick(subjects);
    runCase(subject, bench, seed ^ 0x7265_7365, index, outcomes);
    progress(index + 1 - range.from);
  }
  return outcomes;
}
