import { bytes, rest, struct, u16, u32 } from '@rootcap/struct';
import type { DpeProfile } from './profiles.ts';

/** "DPEC" and "DPER", most significant byte first. */
export const COMMAND_MAGIC = 0x4450_4543;
export const RESPONSE_MAGIC = 0x4450_4552;

/** Bytes that one GetCertificateChain returns at most. */
export const MAX_CHUNK_SIZE = 2048;

/** Bytes that Sign with IS_RAW signs at most. */
export const MAX_RAW_SIZE = 1024;

/** Bytes of the handle of an exported CDI. */
export const EXPORTED_CDI_SIZE = 32;

export const CommandHdr = struct('CommandHdr', { magic: u32, cmd_id: u32, profile: u32 });
export const ResponseHdr = struct('ResponseHdr', { magic: u32, status: u32, profile: u32 });

/** A layout for each profile, made once. */
function perProfile<T>(make: (profile: DpeProfile) => T): (profile: DpeProfile) => T {
  const made = new Map<DpeProfile, T>();
  return (profile) => {
    let layout = made.get(profile);
    if (layout === undefined) {
      layout = make(profile);
      made.set(profile, layout);
    }
    return layout;
  };
}

const handle = bytes(16);
const empty = struct('Empty', {});

/** A body without fields. */
export const NoBody = perProfile(() => empty);

export const GetProfileResp = perProfile(() =>
  struct('GetProfileResp', {
    major_version: u16,
    minor_version: u16,
    vendor_id: u32,
    vendor_sku: u32,
    max_tci_nodes: u32,
    flags: u32,
  }),
);

export const InitializeContextReq = perProfile(() => struct('InitCtxCmd', { flags: u32 }));

export const NewHandleResp = perProfile(() => struct('NewHandleResp', { handle }));

export const DeriveContextReq = perProfile(({ hashSize }) =>
  struct('DeriveContextCmd', {
    handle,
    data: bytes(hashSize),
    flags: u32,
    tci_type: u32,
    target_locality: u32,
    svn: u32,
  }),
);

export const DeriveContextResp = perProfile(() => struct('DeriveContextResp', { handle, parent_handle: handle }));

/** Answer to DeriveContext with EXPORT_CDI. */
export const DeriveContextExportedCdiResp = perProfile(() =>
  struct('DeriveContextExportedCdiResp', {
    handle,
    parent_handle: handle,
    exported_cdi: bytes(EXPORTED_CDI_SIZE),
    certificate_size: u32,
    new_certificate: rest,
  }),
);

export const CertifyKeyReq = perProfile(({ hashSize }) =>
  struct('CertifyKeyCmd', { handle, flags: u32, format: u32, label: bytes(hashSize) }),
);

/** `derived_pubkey` is X ‖ Y, or the raw ML-DSA key. */
export const CertifyKeyResp = perProfile(({ publicKeySize }) =>
  struct('CertifyKeyResp', {
    new_context_handle: handle,
    derived_pubkey: bytes(publicKeySize),
    cert_size: u32,
    cert: rest,
  }),
);

export const SignReq = perProfile(({ hashSize, toBeSignedSize }) =>
  struct('SignCmd', { handle, label: bytes(hashSize), flags: u32, tbs: bytes(toBeSignedSize) }),
);

/** Sign with IS_RAW. */
export const SignRawReq = perProfile(({ hashSize }) =>
  struct('SignRawCmd', { handle, label: bytes(hashSize), flags: u32, size: u32, raw_data: bytes(MAX_RAW_SIZE) }),
);

/** `signature` is r ‖ s, or the raw ML-DSA signature, padded to whole words. */
export const SignResp = perProfile(({ signatureSize }) =>
  struct('SignResp', {
    new_context_handle: handle,
    signature: bytes(signatureSize),
    padding: bytes(-signatureSize & 3),
  }),
);

export const RotateContextHandleReq = perProfile(() => struct('RotateCtxCmd', { handle, flags: u32 }));

export const DestroyContextReq = perProfile(() => struct('DestroyCtxCmd', { handle }));

export const GetCertificateChainReq = perProfile(() => struct('GetCertificateChainCmd', { offset: u32, size: u32 }));

export const GetCertificateChainResp = perProfile(() =>
  struct('GetCertificateChainResp', { certificate_size: u32, certificate_chain: bytes(MAX_CHUNK_SIZE) }),
);

export const UpdateContextMeasurementReq = perProfile(({ hashSize }) =>
  struct('UpdateContextMeasurementCmd', {
    parent_handle: handle,
    data: bytes(hashSize),
    reserved: u32,
    tci_type: u32,
    reserved_svn: u32,
  }),
);

export const UpdateContextMeasurementResp = perProfile(() =>
  struct('UpdateContextMeasurementResp', { new_context_handle: handle, new_parent_context_handle: handle }),
);
