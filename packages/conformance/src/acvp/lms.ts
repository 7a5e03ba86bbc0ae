import { lmotsParameters, lmsKeygen, lmsParameters, lmsVerify } from '@rootcap/crypto';
import { compare, compareVerdict } from '../fields.ts';
import { notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

/** Higher trees have more than 32768 one-time keys: minutes per test. */
const MAX_HEIGHT = 15;

/** Public key of a tree whose one-time keys come from a seed. */
export const lmsKeyGenHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  const [lms, lmots] = [lmsParameters(input.text('lmsMode')), lmotsParameters(input.text('lmOtsMode'))];
  if (lms === undefined || lmots === undefined) return notRun('LMS parameter set is not part of the library');
  if (lms.h > MAX_HEIGHT) return notRun(`LMS key generation above height ${MAX_HEIGHT}`);
  const options = { lms: lms.name, lmots: lmots.name, id: input.hex('i'), seed: input.hex('seed') };
  return compare('publicKey', lmsKeygen(provider, options).publicKey, answer.hex('publicKey'));
};

/** Signatures that the server made must verify. */
export const lmsSigGenHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  const verdict = lmsVerify(provider, answer.hex('publicKey'), input.hex('message'), answer.hex('signature'));
  return compareVerdict(verdict.kind === 'valid', true);
};

export const lmsSigVerHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  const verdict = lmsVerify(provider, input.hex('publicKey'), input.hex('message'), input.hex('signature'));
  return compareVerdict(verdict.kind === 'valid', answer.flag('testPassed'));
};
