import { COMMAND_ID, COMMAND_MESSAGES } from '@rootcap/firmware';
import type { Device } from 'rootcap';
import { compare, Fields, isObject, type JsonObject, readJson } from '../fields.ts';
import type { VectorFolder } from '../store.ts';
import {
  type ConformanceContext,
  type Mismatch,
  notRun,
  type Recognizer,
  runTests,
  type Suite,
  type TestCase,
} from '../suite.ts';
import { folderAt, folderPathOf, suiteName } from '../vector-paths.ts';
import { compareCode, compareText, firstMismatch } from './checks.ts';
import { isKnownRom, ProbedKeyCache, recordedConfig, recordedDevice, recordedFirmware } from './recorded-device.ts';

/** A session in progress. */
class Session {
  readonly #folder: VectorFolder;
  readonly #context: ConformanceContext;
  readonly #entries: readonly JsonObject[];
  #device: Device | undefined;
  #axiUser = 1;
  #keyCache = new ProbedKeyCache();

  constructor(folder: VectorFolder, entries: readonly JsonObject[], context: ConformanceContext) {
    this.#folder = folder;
    this.#context = context;
    this.#entries = entries;
  }

  #newDevice(inRom: boolean): Device {
    const requestCsr = this.#entries.some(
      ({ cmd, status }) =>
        (cmd === COMMAND_ID.GET_IDEV_ECC384_CSR || cmd === COMMAND_ID.GET_IDEV_MLDSA87_CSR) && status === 'DATA_READY',
    );
    // The device that loads a second image must measure that one as recorded too.
    const provider = this.#update()?.provider ?? this.#context.provider;
    this.#keyCache = new ProbedKeyCache();
    const device = recordedDevice(this.#folder, provider, { requestCsr, keyCache: this.#keyCache }).bootToRom();
    if (!inRom) bootFirmware(device);
    return device;
  }

  #update() {
    const loads = this.#entries.some(
      ({ cmd, request_size: size }) => cmd === COMMAND_ID.FIRMWARE_LOAD && size !== undefined,
    );
    return loads ? recordedFirmware(this.#folder, this.#context.provider, 'image-update.json') : undefined;
  }

  /** The device; made at the first entry that needs it. */
  get device(): Device {
    this.#device ??= this.#newDevice(startsInRom(this.#entries));
    return this.#device;
  }

  hostOperation(operation: Fields): Mismatch {
    switch (operation.text('op')) {
      case 'REBOOT_TO_ROM':
        this.#device = this.#newDevice(true);
        return undefined;
      case 'BOOT_FIRMWARE':
        bootFirmware(this.device);
        return undefined;
      case 'warm_reset':
        // At once: to the runtime the last command still runs, so that it disables attestation.
        this.device.reset('warm');
        this.device.burnFuses();
        return undefined;
      case 'until':
      case 'steps':
        this.device.run();
        return undefined;
      case 'axi_user':
        this.#axiUser = operation.number('user');
        return undefined;
      default:
        return notRun(`unknown layout: host operation "${operation.text('op')}"`);
    }
  }

  command(entry: Fields): Mismatch {
    if (entry.has('observed_mek_hex')) {
      this.device.run();
      return compare('released key', this.#keyCache.released, entry.hex('observed_mek_hex'));
    }
    const id = entry.number('cmd');
    this.device.run();
    if (id === COMMAND_ID.FW_INFO && !isKnownRom(this.#folder))
      notRun('the answer describes a ROM image that is not known');
    // The recording's recovery interface had data when it had no image: zeros.
    if (id === COMMAND_ID.RI_DOWNLOAD_FIRMWARE) this.device.chip.recovery.stage([new Uint8Array(4)]);
    const { status, errors, data } = exchange(this.device, id, this.#requestOf(entry), this.#axiUser);
    const mismatch = firstMismatch(
      compareText('mailbox status', status, entry.text('status')),
      entry.has('response_hex') ? compare('response', data, entry.hex('response_hex')) : undefined,
      entry.has('axi_response_hex') ? this.#compareAxiResponse(entry) : undefined,
      errorMismatch(errors, entry),
    );
    if (mismatch === undefined && status !== 'CMD_FAILURE') this.#context.onSameAnswer?.(id);
    return mismatch;
  }

  /** What a command left in the SoC's memory: both commands that do have the same head. */
  #compareAxiResponse(entry: Fields): Mismatch {
    const request = entry.hex('request_hex');
    const { field, offset } = COMMAND_MESSAGES.INVOKE_DPE_MLDSA87.request.member('axi_response');
    const axi = field.read(request, offset);
    const want = entry.hex('axi_response_hex');
    if (want.length === 0) return undefined;
    const address = (BigInt(axi.addr_hi) << 32n) | BigInt(axi.addr_lo);
    return compare('response in memory', this.device.chip.axi.read(address, want.length), want);
  }

  /** A firmware bundle is named in the recording, not given. */
  #requestOf(entry: Fields): Uint8Array {
    if (entry.has('request_hex')) return entry.hex('request_hex');
    return this.#update()?.bundle ?? notRun('the request is not in the recording');
  }
}

function bootFirmware(device: Device): void {
  device.loadFirmware(device.options.firmware ?? notRun('no firmware'));
}

/** Sends a request and reads the error registers as soon as there is an answer, as the recording host did. */
function exchange(device: Device, command: number, data: Uint8Array, axiUser: number) {
  const { mailbox } = device.chip;
  if (!mailbox.send({ axiUser, ...device.mailbox.envelope(command, data) })) notRun('the mailbox is taken');
  device.run(() => mailbox.status() !== 'CMD_BUSY');
  const status = mailbox.status();
  const { errors } = device;
  const response = status === 'DATA_READY' ? mailbox.response(axiUser) : new Uint8Array(0);
  mailbox.release(axiUser);
  return { status, errors, data: response };
}

/** A session says by its operations whether it begins before firmware is there. */
function startsInRom(entries: readonly JsonObject[]): boolean {
  return entries.some(({ host_op: operation }) => isObject(operation) && operation.op === 'BOOT_FIRMWARE');
}

function errorMismatch(errors: Device['errors'], entry: Fields): Mismatch {
  const error = entry.value('error');
  if (!isObject(error)) return undefined;
  const fields = new Fields(error);
  return firstMismatch(
    compareCode('CPTRA_FW_ERROR_FATAL', errors.fatal, Number(fields.text('fw_error_fatal'))),
    compareCode('CPTRA_FW_ERROR_NON_FATAL', errors.nonFatal, Number(fields.text('fw_error_non_fatal'))),
  );
}

function sessionTests(folder: VectorFolder, entries: readonly JsonObject[], context: ConformanceContext): TestCase[] {
  const session = new Session(folder, entries, context);
  return entries.map((entry) => ({
    id: `${String(entry.seq)} ${String(entry.name ?? 'host operation')}`,
    run: () =>
      isObject(entry.host_op) ? session.hostOperation(new Fields(entry.host_op)) : session.command(new Fields(entry)),
  }));
}

/** Mailbox sessions with a recorded device: `transcript.json` in a folder below the one with `config.json`. */
export const transcripts: Recognizer = {
  kind: 'transcript',
  recognize(entry, store): Suite | undefined {
    if (entry.kind !== 'file' || entry.name !== 'transcript.json') return undefined;
    const entries = readJson(entry);
    if (!Array.isArray(entries) || !entries.every(isObject)) return undefined;
    const own = folderAt(store, folderPathOf(entry));
    const folder = own && folderAt(store, folderPathOf(own));
    if (folder === undefined || recordedConfig(folder) === undefined) return undefined;
    const name = suiteName(entry);
    const source = 'recorded mailbox session of the Caliptra firmware';
    return {
      name,
      source,
      run: (context) => runTests(name, source, sessionTests(folder, entries, context)),
    };
  },
};
