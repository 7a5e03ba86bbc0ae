import { DpeError, DpeState, messages, validateState } from '@rootcap/dpe';
import { errorName } from '@rootcap/errors';
import { type AnyLayout, COMMAND_ID, type CommandName, hasValidChecksum, messagesOf } from '@rootcap/firmware';
import { MBOX_CSR, MCU_SRAM_OFFSET, SOC_IFC_REG } from '@rootcap/hardware';
import { maskOf } from '@rootcap/struct';
import type { Device, DeviceOptions } from 'rootcap';
import { mayChange } from './allowed-changes.ts';
import { type Baseline, type Bench, createBaseline } from './baseline.ts';
import { mayRefuse } from './command-codes.ts';
import { type CommandRequest, nameOf, RequestMaker } from './command-requests.ts';
import { Corpus } from './corpus.ts';
import { createDebugUnlocker, type DebugUnlocker } from './debug-unlock.ts';
import { keepDpeHandles } from './dpe-requests.ts';
import { exampleKind, Gathered } from './gathered.ts';
import { lockRequests } from './lock-requests.ts';
import { Outcomes } from './outcomes.ts';
import { checkBytes, checkTexts, violateThrown } from './properties.ts';
import { caseRandom } from './random.ts';
import { type RequestFacts, requestFacts } from './request-facts.ts';
import { simulates } from './reset-expectations.ts';
import { addHpkeKeys } from './secrets.ts';
import { StateWatch } from './state-watch.ts';

/** Requests from one state of a device on. */
export const REQUESTS_PER_CASE = 50;
/** Cases that build on the requests of those before them. */
const CASES_PER_ROUND = 400;

interface Subject {
  readonly baseline: Baseline;
  readonly watch: StateWatch;
  readonly facts: RequestFacts;
  readonly unlocker: DebugUnlocker;
  /** Of the round so far. */
  corpus: Corpus;
}

const DEBUGGED = 'subsystem with debug intent';
const LOCKED = 'subsystem with OCP LOCK';

/** Asks for production debug unlock, which the runtime then serves. Nobody has the keys of the last level. */
function askForDebugUnlock({ chip: { mci, tap } }: Device, { keyHash }: DebugUnlocker): void {
  for (const level of [1, 2]) mci.setDebugUnlockHash(level, keyHash);
  mci.setDebugUnlockHash(3, new Uint8Array(48).fill(3));
  tap.write(SOC_IFC_REG.base + SOC_IFC_REG.registers.SS_DBG_SERVICE_REG_REQ.offset, PRODUCTION_UNLOCK);
}

const PRODUCTION_UNLOCK = maskOf(SOC_IFC_REG.registers.SS_DBG_SERVICE_REG_REQ.fields.prod_dbg_unlock_req);

const RUNTIMES: Readonly<Record<string, DeviceOptions>> = {
  passive: { mailboxAxiUsers: [0, 1, 2, 3, 0xffff_ffff] },
  subsystem: { subsystemMode: true },
  'passive with internal TRNG': { internalTrng: true },
  'subsystem with encrypted MCU firmware': { subsystemMode: true, encryptedMcuFirmware: true },
  [LOCKED]: { ocpLock: true, fuses: { hekSeed: Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1) } },
  [DEBUGGED]: { subsystemMode: true, debugIntent: true },
  'in manufacturing with CSR': { lifecycle: 'manufacturing', requestCsr: true },
};

const MCU_FIRMWARE = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);

function createSubjects(bench: Bench): Subject[] {
  const unlocker = createDebugUnlocker(bench.provider);
  return Object.entries(RUNTIMES).map(([name, options]) => {
    const locks = new Map<string, Uint8Array>();
    const prepare = (device: Device): void => {
      if (name === DEBUGGED) askForDebugUnlock(device, unlocker);
      if (name === LOCKED) for (const [command, request] of lockRequests(bench, device)) locks.set(command, request);
    };
    const baseline = createBaseline(name, bench, { mcuFirmware: MCU_FIRMWARE, ...options }, 'runtime', prepare);
    const { straps } = baseline.device.chip;
    const facts = requestFacts(bench, MCU_FIRMWARE, {
      subsystem: options.subsystemMode === true || options.ocpLock === true,
      unlocks: name === DEBUGGED,
      locks,
      stagingBase: Number(straps.stagingBase),
      mcuSram: Number(straps.mciBase) + MCU_SRAM_OFFSET,
    });
    return { baseline, watch: new StateWatch(baseline.device), facts, unlocker, corpus: new Corpus() };
  });
}

/** With these, the runtime disables attestation when it starts after an update. */
const DISTRUST = /^RUNTIME_(DPE_VALIDATION_FAILED|PL[01]_USED_DPE_CONTEXT_THRESHOLD_(REACHED|EXCEEDED))$/;

/**
 * The context that measures the runtime was destroyed; or a tagged one, by the export of its CDI, which leaves the tag. And
 * ROM, asked for a debug unlock, takes no other command after any reset.
 */
