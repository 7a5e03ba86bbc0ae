export { type FieldTable, type Lock, type LockCommand, lockCommand } from './command.ts';
export { LOCK_COMMANDS, LOCK_SPEC_COMMANDS, type LockCommandName } from './commands.ts';
export { deriveHek, deriveMdk, type HekGeneration, hekIsAvailable, ROM_LABELS } from './hek.ts';
export { HPKE_SUITES, type HpkeKey, type HpkeKeyTable, type HpkeSuiteName } from './hpke-keys.ts';
export { type HpkeReceiver, hpkePublicKey, hpkeReceiver } from './hpke-receiver.ts';
export { hasDistinctXtsHalves } from './mek.ts';
export { LOCK_MESSAGES, LOCK_SPEC_MESSAGES } from './messages.ts';
export type {
  AesKeyInput,
  EngineCommand,
  EnginePort,
  HpkePrimitives,
  LockKey,
  LockKeys,
  LockKeyUse,
  LockPort,
} from './port.ts';
export { HpkeHandle, SealedAccessKey } from './sealed-access-key.ts';
export { type CachedMek, SoftwareEngine } from './software-engine.ts';
export { type SoftwareLockOptions, softwareHpke, softwareLockPort } from './software-port.ts';
export { CONFORMANCES, type Conformance, type LockState, newLockState } from './state.ts';
export { WRAPPED_KEY_TYPE, WrappedKey, type WrappedKeyType } from './wrapped-key.ts';
