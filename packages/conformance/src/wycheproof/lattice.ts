import type { MlKem } from '@rootcap/crypto';
import { mlDsaNamed } from '../acvp/ml-dsa.ts';
import { mlKemNamed } from '../acvp/ml-kem.ts';
import { attempt, compare, type Fields } from '../fields.ts';
import type { Mismatch } from '../suite.ts';
import type { WycheproofHandler } from './recognize.ts';
import { judgeOutput, judgeVerdict } from './verdict.ts';

const EMPTY = new Uint8Array(0);

/** Secret and public key, from the seed or the expanded form. @returns undefined if the provider refuses it */
function keysOf(
  test: Fields,
  dsa: ReturnType<typeof mlDsaNamed>,
): { secretKey: Uint8Array; publicKey?: Uint8Array } | undefined {
  if (test.has('privateSeed')) return attempt(() => dsa.keygenFromSeed(test.hex('privateSeed')));
  return { secretKey: test.hex('privateKey') };
}

/** Signatures of a message with its context, or of mu alone where the message is not given; deterministic unless `rnd` is. */
export const mlDsaSign: WycheproofHandler = (test, context) => {
  const dsa = mlDsaNamed(context, test.text('algorithm'));
  const keys = keysOf(test, dsa);
  const rnd = test.optionalHex('rnd') ?? test.optionalHex('randomness') ?? new Uint8Array(32);
  const signature =
    keys === undefined
      ? undefined
      : attempt(() =>
          test.has('msg')
            ? dsa.sign(keys.secretKey, test.hex('msg'), { context: test.optionalHex('ctx') ?? EMPTY, rnd })
            : dsa.signMu(keys.secretKey, test.hex('mu'), rnd),
        );
  const mismatch = judgeOutput(test, 'sig', signature, () => test.hex('sig'));
  if (mismatch !== undefined || keys?.publicKey === undefined || !test.has('publicKey')) return mismatch;
  return compare('publicKey', keys.publicKey, test.hex('publicKey'));
};

export const mlDsaVerify: WycheproofHandler = (test, context) => {
  const dsa = mlDsaNamed(context, test.text('algorithm'));
  const [publicKey, signature] = [test.hex('publicKey'), test.hex('sig')];
  const accepted = attempt(() =>
    test.has('msg')
      ? dsa.verify(publicKey, test.hex('msg'), signature, { context: test.optionalHex('ctx') ?? EMPTY })
      : dsa.verifyMu(publicKey, test.hex('mu'), signature),
  );
  return judgeVerdict(test, accepted ?? false);
};

function keysFromSeed(kem: MlKem, seed: Uint8Array): ReturnType<MlKem['keygenFromSeed']> | undefined {
  return attempt(() => kem.keygenFromSeed(seed.subarray(0, 32), seed.subarray(32)));
}

const mlKemKeyGen: WycheproofHandler = (test, context) => {
  const keys = keysFromSeed(mlKemNamed(context, test.text('parameterSet')), test.hex('seed'));
  return (
    judgeOutput(test, 'ek', keys?.encapsulationKey, () => test.hex('ek')) ??
    (test.has('dk') ? judgeOutput(test, 'dk', keys?.decapsulationKey, () => test.hex('dk')) : undefined)
  );
};

const mlKemEncapsulate: WycheproofHandler = (test, context) => {
  const kem = mlKemNamed(context, test.text('parameterSet'));
  const result = attempt(() => kem.encapsulate(test.hex('ek'), test.hex('m')));
  return (
    judgeOutput(test, 'K', result?.sharedSecret, () => test.hex('K')) ??
    judgeOutput(test, 'c', result?.ciphertext, () => test.hex('c'))
  );
};

/** Decapsulation with a key in expanded form; some files only tell whether key and ciphertext are to be accepted. */
const mlKemDecapsulate: WycheproofHandler = (test, context) => {
  const kem = mlKemNamed(context, test.text('parameterSet'));
  const secret = attempt(() => kem.decapsulate(test.hex('dk'), test.hex('c')));
  return test.has('K') ? judgeOutput(test, 'K', secret, () => test.hex('K')) : judgeVerdict(test, secret !== undefined);
};

/** Key generation from the seed and decapsulation. */
const mlKemDecapsulateSeed: WycheproofHandler = (test, context) => {
  const kem = mlKemNamed(context, test.text('parameterSet'));
  const keys = keysFromSeed(kem, test.hex('seed'));
  const secret = keys === undefined ? undefined : attempt(() => kem.decapsulate(keys.decapsulationKey, test.hex('c')));
  const mismatch: Mismatch = judgeOutput(test, 'K', secret, () => test.hex('K'));
  if (mismatch !== undefined || test.text('result') !== 'valid' || !test.has('ek')) return mismatch;
  return compare('ek', keys?.encapsulationKey, test.hex('ek'));
};

/** Files for one operation or another are told apart by what they give. */
export const mlKem: WycheproofHandler = (test, context) => {
  if (test.has('m')) return mlKemEncapsulate(test, context);
  if (test.has('seed')) return (test.has('c') ? mlKemDecapsulateSeed : mlKemKeyGen)(test, context);
  return mlKemDecapsulate(test, context);
};
