import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { bootCommand } from './commands/boot.ts';
import { chainCommand } from './commands/chain.ts';
import { conformanceCommand } from './commands/conformance.ts';
import { debugUnlockCommand } from './commands/debug-unlock.ts';
import { dpeSimCommand } from './commands/dpe-sim.ts';
import { errorCommand } from './commands/error.ts';
import { fusesCommand } from './commands/fuses.ts';
import { imageCommand } from './commands/image.ts';
import { inspectCommand } from './commands/inspect.ts';
import { serveCommand } from './commands/serve.ts';
import { EXIT, reportError } from './errors.ts';
import type { Io } from './io.ts';
import { Terminal } from './terminal.ts';

function version(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  return version;
}

const HELP = `
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
Data goes to stdout, everything said about it to stderr. NO_COLOR is honoured; DEBUG=rootcap adds stacks.`;

const COMMANDS = [
  bootCommand,
  imageCommand,
  chainCommand,
  inspectCommand,
  fusesCommand,
  debugUnlockCommand,
  dpeSimCommand,
  serveCommand,
  errorCommand,
  conformanceCommand,
];

/** @internal The whole command line, for the help of every command. */
function createProgram(terminal: Terminal): Command {
  const { stdout, stderr } = terminal.io;
  const program = new Command('rootcap')
    .description('A Caliptra-style silicon root of trust: boot it, look into it, check what it signs.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('afterAll', HELP)
    .hook('preAction', (_, command) => {
      terminal.asJson = command.opts<{ json?: true }>().json === true;
    });
  for (const add of COMMANDS) add(program, terminal);
  return program;
}

/**
 * Runs the command.
 *
 * @param argv - arguments after the command's own name
 * @returns exit code: 0 done, 1 refused or failed, 2 wrong usage
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const terminal = new Terminal(io);
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    // Commander has already said what is wrong; asking for help is not wrong, needing it is.
    if (error instanceof CommanderError)
      return ['commander.helpDisplayed', 'commander.version'].includes(error.code) ? EXIT.ok : EXIT.usage;
    return reportError(terminal, error);
  }
}
