import type { Infer } from '@rootcap/struct';
import { derivedKey } from '../derived-key.ts';
import type { DpeEnvironment } from '../environment.ts';
import { leafCertificate, leafCsr } from '../issue.ts';
import { CertifyKeyReq, CertifyKeyResp } from '../messages.ts';
import type { Context } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { CERTIFY_KEY_FORMAT as FORMAT, has, SUPPORT } from '../support.ts';
import { type DpeCommand, requireFit, requireRoomForCertificate, respond } from './command.ts';
import { rotated } from './new-handle.ts';

type Request = Infer<ReturnType<typeof CertifyKeyReq>>;

/** Whether the format may be asked for. An unknown one is only refused once there is room for the response. */
function requireAllowed(support: number, context: Context, format: number): void {
  if (format === FORMAT.X509) {
    if (!has(support, SUPPORT.X509)) throw new DpeError('ArgumentNotSupported', 'X509 is not supported');
    if (context.allow_x509 === 0) throw new DpeError('InvalidArgument', 'X509: the context has no permission');
  } else if (format === FORMAT.CSR && !has(support, SUPPORT.CSR)) {
    throw new DpeError('ArgumentNotSupported', 'CSR is not supported');
  }
}

function handle(env: DpeEnvironment, locality: number, { handle, format, label }: Request): Uint8Array {
  const { state, profile } = env;
  const index = state.find(handle, locality);
  const context = state.read(index);
  requireAllowed(state.support, context, format);
  const layout = CertifyKeyResp(profile);
  requireRoomForCertificate(env, layout.size);
  if (format !== FORMAT.X509 && format !== FORMAT.CSR)
    throw new DpeError('InvalidArgument', `format: ${format}, 0 (X509) or 1 (CSR) expected`);
  const key = derivedKey(env, index, label);
  const cert = (format === FORMAT.X509 ? leafCertificate : leafCsr)(env, index, key, label);
  requireFit(env, layout.size, cert);
  const next = rotated(env, context);
  state.write(index, next);
  return respond(env, layout, {
    new_context_handle: next.handle,
    derived_pubkey: key.publicKey,
    cert_size: cert.length,
    cert,
  });
}

/** `CertifyKey`: certificate of, or request for, the key of a context and a label. dpe/src/commands/certify_key.rs */
export const CERTIFY_KEY: DpeCommand<Request> = { id: 0x09, name: 'CertifyKey', request: CertifyKeyReq, handle };
