import { type Access, type Bits, bit, type Register, register } from '@rootcap/struct';

type EventBits<E extends string, S extends string> = { readonly [K in `${E}_${S}`]: Bits };

/** Registers of the interrupt block that every peripheral has; `E` error events, `N` notification events. */
export type InterruptRegisters<E extends string, N extends string> = {
  readonly INTR_BLOCK_RF_GLOBAL_INTR_EN_R: Register<{ readonly error_en: Bits; readonly notif_en: Bits }>;
  readonly INTR_BLOCK_RF_ERROR_INTR_EN_R: Register<EventBits<E, 'en'>>;
  readonly INTR_BLOCK_RF_NOTIF_INTR_EN_R: Register<EventBits<N, 'en'>>;
  readonly INTR_BLOCK_RF_ERROR_GLOBAL_INTR_R: Register<{ readonly agg_sts: Bits }>;
  readonly INTR_BLOCK_RF_NOTIF_GLOBAL_INTR_R: Register<{ readonly agg_sts: Bits }>;
  readonly INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R: Register<EventBits<E, 'sts'>>;
  readonly INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R: Register<EventBits<N, 'sts'>>;
  readonly INTR_BLOCK_RF_ERROR_INTR_TRIG_R: Register<EventBits<E, 'trig'>>;
  readonly INTR_BLOCK_RF_NOTIF_INTR_TRIG_R: Register<EventBits<N, 'trig'>>;
} & {
  readonly [K in `INTR_BLOCK_RF_${Uppercase<E | N>}_INTR_COUNT_R`]: Register;
} & {
  readonly [K in `INTR_BLOCK_RF_${Uppercase<E | N>}_INTR_COUNT_INCR_R`]: Register<{ readonly pulse: Bits }>;
};

/** Byte offsets within an interrupt block. */
const ERROR_COUNTERS = 0x100;
const NOTIFICATION_COUNTERS = 0x180;
const INCREMENT_PULSES = 0x200;

/**
 * Declares the interrupt block at `base`: enables, status (write 1 to clear), triggers, counters. Event names become
 * fields (`<event>_en`, `_sts`, `_trig`) and counters (`INTR_BLOCK_RF_<EVENT>_INTR_COUNT_R`). Error status and error
 * counters survive a warm reset. caliptra-rtl:src/libs/rtl/interrupt_regs.rdl
 */
export function interruptBlock<const E extends string, const N extends string>(
  base: number,
  {
    soc,
    errors,
    notifications,
  }: { readonly soc: Access; readonly errors: readonly E[]; readonly notifications: readonly N[] },
): InterruptRegisters<E, N> {
  const of = (events: readonly string[], suffix: string) =>
    Object.fromEntries(events.map((event, i) => [`${event}_${suffix}`, bit(i)]));
  const registers: Record<string, Register> = {
    INTR_BLOCK_RF_GLOBAL_INTR_EN_R: register(base, { soc, fields: { error_en: bit(0), notif_en: bit(1) } }),
    INTR_BLOCK_RF_ERROR_INTR_EN_R: register(base + 0x04, { soc, fields: of(errors, 'en') }),
    INTR_BLOCK_RF_NOTIF_INTR_EN_R: register(base + 0x08, { soc, fields: of(notifications, 'en') }),
    INTR_BLOCK_RF_ERROR_GLOBAL_INTR_R: register(base + 0x0c, { uc: 'ro', soc, fields: { agg_sts: bit(0) } }),
    INTR_BLOCK_RF_NOTIF_GLOBAL_INTR_R: register(base + 0x10, { uc: 'ro', soc, fields: { agg_sts: bit(0) } }),
    INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R: register(base + 0x14, {
      soc,
      write: 'w1c',
      clearedBy: 'cold',
      fields: of(errors, 'sts'),
    }),
    INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R: register(base + 0x18, { soc, write: 'w1c', fields: of(notifications, 'sts') }),
    INTR_BLOCK_RF_ERROR_INTR_TRIG_R: register(base + 0x1c, { soc, write: 'pulse', fields: of(errors, 'trig') }),
    INTR_BLOCK_RF_NOTIF_INTR_TRIG_R: register(base + 0x20, { soc, write: 'pulse', fields: of(notifications, 'trig') }),
  };
  const counter = (event: string) => `INTR_BLOCK_RF_${event.toUpperCase()}_INTR_COUNT_R`;
  errors.forEach((event, i) => {
    registers[counter(event)] = register(base + ERROR_COUNTERS + 4 * i, { soc, clearedBy: 'cold' });
  });
  notifications.forEach((event, i) => {
    registers[counter(event)] = register(base + NOTIFICATION_COUNTERS + 4 * i, { soc });
  });
  [...errors, ...notifications].forEach((event, i) => {
    registers[`INTR_BLOCK_RF_${event.toUpperCase()}_INTR_COUNT_INCR_R`] = register(base + INCREMENT_PULSES + 4 * i, {
      uc: 'ro',
      soc,
      fields: { pulse: bit(0) },
    });
  });
  return registers as InterruptRegisters<E, N>;
}
