import { bytes, struct, u32 } from '@rootcap/struct';
import { MailboxReqHeader, MailboxRespHeader } from './header.ts';

/**
 * IDevID certificates and keys, and attested CSRs. Integers little-endian; `hwBytes` where the interface has 32-bit words of a natural byte string.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */

export const GetIdevEcc384CertReq = struct('GetIdevEcc384CertReq', {
  hdr: MailboxReqHeader,
  tbs_size: u32,
  signature_r: bytes(48),
  signature_s: bytes(48),
  tbs: bytes(916),
});

export const GetIdevMldsa87CertReq = struct('GetIdevMldsa87CertReq', {
  hdr: MailboxReqHeader,
  tbs_size: u32,
  signature: bytes(4628),
  tbs: bytes(2820),
});

export const GetIdevEcc384InfoResp = struct('GetIdevEcc384InfoResp', {
  hdr: MailboxRespHeader,
  idev_pub_x: bytes(48),
  idev_pub_y: bytes(48),
});

export const GetIdevMldsa87InfoResp = struct('GetIdevMldsa87InfoResp', {
  hdr: MailboxRespHeader,
  idev_pub_key: bytes(2592),
});

export const PopulateIdevEcc384CertReq = struct('PopulateIdevEcc384CertReq', {
  hdr: MailboxReqHeader,
  cert_size: u32,
  cert: bytes(1024),
});

export const PopulateIdevMldsa87CertReq = struct('PopulateIdevMldsa87CertReq', {
  hdr: MailboxReqHeader,
  cert_size: u32,
  cert: bytes(8192),
});

export const AttestedCsrResp = struct('AttestedCsrResp', {
  hdr: MailboxRespHeader,
  data_size: u32,
  data: bytes(12800),
});

/** Of both algorithms. */
export const GetAttestedCsrReq = struct('GetAttestedCsrReq', { hdr: MailboxReqHeader, key_id: u32, nonce: bytes(32) });
