import { aesCmac, type HashName } from '@rootcap/crypto';
import { compare, compareVerdict, type Fields } from '../fields.ts';
import { notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

/** Bytes of a field whose length in bits is another field, in the test or in its group. */
function sized(input: Fields, name: string, lengthName: string): Uint8Array {
  const bytes = input.hex(name);
  const length = input.optionalNumber(lengthName) ?? 8 * bytes.length;
  return length % 8 === 0 ? bytes.subarray(0, length / 8) : notRun('messages that are not whole bytes');
}

/** HMAC-*, revisions 1.0 (lengths in the group) and 2.0 (lengths in the test). */
export function hmacHandler(hash: HashName): AcvpHandler {
  return ({ input, answer }, { provider }) => {
    const macLength = input.number('macLen');
    if (macLength % 8 !== 0) return notRun('MACs that are not whole bytes');
    const mac = provider.hmac.mac(hash, sized(input, 'key', 'keyLen'), sized(input, 'msg', 'msgLen'));
    return compare('mac', mac.subarray(0, macLength / 8), answer.hex('mac'));
  };
}

/** CMAC-AES: to compute (`gen`) and to check (`ver`). */
export const cmacHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  const macLength = input.number('macLen');
  if (macLength % 8 !== 0) return notRun('MACs that are not whole bytes');
  const mac = aesCmac(provider, input.hex('key'), sized(input, 'message', 'msgLen')).subarray(0, macLength / 8);
  if (input.text('direction') === 'gen') return compare('mac', mac, answer.hex('mac'));
  return compareVerdict(compare('mac', mac, input.hex('mac')) === undefined, answer.flag('testPassed'));
};
