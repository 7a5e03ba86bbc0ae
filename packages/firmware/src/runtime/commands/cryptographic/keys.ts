import { RotError } from '@rootcap/errors';
import { stableKey, unwrapCmk } from '../../../messages/cmk.ts';
import {
  CmDeleteReq,
  CmDeriveStableKeyReq,
  CmDeriveStableKeyResp,
  CmImportReq,
  CmImportResp,
  CmStatusResp,
} from '../../../messages/layouts/cm-keys.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { MailboxReqHeader } from '../../../messages/layouts/header.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { keyIdOf, wrap, wrapKey } from './cmk.ts';
import { cmCommand } from './command.ts';
import { clearKeyUses, deleteKeyUse, KEY_USES_MAX, keyUseCount } from './key-uses.ts';

/** Sizes in which a key of each use may come from outside. */
const IMPORT_SIZES: Readonly<Record<number, readonly number[]>> = {
  [CM_KEY_USAGE.HMAC]: [48, 64],
  [CM_KEY_USAGE.AES]: [32],
  [CM_KEY_USAGE.ECDSA]: [48],
  [CM_KEY_USAGE.MLDSA]: [32],
  [CM_KEY_USAGE.MLKEM]: [64],
};

export const KEY_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_IMPORT', 'shorter', CmImportReq, (context, { key_usage, input_size, input }) => {
    if (IMPORT_SIZES[key_usage]?.includes(input_size) !== true)
      throw new RotError('RUNTIME_CMB_INVALID_KEY_USAGE_AND_SIZE', `usage ${key_usage}, ${input_size} bytes`);
    const cmk = wrapKey(context, key_usage, input.subarray(0, input_size));
    return CmImportResp.encode({ hdr: RESPONSE_HEADER, cmk });
  }),
  /** A key cannot be taken back; what is deleted is the count of its uses. */
  cmCommand('CM_DELETE', 'exact', CmDeleteReq, (context, request) => {
    const { key_usage, id } = unwrapCmk(context, request.cmk);
    if (key_usage === CM_KEY_USAGE.AES) deleteKeyUse(context, keyIdOf(id));
    return undefined;
  }),
  cmCommand('CM_CLEAR', 'any', MailboxReqHeader, (context) => {
    clearKeyUses(context);
    return undefined;
  }),
  cmCommand('CM_STATUS', 'any', MailboxReqHeader, (context) =>
    CmStatusResp.encode({
      hdr: RESPONSE_HEADER,
      used_usage_storage: keyUseCount(context),
      total_usage_storage: KEY_USES_MAX,
    }),
  ),
  cmCommand('CM_DERIVE_STABLE_KEY', 'exact', CmDeriveStableKeyReq, (context, request) =>
    CmDeriveStableKeyResp.encode({ hdr: RESPONSE_HEADER, cmk: wrap(context, stableKey(context, request)) }),
  ),
];
