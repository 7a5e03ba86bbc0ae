import { bytes, struct, u32 } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * DPE, measurements, tags and exported CDIs. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const StashMeasurementReq = struct('StashMeasurementReq', {
  hdr: MailboxReqHeader,
  metadata: bytes(4),
  measurement: bytes(48),
  context: bytes(48),
  svn: u32,
});

export const StashMeasurementResp = struct('StashMeasurementResp', { hdr: MailboxRespHeader, dpe_result: u32 });

export const CertifyKeyExtendedEcc384Req = struct('CertifyKeyExtendedEcc384Req', {
  hdr: MailboxReqHeader,
  flags: u32,
  certify_key_req: bytes(72),
});

export const AxiResponseInfo = struct('AxiResponseInfo', { addr_lo: u32, addr_hi: u32, max_size: u32 });

export const CertifyKeyExtendedMldsa87Req = struct('CertifyKeyExtendedMldsa87Req', {
  hdr: MailboxReqHeader,
  flags: u32,
  axi_response: AxiResponseInfo,
  certify_key_req: bytes(72),
});

export const CertifyKeyExtendedResp = struct('CertifyKeyExtendedResp', {
  hdr: MailboxRespHeader,
  size: u32,
  certify_key_resp: bytes(25152),
});

export const CertifyKeyChunksReq = struct('CertifyKeyChunksReq', {
  hdr: MailboxReqHeader,
  flags: u32,
  reserved: u32,
  max_size: u32,
  offset: u32,
  certify_key_req: bytes(72),
});

export const CertifyKeyChunksRespInfo = struct('CertifyKeyChunksRespInfo', {
  hdr: MailboxRespHeader,
  context_handle: bytes(16),
  chunk_len: u32,
  remaining: u32,
});

export const CertifyKeyChunksResp = struct('CertifyKeyChunksResp', {
  info: CertifyKeyChunksRespInfo,
  certify_key_resp: bytes(15360),
});

export const InvokeDpeReq = struct('InvokeDpeReq', { hdr: MailboxReqHeader, data_size: u32, data: bytes(512) });

export const InvokeDpeMldsa87Req = struct('InvokeDpeMldsa87Req', {
  hdr: MailboxReqHeader,
  flags: u32,
  axi_response: AxiResponseInfo,
  data_size: u32,
  data: bytes(512),
});

export const InvokeDpeResp = struct('InvokeDpeResp', { hdr: MailboxRespHeader, data_size: u32, data: bytes(25168) });

export const AddSubjectAltNameReq = struct('AddSubjectAltNameReq', {
  hdr: MailboxReqHeader,
  dmtf_device_info_size: u32,
  dmtf_device_info: bytes(128),
});

export const TagTciReq = struct('TagTciReq', { hdr: MailboxReqHeader, handle: bytes(16), tag: u32 });

export const GetTaggedTciReq = struct('GetTaggedTciReq', { hdr: MailboxReqHeader, tag: u32 });

export const GetTaggedTciResp = struct('GetTaggedTciResp', {
  hdr: MailboxRespHeader,
  tci_cumulative: bytes(48),
  tci_current: bytes(48),
  svn: u32,
});

export const SignWithExportedEcdsaReq = struct('SignWithExportedEcdsaReq', {
  hdr: MailboxReqHeader,
  exported_cdi_handle: bytes(32),
  tbs: bytes(48),
});

export const SignWithExportedEcdsaResp = struct('SignWithExportedEcdsaResp', {
  hdr: MailboxRespHeader,
  derived_pubkey_x: bytes(48),
  derived_pubkey_y: bytes(48),
  signature_r: bytes(48),
  signature_s: bytes(48),
});

export const RevokeExportedCdiHandleReq = struct('RevokeExportedCdiHandleReq', {
  hdr: MailboxReqHeader,
  exported_cdi_handle: bytes(32),
});

export const SignWithExportedMldsaReq = struct('SignWithExportedMldsaReq', {
  hdr: MailboxReqHeader,
  exported_cdi_handle: bytes(32),
  sign_type: u32,
  tbs_size: u32,
  tbs: bytes(1024),
});

export const SignWithExportedMldsaResp = struct('SignWithExportedMldsaResp', {
  hdr: MailboxRespHeader,
  derived_pubkey: bytes(2592),
  signature: bytes(4627),
  _padding: bytes(1),
});

export const ReallocateDpeContextLimitsReq = struct('ReallocateDpeContextLimitsReq', {
  hdr: MailboxReqHeader,
  pl0_context_limit: u32,
});

export const ReallocateDpeContextLimitsResp = struct('ReallocateDpeContextLimitsResp', {
  hdr: MailboxRespHeader,
  new_pl0_context_limit: u32,
  new_pl1_context_limit: u32,
});
