import { hexToBytes } from '@rootcap/crypto';
import { compare, isObject, type JsonObject, readJson } from '../fields.ts';
import { type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { loaded, run } from './accelerator.ts';
import { checkOperations, type KnownAnswer } from './operations.ts';

const SOURCE = 'Caliptra RTL, arrays of its tests of the accelerator';

type Words = readonly string[];
const isWords = (value: unknown): value is Words =>
  Array.isArray(value) && value.length > 0 && value.every((word) => /^[0-9a-f]{8}$/i.test(String(word)));

/** Arrays of words as bytes; which of these a test means it does not say. */
const ORDERS = {
  /** The lowest byte of a word first. */
  registers: (words: Words) => Uint8Array.from(words.flatMap((word) => [...hexToBytes(word)].reverse())),
  /** The last byte of all first. */
  reversed: (words: Words) => hexToBytes(words.join('')).reverse(),
  bigEndian: (words: Words) => hexToBytes(words.join('')),
} as const;

/** Names of arrays, by what they stand for; the first there is. */
const NAMES = {
  seed: ['mldsa_seed'],
  publicKey: ['mldsa_pubkey', 'expected_pubkey'],
  privateKey: ['mldsa_privkey', 'expected_privkey'],
  rnd: ['mldsa_sign_rnd'],
  signature: ['mldsa_sign', 'expected_sign'],
  verifyResult: ['mldsa_verify_res'],
  seedD: ['seed_d'],
  seedZ: ['seed_z'],
  encapsulationKey: ['ek'],
  decapsulationKey: ['dk'],
  kemMessage: ['msg_array'],
  ciphertext: ['ciphertext'],
  sharedKey: ['shared_key_array'],
} as const;

type Arrays = (...names: readonly string[]) => Uint8Array | undefined;

/** What the arrays of a test say. ML-KEM's expected values belong to its seeds, the others to each other. */
function knownAnswers(name: string, arrays: Arrays): KnownAnswer[] {
  const of = (key: keyof typeof NAMES): Uint8Array | undefined => arrays(...NAMES[key]);
  const zero = name.includes('all_zero_seed') ? new Uint8Array(32) : undefined;
  const [mu, message] = [arrays('mldsa_external_mu'), arrays('mldsa_msg')];
  const subject = mu ? { mu } : message ? { message } : zero && { message: new Uint8Array(64) };
  const mldsa: KnownAnswer = {
    seed: of('seed') ?? (of('publicKey') && zero),
    publicKey: of('publicKey'),
    privateKey: of('privateKey'),
    rnd: of('rnd'),
    signature: of('signature'),
    verifyResult: possible(of('verifyResult'), of('signature')),
    subject,
  };
  const keys: KnownAnswer = {
    seedD: of('seedD') ?? (of('encapsulationKey') && zero),
    seedZ: of('seedZ') ?? (of('encapsulationKey') && zero),
    encapsulationKey: arrays('exp_encaps_key') ?? (zero && of('encapsulationKey')),
    decapsulationKey: arrays('exp_decaps_key') ?? (zero && of('decapsulationKey')),
  };
  const exchange: KnownAnswer = {
    encapsulationKey: of('encapsulationKey'),
    decapsulationKey: of('decapsulationKey') ?? arrays('exp_decaps_key'),
    kemMessage: of('kemMessage'),
    ciphertext: of('ciphertext') ?? arrays('exp_ciphertext'),
    sharedKey: of('sharedKey') ?? arrays('exp_shared_key'),
  };
  const fromSeeds = exchange.encapsulationKey === undefined && { seedD: of('seedD'), seedZ: of('seedZ') };
  return [mldsa, keys, { ...exchange, ...fromSeeds }];
}

/** A test of edges expects the inverse of the commitment hash, which no verification gives: it checks the check. */
function possible(result: Uint8Array | undefined, signature: Uint8Array | undefined): Uint8Array | undefined {
  const inverse = result?.every((byte, i) => (byte ^ (signature?.[i] ?? 0)) === 0xff);
  return inverse ? undefined : result;
}

/** HMAC to ML-KEM through the vault: the tag is the seed, d and z each last byte first; software writes the message. */
function throughVault(tag: Words, message: Words, expected: Words): Mismatch {
  const seed = ORDERS.bigEndian(tag);
  const keys = run(loaded({ seedD: seed.slice(0, 32).reverse(), seedZ: seed.slice(32).reverse() }), 'MLKEM_KEYGEN');
  const inputs = { encapsulationKey: keys.state.get('encapsulationKey'), kemMessage: ORDERS.bigEndian(message) };
  const { state } = run(loaded(inputs), 'MLKEM_ENCAPS');
  return compare('shared key', state.get('sharedKey'), ORDERS.registers(expected));
}

function runArrays(name: string, object: JsonObject): Mismatch {
  const { EXPECTED_HMAC_TAG: tag, MLKEM_MSG: message, EXPECTED_SHARED_KEY: secret } = object;
  if (isWords(tag) && isWords(message) && isWords(secret)) return throughVault(tag, message, secret);
  const mismatches: Mismatch[] = [];
  for (const order of Object.values(ORDERS)) {
    const arrays: Arrays = (...names) => {
      const words = names.map((each) => object[each]).find(isWords);
      return words === undefined ? undefined : order(words);
    };
    const results = knownAnswers(name, arrays).flatMap(checkSafely);
    if (results.length === 0) return notRun('no inputs and results of one command');
    const wrong = results.find((result) => result !== undefined);
    if (wrong === undefined) return undefined;
    mismatches.push(wrong);
  }
  return `in no order of words: ${mismatches[0]}`;
}

/** Bytes in a wrong order are no key: that is a mismatch. */
function checkSafely(known: KnownAnswer): Mismatch[] {
  try {
    return checkOperations(known);
  } catch (error) {
    if (error instanceof Error) return [error.message];
    throw error;
  }
}

function testsOf(json: JsonObject): [string, JsonObject][] {
  return Object.entries(json).flatMap(([name, value]) => (isObject(value) ? [[name, value]] : []));
}

const isTestFile = (name: string, value: unknown): boolean =>
  name.endsWith('.c') && isObject(value) && Object.values(value).every(isWords);

/** Arrays of 32-bit words by the names of tests and of arrays. They run on the accelerator. */
export const smokeArrays: Recognizer = {
  kind: 'adams-bridge-smoke-arrays',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || Object.keys(json).length === 0) return undefined;
    if (!Object.entries(json).every(([name, value]) => isTestFile(name, value))) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run({ limits }) {
        const tests = testsOf(readJson(entry) as JsonObject).map(
          ([test, arrays]): TestCase => ({ id: test, run: () => runArrays(test, arrays) }),
        );
        return runTests(name, SOURCE, tests, limits);
      },
    };
  },
};
