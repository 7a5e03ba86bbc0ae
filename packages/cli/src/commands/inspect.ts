import type { Command } from 'commander';
import { Refusal, UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { type FieldView, fieldViews, LAYOUTS, valueText } from '../inspect/layouts.ts';
import { KINDS, recognize } from '../inspect/recognize.ts';
import { isKind, type Section, sectionsOf } from '../inspect/view.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';

interface InspectArguments {
  readonly as?: string;
  readonly list?: true;
  readonly full?: true;
  readonly offset?: string;
}

function list(terminal: Terminal): void {
  if (terminal.asJson) {
    terminal.printJson({ kinds: KINDS, layouts: [...LAYOUTS.keys()] });
    return;
  }
  const { bold } = terminal.paint;
  terminal.print(bold('recognised by content'));
  for (const line of table(Object.entries(KINDS))) terminal.print(line);
  terminal.print(bold('layouts, by --as only'));
  for (const line of table(
    [...LAYOUTS].map(([name, { size, variable }]) => [name, `${size}${variable ? ' or more' : ''} bytes`]),
  ))
    terminal.print(line);
}

function fieldLines({ paint }: Terminal, fields: readonly FieldView[], full: boolean): string[] {
  const heading = ['offset', 'size', 'field', 'value'].map((text) => paint.dim(text));
  return table([
    heading,
    ...fields.map(({ field, offset, size, value }) => [
      offset.toString(16).padStart(6, '0'),
      String(size).padStart(4),
      field,
      valueText(value, full),
    ]),
  ]);
}

/** @returns what the file is called, and its parts */
function look(terminal: Terminal, data: Uint8Array, as: string | undefined): { kind: string; sections: Section[] } {
  const kind = as ?? recognize(data);
  if (kind === undefined)
    throw new Refusal(
      `file: ${data.length} bytes that nothing known looks like; --list shows the names that --as takes`,
    );
  if (isKind(kind)) return { kind, sections: sectionsOf(terminal, kind, data) };
  const layout = LAYOUTS.get(kind);
  if (layout === undefined) throw new UsageError(`--as: nothing is called ${kind}; --list shows the names`);
  const sections: Section[] = [{ title: layout.name, fields: fieldViews(layout, data) }];
  return { kind, sections };
}

function inspect(terminal: Terminal, path: string | undefined, args: InspectArguments): void {
  if (args.list) {
    list(terminal);
    return;
  }
  if (path === undefined) throw new UsageError('file: missing; --list shows what can be inspected');
  const whole = terminal.read(path, 'file');
  const data = whole.subarray(args.offset === undefined ? 0 : parseInteger(args.offset, '--offset', whole.length));
  const { kind, sections } = look(terminal, data, args.as);
  if (terminal.asJson) {
    terminal.printJson({ kind, size: data.length, sections });
    return;
  }
  const { bold, cyan } = terminal.paint;
  const what = isKind(kind) ? KINDS[kind] : 'layout';
  terminal.print(bold(`${kind}: ${what}, ${data.length} bytes`));
  for (const { fields, lines = [], title } of sections) {
    terminal.print(cyan(title));
    for (const line of lines) terminal.print(`  ${line}`);
    if (fields !== undefined) for (const line of fieldLines(terminal, fields, args.full === true)) terminal.print(line);
  }
}

/** `inspect`: any structure of a root of trust, field by field. */
export function inspectCommand(program: Command, terminal: Terminal): void {
  program
    .command('inspect')
    .description('recognise a file by its content and show it field by field')
    .argument('[file]', 'file, - for standard input')
    .option('--as <name>', 'take it for this kind or layout')
    .option('--offset <n>', 'start at this byte')
    .option('--full', 'long byte strings in full')
    .option('--list', 'names that --as takes')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'inspect device/pcr-log.bin',
        'inspect bundle.bin --full',
        'inspect dccm.bin --offset 0x2d400 --as DataVault',
      ),
    )
    .action((path: string | undefined, args: InspectArguments) => inspect(terminal, path, args));
}
