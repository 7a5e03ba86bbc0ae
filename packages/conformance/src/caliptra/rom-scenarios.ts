import { hexToBytes } from '@rootcap/crypto';
import { OWNER_STATUS, VENDOR_STATUS_2_1_0 } from '@rootcap/dice';
import type { Straps } from '@rootcap/hardware';
import { createDevice, type Device, type DeviceOptions } from 'rootcap';
import { Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import type { VectorFile, VectorStore } from '../store.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { sibling, suiteName } from '../vector-paths.ts';
import { bytesTest, compareText, once } from './checks.ts';
import { issuedDocument } from './issued-documents.ts';
import { type ObservedBoot, observeBoot } from './observed-boot.ts';
import { recordedFuses, recordedLifecycle, recordedProfile, UNWRITTEN_FUSES } from './recorded-options.ts';
import { measuringStandIn } from './stand-in-firmware.ts';

/** Offsets of the vendor's key indices in the device status; the generations differ only behind them. */
const VENDOR_ECC_INDEX = OWNER_STATUS.size + VENDOR_STATUS_2_1_0.offsetOf('vendorEccKeyIndex');
const VENDOR_PQC_INDEX = OWNER_STATUS.size + VENDOR_STATUS_2_1_0.offsetOf('vendorPqcKeyIndex');

function isScenario(value: unknown): value is JsonObject {
  return isObject(value) && isObject(value.fuses) && isObject(value.secrets) && isObject(value.expect);
}

/** The CSR key of the recordings' chip. caliptra-sw:sw-emulator/lib/periph/src/root_bus.rs */
const RECORDED_CSR_HMAC_KEY = hexToBytes(
  '014552ad1955075750c602dd85de4e9b815cc9ef0ba81a357a05d7c07f5efaebf76dd9d29e38197f0405253725b568f4432665f1d11d02a7bfb9279fa2eb96d7',
);

/** Device and firmware of a scenario. */
function optionsOf(scenario: Fields, { provider }: ConformanceContext): DeviceOptions {
  const secrets = scenario.object('secrets');
  const fuses = recordedFuses({
    uds_seed: secrets.text('uds_seed'),
    field_entropy: secrets.text('field_entropy'),
    ...(scenario.value('fuses') as object),
  });
  const status = scenario.hex('device_status');
  const validity = scenario.object('validity');
  const firmware = measuringStandIn(
    provider,
    {
      pqc: fuses.pqcKeyType === 3 ? 'lms' : 'mldsa',
      svn: scenario.number('fw_svn'),
      vendorEccIndex: status[VENDOR_ECC_INDEX] ?? 0,
      vendorPqcIndex: status[VENDOR_PQC_INDEX] ?? 0,
      header: {
        ...(validity.has('nb') ? { vendorNotBefore: validity.text('nb') } : {}),
        ...(validity.has('na') ? { vendorNotAfter: validity.text('na') } : {}),
      },
    },
    {
      vendorPkHash: scenario.hex('vendor_pk_hash'),
      ownerPkHash: scenario.hex('owner_pk_hash'),
      fmcTci: scenario.hex('fmc_tci'),
      rtTci: scenario.hex('rt_tci'),
    },
  );
  return {
    provider: firmware.provider,
    firmware: firmware.bundle,
    profile: recordedProfile(scenario.text('rom')),
    lifecycle: recordedLifecycle(scenario.text('lifecycle')),
    debugLocked: scenario.flag('debug_locked'),
    subsystemMode: scenario.flag('subsystem_mode'),
    ocpLock: scenario.optionalFlag('ocp_lock_en') ?? false,
    obfuscationKey: secrets.hex('cptra_obf_key'),
    csrHmacKey: RECORDED_CSR_HMAC_KEY,
    requestCsr: scenario.object('expect').object('files').has('csr_envelope'),
    straps: { generic: genericStraps(scenario) },
    fuses: { ...UNWRITTEN_FUSES, ...fuses },
  };
}

function genericStraps(scenario: Fields): Straps['generic'] {
  const given = scenario.value('strap_generic');
  const [a = 0, b = 0, c = 0, d = 0] = Array.isArray(given) ? given.map(Number) : [];
  return [a, b, c, d];
}

/** Boots as far as the runtime, with the commands that the recording's host sent to ROM. */
function boot(scenario: Fields, context: ConformanceContext): ObservedBoot {
  return observeBoot(createDevice(optionsOf(scenario, context)), (device) => {
    for (const command of objects(scenario.value('mailbox_before_fw'))) sendBeforeFirmware(device, new Fields(command));
  });
}

/** `cmd` is a name and an id, the request is given without its checksum. */
function sendBeforeFirmware(device: Device, command: Fields): void {
  const id = /0x([0-9a-f]+)$/i.exec(command.text('cmd'))?.[1] ?? notRun('unknown layout: no command id');
  device.mailbox.execute(Number.parseInt(id, 16), command.hex('request_after_checksum'));
}

/** The recording names PCRs `pcr0`, `pcr1`, …; all of a chip's stand in the same order. */
function pcrTests(expect: Fields, names: readonly string[], booted: () => ObservedBoot): TestCase[] {
  return names.flatMap((name) => {
    const index = /^pcr(\d+)$/.exec(name)?.[1];
    if (index === undefined) return [];
    return [
      bytesTest(
        name,
        () => booted().device.chip.pcrBank.read(Number(index)),
        () => expect.hex(name),
      ),
    ];
  });
}

/** Contents as far as the recording shows them: a slot's unused end is not in it. */
function keyVaultTests(slots: Fields, names: readonly string[], booted: () => ObservedBoot): TestCase[] {
  return names.map((slot) => {
    const want = (): Uint8Array => slots.hex(slot);
    return bytesTest(
      `key vault slot ${slot}`,
      () => booted().device.chip.keyVault.inspect(Number(slot)).slice(0, want().length),
      want,
    );
  });
}

function documentTests(
  file: VectorFile,
  store: VectorStore,
  files: JsonObject,
  booted: () => ObservedBoot,
): TestCase[] {
  return Object.entries(files).map(([kind, name]) =>
    bytesTest(
      kind,
      () => issuedDocument(booted().device, kind),
      () => sibling(store, file, String(name))?.bytes() ?? notRun('a certificate file is missing'),
    ),
  );
}

/** A status that stays for many instructions is recorded once, and one that passes at once may be missing. */
function statusTest(expect: Fields, booted: () => ObservedBoot): TestCase {
  return {
    id: 'boot status',
    run: () => {
      const recorded = (expect.value('boot_status') as readonly number[]).filter((status) => status !== 0);
      return compareText('boot status', booted().statuses.join(' '), recorded.join(' '));
    },
  };
}

function scenarioTests(
  scenario: JsonObject,
  file: VectorFile,
  store: VectorStore,
  context: ConformanceContext,
): TestCase[] {
  const fields = new Fields(scenario);
  const expected = scenario.expect as JsonObject;
  const expect = new Fields(expected);
  const booted = once(() => boot(fields, context));
  const slots = isObject(expected.kv) ? expected.kv : {};
  const files = isObject(expected.files) ? expected.files : {};
  const tests = [
    ...pcrTests(expect, Object.keys(expected), booted),
    ...keyVaultTests(new Fields(slots), Object.keys(slots), booted),
    bytesTest(
      'IDevID CDI',
      () => booted().cdis.idevid,
      () => expect.hex('idevid_cdi'),
    ),
    bytesTest(
      'LDevID CDI',
      () => booted().cdis.ldevid,
      () => expect.hex('ldevid_cdi'),
    ),
    ...documentTests(file, store, files, booted),
    statusTest(expect, booted),
  ];
  return tests.map(({ id, run }) => ({ id: `${String(scenario.name)}/${id}`, run }));
}

/** Boots with different fuses, states and firmware, with everything that came out of them: `scenarios.json`. */
export const romScenarios: Recognizer = {
  kind: 'rom-scenarios',
  recognize(entry, store): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    const scenarios = isObject(json) ? objects(json.scenarios) : [];
    if (scenarios.length === 0 || !scenarios.every(isScenario)) return undefined;
    const name = suiteName(entry);
    const source = 'recorded boots of the Caliptra firmware';
    return {
      name,
      source,
      run: (context) =>
        runTests(
          name,
          source,
          scenarios.flatMap((scenario) => scenarioTests(scenario, entry, store, context)),
          context.limits,
        ),
    };
  },
};
