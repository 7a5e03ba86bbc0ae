import * as der from './der.ts';

export { type DiceAlgorithm, subjectPublicKeyInfo } from './algorithm.ts';
export { assembleCertificate, assembleCsr, assembledSize, assembleInto } from './assemble.ts';
export {
  buildCsrEnvelope,
  CSR_ENVELOPE,
  CSR_ENVELOPE_MARKER,
  type CsrEnvelope,
  type IdevidCsrs,
  parseCsrEnvelope,
  UNPROVISIONED_CSR,
  verifyCsrEnvelope,
} from './csr-envelope.ts';
export type { BitString } from './der.ts';
export {
  DEVICE_FLAGS_MASK,
  DEVICE_INFO_2_0,
  DEVICE_STATUS_2_0,
  type DeviceState,
  deviceFlags,
  deviceInfoHash,
  deviceStatus,
  effectiveFuseSvn,
  type MeasuredGeneration,
  measuredGeneration,
  OWNER_STATUS,
  ownerInfoHash,
  VENDOR_STATUS_2_1_0,
  VENDOR_STATUS_2_1_3,
  vendorInfoHash,
} from './device-status.ts';
export {
  authorityKeyIdentifierExtension,
  basicConstraints,
  extendedKeyUsage,
  extension,
  KEY_USAGES,
  type KeyUsage,
  keyUsage,
  subjectKeyIdentifierExtension,
  ueidExtension,
} from './extensions.ts';
export {
  type EndorsementIssuer,
  endorseHpkeKey,
  HPKE_ENDORSEMENTS,
  type HpkeEndorsementParams,
  hpkeEndorsementTbs,
} from './hpke-endorsement.ts';
export {
  certificateSerialNumber,
  IDEVID_CERT_ATTR_WORDS,
  idevidKeyIdentifier,
  type KeyIdentity,
  keyIdentity,
  subjectKeyIdentifier,
  subjectSerialNumber,
  ueid,
} from './identity.ts';
export {
  type FmcTcb,
  type FmcTcb20,
  fmcTcbInfos,
  fmcTcbInfos20,
  type RtTcb,
  rtTcbInfo,
  TCB_TYPE,
} from './layer-tcb.ts';
export { LAYERS, type Layer, type LayerTemplate, layerCommonName, type TemplateGeneration } from './layers.ts';
export { name } from './names.ts';
export { OID, oidName } from './oids.ts';
export {
  type AliasValidity,
  type CertificateParams,
  type FmcAliasClaims,
  fmcAliasCsrTbs,
  fmcAliasTbs,
  idevidCsrTbs,
  ldevidCsrTbs,
  ldevidTbs,
  type RtAliasClaims,
  rtAliasCsrTbs,
  rtAliasTbs,
  type SubjectParams,
} from './tbs.ts';
export {
  encodeMultiTcbInfo,
  encodeTcbInfo,
  type FirmwareId,
  type IntegrityRegister,
  multiTcbInfoExtension,
  OPERATIONAL_FLAGS,
  type OperationalFlag,
  operationalFlags,
  type TcbInfo,
  tcbInfoExtension,
} from './tcb-info.ts';
export { aliasValidity, DEFAULT_VALIDITY, type HeaderDates, type Validity } from './validity.ts';
export { der };
