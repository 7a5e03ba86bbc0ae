import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { type CapabilityName, capabilitiesResponse } from '../../messages/capabilities.ts';
import { cmHmac } from '../../messages/cmk.ts';
import { COMMAND_ID, type CommandName } from '../../messages/command-ids.ts';
import { StashMeasurementReq } from '../../messages/layouts/dpe.ts';
import { InstallOwnerPkHashReq, InstallOwnerPkHashResp } from '../../messages/layouts/fuses.ts';
import { MailboxReqHeader } from '../../messages/layouts/header.ts';
import { FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST } from '../../messages/layouts/status.ts';
import { headerOnly, RESPONSE_HEADER } from '../../messages/response.ts';
import { type VerifyFailures, verifyEcdsaRequest, verifyMldsaRequest } from '../../messages/signature-verify.ts';
import { versionResponse } from '../../messages/version.ts';
import { type RomCommand, type RomResponse, romCommand } from '../command.ts';
import { stableOwnerKeyAvailable } from '../idevid.ts';
import { runKnownAnswerTests } from '../known-answer-tests.ts';
import { cmDeriveStableKey, cmRandomGenerate, cmSha } from './cryptographic.ts';
import { getIdevCsr, getLdevCert } from './identity.ts';
import { reportHekMetadata } from './report-hek-metadata.ts';
import { stashMeasurement } from './stash-measurement.ts';
import { zeroizeUdsFe } from './zeroize-uds-fe.ts';

const FAILURES: VerifyFailures = { ecdsa: 'ROM_ECDSA_VERIFY_FAILED', mldsa: 'ROM_MLDSA_VERIFY_FAILED' };

/** A wrong signature is the only refusal that ROM survives: it shows as non-fatal, and the command fails. */
function nonFatal(context: FirmwareContext, check: () => void, fipsStatus: number): RomResponse {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    context.reportError('CPTRA_FW_ERROR_NON_FATAL', error.code);
    return undefined;
  }
  return headerOnly(fipsStatus);
}

function selfTestStart(context: FirmwareContext): RomResponse {
  if (context.state.romSelfTestInProgress) {
    context.state.romSelfTestInProgress = false;
    return undefined;
  }
  context.recordBootStatus('KatStarted');
  runKnownAnswerTests(context);
  context.recordBootStatus('KatComplete');
  context.state.romSelfTestInProgress = true;
  return headerOnly();
}

function selfTestGetResults(context: FirmwareContext): RomResponse {
  const inProgress = context.state.romSelfTestInProgress;
  context.state.romSelfTestInProgress = false;
  return inProgress ? headerOnly() : undefined;
}

function capabilities(context: FirmwareContext): Uint8Array {
  const names: CapabilityName[] = ['ROM_BASE'];
  if (context.chip.soc.ocpLockEnabled) names.push('ROM_OCP_LOCK');
  if (stableOwnerKeyAvailable(context)) names.push('ROM_STABLE_OWNER_KEY');
  return capabilitiesResponse(names);
}

/** A command that decodes its request itself. */
function raw(name: CommandName, handle: RomCommand['handle']): RomCommand {
  return { id: COMMAND_ID[name], name, length: 'raw', handle };
}

/**
 * Commands that ROM answers while it waits for firmware; FIRMWARE_LOAD and RI_DOWNLOAD_* end the wait.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/fw_processor
 */
export const ROM_COMMANDS: readonly RomCommand[] = [
  romCommand('VERSION', MailboxReqHeader, versionResponse),
  romCommand('CAPABILITIES', MailboxReqHeader, capabilities),
  romCommand('SELF_TEST_START', MailboxReqHeader, selfTestStart),
  romCommand('SELF_TEST_GET_RESULTS', MailboxReqHeader, selfTestGetResults),
  romCommand('SHUTDOWN', MailboxReqHeader, () => headerOnly()),
  raw('ECDSA384_SIGNATURE_VERIFY', (context, message) =>
    nonFatal(
      context,
      () => verifyEcdsaRequest(context, message, FAILURES),
      FIPS_STATUS_NOT_APPROVED_USER_SUPPLIED_DIGEST,
    ),
  ),
  raw('MLDSA87_SIGNATURE_VERIFY', (context, message) =>
    nonFatal(context, () => verifyMldsaRequest(context, message, FAILURES), 0),
  ),
  romCommand('STASH_MEASUREMENT', StashMeasurementReq, stashMeasurement),
  romCommand('GET_IDEV_ECC384_CSR', MailboxReqHeader, (context) => getIdevCsr(context, 'ecdsa-p384')),
  romCommand('GET_IDEV_MLDSA87_CSR', MailboxReqHeader, (context) => getIdevCsr(context, 'mldsa87')),
  romCommand('GET_LDEV_ECC384_CERT', MailboxReqHeader, (context) => getLdevCert(context, 'ecdsa-p384')),
  romCommand('GET_LDEV_MLDSA87_CERT', MailboxReqHeader, (context) => getLdevCert(context, 'mldsa87')),
  cmDeriveStableKey,
  raw('CM_HMAC', cmHmac),
  cmRandomGenerate,
  cmSha,
  romCommand('INSTALL_OWNER_PK_HASH', InstallOwnerPkHashReq, ({ persistent }, { digest }) => {
    persistent.dotOwnerPkHash.set('owner_pk_hash', digest);
    persistent.dotOwnerPkHash.set('valid', 1);
    return InstallOwnerPkHashResp.encode({ hdr: RESPONSE_HEADER, dpe_result: 0 });
  }),
  reportHekMetadata,
  zeroizeUdsFe,
];
