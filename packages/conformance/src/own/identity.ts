import { type DiceAlgorithm, idevidKeyIdentifier, keyIdentity, ueid } from '@rootcap/dice';
import { compareText, firstMismatch } from '../caliptra/checks.ts';
import { compare, Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun, type Recognizer, runTests, type Suite } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const FORMAT = 'rootcap/identity/1';

function algorithmOf(name: string): DiceAlgorithm {
  return name === 'ecdsa-p384' || name === 'mldsa87' ? name : notRun(`unknown layout: algorithm "${name}"`);
}

function fuseWords(value: unknown): number[] {
  return Array.isArray(value)
    ? value.map((word) => Number.parseInt(String(word), 16))
    : notRun('unknown layout: no field "idevid_cert_attr" with a list');
}

function runKey(key: Fields, { provider }: ConformanceContext): Mismatch {
  const expect = key.object('expect');
  const publicKey = key.hex('public_key');
  const words = fuseWords(key.value('idevid_cert_attr'));
  const names = keyIdentity(provider, publicKey);
  const keyId = idevidKeyIdentifier(provider, algorithmOf(key.text('algorithm')), publicKey, words);
  return firstMismatch(
    compareText('subject serial number', names.subjectSerialNumber, expect.text('subject_serial_number')),
    compare('certificate serial number', names.certificateSerialNumber, expect.hex('certificate_serial_number')),
    compare('subject key identifier', names.subjectKeyIdentifier, expect.hex('subject_key_identifier')),
    compare('IDevID key identifier', keyId, expect.hex('idevid_key_identifier')),
    compare('UEID', ueid(words), expect.hex('ueid')),
  );
}

function tests(json: JsonObject, context: ConformanceContext) {
  return objects(json.keys).map((key, index) => ({
    id: `${String(key.algorithm)} ${index}`,
    run: () => runKey(new Fields(key), context),
  }));
}

/** Public keys and fuses with every name that certificates give them: `identity.json`. */
export const identity: Recognizer = {
  kind: 'identity',
  recognize(entry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || json.format !== FORMAT) return undefined;
    const name = suiteName(entry);
    const source = 'Rootcap names of keys';
    return { name, source, run: (context) => runTests(name, source, tests(json, context), context.limits) };
  },
};