const ENDS_UPDATE =
  /^(RUNTIME_(UNABLE_TO_FIND_DPE_ROOT_CONTEXT|CONTEXT_(HAS_)?TAGS?_VALIDATION_FAILED)|SS_DBG_UNLOCK_PROD_INVALID_REQ_MBOX_CMD)$/;

const DPE_COMMANDS: readonly string[] = ['INVOKE_DPE_ECC384', 'INVOKE_DPE_MLDSA87'];
/** Commands that may change the DPE's contexts. */
const CHANGES_DPE = /DPE|CERTIFY_KEY|STASH|AUTH_MANIFEST|FIRMWARE|EXPORTED/;
const VAR_SIZE_DATA = 12;
/** Where a request for a challenge has its level. */
const UNLOCK_LEVEL = messagesOf('PRODUCTION_AUTH_DEBUG_UNLOCK_REQ').request?.member('unlock_level').offset ?? 0;
/** Usage of a new key where the request names none. */
const HMAC_KEY = 1;

/** One sequence of requests, and what must hold after each. */
class Run {
  readonly #subject: Subject;
  readonly #index: number;
  readonly #outcomes: Outcomes;
  readonly #gathered: Gathered;
  #moved = true;

  constructor(subject: Subject, index: number, outcomes: Outcomes, gathered: Gathered) {
    this.#subject = subject;
    this.#index = index;
    this.#outcomes = outcomes;
    this.#gathered = gathered;
  }

  send(request: CommandRequest): void {
    const { baseline, facts, watch } = this.#subject;
    const { device } = baseline;
    const { chip } = device;
    const command = nameOf(request.meant);
    if (!chip.soc.validMailboxUser(request.axiUser)) {
      this.#refusedUser(request);
      return;
    }
    if (facts.subsystem && request.staged !== undefined) chip.stagingArea.bytes.set(request.staged);
    if (this.#moved) watch.look();
    this.#moved = true;
    const { status, data } = device.mailbox.send(request.id, request.message, { axiUser: request.axiUser });
    addHpkeKeys(baseline.secrets, device);
    checkBytes(data, baseline.secrets, this.#index, this.#outcomes);
    if (status === 'CMD_FAILURE') this.#checkRefusal(request, command);
    else if (status === 'CMD_BUSY') this.#violate('bounded', `${command}: not answered`);
    else this.#checkAnswer(request, command, data);
  }

  /** The mailbox is not for this user: not even its lock. */
  #refusedUser({ axiUser }: CommandRequest): void {
    const { socBus, mailbox } = this.#subject.baseline.device.chip;
    socBus.read(MBOX_LOCK, axiUser);
    if (mailbox.owner !== 'none') this.#violate('unchanged', `user ${axiUser} has the mailbox`);
    this.#count('not a mailbox user');
  }

  #checkRefusal(request: CommandRequest, command: string): void {
    const { meant } = request;
    const { device } = this.#subject.baseline;
    const { fatal, nonFatal } = device.errors;
    const code = fatal !== 0 ? fatal : nonFatal;
    const symbol = errorName(code);
    if (symbol === undefined || !mayRefuse(command, symbol))
      this.#violate('typed error', `${command}: ${symbol ?? `code 0x${code.toString(16)}`}`);
    this.#count(`${command}: ${symbol}`, request);
    if (fatal !== 0 && !this.#endsUpdate(meant, symbol)) this.#violate('typed error', `${command}: ${symbol} is fatal`);
    if (meant !== COMMAND_ID.FIRMWARE_LOAD) this.#checkUnchanged(command, symbol ?? 'no code');
  }

  /** The runtime that starts after an update, done or refused, does not take every state that clients may make of the DPE. */
  #endsUpdate(id: number, symbol: string | undefined): boolean {
    return id === COMMAND_ID.FIRMWARE_LOAD && ENDS_UPDATE.test(symbol ?? '');
  }

