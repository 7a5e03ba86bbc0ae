import { concatBytes, ecdsa384With } from '@rootcap/crypto';
import { attempt, compare, compareVerdict, type Fields } from '../fields.ts';
import { digestNamed, findHash } from '../hash-names.ts';
import { type ConformanceContext, type Mismatch, notRun } from '../suite.ts';
import type { AcvpHandler, AcvpTest } from './recognize.ts';

const SIZE = 48;

function requireP384(input: Fields): void {
  const curve = input.text('curve');
  if (curve !== 'P-384') notRun('curves other than P-384');
  if (input.optionalText('conformance') === 'SP800-106') notRun('randomised hashing of SP 800-106');
}

/** Two numbers of 48 bytes; longer ones cannot be put into the form the provider takes and are malformed. */
function pair(fields: Fields, a: string, b: string): Uint8Array | undefined {
  const [x, y] = [fields.scalar(a, SIZE), fields.scalar(b, SIZE)];
  return x === undefined || y === undefined ? undefined : concatBytes(x, y);
}

/** The hash of the message, or the message itself if it is a hash already (`componentTest`). */
function digestOf({ input }: AcvpTest, { provider }: ConformanceContext): Uint8Array {
  if (input.optionalFlag('componentTest') === true) return input.hex('message');
  return digestNamed(provider, input.text('hashAlg'), input.hex('message'));
}

function verify(
  context: ConformanceContext,
  point: Uint8Array | undefined,
  digest: Uint8Array,
  signature: Uint8Array | undefined,
): boolean {
  if (point === undefined || signature === undefined) return false;
  return attempt(() => context.provider.ecdsa384.verify(point, digest, signature)) ?? false;
}

/** Key pairs that the server generated: the public key must follow from the private one. */
export const ecdsaKeyGenHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  requireP384(input);
  const d = answer.scalar('d', SIZE);
  if (d === undefined) return 'd: expected at most 48 bytes';
  return compare('public key', provider.ecdsa384.publicKey(d), pair(answer, 'qx', 'qy') ?? new Uint8Array(0));
};

export const ecdsaKeyVerHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  requireP384(input);
  const point = pair(input, 'qx', 'qy');
  const accepted = point !== undefined && (attempt(() => provider.ecdsa384.isPoint(point)) ?? false);
  return compareVerdict(accepted, answer.flag('testPassed'));
};

/** Signatures that the server made: they must verify under the public key of the group. */
export const ecdsaSigGenHandler: AcvpHandler = (test, context) => {
  requireP384(test.input);
  const { answer } = test;
  return compareVerdict(
    verify(context, pair(answer, 'qx', 'qy'), digestOf(test, context), pair(answer, 'r', 's')),
    true,
  );
};

export const ecdsaSigVerHandler: AcvpHandler = (test, context) => {
  requireP384(test.input);
  const { input, answer } = test;
  const accepted = verify(context, pair(input, 'qx', 'qy'), digestOf(test, context), pair(input, 'r', 's'));
  return compareVerdict(accepted, answer.flag('testPassed'));
};

/** The same signature again, if the private key is published. */
function signAgain(test: AcvpTest, context: ConformanceContext, want: Uint8Array): Mismatch {
  const { input, answer } = test;
  const hash = findHash(input.text('hashAlg'));
  const d = answer.scalar('d', SIZE);
  if (d === undefined || hash === undefined) return undefined;
  const signer = hash === 'sha384' ? context.provider.ecdsa384 : ecdsa384With(hash);
  return compare('signature', signer.sign(d, digestOf(test, context)), want);
}

/** Deterministic ECDSA: verified like any other, and made again where the private key is known. */
export const detEcdsaSigGenHandler: AcvpHandler = (test, context) => {
  requireP384(test.input);
  const { answer } = test;
  const signature = pair(answer, 'r', 's');
  const verdict = compareVerdict(verify(context, pair(answer, 'qx', 'qy'), digestOf(test, context), signature), true);
  return verdict ?? (answer.has('d') && signature !== undefined ? signAgain(test, context, signature) : undefined);
};
