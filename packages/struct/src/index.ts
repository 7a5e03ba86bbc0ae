export {
  type BitFields,
  type Bits,
  type BitValues,
  bit,
  bitField,
  bits,
  extract,
  insert,
  maskOf,
  packBits,
  unpackBits,
} from './bits.ts';
export { StructError } from './error.ts';
export {
  array,
  bytes,
  type Field,
  hwBytes,
  type Infer,
  type LayoutRow,
  rest,
  swapWords,
  u8,
  u16,
  u16be,
  u32,
  u32be,
} from './field.ts';
export {
  type Access,
  type ClearedBy,
  pack,
  type Register,
  type RegisterBlock,
  type RegisterOptions,
  register,
  registerBlock,
  unpack,
  type WriteRule,
} from './register.ts';
export { type Struct, struct, type Values } from './struct.ts';
export { StructView } from './view.ts';
