import { createHash } from 'node:crypto';
import { type Entropy, portableProvider } from '@rootcap/crypto';
import { type BusAccess, Chip, type ChipOptions, MBOX_CSR, SOC_IFC_REG } from '@rootcap/hardware';
import { counted } from './engines.ts';

/** Entropy that counts: easy to recognise, never to be trusted. */
export function countingEntropy(): Entropy {
  let next = 0;
  return { bytes: (length) => Uint8Array.from({ length }, () => next++ & 0xff) };
}

export const HW_CONFIG = { itrng: false, subsystemMode: false, ocpLock: false } as const;
export const SUBSYSTEM = { itrng: false, subsystemMode: true, ocpLock: true } as const;

/** A production chip, debug locked, passive, with counting entropy. */
export function makeChip(options: Partial<ChipOptions> = {}): Chip {
  return new Chip({
    provider: portableProvider,
    entropy: countingEntropy(),
    lifecycle: 3,
    debugLocked: true,
    obfuscationKey: counted(32),
    csrHmacKey: counted(64),
    hwConfig: HW_CONFIG,
    ...options,
  });
}

/** Address of a register of the SoC interface. */
export function socAddress(name: keyof typeof SOC_IFC_REG.registers, index = 0): number {
  const { offset, stride } = SOC_IFC_REG.registers[name];
  return SOC_IFC_REG.base + offset + index * stride;
}

export const mailboxOffset = (name: keyof typeof MBOX_CSR.registers): number => MBOX_CSR.registers[name].offset;

/** Lets AXI users into the mailbox, as a SoC does at bring-up. */
export function allowUsers(chip: Chip, users: readonly number[] = [0, 1, 2, 3, 4]): void {
  users.forEach((user, i) => {
    chip.socBus.write(socAddress('CPTRA_MBOX_VALID_AXI_USER', i), user, 1);
    chip.socBus.write(socAddress('CPTRA_MBOX_AXI_USER_LOCK', i), 1, 1);
  });
}

/** Writes `CPTRA_FUSE_WR_DONE`. */
export function fusesDone(chip: Chip): void {
  chip.socBus.write(socAddress('CPTRA_FUSE_WR_DONE'), 1, 1);
}

export const soc = (axiUser: number): BusAccess => ({ side: 'soc', axiUser });
export const tap: BusAccess = { side: 'tap', axiUser: 0xffff_ffff };

/** Saved state with each byte and word array as its hash: quick to compare, and a failure names the place. */
export function summary(state: unknown): unknown {
  if (ArrayBuffer.isView(state))
    return createHash('sha256')
      .update(new Uint8Array(state.buffer, state.byteOffset, state.byteLength))
      .digest('hex');
  if (Array.isArray(state)) return state.map(summary);
  if (typeof state === 'object' && state !== null)
    return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, summary(value)]));
  return state;
}
