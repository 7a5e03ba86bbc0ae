import type { Chip } from '@rootcap/hardware';

/** Cycles from the expiry of timer 1, which starts timer 2, to the NMI. */
const TIMER2_PERIOD = [1, 0] as const;

/** Starts watchdog timer 1 with a 64-bit number of cycles, if debug is locked. @see caliptra-sw:common/src/wdt.rs */
export function startWatchdogTimer({ soc }: Pick<Chip, 'soc'>, low: number, high: number): void {
  if (soc.debugLocked) soc.startWatchdog([low, high], TIMER2_PERIOD);
}

export function stopWatchdog({ soc }: Pick<Chip, 'soc'>): void {
  soc.stopWatchdog();
}
