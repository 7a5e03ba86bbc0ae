import { keccak } from '@rootcap/adams-bridge';
import { hexToBytes } from '@rootcap/crypto';
import type { VectorEntry, VectorFile, VectorFolder } from '../store.ts';
import { type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { checkOperations, type KnownAnswer } from './operations.ts';

const SOURCE = 'Adams Bridge, files of its reference model';

const [KEYGEN, SIGN, VERIFY] = ['00', '01', '02'];
const SEED_DIGITS = 64;
const SIZES = { privateKey: 2 * 4896, publicKey: 2 * 2592, signature: 2 * 4627 } as const;

/** Lines of hexadecimal; one that is empty at the end is left out. */
const linesOf = (file: VectorFile): string[] =>
  new TextDecoder()
    .decode(file.bytes())
    .split('\n')
    .map((line) => line.trim())
    .filter((line, i, all) => line !== '' || i < all.length - 1);

/** Begins with the code of a command, and has inputs behind it. */
function commandOf(file: VectorFile): string | undefined {
  if (!/_(input|vector)/.test(file.name) || !file.name.endsWith('.hex')) return undefined;
  const [first = '', second = ''] = linesOf(file);
  if (first.length === SEED_DIGITS && second.length === SIZES.publicKey) return 'vector';
  return [KEYGEN, SIGN, VERIFY].includes(first) ? first : undefined;
}

/** The file with the results of a file with inputs. */
function resultsOf(folder: VectorFolder, input: VectorFile): string[] | undefined {
  const names = [
    input.name.replace('_input', '').replace(/\.hex$/, '_expected.hex'),
    input.name.replace('_input', '_output'),
  ];
  const found = names.map((name) => folder.file(name)).find((file) => file !== undefined);
  return found && linesOf(found);
}

const bytesOf = (line: string | undefined): Uint8Array | undefined =>
  line === undefined || line === '' ? undefined : hexToBytes(line);

/** What comes before a digest of SHA-512 in HashML-DSA with an empty context. FIPS 204, algorithm 4 */
const SHA512_PREFIX = hexToBytes('01000609608648016503040203');

/** μ of a message that is formatted already. */
const muOf = (privateKey: Uint8Array, ...parts: readonly Uint8Array[]): { readonly mu: Uint8Array } => ({
  mu: keccak('SHAKE256', 64, privateKey.subarray(64, 128), ...parts),
});

function keygenAnswer([, seed]: string[], results: string[] | undefined): KnownAnswer {
  const [, publicKey, privateKey] = results ?? notRun('no file with its results');
  if (privateKey?.length !== SIZES.privateKey) notRun('a private key of an earlier draft');
  return { seed: bytesOf(seed), publicKey: bytesOf(publicKey), privateKey: bytesOf(privateKey) };
}

/** A message that has its length before it is formatted already; others are pure ML-DSA's. */
function signAnswer(lines: string[], results: string[] | undefined): KnownAnswer {
  const formatted = lines[1]?.length === 8;
  const [message = '', key = '', rnd] = formatted ? lines.slice(2) : lines.slice(1);
  const [, , signature] = results ?? notRun('no file with its results');
  if (signature?.length !== SIZES.signature) notRun('a signature of an earlier draft');
  const [privateKey, bytes] = [hexToBytes(key), hexToBytes(message)];
  const subject = formatted ? muOf(privateKey, bytes) : { message: bytes };
  return { privateKey, rnd: bytesOf(rnd), signature: bytesOf(signature), subject };
}

/** The message may be in the file for signing. */
function verifyAnswer(lines: string[], folder: VectorFolder, name: string): KnownAnswer {
  const signature = lines.find((line) => line.length === SIZES.signature);
  const publicKey = lines.find((line) => line.length === SIZES.publicKey);
  const signing = folder.file(name.replace('verif', 'signing'));
  const own = lines.length > 3 ? lines[4] : undefined;
  const message = own ?? (signing && linesOf(signing)[1]);
  if (message === undefined) return notRun('no message');
  return { publicKey: bytesOf(publicKey), signature: bytesOf(signature), subject: { message: hexToBytes(message) } };
}

/** Seed, keys, digest of SHA-512, signature of HashML-DSA, what verification computes, randomness. */
function vectorAnswer([
  seed,
  publicKey,
  privateKey = '',
  digest = '',
  signature,
  verifyResult,
  rnd,
]: string[]): KnownAnswer {
  const values = { seed, publicKey, privateKey, signature, verifyResult, rnd };
  const bytes = Object.fromEntries(Object.entries(values).map(([name, line]) => [name, bytesOf(line)]));
  return { ...bytes, subject: muOf(hexToBytes(privateKey), SHA512_PREFIX, hexToBytes(digest)) };
}

function runFile(folder: VectorFolder, file: VectorFile): Mismatch {
  const [command, lines] = [commandOf(file), linesOf(file)];
  const results = resultsOf(folder, file);
  const known =
    command === KEYGEN
      ? keygenAnswer(lines, results)
      : command === SIGN
        ? signAnswer(lines, results)
        : command === VERIFY
          ? verifyAnswer(lines, folder, file.name)
          : vectorAnswer(lines);
  const compared = checkOperations(known);
  if (compared.length === 0) notRun('no inputs and results of one command');
  return compared.find((mismatch) => mismatch !== undefined);
}

function inputsOf(entry: VectorEntry): readonly VectorFile[] {
  return entry.kind === 'folder' ? entry.files.filter((file) => commandOf(file) !== undefined) : [];
}

/** Folders with files of hexadecimal lines, a command's code first: inputs, and results in another file. */
export const referenceFiles: Recognizer = {
  kind: 'adams-bridge-reference-files',
  recognize(entry) {
    if (entry.kind !== 'folder' || inputsOf(entry).length === 0) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run({ limits }) {
        const tests = inputsOf(entry).map(
          (file): TestCase => ({ id: file.name.replace('.hex', ''), run: () => runFile(entry, file) }),
        );
        return runTests(name, SOURCE, tests, limits);
      },
    };
  },
};
