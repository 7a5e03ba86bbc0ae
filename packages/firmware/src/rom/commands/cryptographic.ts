import { RotError } from '@rootcap/errors';
import { swapWords } from '@rootcap/struct';
import { stableKey, wrapCmk } from '../../messages/cmk.ts';
import { COMMAND_ID } from '../../messages/command-ids.ts';
import { CM_HASH_ALGORITHM, CmShaReqHdr } from '../../messages/layouts/cm-hash.ts';
import { CmDeriveStableKeyReq, CmDeriveStableKeyResp, CmRandomGenerateReq } from '../../messages/layouts/cm-keys.ts';
import { MAX_CMB_DATA_SIZE as CM_RANDOM_GENERATE_MAX } from '../../messages/layouts/cm-sizes.ts';
import { randomBytes } from '../../messages/random.ts';
import { RESPONSE_HEADER, varSizeResponse } from '../../messages/response.ts';
import { decodeExactly, type RomCommand, romCommand } from '../command.ts';

/** CM_RANDOM_GENERATE: more than the maximum fails the command, without an error. */
export const cmRandomGenerate = romCommand('CM_RANDOM_GENERATE', CmRandomGenerateReq, (context, { size }) => {
  if (size > CM_RANDOM_GENERATE_MAX) return undefined;
  return varSizeResponse(randomBytes(context, size));
});

const HASHES: Readonly<Record<number, 'sha384' | 'sha512'>> = {
  [CM_HASH_ALGORITHM.SHA384]: 'sha384',
  [CM_HASH_ALGORITHM.SHA512]: 'sha512',
};

/** CM_SHA: a digest in one command. What follows the announced input is not looked at. */
export const cmSha: RomCommand = {
  id: COMMAND_ID.CM_SHA,
  name: 'CM_SHA',
  length: 'raw',
  handle({ chip }, message) {
    const { hash_algorithm, input_size } = decodeExactly(CmShaReqHdr, message.subarray(0, CmShaReqHdr.size));
    const end = CmShaReqHdr.size + input_size;
    if (end > message.length) throw new RotError('FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH');
    const name = HASHES[hash_algorithm];
    if (name === undefined) throw new RotError('FW_PROC_MAILBOX_INVALID_PARAMS', `hash algorithm ${hash_algorithm}`);
    return varSizeResponse(chip.sha512.digest(name, message.subarray(CmShaReqHdr.size, end)));
  },
};

/** CM_DERIVE_STABLE_KEY: the IV of the wrapping is a TRNG response, three words of it in little-endian registers. */
export const cmDeriveStableKey = romCommand('CM_DERIVE_STABLE_KEY', CmDeriveStableKeyReq, (context, request) => {
  const key = stableKey(context, request);
  const iv = swapWords(context.chip.trng.generate().subarray(0, 12));
  return CmDeriveStableKeyResp.encode({ hdr: RESPONSE_HEADER, cmk: wrapCmk(context, key, iv) });
});
