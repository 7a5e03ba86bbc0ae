/** What is known of a slot for an HEK seed. OCP LOCK 1.1 "HEK lifecycle" */
export type HekSlotState = 'blank' | 'randomized' | 'zeroized';

export interface HekSlot {
  readonly state: HekSlotState;
  /** 64 hexadecimal digits while `randomized`. */
  readonly seed?: string;
}

/** The fuse bank of HEK seeds, and the bit that says that there will be no further erasure. */
export interface HekFuses {
  readonly slots: readonly HekSlot[];
  readonly permaHek: boolean;
}

/** `seed_state` of REPORT_HEK_METADATA. */
const SEED_STATE = { EMPTY: 0, PROGRAMMED: 1, ZEROIZED: 3, PROGRAMMED_EMPTY: 4 } as const;

const MIN_SLOTS = 4;
const MAX_SLOTS = 16;
/** As many as the reference fuse map of caliptra-mcu-sw has. */
const DEFAULT_SLOTS = 8;

/** A bank as it leaves the factory of the chip. @throws RangeError unless there are 4 to 16 slots */
export function blankHekFuses(slots: number = DEFAULT_SLOTS): HekFuses {
  if (!(Number.isInteger(slots) && slots >= MIN_SLOTS && slots <= MAX_SLOTS))
    throw new RangeError(`slots: ${slots} is not in ${MIN_SLOTS}..${MAX_SLOTS}`);
  return { slots: Array.from({ length: slots }, () => ({ state: 'blank' })), permaHek: false };
}

/** The slot in use: the first that is not zeroized, or the last one. */
export function activeSlot({ slots }: HekFuses): number {
  const found = slots.findIndex(({ state }) => state !== 'zeroized');
  return found < 0 ? slots.length - 1 : found;
}

/** What MCU ROM copies into FUSE_HEK_SEED, 32 bytes in hexadecimal, and what it reports of it. */
export function reportedHek(fuses: HekFuses): {
  readonly seed: string;
  readonly metadata: { readonly total_slots: number; readonly active_slots: number; readonly seed_state: number };
} {
  const active = activeSlot(fuses);
  const { state, seed } = fuses.slots[active] as HekSlot;
  const blank = { blank: SEED_STATE.EMPTY, randomized: SEED_STATE.PROGRAMMED, zeroized: SEED_STATE.ZEROIZED }[state];
  const seed_state = fuses.permaHek ? SEED_STATE.PROGRAMMED_EMPTY : blank;
  return {
    seed: seed ?? (state === 'zeroized' ? 'ff' : '00').repeat(32),
    metadata: { total_slots: fuses.slots.length, active_slots: active, seed_state },
  };
}

/** Programs the slot in use. @param seed - 32 bytes in hexadecimal. @throws RangeError if it is not blank */
export function randomizeHek(fuses: HekFuses, seed: string): HekFuses {
  const active = activeSlot(fuses);
  if (fuses.slots[active]?.state !== 'blank') throw new RangeError(`slot ${active}: is ${fuses.slots[active]?.state}`);
  return withSlot(fuses, active, { state: 'randomized', seed });
}

/** Burns every bit of the slot in use. @throws RangeError if nothing is in it */
export function zeroizeHek(fuses: HekFuses): HekFuses {
  const active = activeSlot(fuses);
  if (fuses.slots[active]?.state !== 'randomized')
    throw new RangeError(`slot ${active}: is ${fuses.slots[active]?.state}`);
  return withSlot(fuses, active, { state: 'zeroized' });
}

/** Gives up further erasures, one way. @throws RangeError unless every slot is zeroized */
export function setPermaHek(fuses: HekFuses): HekFuses {
  if (fuses.slots.some(({ state }) => state !== 'zeroized'))
    throw new RangeError('permaHek: only when every slot is zeroized');
  return { ...fuses, permaHek: true };
}

/** Hard erasures that are left. OCP LOCK 1.0, REPORT_EPOCH_KEY_STATE */
export function erasuresLeft({ slots }: HekFuses): number {
  return slots.filter(({ state }) => state !== 'zeroized').length;
}

function withSlot(fuses: HekFuses, at: number, slot: HekSlot): HekFuses {
  return { ...fuses, slots: fuses.slots.map((old, i) => (i === at ? slot : old)) };
}
