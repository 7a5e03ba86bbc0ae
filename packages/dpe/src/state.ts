import { equalBytes } from '@rootcap/crypto';
import { type Struct, u32 } from '@rootcap/struct';
import { INVALID_HANDLE, isDefault } from './handles.ts';
import {
  CONTEXT_STATE,
  CONTEXT_TYPE,
  type Context,
  contextLayout,
  MAX_TCI_NODES,
  ROOT_INDEX,
  STATE_MARKER,
  STATE_VERSION,
  StateHead,
  StateTail,
  stateSize,
} from './state-layout.ts';
import { DpeError } from './statuses.ts';

const ALL_INDICES: readonly number[] = Array.from({ length: MAX_TCI_NODES }, (_, index) => index);

export interface StateOptions {
  /** Bytes of a hash: 48 for P384_SHA384 and ML_DSA_87, which may share a state; 32 for P256_SHA256. */
  readonly hashSize: number;
  /** Bits of `SUPPORT`. */
  readonly support: number;
  /** Bits of `STATE_FLAGS`. */
  readonly flags?: number;
}

/**
 * All contexts of a DPE, kept as the bytes of the persistent image: whoever owns the memory owns the state. Contexts are
 * read as copies and written whole.
 *
 * @see caliptra-dpe:dpe/src/state.rs
 */
export class DpeState {
  /** The image: an alias of the memory. */
  readonly image: Uint8Array;
  readonly hashSize: number;
  readonly #layout: Struct<Context>;
  readonly #stateOffset: number;
  readonly #localityOffset: number;

  /**
   * Takes the image at the start of `memory` as it is; `validateState` judges it.
   *
   * @throws RangeError if `memory` is shorter than an image or `hashSize` is not 32 or 48
   */
  constructor(memory: Uint8Array, hashSize: number) {
    const size = stateSize(hashSize);
    if (memory.length < size) throw new RangeError(`memory: ${memory.length} bytes, at least ${size} expected`);
    this.image = memory.subarray(0, size);
    this.hashSize = hashSize;
    this.#layout = contextLayout(hashSize);
    this.#stateOffset = this.#layout.offsetOf('state');
    this.#localityOffset = this.#layout.offsetOf('locality');
  }

  /** A new state without contexts. @param memory - where to put it; new memory if left out */
  static create({ hashSize, support, flags = 0 }: StateOptions, memory?: Uint8Array): DpeState {
    const state = new DpeState(memory ?? new Uint8Array(stateSize(hashSize)), hashSize);
    StateHead.write(state.image, 0, { marker: STATE_MARKER, version: STATE_VERSION });
    for (let i = 0; i < MAX_TCI_NODES; i++) state.write(i, emptyContext(hashSize));
    state.#tail({ support: support >>> 0, flags, has_initialized: 0, reserved: 0 });
    return state;
  }

