import type { Chip } from '@rootcap/hardware';

/** Cycles from the expiry of timer 1, which starts timer 2, to the NMI. */
const TIMER2_PERIOD = 1;

/** Starts watchdog timer 1 with a 64-bit number of cycles, if debug is locked. @see caliptra-sw:common/src/wdt.rs */
export function startWatchdogTimer({ soc }: Pick<Chip, 'soc'>, low: number, high: number): void {
  if (!soc.debugLocked) return;
  stopWatchdog({ soc });
  soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', low, 0);
  soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', high, 1);
  soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', TIMER2_PERIOD, 0);
  soc.set('CPTRA_WDT_TIMER2_TIMEOUT_PERIOD', 0, 1);
  soc.setField('CPTRA_WDT_TIMER1_EN', 'timer1_en', 1);
  soc.setField('CPTRA_WDT_TIMER1_CTRL', 'timer1_restart', 1);
}

export function stopWatchdog({ soc }: Pick<Chip, 'soc'>): void {
  soc.setField('CPTRA_WDT_TIMER1_EN', 'timer1_en', 0);
}
