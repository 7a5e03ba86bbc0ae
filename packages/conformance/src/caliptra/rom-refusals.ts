import { RotError } from '@rootcap/errors';
import { COMMAND_ID, messageChecksum } from '@rootcap/firmware';
import { type EditStage, type ManifestEdit, RECORDED_FIELD_NAMES } from '@rootcap/image';
import { createDevice, type Device, type DeviceOptions } from 'rootcap';
import { Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import {
  type ConformanceContext,
  type Mismatch,
  notRun,
  type Recognizer,
  runTests,
  type Suite,
  type TestCase,
} from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { compareCode, compareText, firstMismatch } from './checks.ts';
import { recordedFuses } from './recorded-options.ts';
import { type StandInOptions, standInFirmware, standInKeyHashes } from './stand-in-firmware.ts';

const BASE_SVN = 9;
const BASE_FUSE_SVN = 7;

const STAGES: readonly (readonly [RegExp, EditStage])[] = [
  [/^toc/, 'toc'],
  [/^header/, 'header'],
  [/^after-signing/, 'after-signing'],
];

function editsOf(test: Fields): ManifestEdit[] {
  const given = test.has('edit') ? [test.object('edit')] : test.has('edits') ? test.list('edits') : [];
  return given.map((edit) => {
    const stage = STAGES.find(([pattern]) => pattern.test(test.text('stage')))?.[1];
    const field = RECORDED_FIELD_NAMES[edit.text('field')];
    if (stage === undefined || field === undefined) notRun('unknown layout: stage or field of an edit');
    const optional = (name: 'u32' | 'offset' | 'xor' | 'fill' | 'length') =>
      edit.has(name) ? { [name]: edit.number(name) } : {};
    return {
      stage: stage as EditStage,
      field: field as string,
      ...optional('u32'),
      ...optional('offset'),
      ...optional('xor'),
      ...optional('fill'),
      ...optional('length'),
    };
  });
}

/** The device of the base case with what a case changes: fuses, image, key type. */
function optionsOf(test: Fields, { provider }: ConformanceContext): DeviceOptions & { readonly firmware: Uint8Array } {
  const pqc = test.optionalText('pqc') === 'LMS' ? 'lms' : 'mldsa';
  const standIn: StandInOptions = { pqc, svn: test.optionalNumber('fw_svn') ?? BASE_SVN, edits: editsOf(test) };
  const base = {
    ...standInKeyHashes(provider, standIn),
    firmwareSvn: BASE_FUSE_SVN,
    pqcKeyType: pqc === 'lms' ? 3 : 1,
  };
  const fuses = test.has('fuses') ? recordedFuses(test.value('fuses') as object) : {};
  return { provider, fuses: { ...base, ...fuses }, firmware: standInFirmware(provider, standIn) };
}

/** Sends the bundle and gives the status with which the mailbox ends. */
function upload(device: Device, bundle: Uint8Array): string {
  return device.mailbox.send(COMMAND_ID.FIRMWARE_LOAD, bundle).status;
}

/** A command header whose checksum is right, followed by `extra` bytes that it covers, or wrong. */
function message(id: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (length >= 4) new DataView(bytes.buffer).setUint32(0, messageChecksum(id, bytes.subarray(4)), true);
  return bytes;
}

/** Requests of the mailbox cases by what their names say. */
function mailboxRequest(name: string): readonly [id: number, data: Uint8Array] {
  const unknown = /unknown command 0x([0-9a-f]+)/.exec(name)?.[1];
  if (unknown !== undefined) return [Number.parseInt(unknown, 16), message(Number.parseInt(unknown, 16), 4)];
  const command = /ROM mailbox: ([A-Z0-9_]+)/.exec(name)?.[1] as keyof typeof COMMAND_ID | undefined;
  const id = command === undefined ? undefined : COMMAND_ID[command];
  if (id === undefined) return notRun('unknown layout: mailbox case');
  if (/wrong checksum/.test(name)) return [id, Uint8Array.of(1, 0, 0, 0)];
  return [id, message(id, Number(/with (\d+) bytes/.exec(name)?.[1] ?? 4))];
}

/** An update that is refused, then a warm reset: the core may not go on with what is half loaded. */
function resetCase(device: Device, firmware: Uint8Array): void {
  device.boot();
  const refused = firmware.slice();
  refused[0] = (refused[0] as number) ^ 1;
  try {
    device.loadFirmware(refused);
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
  }
  device.reset('warm');
  device.burnFuses();
  device.run();
}

function runCase(test: Fields, context: ConformanceContext): Mismatch {
  const name = test.text('name');
  const options = optionsOf(test, context);
  const device = createDevice(options);
  let status: string | undefined;
  if (test.optionalFlag('reset') === true) resetCase(device, options.firmware);
  else {
    device.bootToRom();
    status =
      test.optionalFlag('mailbox') === true
        ? device.mailbox.send(...mailboxRequest(name)).status
        : upload(device, options.firmware);
  }
  // Only a refusal after the image was taken leaves the mailbox with a completed command.
  const wanted = /already CMD_COMPLETE/.test(name) ? 'CMD_COMPLETE' : 'CMD_FAILURE';
  return firstMismatch(
    compareCode('CPTRA_FW_ERROR_FATAL', device.errors.fatal, Number(test.text('fatal'))),
    status === undefined ? undefined : compareText('mailbox status', status, wanted),
  );
}

function isCase(value: unknown): value is JsonObject {
  return isObject(value) && typeof value.name === 'string' && /^0x[0-9a-f]{8}$/.test(String(value.fatal));
}

/** Bad images, fuses and requests, each with the fatal code that ROM ends in: `negative.json`. */
export const romRefusals: Recognizer = {
  kind: 'rom-refusals',
  recognize(entry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    const cases = isObject(json) ? objects(json.cases) : [];
    if (cases.length === 0 || !cases.every(isCase)) return undefined;
    const name = suiteName(entry);
    const source = 'recorded refusals of the Caliptra ROM';
    return {
      name,
      source,
      run: (context) => {
        const tests = cases.map(
          (test): TestCase => ({ id: String(test.name), run: () => runCase(new Fields(test), context) }),
        );
        return runTests(name, source, tests, context.limits);
      },
    };
  },
};
