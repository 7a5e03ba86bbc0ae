import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@rootcap/crypto';
import { FW_PERSISTENT_DATA_ORG } from '@rootcap/firmware';
import { MEMORY_MAP } from '@rootcap/hardware';
import type { Device } from 'rootcap';
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
import { compareCode, compareText, firstMismatch, once } from './checks.ts';
import { digestDevice } from './digest-device.ts';
import { issuedDocument } from './issued-documents.ts';
import { type Moment, type ObservedBoot, observeBoot } from './observed-boot.ts';
import { requireKnownArea, requireKnownPcr } from './unrecorded-firmware.ts';

const FORMAT = 'rootcap/boot-digests/1';

/** Compares the first `size` bytes with their digest. */
function compareDigest(name: string, got: Uint8Array | undefined, want: Fields): Mismatch {
  const size = want.number('size');
  if (got === undefined || got.length < size)
    return `${name}: expected ${size} bytes, got ${got?.length ?? 'a refusal'}`;
  const digest = bytesToHex(sha256(got.subarray(0, size)));
  return compareText(`SHA-256 of ${name}`, digest, want.text('sha256'));
}

/** Something of which the whole is compared. */
function compareWhole(name: string, got: Uint8Array | undefined, want: Fields): Mismatch {
  if (got !== undefined && got.length > want.number('size'))
    return `${name}: expected ${want.number('size')} bytes, got ${got.length}`;
  return compareDigest(name, got, want);
}

/** One test for each entry of an object of objects. */
function eachEntry(
  label: string,
  entries: unknown,
  compareEntry: (name: string, want: Fields) => Mismatch,
): TestCase[] {
  if (!isObject(entries)) return [];
  return Object.entries(entries).map(([name, want]) => ({
    id: `${label} ${name}`,
    run: () => compareEntry(name, new Fields(isObject(want) ? want : notRun('unknown layout: an entry is no object'))),
  }));
}

function statusTests(label: string, expected: unknown, statuses: () => readonly number[]): TestCase[] {
  if (!Array.isArray(expected)) return [];
  return [
    {
      id: `${label}: boot status`,
      run: () => compareText('boot status', statuses().join(' '), expected.join(' ')),
    },
  ];
}

function registerTests(label: string, registers: unknown, moment: () => Moment): TestCase[] {
  if (!isObject(registers)) return [];
  return Object.entries(registers).map(([name, want]) => ({
    id: `${label} register ${name}`,
    run: () => {
      const got = moment().registers[name] ?? notRun(`unknown layout: register "${name}"`);
      return compareText(name, String(got), String(want));
    },
  }));
}

function momentTests(label: string, expected: unknown, moment: () => Moment, subsystemMode: boolean): TestCase[] {
  if (!isObject(expected)) return [];
  const { key_vault: keyVault, memory, pcrs, registers, trng_responses: trngResponses } = expected;
  return [
    ...statusTests(label, expected.boot_status, () => moment().statuses),
    ...eachEntry(`${label}: key vault slot`, keyVault, (slot, want) => {
      const { control, words } = moment().keyVault[Number(slot)] ?? notRun('unknown layout: slot number');
      return firstMismatch(
        want.has('control') ? compareCode('control word', control, want.number('control')) : undefined,
        compareDigest('contents', words, want),
      );
    }),
    ...eachEntry(`${label}: PCR`, pcrs, (index, want) => {
      requireKnownPcr(Number(index), subsystemMode);
      return compareWhole('PCR', moment().pcrs[Number(index)], want);
    }),
    ...eachEntry(`${label}: memory`, memory, (name, want) => {
      requireKnownArea(name, subsystemMode);
      const start = FW_PERSISTENT_DATA_ORG - MEMORY_MAP.DCCM.base + want.number('offset');
      return compareDigest(name, moment().dccm.subarray(start), want);
    }),
    ...registerTests(`${label}:`, registers, moment),
    ...(typeof trngResponses === 'number'
      ? [
          {
            id: `${label}: TRNG responses`,
            run: () => compareText('TRNG responses', `${moment().trngResponses}`, `${trngResponses}`),
          },
        ]
      : []),
  ];
}

function sendBeforeFirmware(device: Device, commands: unknown): void {
  for (const command of objects(commands)) {
    const fields = new Fields(command);
    device.mailbox.execute(fields.number('command'), fields.hex('request_after_checksum'));
  }
}

function bootTests(boot: JsonObject, context: ConformanceContext): TestCase[] {
  const expect = isObject(boot.expect) ? boot.expect : {};
  const booted = once(
    (): ObservedBoot =>
      observeBoot(digestDevice(new Fields(boot), context.provider), (device) =>
        sendBeforeFirmware(device, boot.mailbox_before_firmware),
      ),
  );
  const subsystemMode = isObject(boot.device) && boot.device.subsystem_mode === true;
  return [
    ...statusTests('end', expect.boot_status, () => booted().statuses),
    ...momentTests('ROM', expect.rom, () => booted().atRom, subsystemMode),
    ...momentTests('runtime', expect.runtime, () => booted().atRuntime, subsystemMode),
    ...eachEntry('CDI', expect.cdis, (layer, want) =>
      compareWhole(layer, booted().cdis[layer as keyof ObservedBoot['cdis']], want),
    ),
    ...eachEntry('document', expect.documents, (kind, want) =>
      compareWhole(kind, issuedDocument(booted().device, kind), want),
    ),
  ];
}

/** Boots of which the inputs are in the clear and every output is a digest: one JSON file a boot. */
export const bootDigests: Recognizer = {
  kind: 'boot-digests',
  recognize(entry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || json.format !== FORMAT) return undefined;
    const name = suiteName(entry);
    const source = 'digests of a recorded boot of the Caliptra firmware';
    return { name, source, run: (context) => runTests(name, source, bootTests(json, context), context.limits) };
  },
};
