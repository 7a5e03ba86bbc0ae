export { Abr, type MlDsaMessage } from './abr.ts';
export { type AbrEngine, type MlDsaInput, type MlKemKeyPair, providerAbrEngine } from './abr-engine.ts';
export { ABR_PROFILES, type AbrProfile, type AbrProfileName } from './abr-profile.ts';
export type { AbrOptions } from './abr-registers.ts';
export type { AbrClock } from './abr-schedule.ts';
export type { AbrCommand, AbrTiming } from './abr-timing.ts';
export { Aes, type AesKey, type AesOptions } from './aes.ts';
export {
  AxiBus,
  type AxiDevice,
  type AxiMaster,
  AxiMemory,
  type AxiTransfer,
  type WordPort,
  wordDevice,
} from './axi.ts';
export {
  type Block,
  type BusAccess,
  RegisterFile,
  type RegisterFileState,
  type RegisterWord,
  type RegisterWrite,
  type ResetKind,
  registerWords,
  type Side,
  UC_ACCESS,
  UC_AXI_USER,
} from './block.ts';
export { BOOT_STATE_CODE, BootFsm, type BootFsmState, type BootState } from './boot-fsm.ts';
export { MEMORY_MAP, type MemoryFault, type SocBus, type TapBus, type UcBus } from './bus.ts';
export { BusFault, type BusFaultKind } from './bus-fault.ts';
export { Chip, type ChipOptions, type ChipState, MAILBOX_SIZE, TEST_SRAM_BASE, TEST_SRAM_SIZE } from './chip.ts';
export { Csrng, type CsrngState } from './csrng.ts';
export { DataVault } from './data-vault.ts';
export { Dma, type DmaOptions } from './dma.ts';
export { Doe, type DoeOptions, type DoeSecret, type DoeSecrets } from './doe.ts';
export { Ecc, type EccOptions } from './ecc.ts';
export { EngineError, type EngineFault } from './engine-error.ts';
export { EntropyDry } from './entropy-dry.ts';
export type { ChipEvent, Emit } from './events.ts';
export { type FuseBus, type Fuses, fuseWords, type SvnFuse, writeFuses } from './fuses.ts';
export { Hmac, type HmacData, type HmacMode, type HmacOptions } from './hmac.ts';
export type { HwConfig, Reference } from './hw-config.ts';
export type { InterruptKind } from './interrupts.ts';
export {
  emulatorKeyControl,
  KEY_SLOTS,
  type KeyDestination,
  type KeyOrigin,
  KeyUsage,
  KeyVault,
  type KeyVaultOptions,
  type SlotControl,
  type SlotRef,
} from './key-vault.ts';
export {
  MAILBOX_FSM,
  MAILBOX_STATUS,
  Mailbox,
  type MailboxOptions,
  type MailboxRequest,
  type MailboxState,
  type MailboxStatus,
  type PendingCommand,
} from './mailbox.ts';
export { MCU_SRAM_OFFSET, MCU_SRAM_SIZE, Mci, type MciOptions, type MciState } from './mci.ts';
export type { AccessSize } from './memory.ts';
export { OTP_BANK_SIZE, OtpController, type OtpOptions, type OtpState } from './otp.ts';
export {
  type BlockDefinition,
  type BlockFactory,
  type BlockRegisters,
  defineBlock,
  type ReadHandler,
  type WriteHandler,
} from './own-block.ts';
export { PcrBank, type PcrBankOptions } from './pcr-bank.ts';
export { RecoveryInterface, type RecoveryInterfaceState } from './recovery-interface.ts';
export { ABR_REG } from './registers/abr.ts';
export { AES_REG } from './registers/aes.ts';
export { AES_CLP_REG } from './registers/aes-clp.ts';
export { AXI_DMA_REG } from './registers/axi-dma.ts';
export { DV_REG } from './registers/data-vault.ts';
export { DOE_REG } from './registers/doe.ts';
export { ECC_REG } from './registers/ecc.ts';
export { HMAC_REG } from './registers/hmac.ts';
export { KV_REG } from './registers/key-vault.ts';
export { MBOX_CSR } from './registers/mailbox.ts';
export { MCI_REG } from './registers/mci.ts';
export { PV_REG } from './registers/pcr-vault.ts';
export { RECOVERY_IFC } from './registers/recovery.ts';
export { SHA256_REG } from './registers/sha256.ts';
export { SHA512_REG } from './registers/sha512.ts';
export { SHA512_ACC_CSR } from './registers/sha512-acc.ts';
export { SOC_IFC_REG } from './registers/soc-interface.ts';
export { LIFECYCLE, type Lifecycle, SecurityLatch, type SecurityPins } from './security-state.ts';
export {
  ShaAccelerator,
  type ShaAcceleratorHash,
  type ShaAcceleratorOptions,
  type ShaAcceleratorState,
} from './sha-accelerator.ts';
export { type Sha2Mode, sha2Compress, sha2InitialState } from './sha2-compress.ts';
export { Sha256 } from './sha256.ts';
export { Sha512, type Sha512Mode, type Sha512Options } from './sha512.ts';
export { SocInterface } from './soc-interface.ts';
export type { SocInterfaceHooks, SocInterfaceOptions } from './soc-interface-options.ts';
export type { SocInterfaceState } from './soc-interface-state.ts';
export { type AxiAddress, DEFAULT_STRAPS, type Straps } from './straps.ts';
export { Trng, type TrngOptions, type TrngResponder, type TrngResponse, type TrngState } from './trng.ts';
export { type UnmodelledRegister, unmodelledRegisters } from './unmodelled.ts';
export { type WatchdogControl, type WatchdogEvent, Watchdogs } from './watchdog.ts';
