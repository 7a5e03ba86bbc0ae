import { equalBytes } from '@rootcap/crypto';
import { aliasValidity, type Validity } from '@rootcap/dice';
import { type ErrorName, RotError } from '@rootcap/errors';
import {
  ICCM_RANGE,
  ImageManifest,
  type ImageTocEntry,
  type ImageVerificationInfo,
  MAX_FIRMWARE_SVN,
  verifyImage,
} from '@rootcap/image';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { FUSE_LOG_ENTRY_ID } from '../memory/tables.ts';
import { type ImageSource, readRange } from './image-source.ts';
import { initializeKeyLadder } from './key-ladder.ts';
import { extendFmcPcrs } from './pcrs.ts';
import { verificationEnv } from './verification-env.ts';

/** What takes part in accepting an image besides the image. */
export interface FirmwareDelivery {
  readonly source: ImageSource;
  /** Called once with the outcome of verification, before anything is measured. */
  verified(error: RotError | undefined): void;
  /** Called when the firmware is in its place. */
  loaded(): void;
}

/**
 * Verifies a bundle, measures it, copies it into ICCM and starts the key ladder.
 *
 * @returns validity for the FMC alias certificate
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/fw_processor/mod.rs
 */
export function* loadFirmware(context: FirmwareContext, delivery: FirmwareDelivery): Firmware<Validity> {
  const { chip, persistent } = context;
  const { source } = delivery;
  const manifestBytes = readRange(source, 0, ImageManifest.size, 'FW_PROC_INVALID_IMAGE_SIZE').slice();
  persistent.rom.set('manifest1', manifestBytes);
  yield* report(context, 'FwProcessorManifestLoadComplete');

  const info = verify(context, delivery, manifestBytes);
  yield* report(context, 'FwProcessorImageVerificationComplete');
  writeFuseLog(context, info);
  populateDataVault(context, info);
  yield* report(context, 'FwProcessorPopulateDataVaultComplete');
  extendFmcPcrs(context);
  yield* report(context, 'FwProcessorExtendPcrComplete');

  const manifest = ImageManifest.decode(manifestBytes);
  copyToIccm(context, source, manifest.fmc, ImageManifest.size, 'FW_PROC_INVALID_IMAGE_SIZE');
  copyToIccm(context, source, manifest.runtime, ImageManifest.size + manifest.fmc.size, 'FW_PROC_INVALID_IMAGE_SIZE');
  yield* report(context, 'FwProcessorLoadImageComplete');
  verifyLoaded(context, manifest.fmc, 'IMAGE_VERIFIER_ERR_FMC_DIGEST_MISMATCH');
  verifyLoaded(context, manifest.runtime, 'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH');
  delivery.loaded();
  yield* report(context, 'FwProcessorFirmwareDownloadTxComplete');

  const romVersion = chip.soc.get('CPTRA_FW_REV_ID', 0) & 0xffff;
  chip.soc.set('CPTRA_FW_REV_ID', ((manifest.fmc.version << 16) | romVersion) >>> 0, 0);
  chip.soc.set('CPTRA_FW_REV_ID', manifest.runtime.version, 1);
  startKeyLadder(context);
  yield* report(context, 'FwProcessorCalculateKeyLadderComplete');
  yield* report(context, 'FwProcessorComplete');
  return certificateValidity(manifest);
}

function verify(
  context: FirmwareContext,
  { source, verified }: FirmwareDelivery,
  manifest: Uint8Array,
): ImageVerificationInfo {
  let info: ImageVerificationInfo;
  try {
    info = verifyImage(manifest, verificationEnv(context, source), 'ColdReset', source.size);
  } catch (error) {
    if (error instanceof RotError) verified(error);
    throw error;
  }
  verified(undefined);
  return info;
}

function writeFuseLog({ persistent }: FirmwareContext, { logInfo }: ImageVerificationInfo): void {
  const data: Record<keyof typeof FUSE_LOG_ENTRY_ID, number> = {
    VendorEccPubKeyIndex: logInfo.vendorEccPubKeyIdx,
    VendorEccPubKeyRevocation: logInfo.fuseVendorEccPubKeyRevocation,
    ColdBootFwSvn: logInfo.manifestSvn,
    ManifestReserved0: 0,
    DeprecatedFuseFmcSvn: logInfo.fuseSvn,
    ManifestFwSvn: logInfo.manifestSvn,
    ManifestReserved1: 0,
    FuseFwSvn: logInfo.fuseSvn,
    VendorPqcPubKeyIndex: logInfo.vendorPqcPubKeyIdx,
    VendorPqcPubKeyRevocation: logInfo.fuseVendorPqcPubKeyRevocation,
  };
  for (const [name, id] of Object.entries(FUSE_LOG_ENTRY_ID) as [keyof typeof data, number][])
    persistent.setFuseLog(id, data[name]);
}

function populateDataVault({ persistent }: FirmwareContext, info: ImageVerificationInfo): void {
  const { dataVault, fht } = persistent;
  dataVault.set('fmc_tci', info.fmc.digest);
  dataVault.set('cold_boot_fw_svn', info.fwSvn);
  dataVault.set('fw_min_svn', info.fwSvn);
  dataVault.set('fmc_entry_point', info.fmc.entryPoint);
  dataVault.set('owner_pk_hash', info.ownerPubKeysDigest);
  dataVault.set('vendor_ecc_pk_index', info.vendorEccPubKeyIdx);
  dataVault.set('vendor_pqc_pk_index', info.vendorPqcPubKeyIdx);
  dataVault.set('rt_tci', info.runtime.digest);
  dataVault.set('fw_svn', info.fwSvn);
  dataVault.set('rt_entry_point', info.runtime.entryPoint);
  dataVault.set('manifest_addr', fht.get('manifest_load_addr'));
}

/** Copies one executable. Its place in the bundle follows from the sizes, whatever its `offset` says. */
export function copyToIccm(
  { chip }: FirmwareContext,
  source: ImageSource,
  entry: ImageTocEntry,
  start: number,
  symbol: 'FW_PROC_INVALID_IMAGE_SIZE' | 'ROM_UPDATE_RESET_FLOW_MAILBOX_ACCESS_FAILURE',
): void {
  chip.iccm.set(readRange(source, start, entry.size, symbol), entry.loadAddr - ICCM_RANGE.start);
}

/** Hashes an executable again where it will run: what was verified must be what was copied. */
export function verifyLoaded({ chip }: FirmwareContext, entry: ImageTocEntry, mismatch: ErrorName): void {
  const start = entry.loadAddr - ICCM_RANGE.start;
  const digest = chip.sha512.digest('sha384', chip.iccm.subarray(start, start + entry.size));
  if (!equalBytes(digest, entry.digest)) throw new RotError(mismatch);
}

function startKeyLadder(context: FirmwareContext): void {
  const svn = context.persistent.dataVault.get('fw_svn');
  // Only firmware whose SVN was not checked against the fuses gets here with more.
  if (svn > MAX_FIRMWARE_SVN) throw new RotError('FW_PROC_SVN_TOO_LARGE', `SVN ${svn}`);
  initializeKeyLadder(context, MAX_FIRMWARE_SVN - svn);
}

/** Validity of the alias certificates, from the image's header. */
export function certificateValidity({ header }: Pick<ImageManifest, 'header'>): Validity {
  return aliasValidity({ ...header.vendorData, ...header.ownerData });
}
