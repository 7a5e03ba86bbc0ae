import { hexToBytes } from '@rootcap/crypto';
import { BOOT_STATUS, FW_PERSISTENT_DATA_ORG } from '@rootcap/firmware';
import { MEMORY_MAP } from '@rootcap/hardware';
import { swapWords } from '@rootcap/struct';
import { compare, Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import type { VectorFolder } from '../store.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { folderAt, folderPathOf, suiteName } from '../vector-paths.ts';
import { bytesTest, compareCode, compareText, firstMismatch, once } from './checks.ts';
import { type Moment, type ObservedBoot, observeBoot } from './observed-boot.ts';
import { isKnownRom, recordedConfig, recordedDevice } from './recorded-device.ts';

const KEY_ENTRY_SIZE = 64;

function statusesOf(state: JsonObject): number[] {
  return objects(state.boot_status_trace)
    .map(({ status }) => Number(status))
    .filter((status) => status !== 0);
}

function boot(folder: VectorFolder, state: JsonObject, { provider }: ConformanceContext): ObservedBoot {
  const requestCsr = statusesOf(state).includes(BOOT_STATUS.IDevIdSendCsrEnvelopeComplete);
  return observeBoot(recordedDevice(folder, provider, { requestCsr }));
}

/** Slots that the recording lists: contents, as the little-endian machine's memory holds them, and control word. */
function keyVaultTests(label: string, slots: unknown, moment: () => Moment): TestCase[] {
  return objects(slots).map((slot) => ({
    id: `${label} slot ${String(slot.slot)}`,
    run: () => {
      const fields = new Fields(slot);
      const { control, words } = moment().keyVault[fields.number('slot')] ?? notRun('unknown layout: slot number');
      return firstMismatch(
        compareCode('control word', control, fields.number('ctrl')),
        compare('contents', words.slice(0, KEY_ENTRY_SIZE), swapWords(fields.hex('hex'))),
      );
    },
  }));
}

function registerTests(label: string, registers: unknown, moment: () => Moment): TestCase[] {
  if (!isObject(registers)) return [];
  return Object.entries(registers).map(([name, want]) => ({
    id: `${label} ${name}`,
    run: () => {
      const got = moment().registers[name] ?? notRun(`unknown layout: register "${name}"`);
      return compareText(name, String(got), String(want));
    },
  }));
}

/** Tables in data memory; the recording counts from where the runtime's begin. */
function memoryTests(folder: VectorFolder, areas: unknown, moment: () => Moment): TestCase[] {
  if (!isObject(areas)) return [];
  return Object.entries(areas).map(([name, area]) => ({
    id: `memory ${name}`,
    run: () => {
      if (name === 'fht' && !isKnownRom(folder)) notRun('the table points into a ROM image that is not known');
      const fields = new Fields(area as JsonObject);
      const start = FW_PERSISTENT_DATA_ORG - MEMORY_MAP.DCCM.base + fields.number('offset');
      return compare(name, moment().dccm.subarray(start, start + fields.number('size')), fields.hex('hex'));
    },
  }));
}

function pcrTests(pcrs: unknown, moment: () => Moment): TestCase[] {
  return (Array.isArray(pcrs) ? pcrs : []).map((want, index) =>
    bytesTest(
      `PCR ${index}`,
      () => moment().pcrs[index],
      () => swapWords(hexToBytes(String(want))),
    ),
  );
}

function trngTest(trng: unknown, moment: () => Moment): TestCase[] {
  const count = isObject(trng) && Array.isArray(trng.etrng) ? trng.etrng.length : 0;
  if (count === 0) return [];
  return [{ id: 'TRNG responses', run: () => compareText('TRNG responses', `${moment().trngResponses}`, `${count}`) }];
}

function stateTests(folder: VectorFolder, state: JsonObject, context: ConformanceContext): TestCase[] {
  const booted = once(() => boot(folder, state, context));
  const atRuntime = () => booted().atRuntime;
  const atRom = () => booted().atRom;
  return [
    {
      id: 'boot status',
      run: () => compareText('boot status', atRuntime().statuses.join(' '), statusesOf(state).join(' ')),
    },
    ...keyVaultTests('key vault at ROM', state.key_vault_at_ready_for_fw, atRom),
    ...registerTests('register at ROM', state.regs_ready_for_fw, atRom),
    ...keyVaultTests('key vault', state.key_vault, atRuntime),
    ...registerTests('register', state.regs, atRuntime),
    ...pcrTests(state.pcr_raw, atRuntime),
    ...memoryTests(folder, state.persistent, atRuntime),
    ...trngTest(state.trng, atRuntime),
    ...envelopeTests(folder, booted),
  ];
}

function envelopeTests(folder: VectorFolder, booted: () => ObservedBoot): TestCase[] {
  const file = folder.file('idevid_csr_envelope.bin');
  return file === undefined
    ? []
    : [
        bytesTest(
          'CSR envelope',
          () => booted().device.csrEnvelope(),
          () => file.bytes(),
        ),
      ];
}

/** One recorded boot: `config.json`, `image.json` and `state.json` in a folder. */
export const bootRecordings: Recognizer = {
  kind: 'boot-recording',
  recognize(entry, store): Suite | undefined {
    if (entry.kind !== 'file' || entry.name !== 'state.json') return undefined;
    const folder = folderAt(store, folderPathOf(entry));
    if (folder === undefined || recordedConfig(folder) === undefined) return undefined;
    const state = readJson(entry);
    if (!isObject(state) || !Array.isArray(state.boot_status_trace)) return undefined;
    const name = suiteName(entry);
    const source = 'recorded boot of the Caliptra firmware';
    return {
      name,
      source,
      run: (context) => runTests(name, source, stateTests(folder, state, context), context.limits),
    };
  },
};
