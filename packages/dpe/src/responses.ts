import { type Infer, type Struct, StructError } from '@rootcap/struct';
import type { DpeCommandName } from './commands/table.ts';
import {
  CertifyKeyResp,
  DeriveContextExportedCdiResp,
  DeriveContextResp,
  GetCertificateChainResp,
  GetProfileResp,
  NewHandleResp,
  NoBody,
  ResponseHdr,
  SignResp,
  UpdateContextMeasurementResp,
} from './messages.ts';
import type { DpeProfile } from './profiles.ts';
import { DpeError, type DpeStatuses, type DpeStatusName, OCP_STATUSES } from './statuses.ts';
import { DERIVE_CONTEXT_FLAGS, has } from './support.ts';

/** Body of each response, by command. DeriveContext with EXPORT_CDI answers with another one. */
export const DPE_RESPONSES = {
  GetProfile: GetProfileResp,
  InitializeContext: NewHandleResp,
  DeriveContext: DeriveContextResp,
  CertifyKey: CertifyKeyResp,
  Sign: SignResp,
  RotateContextHandle: NewHandleResp,
  DestroyContext: NoBody,
  GetCertificateChain: GetCertificateChainResp,
  UpdateContextMeasurement: UpdateContextMeasurementResp,
} as const satisfies Readonly<Record<DpeCommandName, (profile: DpeProfile) => unknown>>;

type Exported = Omit<Infer<ReturnType<typeof DeriveContextExportedCdiResp>>, 'handle' | 'parent_handle'>;

/** Body of a command's response, decoded. What EXPORT_CDI adds is there only if it was asked for. */
export type DpeResponse<Name extends DpeCommandName> = Infer<ReturnType<(typeof DPE_RESPONSES)[Name]>> &
  (Name extends 'DeriveContext' ? Partial<Exported> : unknown);

/** Name of a status. */
export function statusName(status: number, statuses: DpeStatuses = OCP_STATUSES): DpeStatusName | undefined {
  return (Object.keys(statuses) as DpeStatusName[]).find((name) => statuses[name] === status);
}

export interface DecodeOptions {
  /** Flags of the request: with EXPORT_CDI the response of DeriveContext is another one. Default 0. */
  readonly flags?: number;
  /** Numbers of the statuses. Default those of the OCP profile. */
  readonly statuses?: DpeStatuses;
}

function layoutOf(profile: DpeProfile, name: DpeCommandName, flags: number): Struct<Record<string, unknown>> {
  const exported = name === 'DeriveContext' && has(flags, DERIVE_CONTEXT_FLAGS.EXPORT_CDI);
  return (exported ? DeriveContextExportedCdiResp : DPE_RESPONSES[name])(profile) as never;
}

/**
 * Reads the response to a command; a piece of the certificate chain is cut to its size.
 *
 * @throws DpeError with the status of a refusal; StructError if it is no response to this command
 */
export function decodeResponse<Name extends DpeCommandName>(
  profile: DpeProfile,
  name: Name,
  response: Uint8Array,
  { flags = 0, statuses = OCP_STATUSES }: DecodeOptions = {},
): DpeResponse<Name> {
  const { status } = ResponseHdr.decodeFrom(response);
  if (status !== 0) {
    const symbol = statusName(status, statuses);
    if (symbol === undefined) throw new StructError('ResponseHdr.status', 4, `0x${status.toString(16)} is not known`);
    throw new DpeError(symbol, `${name} is refused with status 0x${status.toString(16)}`);
  }
  const body = layoutOf(profile, name, flags).decode(response.subarray(ResponseHdr.size));
  return cutToSize(body) as DpeResponse<Name>;
}

/** GetCertificateChain has room for a whole piece, whatever is in it. */
function cutToSize(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { certificate_chain: chain, certificate_size: size } = body;
  return chain instanceof Uint8Array ? { ...body, certificate_chain: chain.slice(0, Number(size)) } : body;
}
