import { portableProvider } from '@rootcap/crypto';
import { Chip, ENCRYPTION_ENGINE_SFR, RECOVERY_IFC, registerWords } from '@rootcap/hardware';
import type { Access, Register, RegisterBlock } from '@rootcap/struct';
import { markdownTable } from './markdown.ts';

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** What is found by a strap on the AXI bus. */
const ON_AXI: readonly RegisterBlock[] = [RECOVERY_IFC, ENCRYPTION_ENGINE_SFR];

/** The blocks on the core's bus in the order of their addresses, then those on the AXI bus. */
export function registerBlocks(): readonly RegisterBlock[] {
  const chip = new Chip({
    provider: portableProvider,
    lifecycle: 3,
    debugLocked: true,
    obfuscationKey: new Uint8Array(32),
    csrHmacKey: new Uint8Array(64),
    hwConfig: { itrng: false, subsystemMode: true, ocpLock: true },
  });
  const onCoreBus = chip.blocks().map(({ declaration }) => declaration);
  return [...onCoreBus.toSorted((a, b) => a.base - b.base), ...ON_AXI];
}

const ACCESS: Readonly<Record<Access, string>> = { rw: 'rw', ro: 'ro', wo: 'wo', none: '–' };

function registerRow({ base }: RegisterBlock, name: string, register: Register): string[] {
  const { offset, count, uc, soc, reset, clearedBy, idle } = register;
  return [
    `\`${name}\``,
    hex(base + offset),
    String(count),
    ACCESS[uc],
    ACCESS[soc],
    hex(reset),
    clearedBy,
    idle === undefined ? 'modelled' : `idle: ${idle}`,
  ];
}

const HEAD = ['Register', 'Address', 'Words', 'uC', 'SoC', 'Reset value', 'Cleared by', 'Status'];

function blockSection(block: RegisterBlock): string {
  const registers = Object.entries(block.registers);
  const where = ON_AXI.includes(block) ? 'relative to its base on the AXI bus' : `at ${hex(block.base)}`;
  const rows = registers.map(([name, register]) => registerRow(block, name, register));
  return `## ${block.name}\n\n${registers.length} registers ${where}.\n\n${markdownTable(HEAD, rows)}`;
}

/** Every declared register of every block. */
export function registerTables(): string {
  return registerBlocks().map(blockSection).join('\n');
}

/** One row a block. */
export function registerSummary(): string {
  const rows = registerBlocks().map((block) => {
    const registers = Object.values(block.registers);
    const idle = registers.filter((register) => register.idle !== undefined).length;
    const counts = [registers.length, registerWords(block).length, registers.length - idle, idle];
    return [`[${block.name}](registers.md#${block.name.toLowerCase()})`, hex(block.base), ...counts.map(String)];
  });
  return markdownTable(['Block', 'Base', 'Registers', 'Words', 'Modelled', 'Idle'], rows);
}
