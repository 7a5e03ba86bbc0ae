import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import type { MlKemSeeds } from '../../../drivers/mlkem1024.ts';
import type { WrappedCmk } from '../../../messages/cmk.ts';
import {
  CmMlkemDecapsulateReq,
  CmMlkemDecapsulateResp,
  CmMlkemEncapsulateReq,
  CmMlkemEncapsulateResp,
  CmMlkemKeyGenReq,
  CmMlkemKeyGenResp,
} from '../../../messages/layouts/cm-asymmetric.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { requireKeyUsage, unwrapFor, wrapKey } from './cmk.ts';
import { cmCommand } from './command.ts';

const SEED_SIZE = 32;
const MESSAGE_SIZE = 32;

function seedsOf(context: FirmwareContext, wrapped: WrappedCmk): MlKemSeeds {
  const { key_material } = unwrapFor(context, wrapped, CM_KEY_USAGE.MLKEM);
  return { d: key_material.slice(0, SEED_SIZE), z: key_material.slice(SEED_SIZE) };
}

/** ML-KEM-1024; the shared secret becomes a key of the mailbox, 32 bytes, of the use that the client names. */
export const MLKEM_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_MLKEM_KEY_GEN', 'exact', CmMlkemKeyGenReq, (context, { cmk }) => {
    const encaps_key = context.drivers.mlkem1024.encapsulationKey(seedsOf(context, cmk));
    return CmMlkemKeyGenResp.encode({ hdr: RESPONSE_HEADER, encaps_key });
  }),
  cmCommand('CM_MLKEM_ENCAPSULATE', 'exact', CmMlkemEncapsulateReq, (context, { key_usage, encaps_key }) => {
    const usage = requireKeyUsage(key_usage);
    const message = swapWords(context.chip.trng.generate().subarray(0, MESSAGE_SIZE));
    const { ciphertext, sharedSecret } = context.drivers.mlkem1024.encapsulate(encaps_key, message);
    return CmMlkemEncapsulateResp.encode({
      hdr: RESPONSE_HEADER,
      ciphertext,
      shared_key: wrapKey(context, usage, sharedSecret),
    });
  }),
  cmCommand('CM_MLKEM_DECAPSULATE', 'exact', CmMlkemDecapsulateReq, (context, { key_usage, cmk, ciphertext }) => {
    const usage = requireKeyUsage(key_usage);
    const secret = context.drivers.mlkem1024.decapsulate(seedsOf(context, cmk), ciphertext);
    return CmMlkemDecapsulateResp.encode({ hdr: RESPONSE_HEADER, shared_key: wrapKey(context, usage, secret) });
  }),
];
