import type { Register, RegisterBlock } from '@rootcap/struct';

export type InterruptKind = 'error' | 'notif';

/** Where the words of one half (errors or notifications) of an interrupt block are. */
interface Half {
  readonly enable: number;
  readonly aggregate: number;
  readonly status: number;
  readonly trigger: number;
  /** Counter of each event, by bit. */
  readonly counters: readonly number[];
}

/** The interrupt block of a declaration: word indices by function. */
export interface InterruptLayout {
  readonly globalEnable: number;
  readonly error: Half;
  readonly notif: Half;
  /** Event name to its half and bit. */
  readonly events: ReadonlyMap<string, { readonly kind: InterruptKind; readonly bit: number }>;
}

/**
 * Finds the interrupt block of a declaration by the names that `interruptBlock` gives.
 *
 * @param first - index of the first word of each register
 */
export function interruptLayout(
  declaration: RegisterBlock,
  first: (register: string) => number | undefined,
): InterruptLayout | undefined {
  const globalEnable = first('INTR_BLOCK_RF_GLOBAL_INTR_EN_R');
  if (globalEnable === undefined) return undefined;
  const events = new Map<string, { kind: InterruptKind; bit: number }>();
  const word = (name: string) => first(`INTR_BLOCK_RF_${name}`) as number;
  const half = (kind: InterruptKind): Half => {
    const K = kind.toUpperCase();
    const status = declaration.registers[`INTR_BLOCK_RF_${K}_INTERNAL_INTR_R`] as Register;
    const names = Object.keys(status.fields).map((field) => field.slice(0, -'_sts'.length));
    names.forEach((name, bit) => {
      events.set(name, { kind, bit });
    });
    return {
      enable: word(`${K}_INTR_EN_R`),
      aggregate: word(`${K}_GLOBAL_INTR_R`),
      status: word(`${K}_INTERNAL_INTR_R`),
      trigger: word(`${K}_INTR_TRIG_R`),
      counters: names.map((name) => word(`${name.toUpperCase()}_INTR_COUNT_R`)),
    };
  };
  return { globalEnable, error: half('error'), notif: half('notif'), events };
}

/** Records an event: status bit set, counter up by one unless it is at its maximum. */
export function raiseInterrupt(layout: InterruptLayout, words: Uint32Array, kind: InterruptKind, bit: number): void {
  const { status, counters } = layout[kind];
  words[status] = ((words[status] as number) | (1 << bit)) >>> 0;
  const counter = counters[bit] as number;
  if ((words[counter] as number) < 0xffff_ffff) words[counter] = (words[counter] as number) + 1;
}

/** `agg_sts`: whether any enabled event of a kind is pending. */
export function aggregate(layout: InterruptLayout, words: Uint32Array, kind: InterruptKind): boolean {
  const { enable, status } = layout[kind];
  return ((words[enable] as number) & (words[status] as number)) !== 0;
}

/** Level of the interrupt line to the core: aggregate and global enable. */
export function interruptLine(layout: InterruptLayout, words: Uint32Array, kind: InterruptKind): boolean {
  const enabled = (words[layout.globalEnable] as number) & (kind === 'error' ? 1 : 2);
  return enabled !== 0 && aggregate(layout, words, kind);
}
