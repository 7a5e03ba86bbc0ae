import { bytes, type Field, type Infer, type Struct, struct, u8, u16, u32 } from '@rootcap/struct';

/** Contexts that a state holds. caliptra-dpe:dpe/src/lib.rs MAX_HANDLES */
export const MAX_TCI_NODES = 64;

/** `parent_idx` of a root. */
export const ROOT_INDEX = 0xff;

export const CONTEXT_STATE = { INACTIVE: 0, ACTIVE: 1, RETIRED: 2 } as const;
export const CONTEXT_TYPE = { NORMAL: 0, SIMULATION: 1 } as const;

/** First word of a state image: "DPES", most significant byte first. */
export const STATE_MARKER = 0x4450_4553;
export const STATE_VERSION = 1;

/** Bits of the state's `flags`: the DICE extensions of certificates are critical. */
export const STATE_FLAGS = { MARK_DICE_EXTENSIONS_CRITICAL: 0x8000 } as const;

const viewOf = (memory: Uint8Array): DataView => new DataView(memory.buffer, memory.byteOffset, memory.byteLength);

/** Bitmap of context indices, bit i for context i. */
const bitmap: Field<bigint> = {
  size: 8,
  type: 'u64',
  read: (memory, offset) => viewOf(memory).getBigUint64(offset, true),
  write: (memory, offset, value) => viewOf(memory).setBigUint64(offset, value, true),
};

/** One measured node. Its bytes are hashed as they lie here. caliptra-dpe:dpe/src/tci.rs */
const tciNode = (hashSize: number) =>
  struct('TciNodeData', {
    tci_type: u32,
    tci_cumulative: bytes(hashSize),
    tci_current: bytes(hashSize),
    locality: u32,
    svn: u32,
  });

/** One slot. Booleans are 0 or 1. caliptra-dpe:dpe/src/context.rs */
const context = (hashSize: number) =>
  struct('Context', {
    handle: bytes(16),
    tci: tciNode(hashSize),
    children: bitmap,
    locality: u32,
    parent_idx: u8,
    context_type: u8,
    state: u8,
    uses_internal_input_info: u8,
    uses_internal_input_dice: u8,
    allow_x509: u8,
    allow_export_cdi: u8,
    allow_recursive: u8,
  });

/** What precedes and what follows the contexts of an image. caliptra-dpe:dpe/src/state.rs */
export const StateHead = struct('StateHead', { marker: u32, version: u32 });
export const StateTail = struct('StateTail', { support: u32, flags: u16, has_initialized: u8, reserved: u8 });

/** Decoded slot: a copy, changed by writing another one back. */
export type Context = Infer<ReturnType<typeof context>>;

const CONTEXTS: ReadonlyMap<number, Struct<Context>> = new Map([32, 48].map((size) => [size, context(size)]));

/** Layout of a slot. @throws RangeError for another hash size than 32 and 48 */
export function contextLayout(hashSize: number): Struct<Context> {
  const layout = CONTEXTS.get(hashSize);
  if (layout === undefined) throw new RangeError(`hashSize: ${hashSize}, 32 or 48 expected`);
  return layout;
}

/** Bytes of a state image: 7184 (hashes of 32 bytes) or 9232 (48 bytes). */
export function stateSize(hashSize: number): number {
  return StateHead.size + MAX_TCI_NODES * contextLayout(hashSize).size + StateTail.size;
}
