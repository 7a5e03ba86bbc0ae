import { CERTIFY_KEY } from './certify-key.ts';
import type { DpeCommand } from './command.ts';
import { DERIVE_CONTEXT } from './derive-context.ts';
import { DESTROY_CONTEXT } from './destroy-context.ts';
import { GET_CERTIFICATE_CHAIN } from './get-certificate-chain.ts';
import { GET_PROFILE } from './get-profile.ts';
import { INITIALIZE_CONTEXT } from './initialize-context.ts';
import { ROTATE_CONTEXT_HANDLE } from './rotate-context-handle.ts';
import { SIGN } from './sign.ts';
import { UPDATE_CONTEXT_MEASUREMENT } from './update-context-measurement.ts';

/** Every command, by name. */
export const DPE_COMMANDS = {
  GetProfile: GET_PROFILE,
  InitializeContext: INITIALIZE_CONTEXT,
  DeriveContext: DERIVE_CONTEXT,
  CertifyKey: CERTIFY_KEY,
  Sign: SIGN,
  RotateContextHandle: ROTATE_CONTEXT_HANDLE,
  DestroyContext: DESTROY_CONTEXT,
  GetCertificateChain: GET_CERTIFICATE_CHAIN,
  UpdateContextMeasurement: UPDATE_CONTEXT_MEASUREMENT,
} as const;

export type DpeCommandName = keyof typeof DPE_COMMANDS;

/** Body of a command's request, decoded. */
export type DpeRequest<Name extends DpeCommandName> =
  (typeof DPE_COMMANDS)[Name] extends DpeCommand<infer Request> ? Request : never;
