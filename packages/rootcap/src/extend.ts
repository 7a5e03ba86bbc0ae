export { DpeError } from '@rootcap/dpe';
export { RotError } from '@rootcap/errors';
export {
  BOOT_STATUS,
  type CommandDefinition,
  type DefinedCommand,
  defineCommand,
  type Firmware,
  type FirmwareContext,
  STAGES,
  type Stage,
  type Stages,
  type Wait,
} from '@rootcap/firmware';
export {
  type Block,
  type BlockDefinition,
  type BlockFactory,
  type BlockRegisters,
  defineBlock,
  ENGINE_ERROR,
  type EncryptionEngineOptions,
  type MediaKeyCache,
  ReferenceKeyCache,
  RegisterFile,
} from '@rootcap/hardware';
export { array, bit, bits, bytes, register, registerBlock, struct, u8, u16, u32 } from '@rootcap/struct';
