import { HmacDrbg } from '@rootcap/crypto';
import { compare } from '../fields.ts';
import { hashNamed } from '../hash-names.ts';
import { notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

const EMPTY = new Uint8Array(0);

/** HMAC_DRBG of SP 800-90A, revisions 1.0 and SP800-90Ar1: every output but the last is thrown away. */
export const hmacDrbgHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  const bits = input.number('returnedBitsLen');
  if (bits % 8 !== 0) return notRun('messages that are not whole bytes');
  const drbg = new HmacDrbg(provider, hashNamed(input.text('mode')), {
    entropy: input.hex('entropyInput'),
    nonce: input.optionalHex('nonce') ?? EMPTY,
    personalization: input.optionalHex('persoString') ?? EMPTY,
  });
  let output: Uint8Array = EMPTY;
  for (const step of input.list('otherInput')) {
    const additionalInput = step.optionalHex('additionalInput') ?? EMPTY;
    const entropy = step.optionalHex('entropyInput') ?? EMPTY;
    if (step.text('intendedUse').toLowerCase() === 'reseed') drbg.reseed(entropy, additionalInput);
    else if (entropy.length > 0) output = drbg.generate(bits / 8, { additionalInput, predictionEntropy: entropy });
    else output = drbg.generate(bits / 8, { additionalInput });
  }
  return compare('returnedBits', output, answer.hex('returnedBits'));
};
