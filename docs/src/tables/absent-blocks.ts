import { markdownTable } from './markdown.ts';

/** A block of the chip that has no registers in the model. */
export interface AbsentBlock {
  readonly name: string;
  /** Address on the core's bus, or where else it is. */
  readonly base: number | string;
  /** What stands in for it. */
  readonly instead: string;
}

/** Blocks that Caliptra's register list has and the model does not. caliptra-sw:hw/latest/registers/src */
export const ABSENT_BLOCKS: readonly AbsentBlock[] = [
  { name: 'KMAC', base: 0x1004_0000, instead: '`cshake256`, `kmac256` of `@rootcap/crypto`' },
  { name: 'SHA3', base: 0x1004_1000, instead: 'hashes of the provider' },
  { name: 'UART', base: 0x2000_1000, instead: 'nothing: the emulator has it for its own tests' },
  { name: 'CSRNG', base: 0x2000_2000, instead: 'class `Csrng`, with methods' },
  { name: 'ENTROPY_SRC', base: 0x2000_3000, instead: 'entropy of the device, fed to `Csrng`' },
  { name: 'EL2_PIC_CTRL', base: 0x6000_0000, instead: 'nothing: the firmware model takes no interrupts' },
  { name: 'MCI', base: 'AXI bus', instead: 'class `Mci`: reset of the MCU, debug unlock hashes; else storage' },
  {
    name: 'OTP_CTRL',
    base: 'AXI bus',
    instead: 'class `OtpController`: what programming and erasing UDS and field entropy use',
  },
  { name: 'LC_CTRL', base: 'AXI bus', instead: 'option `lifecycle`' },
  { name: 'I3CCSR', base: 'AXI bus', instead: 'recovery interface only, without the I3C bus' },
];

export function absentBlockTable(): string {
  const rows = ABSENT_BLOCKS.map(({ name, base, instead }) => [
    name,
    typeof base === 'number' ? `0x${base.toString(16).padStart(8, '0')}` : base,
    instead,
  ]);
  return markdownTable(['Absent', 'Address', 'Instead'], rows);
}
