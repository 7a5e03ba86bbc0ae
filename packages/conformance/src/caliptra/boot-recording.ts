import { hexToBytes } from '@rootcap/crypto';
import { BOOT_STATUS, FW_PERSISTENT_DATA_ORG } from '@rootcap/firmware';
import { emulatorKeyControl, MEMORY_MAP, SOC_IFC_REG } from '@rootcap/hardware';
import { extract, swapWords } from '@rootcap/struct';
import type { Device } from 'rootcap';
import { compare, Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import type { VectorFolder } from '../store.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { folderAt, folderPathOf, suiteName } from '../vector-paths.ts';
import { bytesTest, compareCode, compareText, firstMismatch, once } from './checks.ts';
import { isKnownRom, recordedConfig, recordedDevice } from './recorded-device.ts';

const KEY_ENTRY_SIZE = 64;

/** A boot up to the moment at which the runtime says it is ready, and what was seen on the way. */
interface Boot {
  readonly device: Device;
  readonly statuses: readonly number[];
  /** When ROM first said that it takes mailbox commands. */
  readonly atRom: Snapshot;
  readonly atRuntime: Snapshot;
}

/** What a recording keeps of one moment. */
interface Snapshot {
  readonly keyVault: readonly { readonly control: number; readonly words: Uint8Array }[];
  readonly registers: Readonly<Record<string, number | string>>;
  readonly dccm: Uint8Array;
  readonly pcrs: readonly Uint8Array[];
  readonly trngResponses: number;
}

/** Recordings show key and PCR words as the little-endian machine's memory holds them. */
function snapshot(device: Device): Snapshot {
  const { keyVault, pcrBank, dccm, trng } = device.chip;
  return {
    keyVault: Array.from({ length: 24 }, (_, slot) => ({
      control: emulatorKeyControl(keyVault.control(slot)),
      words: swapWords(keyVault.inspect(slot)),
    })),
    registers: registersOf(device),
    dccm: dccm.slice(),
    pcrs: Array.from({ length: 32 }, (_, i) => swapWords(pcrBank.read(i))),
    trngResponses: trng.responses,
  };
}

/** Registers of the SoC interface by the names that recordings give them. */
function registersOf({ chip: { soc } }: Device): Record<string, number | string> {
  const word = (value: number): string => value.toString(16).padStart(8, '0');
  const extended = Array.from({ length: 8 }, (_, i) => word(soc.get('CPTRA_FW_EXTENDED_ERROR_INFO', i)));
  return {
    boot_status: soc.get('CPTRA_BOOT_STATUS'),
    flow_status: soc.get('CPTRA_FLOW_STATUS'),
    fw_error_enc: soc.get('CPTRA_FW_ERROR_ENC'),
    fw_error_fatal: soc.get('CPTRA_FW_ERROR_FATAL'),
    fw_error_non_fatal: soc.get('CPTRA_FW_ERROR_NON_FATAL'),
    fw_extended_error_info: extended.join(''),
    fw_rev_id: word(soc.get('CPTRA_FW_REV_ID', 0)) + word(soc.get('CPTRA_FW_REV_ID', 1)),
    hw_config: soc.get('CPTRA_HW_CONFIG'),
    hw_error_fatal: soc.get('CPTRA_HW_ERROR_FATAL'),
    hw_error_non_fatal: soc.get('CPTRA_HW_ERROR_NON_FATAL'),
    hw_rev_id: soc.get('CPTRA_HW_REV_ID'),
    security_state: soc.get('CPTRA_SECURITY_STATE'),
  };
}

function statusesOf(state: JsonObject): number[] {
  return objects(state.boot_status_trace)
    .map(({ status }) => Number(status))
    .filter((status) => status !== 0);
}

const { ready_for_mb_processing, ready_for_runtime } = SOC_IFC_REG.registers.CPTRA_FLOW_STATUS.fields;

function boot(folder: VectorFolder, state: JsonObject, { provider }: ConformanceContext): Boot {
  const requestCsr = statusesOf(state).includes(BOOT_STATUS.IDevIdSendCsrEnvelopeComplete);
  const device = recordedDevice(folder, provider, { requestCsr });
  const statuses: number[] = [];
  let atRom: Snapshot | undefined;
  let atRuntime: Snapshot | undefined;
  device.on((event) => {
    if (atRuntime !== undefined) return;
    if (event.kind === 'firmware-status') statuses.push(event.status);
    if (event.kind !== 'flow-status') return;
    if (extract(ready_for_mb_processing, event.value) === 1) atRom ??= snapshot(device);
    if (extract(ready_for_runtime, event.value) === 1) atRuntime = snapshot(device);
  });
  device.bootToRom();
  device.loadFirmware(device.options.firmware ?? notRun('no firmware'));
  return {
    device,
    statuses,
    atRom: atRom ?? notRun('ROM never said that it is ready'),
    atRuntime: atRuntime ?? notRun('the runtime never said that it is ready'),
  };
}

/** Slots that the recording lists: contents and control word. */
function keyVaultTests(label: string, slots: unknown, moment: () => Snapshot): TestCase[] {
  return objects(slots).map((slot) => ({
    id: `${label} slot ${String(slot.slot)}`,
    run: () => {
      const fields = new Fields(slot);
      const { control, words } = moment().keyVault[fields.number('slot')] ?? notRun('unknown layout: slot number');
      return firstMismatch(
        compareCode('control word', control, fields.number('ctrl')),
        compare('contents', words.slice(0, KEY_ENTRY_SIZE), fields.hex('hex')),
      );
    },
  }));
}

function registerTests(label: string, registers: unknown, moment: () => Snapshot): TestCase[] {
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
function memoryTests(folder: VectorFolder, areas: unknown, moment: () => Snapshot): TestCase[] {
  if (!isObject(areas)) return [];
  return Object.entries(areas).map(([name, area]) => ({
    id: `memory ${name}`,
    run: () => {
      if (name === 'dpe' && recordedConfig(folder)?.subsystem_mode === true)
        notRun('measurements of SoC firmware, which the model does not load yet');
      if (name === 'fht' && !isKnownRom(folder)) notRun('the table points into a ROM image that is not known');
      const fields = new Fields(area as JsonObject);
      const start = FW_PERSISTENT_DATA_ORG - MEMORY_MAP.DCCM.base + fields.number('offset');
      return compare(name, moment().dccm.subarray(start, start + fields.number('size')), fields.hex('hex'));
    },
  }));
}

/** In subsystem mode the runtime stashes the measurement of the SoC's firmware here. */
const STASH_PCR = 31;

function pcrTests(pcrs: unknown, moment: () => Snapshot, subsystemMode: boolean): TestCase[] {
  return (Array.isArray(pcrs) ? pcrs : []).map((want, index) =>
    bytesTest(
      `PCR ${index}`,
      () =>
        index === STASH_PCR && subsystemMode
          ? notRun('measurements of SoC firmware, which the model does not load yet')
          : moment().pcrs[index],
      () => hexToBytes(String(want)),
    ),
  );
}

function trngTest(trng: unknown, moment: () => Snapshot): TestCase[] {
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
      run: () => compareText('boot status', booted().statuses.join(' '), statusesOf(state).join(' ')),
    },
    ...keyVaultTests('key vault at ROM', state.key_vault_at_ready_for_fw, atRom),
    ...registerTests('register at ROM', state.regs_ready_for_fw, atRom),
    ...keyVaultTests('key vault', state.key_vault, atRuntime),
    ...registerTests('register', state.regs, atRuntime),
    ...pcrTests(state.pcr_raw, atRuntime, recordedConfig(folder)?.subsystem_mode === true),
    ...memoryTests(folder, state.persistent, atRuntime),
    ...trngTest(state.trng, atRuntime),
    ...envelopeTests(folder, booted),
  ];
}

function envelopeTests(folder: VectorFolder, booted: () => Boot): TestCase[] {
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
