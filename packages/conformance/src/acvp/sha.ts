import { concatBytes, type HashName } from '@rootcap/crypto';
import { bitDigest } from '../bit-hashes.ts';
import { type Bits, firstBits } from '../bits.ts';
import { compare } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun } from '../suite.ts';
import { ITERATIONS, monteCarlo } from './monte-carlo.ts';
import type { AcvpHandler, AcvpTest } from './recognize.ts';

/** Digest of a message of any number of bits. */
function digestBits({ provider, bitMessages = true }: ConformanceContext, name: HashName, message: Bits): Uint8Array {
  if (message.length % 8 === 0) return provider.hashes.digest(name, message.bytes.subarray(0, message.length / 8));
  if (!bitMessages) return notRun('messages that are not whole bytes');
  return bitDigest(name, message) ?? notRun('messages that are not whole bytes');
}

/** Cut or padded with zeros to the length of the first message, as the `alternate` version of the test wants it. */
function fit(message: Uint8Array, length: number): Uint8Array {
  if (message.length >= length) return message.subarray(0, length);
  const out = new Uint8Array(length);
  out.set(message);
  return out;
}

/** SHA-1 and SHA-2: each message is the three digests before it. ACVP SHA §6.2 */
function merkleDamgardRound(
  digest: (message: Uint8Array) => Uint8Array,
  seed: Uint8Array,
  size: number | undefined,
): Uint8Array {
  let [a, b, c] = [seed, seed, seed];
  for (let i = 0; i < ITERATIONS; i++) {
    const message = concatBytes(a, b, c);
    [a, b, c] = [b, c, digest(size === undefined ? message : fit(message, size))];
  }
  return c;
}

/** SHA-3: each message is the digest before it. ACVP SHA3 §6.2 */
function spongeRound(
  digest: (message: Uint8Array) => Uint8Array,
  seed: Uint8Array,
  size: number | undefined,
): Uint8Array {
  let message = seed;
  for (let i = 0; i < ITERATIONS; i++) message = digest(size === undefined ? message : fit(message, size));
  return message;
}

function monteCarloTest(name: HashName, test: AcvpTest, context: ConformanceContext): Mismatch {
  const { input } = test;
  if (input.number('len') % 8 !== 0) return notRun('messages that are not whole bytes');
  let seed = input.hex('msg').subarray(0, input.number('len') / 8);
  const size = input.optionalText('mctVersion') === 'alternate' ? seed.length : undefined;
  const digest = (message: Uint8Array) => context.provider.hashes.digest(name, message);
  const round = name.startsWith('sha3-') ? spongeRound : merkleDamgardRound;
  return monteCarlo(test, context, () => {
    seed = round(digest, seed, size);
    return { md: seed };
  });
}

const CHUNK_BYTES = 2 ** 20;
const DEFAULT_MESSAGE_BYTES = 2 ** 28;

/** Digest of a short content repeated to a length that does not fit in memory. */
function largeDataTest(
  name: HashName,
  { input, answer }: AcvpTest,
  { provider, limits }: ConformanceContext,
): Mismatch {
  const large = input.object('largeMsg');
  if (large.text('expansionTechnique') !== 'repeating')
    return notRun(`large message: ${large.text('expansionTechnique')}`);
  if ((large.number('contentLength') | large.number('fullLength')) % 8 !== 0)
    return notRun('large messages that are not whole bytes');
  const length = large.number('fullLength') / 8;
  const limit = limits?.messageBytes ?? DEFAULT_MESSAGE_BYTES;
  if (length > limit) return notRun(`large-data test above ${limit / 2 ** 20} MiB`);
  const content = large.hex('content').subarray(0, large.number('contentLength') / 8);
  const chunk = new Uint8Array(content.length * Math.ceil(CHUNK_BYTES / content.length));
  for (let at = 0; at < chunk.length; at += content.length) chunk.set(content, at);
  const hash = provider.hashes.create(name);
  for (let left = length; left > 0; left -= chunk.length)
    hash.update(left < chunk.length ? chunk.subarray(0, left) : chunk);
  return compare('md', hash.digest(), answer.hex('md'));
}

/** SHA-1, SHA2-* and SHA3-*: functional, Monte Carlo and large-data tests. */
export function shaHandler(name: HashName): AcvpHandler {
  return (test, context) => {
    const { input, answer } = test;
    const type = input.text('testType');
    if (type === 'MCT') return monteCarloTest(name, test, context);
    if (type === 'LDT') return largeDataTest(name, test, context);
    if (type !== 'AFT') return notRun(`test type ${type}`);
    return compare('md', digestBits(context, name, firstBits(input.hex('msg'), input.number('len'))), answer.hex('md'));
  };
}
