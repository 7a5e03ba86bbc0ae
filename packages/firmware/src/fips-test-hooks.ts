import type { FirmwareContext } from './context.ts';
import { type Firmware, OBSERVE } from './coroutine.ts';

/**
 * Codes in CPTRA_DBG_MANUF_SERVICE_REG[23:16] of a firmware built with FIPS test hooks, as far as they halt it.
 *
 * @see caliptra-sw:drivers/src/fips_test_hooks.rs
 */
export const FIPS_TEST_HOOK = {
  /** Written by the firmware: it halts, or goes on. */
  COMPLETE: 0x01,
  /** Written by the tester: go on. */
  CONTINUE: 0x10,
  /** In ROM's known-answer tests. */
  HALT_SELF_TESTS: 0x21,
  /** Before ROM reads a firmware bundle. */
  HALT_FW_LOAD: 0x2a,
  /** At the end of SHUTDOWN, when engines and key vault are clear. */
  HALT_SHUTDOWN_RT: 0x2b,
} as const;

type HaltingHook = 'HALT_SELF_TESTS' | 'HALT_FW_LOAD' | 'HALT_SHUTDOWN_RT';

const CODE_SHIFT = 16;
const CODE_MASK = 0xff << CODE_SHIFT;

/** Halts here if the tester asked for it, until the tester lets the firmware go on. */
export function* haltIfHookSet(context: FirmwareContext, hook: HaltingHook): Firmware {
  if (!context.options.fipsTestHooks || hookCode(context) !== FIPS_TEST_HOOK[hook]) return;
  setHookCode(context, FIPS_TEST_HOOK.COMPLETE);
  const ready = (): boolean => hookCode(context) === FIPS_TEST_HOOK.CONTINUE;
  while (!ready()) yield { for: 'fips-test-hook', ready };
  setHookCode(context, FIPS_TEST_HOOK.COMPLETE);
  yield OBSERVE;
}

function hookCode({ chip: { soc } }: FirmwareContext): number {
  return (soc.get('CPTRA_DBG_MANUF_SERVICE_REG') & CODE_MASK) >>> CODE_SHIFT;
}

function setHookCode({ chip: { soc } }: FirmwareContext, code: number): void {
  const rest = soc.get('CPTRA_DBG_MANUF_SERVICE_REG') & ~CODE_MASK;
  soc.set('CPTRA_DBG_MANUF_SERVICE_REG', (rest | (code << CODE_SHIFT)) >>> 0);
}