  #tail(value: ReturnType<typeof StateTail.decode>): void {
    StateTail.write(this.image, this.image.length - StateTail.size, value);
  }

  /** First words of the image. */
  get head(): { readonly marker: number; readonly version: number } {
    return StateHead.read(this.image, 0);
  }

  #readTail(): ReturnType<typeof StateTail.decode> {
    return StateTail.read(this.image, this.image.length - StateTail.size);
  }

  /** Bits of `SUPPORT`. */
  get support(): number {
    return this.#readTail().support;
  }

  /** Bits of `STATE_FLAGS`. */
  get flags(): number {
    return this.#readTail().flags;
  }

  /** Whether the default context was ever made. Destroying it changes nothing. */
  get hasInitialized(): boolean {
    return this.#readTail().has_initialized !== 0;
  }

  /** @internal */
  markInitialized(): void {
    this.#tail({ ...this.#readTail(), has_initialized: 1 });
  }

  #offset(index: number): number {
    if (!(Number.isInteger(index) && index >= 0 && index < MAX_TCI_NODES))
      throw new RangeError(`index: ${index} is not in 0..${MAX_TCI_NODES - 1}`);
    return StateHead.size + index * this.#layout.size;
  }

  /** A copy of one slot. @throws RangeError if `index` is not in 0..63 */
  read(index: number): Context {
    return this.#layout.read(this.image, this.#offset(index));
  }

  /** One field of a slot. @throws RangeError if `index` is not in 0..63 */
  field<Name extends keyof Context & string>(index: number, name: Name): Context[Name] {
    const { offset, field } = this.#layout.member(name);
    return field.read(this.image, this.#offset(index) + offset);
  }

  /** Replaces one slot. @throws StructError if a field does not fit */
  write(index: number, context: Context): void {
    this.#layout.write(this.image, this.#offset(index), context);
  }

  /** The hashed bytes of a node: an alias of the image. */
  tciBytes(index: number): Uint8Array {
    const { offset, field } = this.#layout.member('tci');
    const start = this.#offset(index) + offset;
    return this.image.subarray(start, start + field.size);
  }

  /** `CONTEXT_STATE` of one slot. */
  stateOf(index: number): number {
    return this.image[this.#offset(index) + this.#stateOffset] as number;
  }

  /** Locality of one slot. */
  localityOf(index: number): number {
    return u32.read(this.image, this.#offset(index) + this.#localityOffset);
  }

  /** Handle of one slot: an alias of the image. */
  handleOf(index: number): Uint8Array {
    const offset = this.#offset(index);
    return this.image.subarray(offset, offset + INVALID_HANDLE.length);
  }

  /** Indices of the Active contexts, of one locality if given, lowest first. */
  active(locality?: number): number[] {
    return ALL_INDICES.filter(
      (index) =>
        this.stateOf(index) === CONTEXT_STATE.ACTIVE && (locality === undefined || this.localityOf(index) === locality),
    );
  }

  /**
   * Index of the Active context with this handle in this locality.
   *
   * @throws DpeError InvalidLocality if the locality has no Active context, InvalidHandle if none of them has the handle
   */
  find(handle: Uint8Array, locality: number): number {
    const inLocality = this.active(locality);
    if (inLocality.length === 0) throw new DpeError('InvalidLocality', `locality ${locality} has no active context`);
    const index = inLocality.find((i) => equalBytes(this.handleOf(i), handle));
    if (index === undefined) throw new DpeError('InvalidHandle', `no active context of locality ${locality} has it`);
    return index;
  }

  /** Index of the default context of a locality, if it has one. */
  defaultOf(locality: number): number | undefined {
    return this.active(locality).find((i) => isDefault(this.handleOf(i)));
  }

  /** Lowest Inactive slot. @throws DpeError MaxTcis if there is none */
  freeSlot(): number {
    const free = ALL_INDICES.find((index) => this.stateOf(index) === CONTEXT_STATE.INACTIVE);
    if (free !== undefined) return free;
    throw new DpeError('MaxTcis', `all ${MAX_TCI_NODES} contexts are in use`);
  }

  /** Indices of the slots that are not Inactive, lowest first. */
  inUse(): number[] {
    return ALL_INDICES.filter((index) => this.stateOf(index) !== CONTEXT_STATE.INACTIVE);
  }

  /** Indices from a context up to its root. @throws DpeError InvalidHandle or InternalError if the tree is damaged */
  pathToRoot(index: number): number[] {
    const path: number[] = [];
    for (let at = index; ; ) {
      if (at >= MAX_TCI_NODES || this.stateOf(at) === CONTEXT_STATE.INACTIVE)
        throw new DpeError('InvalidHandle', `context ${at} on the path of context ${index} is not in use`);
      if (path.push(at) > MAX_TCI_NODES)
        throw new DpeError('InternalError', `the parents of context ${index} form a cycle`);
      const parent = this.field(at, 'parent_idx');
      if (parent === ROOT_INDEX) return path;
      at = parent;
    }
  }
}

/** @internal A slot of a new state. */
export function emptyContext(hashSize: number): Context {
  return {
    handle: new Uint8Array(16),
    tci: emptyTci(hashSize),
    children: 0n,
    locality: 0,
    parent_idx: ROOT_INDEX,
    context_type: CONTEXT_TYPE.NORMAL,
    state: CONTEXT_STATE.INACTIVE,
    uses_internal_input_info: 0,
    uses_internal_input_dice: 0,
    allow_x509: 0,
    allow_export_cdi: 1,
    allow_recursive: 0,
  };
}

function emptyTci(hashSize: number): Context['tci'] {
  return {
    tci_type: 0,
    tci_cumulative: new Uint8Array(hashSize),
    tci_current: new Uint8Array(hashSize),
    locality: 0,
    svn: 0,
  };
}

/** @internal A slot after its context was destroyed: type and export permission stay. */
export function destroyed(context: Context): Context {
  return {
    ...emptyContext(context.tci.tci_current.length),
    handle: INVALID_HANDLE,
    context_type: context.context_type,
    allow_export_cdi: context.allow_export_cdi,
  };
}

/** @internal Bits set in a bitmap, lowest first. */
export function bitsOf(bitmap: bigint): number[] {
  const indices: number[] = [];
  for (let i = 0, rest = bitmap; rest !== 0n; i++, rest >>= 1n) if ((rest & 1n) === 1n) indices.push(i);
  return indices;
}
