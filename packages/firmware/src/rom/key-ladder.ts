import { KeyUsage } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';
import { KEY_ID } from '../key-ids.ts';

const LADDER = { slot: KEY_ID.FW_KEY_LADDER, usage: KeyUsage.HMAC_KEY } as const;

/**
 * Secret of the firmware key ladder, `length` steps down from the top. Who holds it can go on to the secrets of lower
 * SVNs, never to those of higher ones.
 *
 * @see caliptra-sw:rom/dev/src/key_ladder.rs
 */
export function initializeKeyLadder(context: FirmwareContext, length: number): void {
  const { soc } = context.chip;
  const lifecycleAndDebug = Uint8Array.of(soc.lifecycle, soc.debugLocked ? 1 : 0);
  context.drivers.hmac.kdf({ slot: KEY_ID.ROM_FMC_CDI }, 'si_init', LADDER, lifecycleAndDebug);
  extendKeyLadder(context, length);
}

export function extendKeyLadder({ drivers }: FirmwareContext, steps: number): void {
  for (let i = 0; i < steps; i++) drivers.hmac.kdf({ slot: LADDER.slot }, 'si_extend', LADDER);
}
