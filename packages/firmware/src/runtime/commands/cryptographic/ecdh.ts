import { swapWords } from '@rootcap/struct';
import { CmEcdhFinishReq, CmEcdhFinishResp, CmEcdhGenerateResp } from '../../../messages/layouts/cm-asymmetric.ts';
import { CM_KEY_USAGE } from '../../../messages/layouts/cmk.ts';
import { MailboxReqHeader } from '../../../messages/layouts/header.ts';
import { RESPONSE_HEADER } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { requireKeyUsage, wrapKey } from './cmk.ts';
import { cmCommand } from './command.ts';
import { EcdhContext, openContext, sealContext } from './contexts.ts';

const AES_KEY_SIZE = 32;

/** P-384 key agreement: an ephemeral key pair, then the shared secret as a key of the mailbox. */
export const ECDH_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_ECDH_GENERATE', 'exact', MailboxReqHeader, (context) => {
    const { chip, drivers } = context;
    const seed = chip.trng.generate();
    const nonce = chip.trng.generate();
    const { publicKey, privateKey } = drivers.ecc384.ecdhKeyPair(seed, nonce);
    const sealed = sealContext(context, EcdhContext, { private_key: swapWords(privateKey) });
    return CmEcdhGenerateResp.encode({ hdr: RESPONSE_HEADER, context: sealed, exchange_data: publicKey });
  }),
  cmCommand('CM_ECDH_FINISH', 'exact', CmEcdhFinishReq, (context, request) => {
    const { private_key } = openContext(context, EcdhContext, request.context);
    const usage = requireKeyUsage(request.key_usage);
    const { ecc384 } = context.drivers;
    const secret = ecc384.sharedSecret(swapWords(private_key), request.incoming_exchange_data);
    const key = usage === CM_KEY_USAGE.AES ? secret.subarray(0, AES_KEY_SIZE) : secret;
    return CmEcdhFinishResp.encode({ hdr: RESPONSE_HEADER, output: wrapKey(context, usage, key) });
  }),
];
