import type { FirmwareProfileName } from '@rootcap/firmware';
import { createDevice, type Device, type DeviceOptions } from 'rootcap';
import { Fields, isObject, type JsonObject, readJson } from '../fields.ts';
import type { VectorFile, VectorFolder, VectorStore } from '../store.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { folderAt, folderPathOf, suiteName } from '../vector-paths.ts';
import { bytesTest, once } from './checks.ts';
import { issuedDocument } from './issued-documents.ts';
import { UNWRITTEN_FUSES } from './recorded-options.ts';
import { redact } from './redaction.ts';
import { measuringStandIn } from './stand-in-firmware.ts';

/** Register words as text, `0x…`, each big-endian. */
function bytesOfWords(value: unknown): Uint8Array {
  if (!Array.isArray(value)) return notRun('unknown layout: a list of words is missing');
  const bytes = new Uint8Array(4 * value.length);
  const view = new DataView(bytes.buffer);
  value.forEach((word, i) => {
    view.setUint32(4 * i, Number(word));
  });
  return bytes;
}

/** What the pack says: the device's secrets, the firmware that the smoke test loads, how certificates are redacted. */
interface SmokeInputs {
  readonly secrets: Fields;
  readonly firmware: Fields;
  readonly redaction: Fields;
}

const FUSE_SVN = 7;
const FIRMWARE_SVN = 9;

function secretsOf({ secrets }: SmokeInputs): Pick<DeviceOptions, 'obfuscationKey' | 'csrHmacKey' | 'fuses'> {
  return {
    obfuscationKey: bytesOfWords(secrets.value('cptra_obf_key')),
    csrHmacKey: bytesOfWords(secrets.value('csr_hmac_key')),
    fuses: {
      ...UNWRITTEN_FUSES,
      pqcKeyType: 1,
      udsSeed: bytesOfWords(secrets.value('uds_seed')),
      fieldEntropy: bytesOfWords(secrets.value('field_entropy')),
    },
  };
}

/** The device at the point where ROM waits for firmware: what a factory takes from it is there. */
function factoryDevice(inputs: SmokeInputs, profile: FirmwareProfileName, { provider }: ConformanceContext): Device {
  return createDevice({
    provider,
    profile,
    lifecycle: 'manufacturing',
    requestCsr: true,
    ...secretsOf(inputs),
  }).bootToRom();
}

/** The device in production with firmware that measures as the pack says; of the runtime nothing is known or needed. */
function fieldDevice(inputs: SmokeInputs, profile: FirmwareProfileName, context: ConformanceContext): Device {
  const { firmware } = inputs;
  const hashes = { vendorPkHash: firmware.hex('vendor_pk_hash'), ownerPkHash: firmware.hex('owner_pk_hash') };
  const { provider, bundle } = measuringStandIn(
    context.provider,
    { pqc: 'mldsa', svn: FIRMWARE_SVN },
    { ...hashes, fmcTci: firmware.hex('fmc_tci'), rtTci: new Uint8Array(48) },
  );
  const secrets = secretsOf(inputs);
  return createDevice({
    provider,
    profile,
    firmware: bundle,
    ...secrets,
    fuses: { ...secrets.fuses, ...hashes, firmwareSvn: FUSE_SVN },
  }).boot();
}

/** Files by who makes the document: ROM in the factory, or a device with firmware; `redacted` ones are P-384 only. */
const FACTORY = /^(idevid_csr|ldevid_cert)_(ecc|mldsa)\.der$/;
const FIELD = /^(fmc_alias|rt_alias)_(cert|csr)_(ecc|mldsa|redacted)\.der$/;

/** Name of a document as recordings have it: a certificate is not called one. */
function kindOf(name: string): string {
  return name
    .replace(/\.der$/, '')
    .replace('_redacted', '_ecc')
    .replace('_cert_', '_');
}

/** What a device that was made says of a file. */
function documentOf(file: VectorFile, device: Device, inputs: SmokeInputs, { provider }: ConformanceContext) {
  const document = issuedDocument(device, kindOf(file.name));
  if (document === undefined || !/_redacted\.der$/.test(file.name)) return document;
  return redact(provider, document, /_csr_/.test(file.name) ? 'request' : 'certificate', {
    publicKey: inputs.redaction.hex('public_key_hex'),
    issuer: /^rt_alias/.test(file.name) ? issuedDocument(device, 'fmc_alias_ecc') : undefined,
  });
}

function folderTests(
  folder: VectorFolder | undefined,
  profile: FirmwareProfileName,
  inputs: SmokeInputs,
  context: ConformanceContext,
): TestCase[] {
  const factory = once(() => factoryDevice(inputs, profile, context));
  const field = once(() => fieldDevice(inputs, profile, context));
  return (folder?.files ?? [])
    .filter(({ name }) => name.endsWith('.der'))
    .map((file) =>
      bytesTest(
        file.path,
        () => {
          if (FACTORY.test(file.name)) return documentOf(file, factory(), inputs, context);
          if (FIELD.test(file.name)) return documentOf(file, field(), inputs, context);
          return notRun(`unknown layout: document "${file.name}"`);
        },
        () => file.bytes(),
      ),
    );
}

function inputsOf(json: JsonObject): SmokeInputs {
  const fields = new Fields(json);
  return {
    secrets: fields.object('inputs'),
    firmware: fields.object('canned_fmc_alias_2_0'),
    redaction: fields.object('redaction'),
  };
}

function smokeTests(file: VectorFile, store: VectorStore, json: JsonObject, context: ConformanceContext): TestCase[] {
  const path = folderPathOf(file);
  const older = `${path === '' ? '' : `${path}/`}rom-2.0.0`;
  const inputs = inputsOf(json);
  return [
    ...folderTests(folderAt(store, path), '2.1.3', inputs, context),
    ...folderTests(folderAt(store, older), '2.0', inputs, context),
  ];
}

/** CSRs and certificates that the firmware's own smoke test compares with: `vectors.json` beside them. */
export const smoke: Recognizer = {
  kind: 'smoke',
  recognize(entry, store): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !isObject(json.inputs) || json.inputs.cptra_obf_key === undefined) return undefined;
    if (!isObject(json.canned_fmc_alias_2_0) || !isObject(json.redaction)) return undefined;
    const name = suiteName(entry);
    const source = 'certificates of the Caliptra smoke test';
    return {
      name,
      source,
      run: (context) => runTests(name, source, smokeTests(entry, store, json, context), context.limits),
    };
  },
};
