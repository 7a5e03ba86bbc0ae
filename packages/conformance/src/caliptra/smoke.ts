import { createDevice, type Device } from 'rootcap';
import { Fields, isObject, readJson } from '../fields.ts';
import type { VectorFile, VectorFolder, VectorStore } from '../store.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { folderAt, folderPathOf, suiteName } from '../vector-paths.ts';
import { bytesTest, once } from './checks.ts';
import { issuedDocument } from './issued-documents.ts';
import { UNWRITTEN_FUSES } from './recorded-options.ts';

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

/** A device with the default secrets, at the point where ROM waits for firmware: what a factory takes from it is there. */
function factoryDevice(inputs: Fields, profile: '2.0' | '2.1.3', { provider }: ConformanceContext): Device {
  return createDevice({
    provider,
    profile,
    lifecycle: 'manufacturing',
    requestCsr: true,
    obfuscationKey: bytesOfWords(inputs.value('cptra_obf_key')),
    csrHmacKey: bytesOfWords(inputs.value('csr_hmac_key')),
    fuses: {
      ...UNWRITTEN_FUSES,
      pqcKeyType: 1,
      udsSeed: bytesOfWords(inputs.value('uds_seed')),
      fieldEntropy: bytesOfWords(inputs.value('field_entropy')),
    },
  }).bootToRom();
}

/** Files that ROM alone makes; the rest of the folder is redacted or needs firmware images that nobody has. */
const ROM_DOCUMENTS = /^(idevid_csr|ldevid_cert)_(ecc|mldsa)\.der$/;

function kindOf(name: string): string {
  return name.replace(/\.der$/, '').replace('ldevid_cert_', 'ldevid_');
}

function folderTests(folder: VectorFolder | undefined, device: () => Device): TestCase[] {
  return (folder?.files ?? [])
    .filter(({ name }) => name.endsWith('.der'))
    .map((file) => {
      if (ROM_DOCUMENTS.test(file.name))
        return bytesTest(
          file.path,
          () => issuedDocument(device(), kindOf(file.name)),
          () => file.bytes(),
        );
      return {
        id: file.path,
        run: () => notRun('certificates of firmware that is not in the pack; tested as templates'),
      };
    });
}

function smokeTests(file: VectorFile, store: VectorStore, inputs: Fields, context: ConformanceContext): TestCase[] {
  const path = folderPathOf(file);
  const older = `${path === '' ? '' : `${path}/`}rom-2.0.0`;
  return [
    ...folderTests(
      folderAt(store, path),
      once(() => factoryDevice(inputs, '2.1.3', context)),
    ),
    ...folderTests(
      folderAt(store, older),
      once(() => factoryDevice(inputs, '2.0', context)),
    ),
  ];
}

/** CSRs and certificates that the firmware's own smoke test compares with: `vectors.json` beside them. */
export const smoke: Recognizer = {
  kind: 'smoke',
  recognize(entry, store): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !isObject(json.inputs) || json.inputs.cptra_obf_key === undefined) return undefined;
    const inputs = new Fields(json.inputs);
    const name = suiteName(entry);
    const source = 'certificates of the Caliptra smoke test';
    return {
      name,
      source,
      run: (context) => runTests(name, source, smokeTests(entry, store, inputs, context), context.limits),
    };
  },
};
