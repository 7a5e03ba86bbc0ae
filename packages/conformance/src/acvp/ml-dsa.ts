import { concatBytes, hexToBytes, type MlDsa, mldsa } from '@rootcap/crypto';
import { attempt, compare, compareVerdict, type Fields } from '../fields.ts';
import { digestNamed } from '../hash-names.ts';
import { type ConformanceContext, notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

/** ML-DSA-87 is what the provider offers, the smaller sets are the library's. */
export function mlDsaNamed({ provider }: ConformanceContext, parameterSet: string): MlDsa {
  if (parameterSet === 'ML-DSA-87') return provider.mldsa87;
  if (parameterSet === 'ML-DSA-65') return mldsa(65);
  if (parameterSet === 'ML-DSA-44') return mldsa(44);
  return notRun(`${parameterSet} is not part of the library`);
}

/** Last byte of the object identifiers 2.16.840.1.101.3.4.2.x. FIPS 204 §5.4.1 */
const HASH_OIDS: Readonly<Record<string, number>> = {
  'SHA2-256': 1,
  'SHA2-384': 2,
  'SHA2-512': 3,
  'SHA2-224': 4,
  'SHA2-512/224': 5,
  'SHA2-512/256': 6,
  'SHA3-224': 7,
  'SHA3-256': 8,
  'SHA3-384': 9,
  'SHA3-512': 10,
  'SHAKE-128': 11,
  'SHAKE-256': 12,
};

function hashOid(name: string): Uint8Array {
  const last = HASH_OIDS[name] ?? notRun(`pre-hash ${name} is not part of the library`);
  return concatBytes(hexToBytes('06096086480165030402'), Uint8Array.of(last));
}

/** What a test signs. */
type Subject =
  | { readonly kind: 'mu'; readonly mu: Uint8Array }
  | { readonly kind: 'formatted'; readonly formatted: Uint8Array }
  | { readonly kind: 'message'; readonly message: Uint8Array; readonly context: Uint8Array };

/** `M'` of HashML-DSA: `01 ‖ |ctx| ‖ ctx ‖ OID ‖ PH(M)`. FIPS 204 Algorithm 4 */
function preHashed(input: Fields, { provider }: ConformanceContext, hash: string, context: Uint8Array): Uint8Array {
  const digest = digestNamed(provider, hash, input.hex('message'));
  return concatBytes(Uint8Array.of(1, context.length), context, hashOid(hash), digest);
}

/** Sets made before the final interface have no `signatureInterface`: they sign the bare message. */
function subjectOf(input: Fields, context: ConformanceContext): Subject {
  if (input.optionalFlag('externalMu') === true || !input.has('message')) return { kind: 'mu', mu: input.hex('mu') };
  if (input.optionalText('signatureInterface') !== 'external')
    return { kind: 'formatted', formatted: input.hex('message') };
  const string = input.optionalHex('context') ?? new Uint8Array(0);
  const hash = input.optionalText('hashAlg') ?? 'none';
  const preHash = (input.optionalText('preHash') ?? 'preHash') === 'preHash' && hash.toLowerCase() !== 'none';
  if (preHash && string.length <= 255) return { kind: 'formatted', formatted: preHashed(input, context, hash, string) };
  return { kind: 'message', message: input.hex('message'), context: string };
}

export const mlDsaKeyGenHandler: AcvpHandler = ({ input, answer }, context) => {
  const { publicKey, secretKey } = mlDsaNamed(context, input.text('parameterSet')).keygenFromSeed(input.hex('seed'));
  return compare('pk', publicKey, answer.hex('pk')) ?? compare('sk', secretKey, answer.hex('sk'));
};

function sign(dsa: MlDsa, secretKey: Uint8Array, subject: Subject, rnd: Uint8Array): Uint8Array {
  if (subject.kind === 'mu') return dsa.signMu(secretKey, subject.mu, rnd);
  if (subject.kind === 'formatted') return dsa.signInternal(secretKey, subject.formatted, rnd);
  return dsa.sign(secretKey, subject.message, { context: subject.context, rnd });
}

function verify(dsa: MlDsa, publicKey: Uint8Array, subject: Subject, signature: Uint8Array): boolean {
  if (subject.kind === 'mu') return dsa.verifyMu(publicKey, subject.mu, signature);
  if (subject.kind === 'formatted') return dsa.verifyInternal(publicKey, subject.formatted, signature);
  return dsa.verify(publicKey, subject.message, signature, { context: subject.context });
}

/** The expanded key, or the seed it comes from (`keyFormat`, revision FIPS204-tr1). */
function secretKeyOf(dsa: MlDsa, input: Fields): Uint8Array {
  const seed = input.optionalText('keyFormat') === 'seed' || !input.has('sk');
  return seed ? dsa.keygenFromSeed(input.hex('seed')).secretKey : input.hex('sk');
}

/** Deterministic signatures take 32 zero bytes as `rnd`, the others the bytes of the test. */
export const mlDsaSigGenHandler: AcvpHandler = ({ input, answer }, context) => {
  const dsa = mlDsaNamed(context, input.text('parameterSet'));
  const rnd = input.optionalFlag('deterministic') === false ? input.hex('rnd') : new Uint8Array(32);
  return compare(
    'signature',
    sign(dsa, secretKeyOf(dsa, input), subjectOf(input, context), rnd),
    answer.hex('signature'),
  );
};

export const mlDsaSigVerHandler: AcvpHandler = ({ input, answer }, context) => {
  const dsa = mlDsaNamed(context, input.text('parameterSet'));
  const subject = subjectOf(input, context);
  const accepted = attempt(() => verify(dsa, input.hex('pk'), subject, input.hex('signature'))) ?? false;
  return compareVerdict(accepted, answer.flag('testPassed'));
};
