import { type BlockCipher, concatBytes, hexToBytes } from '@rootcap/crypto';
import { firstBits } from '../bits.ts';
import { compare, compareVerdict } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun } from '../suite.ts';
import { ITERATIONS, monteCarlo } from './monte-carlo.ts';
import type { AcvpHandler, AcvpTest } from './recognize.ts';

const encrypts = ({ input }: AcvpTest): boolean => input.text('direction') === 'encrypt';

/** Names of the fields that go in and come out. */
const fieldsOf = (test: AcvpTest): { from: string; to: string } =>
  encrypts(test) ? { from: 'pt', to: 'ct' } : { from: 'ct', to: 'pt' };

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ (b[i] ?? 0));

/** Key of the next Monte Carlo round: the key XOR the end of the last two outputs. ACVP AES §6.2 */
const nextKey = (key: Uint8Array, beforeLast: Uint8Array, last: Uint8Array): Uint8Array =>
  xor(key, concatBytes(beforeLast, last).subarray(32 - key.length));

function ecbMonteCarlo(test: AcvpTest, context: ConformanceContext): Mismatch {
  const { blockCipher } = context.provider;
  const { from, to } = fieldsOf(test);
  const run = encrypts(test) ? blockCipher.ecbEncrypt : blockCipher.ecbDecrypt;
  let key = test.input.hex('key');
  let text = test.input.hex(from);
  return monteCarlo(test, context, () => {
    const start = { key, [from]: text };
    let before = text;
    for (let i = 0; i < ITERATIONS; i++) [before, text] = [text, run.call(blockCipher, key, text)];
    key = nextKey(key, before, text);
    return { ...start, [to]: text };
  });
}

function cbcMonteCarlo(test: AcvpTest, context: ConformanceContext): Mismatch {
  const { blockCipher } = context.provider;
  const { from, to } = fieldsOf(test);
  let key = test.input.hex('key');
  let iv = test.input.hex('iv');
  let first = test.input.hex(from);
  const step = (vector: Uint8Array, block: Uint8Array): Uint8Array =>
    encrypts(test) ? blockCipher.cbcEncrypt(key, vector, block) : blockCipher.cbcDecrypt(key, vector, block);
  return monteCarlo(test, context, () => {
    const start = { key, iv, [from]: first };
    let [vector, block] = [iv, first];
    let [before, last] = [iv, iv];
    for (let i = 0; i < ITERATIONS; i++) {
      const out = step(vector, block);
      vector = encrypts(test) ? out : block;
      block = last;
      [before, last] = [last, out];
    }
    key = nextKey(key, before, last);
    [iv, first] = [last, before];
    return { ...start, [to]: last };
  });
}

/** A mode over whole blocks. */
function blockHandler(
  run: (cipher: BlockCipher, encrypt: boolean, test: AcvpTest, data: Uint8Array) => Uint8Array,
  monteCarloTest: (test: AcvpTest, context: ConformanceContext) => Mismatch,
): AcvpHandler {
  return (test, context) => {
    const type = test.input.text('testType');
    if (type === 'MCT') return monteCarloTest(test, context);
    if (type !== 'AFT') return notRun(`test type ${type}`);
    const { from, to } = fieldsOf(test);
    return compare(
      to,
      run(context.provider.blockCipher, encrypts(test), test, test.input.hex(from)),
      test.answer.hex(to),
    );
  };
}

export const ecbHandler: AcvpHandler = blockHandler((cipher, encrypt, { input }, data) => {
  const key = input.hex('key');
  return encrypt ? cipher.ecbEncrypt(key, data) : cipher.ecbDecrypt(key, data);
}, ecbMonteCarlo);

export const cbcHandler: AcvpHandler = blockHandler((cipher, encrypt, { input }, data) => {
  const key = input.hex('key');
  const iv = input.hex('iv');
  return encrypt ? cipher.cbcEncrypt(key, iv, data) : cipher.cbcDecrypt(key, iv, data);
}, cbcMonteCarlo);

/** The counter test checks blocks under counters that the implementation behind the answer chose one by one. */
function counterTest(test: AcvpTest, cipher: BlockCipher): Mismatch {
  const { input, answer } = test;
  const { from, to } = fieldsOf(test);
  const counters = answer.value('ivs');
  if (!Array.isArray(counters)) return notRun('counter test without counter blocks in the answer');
  const key = input.hex('key');
  const data = input.hex(from);
  const blocks = counters.map((counter, i) =>
    cipher.ctr(key, hexToBytes(String(counter)), data.subarray(16 * i, 16 * i + 16)),
  );
  return compare(to, concatBytes(...blocks), answer.hex(to));
}

/** AES-CTR: lengths in bits; encryption tests of the server keep the counter block in the answer. */
export const ctrHandler: AcvpHandler = (test, { provider }) => {
  const { input, answer } = test;
  const { from, to } = fieldsOf(test);
  if (!input.has('iv') && !answer.has('iv')) return counterTest(test, provider.blockCipher);
  const counter = input.optionalHex('iv') ?? answer.hex('iv');
  const data = input.hex(from);
  const length = input.optionalNumber('payloadLen') ?? 8 * data.length;
  const output = firstBits(provider.blockCipher.ctr(input.hex('key'), counter, data), length);
  return compare(to, output.bytes, answer.hex(to));
};

/** AES-GCM and AES-GMAC (no text, only additional data). Lengths are bits in the group. */
export const gcmHandler: AcvpHandler = (test, { provider }) => {
  const { input, answer } = test;
  for (const name of ['payloadLen', 'aadLen', 'ivLen', 'tagLen'])
    if ((input.optionalNumber(name) ?? 0) % 8 !== 0) return notRun('messages that are not whole bytes');
  const key = input.hex('key');
  const iv = input.optionalHex('iv') ?? answer.hex('iv');
  const aad = input.optionalHex('aad') ?? new Uint8Array(0);
  const tagLength = input.number('tagLen') / 8;
  if (encrypts(test)) {
    const plaintext = input.optionalHex('pt') ?? new Uint8Array(0);
    const sealed = provider.aead.gcmSeal(key, iv, plaintext, aad);
    const ciphertext = answer.optionalHex('ct') ?? new Uint8Array(0);
    return (
      compare('ct', sealed.subarray(0, plaintext.length), ciphertext) ??
      compare('tag', sealed.subarray(plaintext.length, plaintext.length + tagLength), answer.hex('tag'))
    );
  }
  const ciphertext = input.optionalHex('ct') ?? new Uint8Array(0);
  const opened = provider.aead.gcmOpen(key, iv, concatBytes(ciphertext, input.hex('tag')), aad, tagLength);
  if (answer.has('pt')) return compare('pt', opened, answer.hex('pt'));
  return compareVerdict(opened !== undefined, answer.flag('testPassed'));
};
