import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import type { Firmware } from '../../coroutine.ts';
import { zeroizeEngines } from '../../fatal-error.ts';
import { haltIfHookSet } from '../../fips-test-hooks.ts';
import { ownerManifestMinSvn } from '../../fuses.ts';
import { fuseSvn } from '../../measured-state.ts';
import { type CapabilityName, capabilitiesResponse } from '../../messages/capabilities.ts';
import { MailboxReqHeader } from '../../messages/layouts/header.ts';
import {
  EcdsaVerifyReq,
  FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST,
  FwInfoResp,
  MldsaVerifyReq,
} from '../../messages/layouts/status.ts';
import { headerOnly, RESPONSE_HEADER } from '../../messages/response.ts';
import { type VerifyFailures, verifyEcdsaRequest, verifyMldsaRequest } from '../../messages/signature-verify.ts';
import { versionResponse } from '../../messages/version.ts';
import { pl0Only, type RuntimeCommand, rawCommand, runtimeCommand } from '../command.ts';
import { disableAttestation } from '../disable-attestation.ts';

function fwInfo({ chip: { soc }, persistent, options }: FirmwareContext): Uint8Array {
  const { dataVault } = persistent;
  const { manifest } = persistent;
  const fmc = manifest.get('fmc');
  const runtime = manifest.get('runtime');
  const current = soc.get('CPTRA_FW_ERROR_NON_FATAL');
  return FwInfoResp.encode({
    hdr: RESPONSE_HEADER,
    pl0_pauser: manifest.get('header').pl0Pauser,
    fw_svn: dataVault.get('fw_svn'),
    min_fw_svn: dataVault.get('fw_min_svn'),
    cold_boot_fw_svn: dataVault.get('cold_boot_fw_svn'),
    attestation_disabled: persistent.dpe.get('attestation_disabled'),
    rom_revision: options.rom.revision,
    fmc_revision: fmc.revision,
    runtime_revision: runtime.revision,
    rom_sha256_digest: options.rom.sha256,
    fmc_sha384_digest: fmc.digest,
    runtime_sha384_digest: runtime.digest,
    owner_pub_key_hash: dataVault.get('owner_pk_hash'),
    authman_sha384_digest: persistent.authManifest.get('digest'),
    most_recent_fw_error: current !== 0 ? current : persistent.rom.get('cleared_non_fatal_fw_error'),
    vendor_pub_key_hash: soc.bytes('FUSE_VENDOR_PK_HASH'),
    image_manifest_pqc_type: persistent.rom.slice('manifest1')[8] as number,
    vendor_ecc384_pub_key_index: dataVault.get('vendor_ecc_pk_index'),
    vendor_pqc_pub_key_index: dataVault.get('vendor_pqc_pk_index'),
    soc_manifest_current_svn: persistent.authManifest.get('svn'),
    soc_manifest_min_svn: fuseSvn(soc, 'FUSE_SOC_MANIFEST_SVN'),
    owner_auth_manifest_current_svn: persistent.ownerAuthManifest.get('svn'),
    owner_auth_manifest_min_svn: ownerManifestMinSvn(soc),
  });
}

const FAILURES: VerifyFailures = { ecdsa: 'RUNTIME_ECDSA_VERIFY_FAILED', mldsa: 'RUNTIME_MLDSA_VERIFY_FAILED' };

function capabilities({ chip: { soc } }: FirmwareContext): Uint8Array {
  const names: CapabilityName[] = ['RT_BASE'];
  if (soc.ocpLockEnabled) names.push('RT_OCP_LOCK');
  return capabilitiesResponse(names);
}

/** Zeroizes engines, keys and tables; the runtime stops after the response. */
function* shutdown(context: FirmwareContext): Firmware<undefined> {
  zeroizeEngines(context);
  yield* haltIfHookSet(context, 'HALT_SHUTDOWN_RT');
  context.persistent.rom.bytes.fill(0);
  context.persistent.fw.bytes.fill(0);
}

export const STATUS_COMMANDS: readonly RuntimeCommand[] = [
  runtimeCommand('FW_INFO', 'any', MailboxReqHeader, fwInfo),
  runtimeCommand('VERSION', 'any', MailboxReqHeader, versionResponse),
  runtimeCommand('CAPABILITIES', 'any', MailboxReqHeader, capabilities),
  runtimeCommand('SELF_TEST_START', 'any', MailboxReqHeader, ({ state: { runtime } }) => {
    if (runtime.selfTest !== 'idle') throw new RotError('RUNTIME_SELF_TEST_IN_PROGRESS');
    runtime.selfTest = 'in-progress';
    return undefined;
  }),
  runtimeCommand('SELF_TEST_GET_RESULTS', 'any', MailboxReqHeader, ({ state: { runtime } }) => {
    if (runtime.selfTest !== 'done') throw new RotError('RUNTIME_SELF_TEST_NOT_STARTED');
    runtime.selfTest = 'idle';
    return undefined;
  }),
  rawCommand('ECDSA384_SIGNATURE_VERIFY', EcdsaVerifyReq, (context, message) => {
    verifyEcdsaRequest(context, message, FAILURES);
    return headerOnly(FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST);
  }),
  rawCommand('MLDSA87_SIGNATURE_VERIFY', MldsaVerifyReq, (context, message) => {
    verifyMldsaRequest(context, message, FAILURES);
    return undefined;
  }),
  pl0Only(
    'first',
    runtimeCommand('DISABLE_ATTESTATION', 'any', MailboxReqHeader, (context) => {
      disableAttestation(context);
      return undefined;
    }),
  ),
  runtimeCommand('SHUTDOWN', 'any', MailboxReqHeader, shutdown),
];
