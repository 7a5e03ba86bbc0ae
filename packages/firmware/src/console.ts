import { bytesToHex } from '@rootcap/crypto';
import type { BootStatusName } from './boot-status.ts';

/** What a stage of the firmware says when it starts. */
export const BANNERS = {
  rom: 'Running Caliptra ROM ...',
  fmc: 'Running Caliptra FMC ...',
  runtime: 'Running Caliptra RT ...',
} as const;

/** Lines that go with a boot status. */
export const STATUS_LINES: Readonly<Partial<Record<BootStatusName, string>>> = {
  RtReadyForCommands: '[rt] RT listening for mailbox commands...',
};

/** What ROM says of an IDevID CSR that it made for the manufacturer. */
export function csrLine(csr: Uint8Array): string {
  return `[idev] ECC CSR = ${bytesToHex(csr).toUpperCase()}`;
}
