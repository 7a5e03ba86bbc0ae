export { type AnyLayout, TABLE_LAYOUTS } from './all-layouts.ts';
export { BOOT_STATUS, type BootStatusName, bootStatusName } from './boot-status.ts';
export { type CommandEntry, type CommandUse, commandCatalogue } from './command-catalogue.ts';
export { FirmwareContext, type FirmwareOptions, type FirmwareState, type RomInfo, type StageName } from './context.ts';
export type { EntryPoint, Firmware, Wait } from './coroutine.ts';
export { UPDATE_RESET_CYCLES } from './cycles.ts';
export { FIPS_TEST_HOOK } from './fips-test-hooks.ts';
export { firmware, STAGES, type Stage, type Stages } from './firmware.ts';
export { storedFmcAliasCsr } from './fmc/fmc-alias-csr.ts';
export { deviceUeid } from './fuses.ts';
export { KEY_ID } from './key-ids.ts';
export { FW_PERSISTENT_DATA_ORG, PersistentData, ROM_PERSISTENT_DATA_ORG } from './memory/persistent-data.ts';
export {
  FirmwareHandoffTable,
  FUSE_LOG_ENTRY_ID,
  FuseLogEntry,
  MeasurementLogEntry,
  PCR_LOG_ENTRY_ID,
  PcrLogEntry,
} from './memory/tables.ts';
export { type CertifiedLayer, storedCertificate } from './messages/certificate-parts.ts';
export { hasValidChecksum, messageChecksum, sealMessage } from './messages/checksum.ts';
export { COMMAND_ID, type CommandName, commandName } from './messages/command-ids.ts';
export {
  decodeResponse,
  encodeRequest,
  type Messages,
  type MessagesOf,
  type RequestFields,
  type ResponseFields,
  sizeNameOf,
} from './messages/fields.ts';
export { COMMAND_MESSAGES, messagesOf } from './messages/interface.ts';
export { MESSAGE_LAYOUTS } from './messages/layout-table.ts';
export { CM_KEY_USAGE } from './messages/layouts/cmk.ts';
export { ProductionAuthDebugUnlockChallenge, ProductionAuthDebugUnlockToken } from './messages/layouts/fuses.ts';
export { MailboxReqHeader, MailboxRespHeader, MailboxRespHeaderVarSize } from './messages/layouts/header.ts';
export { ExternalMailboxCmdReq } from './messages/layouts/soc-firmware.ts';
export { FIRMWARE_PROFILES, type FirmwareProfile, type FirmwareProfileName } from './profile.ts';
export type { RomCommand } from './rom/command.ts';
export { storedIdevCsr } from './rom/commands/identity.ts';
export { ROM_COMMANDS } from './rom/commands/table.ts';
export { FHT_MARKER } from './rom/fht.ts';
export { PCR_ID } from './rom/pcrs.ts';
export { RECOVERY_REASON, recoveryReason } from './rom/recovery-reason.ts';
export { type Pl0Rule, type RequestLength, type RuntimeCommand, runtimeCommand } from './runtime/command.ts';
export { OCP_LOCK_SPEC_COMMANDS } from './runtime/commands/ocp-lock.ts';
export { RUNTIME_COMMANDS } from './runtime/commands/table.ts';
export {
  type AnyDefinedCommand,
  type CommandDefinition,
  type DefinedCommand,
  defineCommand,
} from './runtime/define-command.ts';
export { FIRMWARE_VERIFY_RESULT } from './runtime/firmware-verify.ts';
export { MCU_FW_STATUS, MCU_RESET_REASON } from './runtime/mcu.ts';
export { AUTHORIZATION } from './runtime/soc-manifest/authorize.ts';
