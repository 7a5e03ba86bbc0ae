import { type DSA, ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { checkBytes } from '../checks.ts';
import type { MlDsa } from '../provider.ts';

const EMPTY = new Uint8Array(0);
const ZERO_RND = new Uint8Array(32);

function checkContext(context: Uint8Array): void {
  checkBytes('context', context);
  if (context.length > 255) throw new RangeError(`context: expected at most 255 bytes, got ${context.length}`);
}

function size(value: number | undefined): number {
  if (value === undefined) throw new TypeError('lengths: expected a number, got undefined');
  return value;
}

/** Runs an operation whose only remaining cause to fail is an encoding inside `secretKey` that no key generation makes. */
function withSecretKey<T>(operation: () => T): T {
  try {
    return operation();
  } catch {
    // The library's message may quote coefficients of the key, hence no `cause`.
    throw new RangeError('secretKey: expected coefficients of s1 and s2 in -eta..eta');
  }
}

function adapt(dsa: DSA): MlDsa {
  const { internal, lengths } = dsa;
  const publicKeySize = size(lengths.publicKey);
  const secretKeySize = size(lengths.secretKey);
  const signatureSize = size(lengths.signature);

  function sign(secretKey: Uint8Array, input: Uint8Array, rnd: Uint8Array, externalMu: boolean): Uint8Array {
    checkBytes('secretKey', secretKey, secretKeySize);
    checkBytes('rnd', rnd, 32);
    return withSecretKey(() => internal.sign(input, secretKey, { extraEntropy: rnd, externalMu }));
  }

  function verify(publicKey: Uint8Array, input: Uint8Array, signature: Uint8Array, externalMu: boolean): boolean {
    checkBytes('publicKey', publicKey, publicKeySize);
    checkBytes('signature', signature);
    return signature.length === signatureSize && internal.verify(signature, input, publicKey, { externalMu });
  }

  /** `M'` of FIPS 204 Algorithm 2: `00 ‖ |ctx| ‖ ctx ‖ M`. */
  function format(message: Uint8Array, context: Uint8Array): Uint8Array {
    checkBytes('message', message);
    checkContext(context);
    const out = new Uint8Array(2 + context.length + message.length);
    out[1] = context.length;
    out.set(context, 2);
    out.set(message, 2 + context.length);
    return out;
  }

  return {
    publicKeySize,
    secretKeySize,
    signatureSize,
    keygenFromSeed(seed) {
      checkBytes('seed', seed, 32);
      return dsa.keygen(seed);
    },
    publicKeyOf(secretKey) {
      checkBytes('secretKey', secretKey, secretKeySize);
      return withSecretKey(() => dsa.getPublicKey(secretKey));
    },
    sign: (secretKey, message, { context = EMPTY, rnd = ZERO_RND } = {}) =>
      sign(secretKey, format(message, context), rnd, false),
    verify: (publicKey, message, signature, { context = EMPTY } = {}) =>
      verify(publicKey, format(message, context), signature, false),
    signInternal(secretKey, formatted, rnd = ZERO_RND) {
      checkBytes('formatted', formatted);
      return sign(secretKey, formatted, rnd, false);
    },
    verifyInternal(publicKey, formatted, signature) {
      checkBytes('formatted', formatted);
      return verify(publicKey, formatted, signature, false);
    },
    signMu(secretKey, mu, rnd = ZERO_RND) {
      checkBytes('mu', mu, 64);
      return sign(secretKey, mu, rnd, true);
    },
    verifyMu(publicKey, mu, signature) {
      checkBytes('mu', mu, 64);
      return verify(publicKey, mu, signature, true);
    },
  };
}

const SETS: Readonly<Record<44 | 65 | 87, MlDsa>> = { 44: adapt(ml_dsa44), 65: adapt(ml_dsa65), 87: adapt(ml_dsa87) };

/** ML-DSA (FIPS 204) from @noble/post-quantum. @throws RangeError if there is no such parameter set */
export function mldsa(parameterSet: 44 | 65 | 87): MlDsa {
  if (!Object.hasOwn(SETS, parameterSet))
    throw new RangeError(`parameterSet: expected 44, 65 or 87, got ${String(parameterSet)}`);
  return SETS[parameterSet];
}
