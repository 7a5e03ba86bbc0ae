import { type CommandOverview, type CommandStatus, commandOverview } from '@rootcap/conformance';
import type { AnyLayout } from '@rootcap/firmware';
import { type Command, Option } from 'commander';
import { COMMAND_COLUMNS, commandCells } from '../command-cells.ts';
import { Refusal } from '../errors.ts';
import { examples } from '../help.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord } from '../values.ts';

const STATUSES = ['exact', 'modelled', 'absent'] as const satisfies readonly CommandStatus[];

interface CommandsArguments {
  readonly status?: CommandStatus;
}

function layoutJson(layout: AnyLayout | undefined) {
  if (layout === undefined) return null;
  return { name: layout.name, size: layout.size, fields: layout.layout };
}

function commandJson({ name, code, id, rom, runtime, request, response, status }: CommandOverview) {
  return {
    name,
    id,
    hex: hexWord(id),
    code,
    rom: rom ?? null,
    runtime: runtime ?? null,
    request: layoutJson(request),
    response: layoutJson(response),
    status,
  };
}

function list(terminal: Terminal, pattern: string | undefined, { status }: CommandsArguments): void {
  const wanted = (pattern ?? '').toUpperCase();
  const found = commandOverview().filter(
    (entry) => (entry.name.includes(wanted) || entry.code === pattern) && (status ?? entry.status) === entry.status,
  );
  if (found.length === 0) throw new Refusal(`name: no command's name has ${pattern ?? 'this status'} in it`);
  if (terminal.asJson) {
    terminal.printJson({ commands: found.map(commandJson) });
    return;
  }
  const { dim } = terminal.paint;
  for (const line of table([COMMAND_COLUMNS.map((title) => dim(title)), ...found.map(commandCells)], ''))
    terminal.print(line);
  const counts = STATUSES.map((name) => `${found.filter((entry) => entry.status === name).length} ${name}`);
  terminal.talk(`${found.length} commands: ${counts.join(', ')}`);
}

/** `commands`: the mailbox interface, and what of it the firmware has. */
export function commandsCommand(program: Command, terminal: Terminal): void {
  program
    .command('commands')
    .description('list the mailbox commands: ids, layouts, stages, senders, and how well each is proved')
    .argument('[name]', 'a part of the name, case aside, or the four characters of the id')
    .addOption(new Option('--status <name>', 'only those with this status').choices([...STATUSES]))
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('commands', 'commands pcr', 'commands --status modelled --json'))
    .action((pattern: string | undefined, args: CommandsArguments) => list(terminal, pattern, args));
}
