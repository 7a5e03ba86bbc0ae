import { ERRORS, type ErrorEntry, findError, formatCode } from '@rootcap/errors';
import { explainRefusal } from '@rootcap/image';
import type { Command } from 'commander';
import { Refusal, UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

/** A decimal number, 0x hexadecimal, or bare hexadecimal of eight digits, as the registers print it. */
function codeOf(query: string): number | undefined {
  const text = query.trim();
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) return Number(text);
  if (/^[0-9a-f]{8}$/i.test(text)) return Number.parseInt(text, 16);
  if (/^\d+$/.test(text) && Number(text) <= 0xffff_ffff) return Number(text);
  return undefined;
}

/** Reporter of the codes next to an unknown one: those that share the most leading digits, at least four. */
function likelyReporter(code: number): string | undefined {
  const digits = formatCode(code).slice(2);
  for (let length = 7; length >= 4; length--) {
    const near = Object.values(ERRORS).find(
      (known) => formatCode(known).slice(2, 2 + length) === digits.slice(0, length),
    );
    if (near !== undefined) return findError(near)?.reporter;
  }
  return undefined;
}

function unknown(query: string, code: number | undefined): never {
  if (code === undefined) {
    const wanted = query.trim().toUpperCase();
    if (!/^[A-Z0-9_]+$/.test(wanted))
      throw new UsageError(`code-or-symbol: "${query}" is neither a code (decimal or hexadecimal) nor a symbol`);
    const similar = Object.keys(ERRORS).filter((symbol) => symbol.includes(wanted));
    const hint = similar.length === 0 ? '' : `; symbols that contain it: ${similar.slice(0, 10).join(', ')}`;
    throw new Refusal(`no error is called ${wanted}${hint}`);
  }
  const reporter = likelyReporter(code);
  const hint = reporter === undefined ? '' : `; codes next to it are reported by the ${reporter}`;
  throw new Refusal(`no error has the code ${formatCode(code)}${hint}`);
}

function lines({ code, reporter, symbol }: ErrorEntry): string[] {
  const checks = explainRefusal(symbol).map(({ meaning, only, provisioned, step }) => [
    `check ${step}`,
    [meaning, only && 'update reset only', provisioned && 'not in the unprovisioned lifecycle']
      .filter((part) => part)
      .join('; '),
  ]);
  return table(
    [['symbol', symbol], ['code', `${formatCode(code)} (${code})`], ['reported by', reporter], ...checks],
    '',
  );
}

function explain(terminal: Terminal, query: string): void {
  const code = codeOf(query);
  const entry = findError(code ?? query) ?? unknown(query, code);
  if (terminal.asJson)
    terminal.printJson({ ...entry, hex: formatCode(entry.code), checks: explainRefusal(entry.symbol) });
  else for (const line of lines(entry)) terminal.print(line);
}

/** `error`: what a code in the chip's error registers means. */
export function errorCommand(program: Command, terminal: Terminal): void {
  program
    .command('error')
    .description('explain an error code or symbol of the firmware')
    .argument('<code-or-symbol>', 'decimal, hexadecimal (0x…, or eight digits), or a symbol, case aside')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('error 0x000b0003', 'error 720899', 'error fw_proc_invalid_image_size'))
    .action((query: string) => explain(terminal, query));
}
