import { COMMAND_COLUMNS, commandCells } from '@rootcap/cli';
import { commandOverview } from '@rootcap/conformance';
import { markdownTable } from './markdown.ts';

/** Cells that are names. */
const NAMES = ['command', 'code', 'id'];

/** Every command of the mailbox interface. */
export function mailboxCommandTable(): string {
  const asCode = (cell: string, column: number): string =>
    NAMES.includes(COMMAND_COLUMNS[column] as string) ? `\`${cell}\`` : cell;
  return markdownTable(
    COMMAND_COLUMNS,
    commandOverview().map((entry) => commandCells(entry).map(asCode)),
  );
}

/** How many there are of each status. */
export function mailboxCommandSummary(): string {
  const commands = commandOverview();
  const count = (status: string): string => String(commands.filter((entry) => entry.status === status).length);
  return markdownTable(
    ['exact', 'modelled', 'absent', 'together'],
    [[count('exact'), count('modelled'), count('absent'), String(commands.length)]],
  );
}
