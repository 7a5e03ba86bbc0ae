import { abrCommand } from './commands/abr.ts';
import { bootCommand } from './commands/boot.ts';
import { chainCommand } from './commands/chain.ts';
import { commandsCommand } from './commands/commands.ts';
import { conformanceCommand } from './commands/conformance.ts';
import { debugUnlockCommand } from './commands/debug-unlock.ts';
import { dpeSimCommand } from './commands/dpe-sim.ts';
import { errorCommand } from './commands/error.ts';
import { fusesCommand } from './commands/fuses.ts';
import { imageCommand } from './commands/image.ts';
import { inspectCommand } from './commands/inspect.ts';
import { kmsCommand } from './commands/kms.ts';
import { mailboxCommand } from './commands/mailbox.ts';
import { serveCommand } from './commands/serve.ts';
import type { Io } from './io.ts';
import { createProgram, runProgram } from './program.ts';
import { Terminal } from './terminal.ts';

const COMMANDS = [
  bootCommand,
  imageCommand,
  chainCommand,
  inspectCommand,
  fusesCommand,
  debugUnlockCommand,
  dpeSimCommand,
  serveCommand,
  mailboxCommand,
  commandsCommand,
  errorCommand,
  conformanceCommand,
  abrCommand,
  kmsCommand,
];

/**
 * Runs the command.
 *
 * @param argv - arguments after the command's own name
 * @returns exit code: 0 done, 1 refused or failed, 2 wrong usage
 */
export function run(argv: readonly string[], io: Io): Promise<number> {
  const terminal = new Terminal(io);
  const program = createProgram('rootcap', terminal).description(
    'A Caliptra-style silicon root of trust: boot it, look into it, check what it signs.',
  );
  for (const add of COMMANDS) add(program, terminal);
  return runProgram(program, argv, terminal);
}