  #checkUnchanged(command: string, why: string): void {
    const { baseline, watch } = this.#subject;
    const disabled = baseline.device.context.persistent.dpe.get('attestation_disabled') !== 0;
    for (const place of watch.differences())
      if (!mayChange(place, command, why, disabled)) this.#violate('unchanged', `${command}, ${why}: ${place} changed`);
  }

  #checkAnswer(request: CommandRequest, command: string, data: Uint8Array): void {
    const { device } = this.#subject.baseline;
    const { fatal, nonFatal } = device.errors;
    const distrusts = request.meant === COMMAND_ID.FIRMWARE_LOAD && DISTRUST.test(errorName(nonFatal) ?? '');
    if (nonFatal !== 0 && fatal === 0 && !distrusts)
      this.#violate('typed error', `${command}: success with ${errorName(nonFatal)}`);
    if (fatal !== 0 && request.meant !== COMMAND_ID.SHUTDOWN && !this.#endsUpdate(request.meant, errorName(fatal)))
      this.#violate('typed error', `${command}: success, then ${errorName(fatal)}`);
    const layout = command === 'unknown command' ? undefined : messagesOf(command as CommandName).response;
    if (data.length > 0 && !hasValidChecksum(0, data)) this.#violate('response', `${command}: wrong checksum`);
    if (layout !== undefined && (data.length < 8 || data.length > layout.size))
      this.#violate('response', `${command}: ${data.length} bytes of at most ${layout.size}`);
    this.#checkDpe(command);
    const dpeStatus = this.#dpeStatus(command, data);
    const answered = dpeStatus === undefined || dpeStatus === 0;
    this.#count(`${command}: ${answered ? 'answered' : `DPE status 0x${dpeStatus.toString(16)}`}`, request);
    if (dpeStatus !== undefined && dpeStatus !== 0) this.#checkUnchanged(command, `DPE status ${dpeStatus}`);
    else if (layout !== undefined) this.#keep(request, command, layout, data);
  }

  #keep(request: CommandRequest, command: string, layout: AnyLayout, data: Uint8Array): void {
    const { id, meant, message, staged, keyUsage } = request;
    this.#gathered.keepFields(layout, data, keyUsage === 0 ? HMAC_KEY : keyUsage);
    if (id === meant) this.#gathered.keepVerification(command, message, data);
    if (command !== 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ') return;
    const level = (id === meant ? message : staged)?.[UNLOCK_LEVEL] ?? 0;
    const answer = this.#subject.unlocker.answer(data, level);
    this.#gathered.replace(exampleKind('PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN'), answer);
  }

  /** Status in the header of a DPE response; keeps the handles of a good one. */
  #dpeStatus(command: string, data: Uint8Array): number | undefined {
    const body = VAR_SIZE_DATA + messages.ResponseHdr.size;
    if (!DPE_COMMANDS.includes(command) || data.length < body) return undefined;
    const { status } = messages.ResponseHdr.decodeFrom(data, VAR_SIZE_DATA);
    if (status === 0) keepDpeHandles(this.#gathered, data.subarray(body));
    return status;
  }

  /** The DPE's state is one that the DPE itself takes after a reset. */
  #checkDpe(command: string): void {
    const { device } = this.#subject.baseline;
    if (!CHANGES_DPE.test(command) || device.state !== 'runtime') return;
    try {
      validateState(new DpeState(device.context.persistent.dpe.slice('state'), 48));
    } catch (error) {
      if (!(error instanceof DpeError)) throw error;
      // As in caliptra-dpe, a simulation begins where a default context is; the validator takes no such state.
      if (error.status === 'MixedContextLocality' && simulates(device)) return;
      this.#violate('state', `${command}: ${error.message}`);
    }
  }

  #count(outcome: string, request?: CommandRequest): void {
    this.#outcomes.count(outcome);
    if (request !== undefined) this.#subject.corpus.keep(outcome, request);
  }

  #violate(property: 'typed error' | 'unchanged' | 'bounded' | 'response' | 'state', detail: string): void {
    this.#outcomes.violate({ case: this.#index, property, detail: `${this.#subject.baseline.name}: ${detail}` });
  }
}

const MBOX_LOCK = MBOX_CSR.base + MBOX_CSR.registers.MBOX_LOCK.offset;

/** A sequence from a fresh device on; whatever ends the device has it begin anew. */
function runCase(subject: Subject, seed: number, index: number, outcomes: Outcomes): void {
  const { baseline, facts } = subject;
  const random = caseRandom(seed, index);
  const gathered = new Gathered();
  const maker = new RequestMaker(random, gathered, facts, subject.corpus);
  const run = new Run(subject, index, outcomes, gathered);
  baseline.rewind();
  for (let i = 0; i < REQUESTS_PER_CASE; i++) {
    baseline.allowSteps();
    const request = maker.next();
    try {
      run.send(request);
    } catch (error) {
      const where = `${baseline.name}: request ${i}, ${nameOf(request.meant)}`;
      violateThrown(error, where, baseline.secrets, index, outcomes);
      baseline.rewind();
    }
    if (baseline.device.state !== 'runtime') baseline.rewind();
  }
  checkTexts(baseline.events, baseline.secrets, index, outcomes);
}

/**
 * Requests for every command of the runtime, of devices of different kinds. A case depends on the seed, its number, and
 * the cases before it in its round of {@link CASES_PER_ROUND}: parts of a run begin at a round.
 *
 * @param range - numbers of the cases, of {@link REQUESTS_PER_CASE} requests each
 * @param progress - called after each case
 */
export function fuzzCommands(
  bench: Bench,
  seed: number,
  range: { readonly from: number; readonly to: number },
  progress: (done: number) => void = () => {},
): Outcomes {
  const subjects = createSubjects(bench);
  const outcomes = new Outcomes();
  for (let index = range.from; index < range.to; index++) {
    if (index % CASES_PER_ROUND === 0) for (const subject of subjects) subject.corpus = new Corpus();
    const subject = caseRandom(seed ^ 0x7375_626a, index).pick(subjects);
    runCase(subject, seed ^ 0x636d_6473, index, outcomes);
    progress(index + 1 - range.from);
  }
  return outcomes;
}
