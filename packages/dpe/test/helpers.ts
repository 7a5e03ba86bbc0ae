import { seededEntropy } from '@rootcap/crypto';
import {
  ALL_SUPPORT,
  DEFAULT_HANDLE,
  DERIVE_CONTEXT_FLAGS,
  type DpeCommandName,
  DpeError,
  type DpeProfile,
  type DpeRequest,
  type DpeState,
  type DpeStatusName,
  encodeCommand,
  messages,
  validateState,
} from '@rootcap/dpe';
import { createDpeSimulator, type DpeSimulator, type SimulatorOptions } from '@rootcap/dpe/simulator';
import { provider } from './vectors.ts';

export function simulator(options: Partial<SimulatorOptions> = {}): DpeSimulator {
  return createDpeSimulator({
    provider,
    profile: 'p384',
    support: ALL_SUPPORT,
    entropy: seededEntropy(Uint8Array.of(1)),
    ...options,
  });
}

export const profileOf = ({ environments: [first] }: DpeSimulator): DpeProfile => {
  if (first === undefined) throw new Error('no environment');
  return first.profile;
};

export const statusOf = (response: Uint8Array): number => messages.ResponseHdr.decodeFrom(response).status;

/** Sends a command and gives the whole response. */
export function send<Name extends DpeCommandName>(
  dpe: DpeSimulator,
  name: Name,
  request: DpeRequest<Name>,
  { locality = 0, profile = profileOf(dpe) }: { readonly locality?: number; readonly profile?: DpeProfile } = {},
): Uint8Array {
  return dpe.execute(locality, encodeCommand(profile, name, request));
}

/** Body of a response that must be a success. */
export function bodyOf(response: Uint8Array): Uint8Array {
  if (statusOf(response) !== 0) throw new Error(`status 0x${statusOf(response).toString(16)}`);
  return response.subarray(messages.ResponseHdr.size);
}

/** The OR of flags by name. */
export const flags = (...names: readonly (keyof typeof DERIVE_CONTEXT_FLAGS)[]): number =>
  names.reduce((word, name) => (word | DERIVE_CONTEXT_FLAGS[name]) >>> 0, 0);

/** DeriveContext with everything left out that does not matter. */
export const derive = (
  dpe: DpeSimulator,
  fields: Partial<DpeRequest<'DeriveContext'>>,
  options?: { readonly locality?: number; readonly profile?: DpeProfile },
): Uint8Array =>
  send(
    dpe,
    'DeriveContext',
    {
      handle: DEFAULT_HANDLE,
      data: new Uint8Array(profileOf(dpe).hashSize).fill(0x5a),
      flags: 0,
      tci_type: 1,
      target_locality: 0,
      svn: 0,
      ...fields,
    },
    options,
  );

/** CertifyKey, decoded. */
export function certify(
  dpe: DpeSimulator,
  fields: Partial<DpeRequest<'CertifyKey'>> = {},
  options: { readonly locality?: number; readonly profile?: DpeProfile } = {},
) {
  const profile = options.profile ?? profileOf(dpe);
  const label = new Uint8Array(profile.hashSize);
  const request = { handle: DEFAULT_HANDLE, flags: 0, format: 0, label, ...fields };
  return messages.CertifyKeyResp(profile).decode(bodyOf(send(dpe, 'CertifyKey', request, options)));
}

/** What the validator finds wrong. */
export function defectOf(state: DpeState): DpeStatusName | undefined {
  try {
    validateState(state);
    return undefined;
  } catch (error) {
    if (error instanceof DpeError) return error.status;
    throw error;
  }
}
