import { cshake128, cshake256, kmac256, utf8ToBytes, type XofName } from '@rootcap/crypto';
import { bitCshake, bitShake } from '../bit-hashes.ts';
import { type Bits, byteLength, concatBits, firstBits, keccakOutput, sliceBits, wholeBytes } from '../bits.ts';
import { compare, compareVerdict, type Fields } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun } from '../suite.ts';
import { ITERATIONS, monteCarlo } from './monte-carlo.ts';
import type { AcvpHandler, AcvpTest } from './recognize.ts';

/** An XOF from a message of any number of bits to `length` bits, for one customization string. */
type XofFunction = (message: Bits, length: number, customization: Uint8Array) => Bits;

const requireBits = ({ bitMessages = true }: ConformanceContext): unknown =>
  bitMessages || notRun('messages that are not whole bytes');

function shakeFunction(name: XofName, context: ConformanceContext): XofFunction {
  return (message, length) => {
    const size = byteLength(length);
    if (message.length % 8 === 0)
      return keccakOutput(
        context.provider.xof.digest(name, size, message.bytes.subarray(0, message.length / 8)),
        length,
      );
    requireBits(context);
    return keccakOutput(bitShake(name, message, size), length);
  };
}

function cshakeFunction(name: XofName, context: ConformanceContext, functionName: Uint8Array): XofFunction {
  const library = name === 'shake128' ? cshake128 : cshake256;
  return (message, length, customization) => {
    const size = byteLength(length);
    if (message.length % 8 === 0)
      return keccakOutput(
        library(message.bytes.subarray(0, message.length / 8), { length: size, functionName, customization }),
        length,
      );
    requireBits(context);
    return keccakOutput(bitCshake(name, message, size, functionName, customization), length);
  };
}

/** Output length in bits: given, given with the answer, or that of the answer. */
function outputLength({ input, answer }: AcvpTest): number {
  return input.optionalNumber('outLen') ?? answer.optionalNumber('outLen') ?? 8 * answer.hex('md').length;
}

const INNER_MESSAGE = 128;
const EMPTY = new Uint8Array(0);

/** The first 128 bits, filled up with zeros. */
const innerMessage = (output: Bits): Bits =>
  sliceBits(concatBits(output, wholeBytes(new Uint8Array(INNER_MESSAGE / 8))), 0, INNER_MESSAGE);

const asNumber = ({ bytes }: Bits): number => bytes.reduce((value, byte) => 256 * value + byte, 0);

/** How a chain of outputs goes on. */
interface Chain {
  readonly function: XofFunction;
  /** Length of the next output in bits, from the last 16 bits of this one. */
  nextLength(rightmost: number): number;
  /** Customization of the next output. */
  nextCustomization(inner: Bits, rightmost: Bits): Uint8Array;
}

function xofMonteCarlo(test: AcvpTest, context: ConformanceContext, chain: Chain): Mismatch {
  const { input } = test;
  let output = firstBits(input.hex('msg'), input.number('len'));
  let length = 8 * Math.floor(input.number('maxOutLen') / 8);
  let customization: Uint8Array = EMPTY;
  return monteCarlo(test, context, () => {
    for (let i = 0; i < ITERATIONS; i++) {
      const inner = innerMessage(output);
      output = chain.function(inner, length, customization);
      const rightmost = sliceBits(output, output.length - 16, output.length);
      length = chain.nextLength(asNumber(rightmost));
      customization = chain.nextCustomization(inner, rightmost);
    }
    return { md: output.bytes };
  });
}

/** Functional (AFT) and variable-output (VOT) tests are alike: the length is in the test. */
function xofTest(test: AcvpTest, xof: XofFunction, customization: Uint8Array): Mismatch {
  const { input, answer } = test;
  const message = firstBits(input.hex('msg'), input.number('len'));
  return compare('md', xof(message, outputLength(test), customization).bytes, answer.hex('md'));
}

/** SHAKE-128 and SHAKE-256, revisions 1.0 and FIPS202. */
export function shakeHandler(name: XofName): AcvpHandler {
  return (test, context) => {
    const { input } = test;
    const shake = shakeFunction(name, context);
    if (input.text('testType') !== 'MCT') return xofTest(test, shake, EMPTY);
    const min = input.number('minOutLen');
    // NIST's generator counts the range in bits, in steps of whole bytes, whatever the specification says.
    const range = input.number('maxOutLen') - min + 8;
    return xofMonteCarlo(test, context, {
      function: shake,
      nextLength: (rightmost) => min + ((8 * rightmost) % range),
      nextCustomization: () => EMPTY,
    });
  };
}

/** Customization string, either as text or in hexadecimal. */
function customizationOf(input: Fields): Uint8Array {
  if (input.optionalFlag('hexCustomization') === true) return input.hex('customizationHex');
  return utf8ToBytes(input.optionalText('customization') ?? '');
}

/** `BitsToString` of ACVP XOF §6.2: each byte becomes a capital letter. */
const lettersOf = ({ bytes }: Bits): Uint8Array => bytes.map((byte) => (byte % 26) + 65);

/** cSHAKE-128 and cSHAKE-256. */
export function cshakeHandler(name: XofName): AcvpHandler {
  return (test, context) => {
    const { input } = test;
    const functionName = utf8ToBytes(input.optionalText('functionName') ?? '');
    const cshake = cshakeFunction(name, context, functionName);
    if (input.text('testType') !== 'MCT') return xofTest(test, cshake, customizationOf(input));
    const min = input.number('minOutLen');
    const range = input.number('maxOutLen') - min + 1;
    const increment = input.number('outLenIncrement');
    return xofMonteCarlo(test, context, {
      function: cshake,
      nextLength: (rightmost) => min + Math.floor((rightmost % range) / increment) * increment,
      nextCustomization: (inner, rightmost) => lettersOf(concatBits(inner, rightmost)),
    });
  };
}

/** KMAC-256: MACs to compute (AFT) and to check (MVT), of whole bytes. */
export const kmac256Handler: AcvpHandler = ({ input, answer }) => {
  const type = input.text('testType');
  if (type !== 'AFT' && type !== 'MVT') return notRun(`test type ${type}`);
  const [keyLength, length, macLength] = [input.number('keyLen'), input.number('msgLen'), input.number('macLen')];
  if ((keyLength | length | macLength) % 8 !== 0) return notRun('messages that are not whole bytes');
  const mac = kmac256(input.hex('key').subarray(0, keyLength / 8), input.hex('msg').subarray(0, length / 8), {
    length: macLength / 8,
    customization: customizationOf(input),
    xof: input.optionalFlag('xof') ?? false,
  });
  if (type === 'AFT') return compare('mac', mac, answer.hex('mac'));
  return compareVerdict(compare('mac', mac, input.hex('mac')) === undefined, answer.flag('testPassed'));
};
