import { Fields, isObject, objects, readJson } from '../fields.ts';
import { type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { checkOperations, type KnownAnswer } from './operations.ts';

const SOURCE = 'Adams Bridge, known answers of its UVM bench';

/** Fields of the sequences, by what they stand for. */
const FIELDS = {
  seed: ['SEED'],
  publicKey: ['expected_PK', 'PK'],
  privateKey: ['SK', 'expected_SK'],
  rnd: ['SIGNRND'],
  signature: ['expected_SIG', 'SIG'],
  verifyResult: ['expected_RES', 'VRES'],
  seedD: ['seed_d'],
  seedZ: ['seed_z'],
  encapsulationKey: ['ek'],
  decapsulationKey: ['dk'],
  kemMessage: ['msg'],
  ciphertext: ['ciphertext'],
  sharedKey: ['shared_key'],
} as const;

/** Keys of ML-KEM have the names of ML-DSA's where they are results. */
function knownAnswer(test: Fields): KnownAnswer {
  const found: Record<string, Uint8Array | undefined> = {};
  for (const [name, fields] of Object.entries(FIELDS)) {
    const field = fields.find((each) => test.has(each));
    if (field !== undefined) found[name] = test.hex(field);
  }
  const { publicKey, privateKey, ...others } = found;
  if (test.has('seed_d')) return { encapsulationKey: publicKey, decapsulationKey: privateKey, ...others };
  const [mu, message] = [test.optionalHex('MU'), test.optionalHex('MSG')];
  return { ...found, subject: mu ? { mu } : message && { message } };
}

function runTest(list: string, test: Fields): Mismatch {
  const results = checkOperations(knownAnswer(test));
  if (results.length === 0) return notRun(`tests called ${list} with other fields`);
  return results.find((result) => result !== undefined);
}

function listsOf(json: Readonly<Record<string, unknown>>): [string, string, Fields[]][] {
  return Object.entries(json).flatMap(([file, value]) =>
    isObject(value) && isObject(value.arrays)
      ? Object.entries(value.arrays).map(([list, tests]): [string, string, Fields[]] => [
          file,
          list,
          objects(tests).map((test) => new Fields(test)),
        ])
      : [],
  );
}

/** Known answers by the name of their sequence file: `arrays` with lists of tests. They run on the accelerator. */
export const uvmKats: Recognizer = {
  kind: 'adams-bridge-uvm-kats',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !Object.keys(json).some((file) => file.endsWith('_sequence.svh'))) return undefined;
    if (listsOf(json).length === 0) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run({ limits }) {
        const tests = listsOf(readJson(entry) as Readonly<Record<string, unknown>>).flatMap(([file, list, all]) =>
          all.map((test, i): TestCase => ({ id: `${file}/${list}/${i}`, run: () => runTest(list, test) })),
        );
        return runTests(name, SOURCE, tests, limits);
      },
    };
  },
};
