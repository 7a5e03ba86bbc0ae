import { COMMAND_ID } from '@rootcap/firmware';
import { SOC_IFC_REG } from '@rootcap/hardware';
import { extract } from '@rootcap/struct';
import type { Device } from 'rootcap';
import { Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
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
import { registersOf } from './observed-boot.ts';
import { recordedConfig, recordedDevice } from './recorded-device.ts';

/** Changes a bundle in place, or gives another one. `at` gives the offset of a part by its recorded name. */
type Change = (bundle: Uint8Array, at: (part: string) => number) => Uint8Array | undefined;

function flip(part: string, offset = 0): Change {
  return (bundle, at) => {
    const place = at(part) + offset;
    bundle[place] = (bundle[place] as number) ^ 1;
    return undefined;
  };
}

function set(part: string, value: number): Change {
  return (bundle, at) => {
    bundle[at(part)] = value;
    return undefined;
  };
}

const ECC_SIGNATURE_SIZE = 96;

function clearSignature(part: string): Change {
  return (bundle, at) => bundle.fill(0, at(part), at(part) + ECC_SIGNATURE_SIZE);
}

const unchanged: Change = () => undefined;

/** What each recorded case changed in the bundle; the recording names the place, which byte of it does not matter. */
const CHANGES: Readonly<Record<string, Change>> = {
  unmodified: unchanged,
  'manifest marker': flip('manifest'),
  'manifest size': flip('manifest', 4),
  'vendor key descriptor hash byte': flip('preamble_offset', 4),
  'vendor_ecc_pub_key_idx=9': set('vendor_ecc_idx', 9),
  'vendor ECC active key': flip('vendor_ecc_key'),
  'vendor PQC idx=40': set('vendor_pqc_idx', 40),
  'vendor PQC active key': flip('vendor_pqc_key'),
  'vendor ECC signature r': flip('vendor_ecc_sig'),
  'vendor ECC signature s': flip('vendor_ecc_sig', 48),
  'vendor PQC signature': flip('vendor_pqc_sig', 100),
  'owner ECC key': flip('owner_keys'),
  'owner PQC key': flip('owner_keys', 96),
  'owner ECC signature': flip('owner_ecc_sig'),
  'owner PQC signature': flip('owner_pqc_sig', 100),
  'header byte 8': flip('header_offset', 8),
  'toc fmc version': flip('toc_offset', 28),
  'toc last byte': flip('fmc', -1),
  'FMC image byte': flip('fmc'),
  'RT image byte': flip('runtime'),
  'truncated by 256 bytes': (bundle) => bundle.slice(0, -256),
  'vendor ECC signature zero': clearSignature('vendor_ecc_sig'),
  'owner ECC signature zero': clearSignature('owner_ecc_sig'),
};

function changeOf(test: Fields): Change {
  const known = CHANGES[test.text('case')];
  if (known !== undefined) return known;
  const fuses = test.value('modified_fuses');
  return isObject(fuses) && Object.keys(fuses).length > 0 ? unchanged : notRun('unknown layout: change of a bundle');
}

const { ready_for_runtime } = SOC_IFC_REG.registers.CPTRA_FLOW_STATUS.fields;

/** Sends the bundle. @returns mailbox status, and the last boot status before the runtime was ready */
function upload(device: Device, bundle: Uint8Array): { readonly status: string; readonly lastBootStatus: number } {
  let lastBootStatus = 0;
  let ready = false;
  device.on((event) => {
    if (event.kind === 'firmware-status' && !ready) lastBootStatus = event.status;
    if (event.kind === 'flow-status' && extract(ready_for_runtime, event.value) === 1) ready = true;
  });
  const { status } = device.mailbox.send(COMMAND_ID.FIRMWARE_LOAD, bundle);
  device.run();
  return { status, lastBootStatus };
}

function runCase(folder: VectorFolder, layout: Fields, test: Fields, { provider }: ConformanceContext): Mismatch {
  const change = changeOf(test);
  const fuses = test.value('modified_fuses') as object;
  const device = recordedDevice(folder, provider, { requestCsr: false, fuses }).bootToRom();
  const bundle = device.options.firmware?.slice() ?? notRun('no firmware');
  const at = (part: string): number => (part === 'manifest' ? 0 : layout.number(part));
  const { status, lastBootStatus } = upload(device, change(bundle, at) ?? bundle);
  return firstMismatch(
    compareText('mailbox status', status, test.text('upload_status')),
    compareCode('CPTRA_FW_ERROR_FATAL', device.errors.fatal, Number(test.text('fw_error_fatal'))),
    compareCode('CPTRA_FW_ERROR_NON_FATAL', device.errors.nonFatal, Number(test.text('fw_error_non_fatal'))),
    compareText(
      'extended error information',
      String(registersOf(device).fw_extended_error_info),
      test.text('fw_extended_error_info'),
    ),
    compareText('last boot status', `${lastBootStatus}`, `${test.number('last_boot_status')}`),
    compareText('runtime reached', `${device.state === 'runtime'}`, `${test.flag('reached_runtime')}`),
  );
}

function isCase(value: JsonObject): boolean {
  return typeof value.case === 'string' && isObject(value.modified_fuses) && typeof value.fw_error_fatal === 'string';
}

/** Uploads of changed bundles to devices with changed fuses: `fw-verify-errors.json` beside `config.json`. */
export const firmwareUploads: Recognizer = {
  kind: 'firmware-uploads',
  recognize(entry, store): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const folder = folderAt(store, folderPathOf(entry));
    if (folder === undefined || recordedConfig(folder) === undefined) return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !isObject(json.layout)) return undefined;
    const layout = new Fields(json.layout);
    const cases = objects(json.cases);
    if (cases.length === 0 || !cases.every(isCase)) return undefined;
    const name = suiteName(entry);
    const source = 'recorded firmware uploads to the Caliptra ROM';
    const tests = (context: ConformanceContext): TestCase[] =>
      cases.map((test) => ({
        id: String(test.case),
        run: () => runCase(folder, layout, new Fields(test), context),
      }));
    return { name, source, run: (context) => runTests(name, source, tests(context), context.limits) };
  },
};
