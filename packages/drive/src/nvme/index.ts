export { ADMIN_COMMANDS } from './admin.ts';
export {
  ADMIN_OPCODE,
  CompletionQueueEntry,
  ConnectCommand,
  ConnectData,
  FabricsCommand,
  FCTYPE,
  IO_OPCODE,
  PROPERTY,
  PropertyCommand,
  SGL_TYPE,
  SubmissionQueueEntry,
} from './command.ts';
export { NvmeConnection, type NvmeWire } from './connection.ts';
export type { NvmeCommand } from './controller.ts';
export { FEATURE } from './features.ts';
export { NvmeHost, type NvmeHostOptions } from './host.ts';
export { type HostAnswer, type HostCommand, NvmeHostQueue } from './host-queue.ts';
export { IdentifyController, IdentifyNamespace } from './identify.ts';
export { IO_COMMANDS } from './io.ts';
export {
  DISCOVERY_NQN,
  DiscoveryEntry,
  LOG_PAGE,
  SanitizeStatusLog,
  SmartLog,
  type TransportAddress,
} from './log-pages.ts';
export { MemorySubsystem, type MemorySubsystemOptions } from './memory-subsystem.ts';
export { FATAL_ERROR, NvmeTransportError, PDU_TYPE, PDUS } from './pdu.ts';
export { encodePdu, PduReader } from './pdu-stream.ts';
export { NvmeStatusError, STATUS, type StatusName, statusField, statusName } from './status.ts';
export { defaultNqn, NVME_TCP_PORT, NvmeTarget, type NvmeTargetOptions } from './target.ts';
export {
  type OpalAuthority,
  type OpalCredential,
  type OpalPort,
  type OpalRange,
  OpalRefusal,
  type OpalState,
  type OpalStatus,
} from './tcg/opal-port.ts';
export { frame, unframe } from './tcg/packets.ts';
export { encodeTokens, parseTokens, type TcgItem, type TcgValue, TOKEN, TokenError } from './tcg/tokens.ts';
export { BASE_COMID, SECURITY_PROTOCOL, Tper } from './tcg/tper.ts';
export { METHOD, UID } from './tcg/uids.ts';
