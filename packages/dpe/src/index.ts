export type { DpeCommand } from './commands/command.ts';
export { DPE_COMMANDS, type DpeCommandName, type DpeRequest } from './commands/table.ts';
export { contextsOfType, countContexts, normalRoot, setMeasurement, updateMeasurement } from './context-access.ts';
export {
  CALIPTRA_CERTIFICATE_SPACE,
  CALIPTRA_COMPATIBILITY,
  type DpeCompatibility,
  type DpeEnvironment,
} from './environment.ts';
export {
  commandWith,
  encodeCommand,
  errorResponse,
  executeCommand,
  type ParsedCommand,
  parseCommand,
  runCommand,
} from './execute.ts';
export { DEFAULT_HANDLE, HANDLE_SIZE, INVALID_HANDLE } from './handles.ts';
export * as messages from './messages.ts';
export type {
  DpeCdi,
  DpeCrypto,
  DpeKeyPair,
  DpePlatform,
  OtherName,
  SignData,
  SignerIdentifier,
} from './port.ts';
export { type DpeProfile, ML_DSA_87, P256_SHA256, P384_SHA384, PROFILES } from './profiles.ts';
export { type DecodeOptions, DPE_RESPONSES, type DpeResponse, decodeResponse, statusName } from './responses.ts';
export { DpeState, type StateOptions } from './state.ts';
export {
  CONTEXT_STATE,
  CONTEXT_TYPE,
  type Context,
  MAX_TCI_NODES,
  ROOT_INDEX,
  STATE_FLAGS,
  stateSize,
} from './state-layout.ts';
export { CALIPTRA_STATUSES, DpeError, type DpeStatuses, type DpeStatusName, OCP_STATUSES } from './statuses.ts';
export {
  ALL_SUPPORT,
  CERTIFY_KEY_FORMAT,
  DERIVE_CONTEXT_FLAGS,
  INITIALIZE_CONTEXT_FLAGS,
  ROTATE_CONTEXT_FLAGS,
  SIGN_FLAGS,
  SUPPORT,
} from './support.ts';
export { validateState } from './validate.ts';
