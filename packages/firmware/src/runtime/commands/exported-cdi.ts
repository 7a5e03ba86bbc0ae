import type { DiceAlgorithm } from '@rootcap/dice';
import { DpeError, type DpeKeyPair, type SignData } from '@rootcap/dpe';
import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import {
  RevokeExportedCdiHandleReq,
  SignWithExportedEcdsaReq,
  SignWithExportedEcdsaResp,
  SignWithExportedMldsaReq,
  SignWithExportedMldsaResp,
} from '../../messages/layouts/dpe.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import { aliasKey } from '../alias-keys.ts';
import { pl0Only, type RuntimeCommand, runtimeCommand } from '../command.ts';
import { revokeExportedCdi } from '../dpe/crypto.ts';
import { DPE_PROFILES, withDpeCrypto } from '../dpe/invoke.ts';

const SIGN_TYPE = { MU: 0, RAW: 1 } as const;
const MU_SIZE = 64;

const FAILURES: Readonly<Record<DiceAlgorithm, { readonly derivation: ErrorName; readonly signature: ErrorName }>> = {
  'ecdsa-p384': {
    derivation: 'RUNTIME_SIGN_WITH_EXPORTED_ECDSA_KEY_DERIVIATION_FAILED',
    signature: 'RUNTIME_SIGN_WITH_EXPORTED_ECDSA_SIGNATURE_FAILED',
  },
  mldsa87: {
    derivation: 'RUNTIME_SIGN_WITH_EXPORTED_MLDSA_KEY_DERIVIATION_FAILED',
    signature: 'RUNTIME_SIGN_WITH_EXPORTED_MLDSA_SIGNATURE_FAILED',
  },
};

function refusingAs<T>(failure: ErrorName, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof DpeError) throw new RotError(failure, error.message);
    throw error;
  }
}

/** Signs with the key of an exported CDI. */
function signWithExported(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  handle: Uint8Array,
  input: () => SignData,
): { readonly publicKey: Uint8Array; readonly signature: Uint8Array } {
  const { exportedKeyInfo: info } = DPE_PROFILES[algorithm];
  const { derivation, signature } = FAILURES[algorithm];
  const alias = aliasKey(context, algorithm);
  const data = input();
  return withDpeCrypto(context, algorithm, alias, (crypto) => {
    const key: DpeKeyPair = refusingAs(derivation, () => crypto.exportedKeyPair(handle, info, info));
    return { publicKey: key.publicKey, signature: refusingAs(signature, () => key.sign(data)) };
  });
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS */
function mldsaInput(type: number, tbs: Uint8Array, size: number): SignData {
  if (type === SIGN_TYPE.MU && size === MU_SIZE) return { kind: 'mu', bytes: tbs.subarray(0, size) };
  if (type === SIGN_TYPE.RAW && size <= tbs.length) return { kind: 'message', bytes: tbs.subarray(0, size) };
  throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `sign_type ${type}, tbs_size ${size}`);
}

/** @see caliptra-sw:runtime/src/sign_with_exported_ecdsa.rs, sign_with_exported_mldsa.rs, revoke_exported_cdi_handle.rs */
const COMMANDS: readonly RuntimeCommand[] = [
  runtimeCommand(
    'SIGN_WITH_EXPORTED_ECDSA',
    'exact',
    SignWithExportedEcdsaReq,
    (context, { exported_cdi_handle, tbs }) => {
      const { publicKey, signature } = signWithExported(context, 'ecdsa-p384', exported_cdi_handle, () => ({
        kind: 'digest',
        bytes: tbs,
      }));
      return SignWithExportedEcdsaResp.encode({
        hdr: RESPONSE_HEADER,
        derived_pubkey_x: publicKey.subarray(0, 48),
        derived_pubkey_y: publicKey.subarray(48),
        signature_r: signature.subarray(0, 48),
        signature_s: signature.subarray(48),
      });
    },
    'RUNTIME_MAILBOX_INVALID_PARAMS',
  ),
  runtimeCommand(
    'SIGN_WITH_EXPORTED_MLDSA',
    'exact',
    SignWithExportedMldsaReq,
    (context, { exported_cdi_handle, sign_type, tbs, tbs_size }) => {
      const input = (): SignData => mldsaInput(sign_type, tbs, tbs_size);
      const { publicKey, signature } = signWithExported(context, 'mldsa87', exported_cdi_handle, input);
      return SignWithExportedMldsaResp.encode({
        hdr: RESPONSE_HEADER,
        derived_pubkey: publicKey,
        signature,
        _padding: new Uint8Array(1),
      });
    },
    'RUNTIME_MAILBOX_INVALID_PARAMS',
  ),
  runtimeCommand(
    'REVOKE_EXPORTED_CDI_HANDLE',
    'exact',
    RevokeExportedCdiHandleReq,
    (context, { exported_cdi_handle }) => {
      if (!revokeExportedCdi(context, exported_cdi_handle))
        throw new RotError('RUNTIME_REVOKE_EXPORTED_CDI_HANDLE_NOT_FOUND');
      return undefined;
    },
    'RUNTIME_MAILBOX_INVALID_PARAMS',
  ),
];

export const EXPORTED_CDI_COMMANDS: readonly RuntimeCommand[] = COMMANDS.map((command) => pl0Only('decoded', command));
