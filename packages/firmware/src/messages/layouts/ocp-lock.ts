import { LOCK_MESSAGES } from '@rootcap/ocp-lock';
import { struct } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * OCP LOCK: headers before the fields that `@rootcap/ocp-lock` declares. Integers little-endian.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export { HpkeHandle, SealedAccessKey, WrappedKey } from '@rootcap/ocp-lock';

export const OcpLockReportHekMetadataReq = struct('OcpLockReportHekMetadataReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.REPORT_HEK_METADATA.request,
});

export const OcpLockReportHekMetadataResp = struct('OcpLockReportHekMetadataResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.REPORT_HEK_METADATA.response,
});

export const OcpLockGetAlgorithmsResp = struct('OcpLockGetAlgorithmsResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.GET_ALGORITHMS.response,
});

export const OcpLockInitializeMekSecretReq = struct('OcpLockInitializeMekSecretReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.INITIALIZE_MEK_SECRET.request,
});

export const OcpLockInitializeMekSecretResp = struct('OcpLockInitializeMekSecretResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.INITIALIZE_MEK_SECRET.response,
});

export const OcpLockMixMpkReq = struct('OcpLockMixMpkReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.MIX_MPK.request,
});

export const OcpLockMixMpkResp = struct('OcpLockMixMpkResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.MIX_MPK.response,
});

export const OcpLockDeriveMekReq = struct('OcpLockDeriveMekReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.DERIVE_MEK.request,
});

export const OcpLockDeriveMekResp = struct('OcpLockDeriveMekResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.DERIVE_MEK.response,
});

export const OcpLockEnumerateHpkeHandlesReq = struct('OcpLockEnumerateHpkeHandlesReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.ENUMERATE_HPKE_HANDLES.request,
});

export const OcpLockEnumerateHpkeHandlesResp = struct('OcpLockEnumerateHpkeHandlesResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.ENUMERATE_HPKE_HANDLES.response,
});

export const OcpLockRotateHpkeKeyReq = struct('OcpLockRotateHpkeKeyReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.ROTATE_HPKE_KEY.request,
});

export const OcpLockRotateHpkeKeyResp = struct('OcpLockRotateHpkeKeyResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.ROTATE_HPKE_KEY.response,
});

export const OcpLockGenerateMekReq = struct('OcpLockGenerateMekReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.GENERATE_MEK.request,
});

export const OcpLockGenerateMekResp = struct('OcpLockGenerateMekResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.GENERATE_MEK.response,
});

export const OcpLockGetHpkePubKeyReq = struct('OcpLockGetHpkePubKeyReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.GET_HPKE_PUB_KEY.request,
});

export const OcpLockGetHpkePubKeyResp = struct('OcpLockGetHpkePubKeyResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.GET_HPKE_PUB_KEY.response,
});

export const OcpLockGenerateMpkReq = struct('OcpLockGenerateMpkReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.GENERATE_MPK.request,
});

export const OcpLockGenerateMpkResp = struct('OcpLockGenerateMpkResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.GENERATE_MPK.response,
});

export const OcpLockRewrapMpkReq = struct('OcpLockRewrapMpkReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.REWRAP_MPK.request,
});

export const OcpLockRewrapMpkResp = struct('OcpLockRewrapMpkResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.REWRAP_MPK.response,
});

export const OcpLockEnableMpkReq = struct('OcpLockEnableMpkReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.ENABLE_MPK.request,
});

export const OcpLockEnableMpkResp = struct('OcpLockEnableMpkResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.ENABLE_MPK.response,
});

export const OcpLockTestAccessKeyReq = struct('OcpLockTestAccessKeyReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.TEST_ACCESS_KEY.request,
});

export const OcpLockTestAccessKeyResp = struct('OcpLockTestAccessKeyResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.TEST_ACCESS_KEY.response,
});

export const OcpLockGetStatusResp = struct('OcpLockGetStatusResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.GET_STATUS.response,
});

export const OcpLockClearKeyCacheReq = struct('OcpLockClearKeyCacheReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.CLEAR_KEY_CACHE.request,
});

export const OcpLockClearKeyCacheResp = struct('OcpLockClearKeyCacheResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.CLEAR_KEY_CACHE.response,
});

export const OcpLockUnloadMekReq = struct('OcpLockUnloadMekReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.UNLOAD_MEK.request,
});

export const OcpLockUnloadMekResp = struct('OcpLockUnloadMekResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.UNLOAD_MEK.response,
});

export const OcpLockLoadMekReq = struct('OcpLockLoadMekReq', {
  hdr: MailboxReqHeader,
  ...LOCK_MESSAGES.LOAD_MEK.request,
});

export const OcpLockLoadMekResp = struct('OcpLockLoadMekResp', {
  hdr: MailboxRespHeader,
  ...LOCK_MESSAGES.LOAD_MEK.response,
});
