import { describe, expect, test } from '@jest/globals';
import * as hardware from '@rootcap/hardware';
import { registerWords } from '@rootcap/hardware';
import type { RegisterBlock } from '@rootcap/struct';
import { hasPack, pack } from './engines.ts';

interface JsonRegister {
  name: string;
  addr: string;
  count?: number;
  stride?: number;
  fields?: Record<string, [low: number, width: number]>;
}
interface Registers {
  blocks: Record<string, { base: string; regs: JsonRegister[] }>;
}

const REGISTERS = 'caliptra/registers.json';

/** The declared register and the word that stand for a register of the list. */
function declared(block: RegisterBlock, { name, count = 1 }: JsonRegister): { name: string; word: number } {
  if (block.registers[name] !== undefined) return { name, word: 0 };
  const entry = /^(.*_ENTRY)_(\d+)$/.exec(name);
  if (entry !== null) return { name: entry[1] as string, word: Number(entry[2]) * count };
  // Memories: the list has their first and last byte.
  const memory = name.replace(/_(BASE|END)_ADDR$/, '');
  return { name: memory, word: name.endsWith('_BASE_ADDR') ? 0 : (block.registers[memory]?.count ?? 0) - 1 };
}

if (hasPack(REGISTERS)) {
  const { blocks } = pack<Registers>(REGISTERS);
  describe.each(Object.entries(blocks))('%s', (blockName, { base, regs }) => {
    const block = (hardware as unknown as Record<string, RegisterBlock>)[blockName] as RegisterBlock;
    const covered = new Set<string>();

    test('has the name and the base address of the list', () => {
      expect([block.name, block.base]).toEqual([blockName, Number(base)]);
    });

    test.each(regs.map((reg) => [reg.name, reg] as const))('%s: address, count, fields', (_name, reg) => {
      const { name, word } = declared(block, reg);
      const register = block.registers[name];
      if (register === undefined) throw new Error(`${name} is not declared`);
      const address = block.base + register.offset + word * register.stride;
      const isEnd = reg.name.endsWith('_END_ADDR') && block.registers[reg.name] === undefined;
      expect(isEnd ? address + 3 : address).toBe(Number(reg.addr));
      if (block.registers[reg.name] !== undefined) expect(register.count).toBe(reg.count ?? 1);
      expect(register.stride).toBe(reg.stride ?? 4);
      const fields = Object.fromEntries(Object.entries(register.fields).map(([f, { lo, width }]) => [f, [lo, width]]));
      expect(fields).toEqual(reg.fields ?? {});
      covered.add(name);
    });

    test('declares nothing that the list does not have', () => {
      expect(Object.keys(block.registers).filter((name) => !covered.has(name))).toEqual([]);
    });

    test('has no two registers at one address', () => {
      const offsets = registerWords(block).map(({ offset }) => offset);
      expect(new Set(offsets).size).toBe(offsets.length);
    });
  });
} else {
  test('left out: no caliptra pack', () => {});
}
