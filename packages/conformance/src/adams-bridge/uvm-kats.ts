import { type Command, MLDSA_BYTES, type Value } from '@rootcap/adams-bridge';
import { compare, Fields, isObject, objects, readJson } from '../fields.ts';
import { type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { loaded, run } from './accelerator.ts';

const SOURCE = 'Adams Bridge, known answers of its UVM bench';

/** How a list of tests is run: which field goes where, and which comes back. */
interface Kind {
  readonly command: Command;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly results: Readonly<Record<string, Value>>;
  readonly externalMu?: boolean;
}

const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  acvp_kats: [
    {
      command: 'MLDSA_SIGN',
      inputs: { SK: 'privateKey', MU: 'mu', SIGNRND: 'signRnd' },
      results: { expected_SIG: 'signature' },
      externalMu: true,
    },
  ],
  keygen_kats: [
    {
      command: 'MLDSA_KEYGEN',
      inputs: { SEED: 'mldsaSeed' },
      results: { expected_PK: 'publicKey', expected_SK: 'privateKey' },
    },
    {
      command: 'MLKEM_KEYGEN',
      inputs: { seed_d: 'seedD', seed_z: 'seedZ' },
      results: { expected_PK: 'encapsulationKey', expected_SK: 'decapsulationKey' },
    },
  ],
  keygen_signing_kats: [
    {
      command: 'MLDSA_KEYGEN_SIGN',
      inputs: { SEED: 'mldsaSeed', MSG: 'message' },
      results: { expected_PK: 'publicKey', expected_SIG: 'signature' },
    },
  ],
  verif_kats: [
    {
      command: 'MLDSA_VERIFY',
      inputs: { PK: 'publicKey', SIG: 'signature', MSG: 'message' },
      results: { expected_RES: 'verifyResult' },
    },
  ],
  encaps_kats: [
    {
      command: 'MLKEM_ENCAPS',
      inputs: { ek: 'encapsulationKey', msg: 'kemMessage' },
      results: { ciphertext: 'ciphertext', shared_key: 'sharedKey' },
    },
  ],
  decaps_kats: [
    {
      command: 'MLKEM_DECAPS',
      inputs: { dk: 'decapsulationKey', ciphertext: 'ciphertext' },
      results: { shared_key: 'sharedKey' },
    },
  ],
};

function runTest(list: string, test: Fields): Mismatch {
  const kind = KINDS[list]?.find(({ inputs }) => Object.keys(inputs).every((name) => test.has(name)));
  if (kind === undefined) return notRun(`tests called ${list} with other fields`);
  const inputs = Object.fromEntries(
    Object.entries(kind.inputs).map(([name, value]) => [value, fitted(test.hex(name), value)]),
  );
  const { state } = run(loaded(inputs), kind.command, { externalMu: kind.externalMu ?? false });
  for (const [name, value] of Object.entries(kind.results)) {
    const got = state.get(value);
    const mismatch = compare(name, got, fitted(test.hex(name), value));
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

/** The bench keeps a signature in whole dwords, with a byte of padding. */
const fitted = (bytes: Uint8Array, value: Value): Uint8Array =>
  value === 'signature' && bytes.length === MLDSA_BYTES.signature + 1 ? bytes.slice(0, MLDSA_BYTES.signature) : bytes;

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
