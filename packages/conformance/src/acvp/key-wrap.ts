import { aesKw, aesKwp, aesKwpUnwrap, aesKwUnwrap, type KeyWrapOptions } from '@rootcap/crypto';
import { attempt, compare, compareVerdict } from '../fields.ts';
import { notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

function keyWrapHandler(wrap: typeof aesKw, unwrap: typeof aesKwUnwrap): AcvpHandler {
  return ({ input, answer }) => {
    if (input.number('payloadLen') % 8 !== 0) return notRun('messages that are not whole bytes');
    const options: KeyWrapOptions = { cipher: input.text('kwCipher') === 'inverse' ? 'inverse' : 'forward' };
    const key = input.hex('key');
    if (input.text('direction') === 'encrypt')
      return compare('ct', wrap(key, input.hex('pt'), options), answer.hex('ct'));
    const plaintext = attempt(() => unwrap(key, input.hex('ct'), options));
    if (answer.has('pt')) return compare('pt', plaintext, answer.hex('pt'));
    return compareVerdict(plaintext !== undefined, answer.flag('testPassed'));
  };
}

/** ACVP-AES-KW. */
export const kwHandler: AcvpHandler = keyWrapHandler(aesKw, aesKwUnwrap);

/** ACVP-AES-KWP. */
export const kwpHandler: AcvpHandler = keyWrapHandler(aesKwp, aesKwpUnwrap);
