import { concatBytes, ecdsa384With, utf8ToBytes } from '@rootcap/crypto';
import { compare, compareVerdict, Fields, isObject, type JsonObject, objects, readJson } from './fields.ts';
import { hashNamed } from './hash-names.ts';
import type { VectorEntry } from './store.ts';
import {
  type ConformanceContext,
  type Mismatch,
  notRun,
  type Recognizer,
  runTests,
  type Suite,
  type TestCase,
} from './suite.ts';
import { suiteName } from './vector-paths.ts';

const SOURCE = 'RFC 6979 A.2';
const SIZE = 48;

/** A key of Appendix A.2 with its signatures. */
function isKey(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    ['curve', 'private', 'Ux', 'Uy'].every((name) => typeof value[name] === 'string') &&
    Array.isArray(value.cases)
  );
}

const scalar = (fields: Fields, name: string): Uint8Array =>
  fields.scalar(name, SIZE) ?? notRun(`${name} is longer than ${SIZE} bytes`);

/** One signature: made again from key and message, and verified. */
function check(key: Fields, test: Fields, { provider }: ConformanceContext): Mismatch {
  const curve = key.text('curve');
  if (!/P-384$/.test(curve)) return notRun('curves other than P-384');
  const hash = hashNamed(test.text('hash'));
  const privateKey = scalar(key, 'private');
  const publicKey = concatBytes(scalar(key, 'Ux'), scalar(key, 'Uy'));
  const signature = concatBytes(scalar(test, 'r'), scalar(test, 's'));
  const digest = provider.hashes.digest(hash, utf8ToBytes(test.text('message')));
  const signer = hash === 'sha384' ? provider.ecdsa384 : ecdsa384With(hash);
  return (
    compare('public key', provider.ecdsa384.publicKey(privateKey), publicKey) ??
    compare('signature', signer.sign(privateKey, digest), signature) ??
    compareVerdict(provider.ecdsa384.verify(publicKey, digest, signature), true)
  );
}

function testCases(keys: readonly JsonObject[], context: ConformanceContext): TestCase[] {
  return keys.flatMap((key) =>
    objects(key.cases).map((test) => ({
      id: `${String(key.curve)}/${String(test.hash)}/${String(test.message)}`,
      run: () => check(new Fields(key), new Fields(test), context),
    })),
  );
}

/** Deterministic signatures of RFC 6979: a list of keys, each with curve, numbers and its signatures. */
export const rfc6979: Recognizer = {
  kind: 'rfc6979',
  recognize(entry: VectorEntry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!Array.isArray(json) || json.length === 0 || !json.every(isKey)) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run: (context) => runTests(name, SOURCE, testCases(objects(readJson(entry)), context), context.limits),
    };
  },
};
