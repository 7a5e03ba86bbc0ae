import { absentBlockTable } from './absent-blocks.ts';
import { acceleratorCosts } from './accelerator-costs.ts';
import { mailboxCommandSummary, mailboxCommandTable } from './mailbox-commands.ts';
import { registerSummary, registerTables } from './registers.ts';
import { sizeTable } from './sizes.ts';

const TABLES: Readonly<Record<string, () => string>> = {
  registers: registerTables,
  'register summary': registerSummary,
  'absent blocks': absentBlockTable,
  'accelerator costs': acceleratorCosts,
  'mailbox commands': mailboxCommandTable,
  'mailbox command summary': mailboxCommandSummary,
};

/** The table of a page's marker: one of the register tables, or `sizes FOLDER`. @throws RangeError for another name */
export async function makeTable(name: string): Promise<string> {
  const folder = /^sizes ([\w-]+)$/.exec(name)?.[1];
  if (folder !== undefined) return sizeTable(folder);
  const make = TABLES[name];
  if (make === undefined) throw new RangeError(`table: ${name} is none of ${Object.keys(TABLES).join(', ')}, sizes …`);
  return make();
}
