export {
  accessKeyDigest,
  type SealedAccessKeys,
  type SealRequest,
  sealAccessKeys,
} from './access-key.ts';
export { type AuditEntry, type AuditHead, type AuditRecord, type Verb, verifyAudit } from './audit.ts';
export { type ChainMemory, chainMemory } from './chain-memory.ts';
export {
  type Ask,
  type DriveAsk,
  enableBinding,
  type KeyServiceAsk,
  type Parties,
  provisionBinding,
  rotateBinding,
} from './drive-flows.ts';
export { DEFAULT_COST, portableScrypt, type Scrypt, type ScryptCost } from './encrypted.ts';
export { type ErasureProof, verifyErasure } from './erasure.ts';
export { KmsError, type KmsErrorCode } from './error.ts';
export { type DeviceIdentity, type Evidence, type EvidenceOptions, verifyEvidence } from './evidence.ts';
export { METHOD_UIDS, type MethodUids, OPERATIONS, type Operation } from './methods.ts';
export {
  type Attestation,
  type AuditLog,
  anyStatePolicy,
  type GrantRequest,
  type KeyServicePorts,
  type Policy,
  type PolicyVerdict,
  type StateStore,
  secureStatePolicy,
} from './ports.ts';
export {
  chainOfPem,
  grantJson,
  type Params,
  REQUEST_VERBS,
  type RequestName,
  type RequestVerb,
  type Role,
} from './requests.ts';
export {
  type CreateOptions,
  type Grant,
  type Idempotent,
  KeyService,
  type KeyServiceOptions,
  type SealOptions,
  type TestGrant,
  type TestOptions,
} from './service.ts';
export type { BindingView, DeviceRecord } from './state.ts';
