import { array, bytes, struct, u32 } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * Firmware of the SoC: authorization manifests, image info, activation, verification, external commands. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const ActivateFirmwareReq = struct('ActivateFirmwareReq', {
  hdr: MailboxReqHeader,
  fw_id_count: u32,
  fw_ids: array(u32, 128),
  mcu_fw_image_size: u32,
  flags: u32,
});

export const FirmwareVerifyResp = struct('FirmwareVerifyResp', { hdr: MailboxRespHeader, verify_result: u32 });

/** Also the request of VERIFY_AUTH_MANIFEST. */
export const SetAuthManifestReq = struct('SetAuthManifestReq', {
  hdr: MailboxReqHeader,
  manifest_size: u32,
  manifest: bytes(34816),
});

export const SetOwnerAuthManifestReq = struct('SetOwnerAuthManifestReq', {
  hdr: MailboxReqHeader,
  manifest_size: u32,
  manifest: bytes(24576),
});

export const AuthorizeAndStashReq = struct('AuthorizeAndStashReq', {
  hdr: MailboxReqHeader,
  fw_id: bytes(4),
  measurement: bytes(48),
  context: bytes(48),
  svn: u32,
  flags: u32,
  source: u32,
  image_size: u32,
});

export const AuthorizeAndStashResp = struct('AuthorizeAndStashResp', { hdr: MailboxRespHeader, auth_req_result: u32 });

/** A command whose bytes lie at an AXI address. */
export const ExternalMailboxCmdReq = struct('ExternalMailboxCmdReq', {
  hdr: MailboxReqHeader,
  command_id: u32,
  command_size: u32,
  axi_address_start_low: u32,
  axi_address_start_high: u32,
});

export const GetImageInfoReq = struct('GetImageInfoReq', { hdr: MailboxReqHeader, fw_id: bytes(4) });

export const GetImageInfoResp = struct('GetImageInfoResp', {
  hdr: MailboxRespHeader,
  component_id: u32,
  flags: u32,
  image_load_address_high: u32,
  image_load_address_low: u32,
  image_staging_address_high: u32,
  image_staging_address_low: u32,
  digest: bytes(48),
});

export const GetMcuFwSizeResp = struct('GetMcuFwSizeResp', { hdr: MailboxRespHeader, size: u32, sha384: bytes(48) });
