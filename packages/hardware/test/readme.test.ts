import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { registerWords, unmodelledRegisters } from '@rootcap/hardware';
import { makeChip } from './chips.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = makeChip()
  .blocks()
  .map(({ declaration }) => [declaration.name, declaration] as const);

test.each(blocks)('the README has the row of %s', (name, declaration) => {
  const row = new RegExp(`\\| ${name} +\\| (\\d+) +\\| (\\d+) +\\| (\\d+) +\\|`).exec(readme) ?? [];
  const unmodelled = unmodelledRegisters([{ declaration }]);
  expect(row.slice(1).map(Number)).toEqual([
    Object.keys(declaration.registers).length,
    registerWords(declaration).length,
    unmodelled.length,
  ]);
  if (name === 'SOC_IFC_REG') for (const { register } of unmodelled) expect(readme).toContain(`\`${register}\``);
});
