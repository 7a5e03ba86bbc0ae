import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { EXIT, reportError } from './errors.ts';
import type { Terminal } from './terminal.ts';

function version(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  return version;
}

const HELP = `
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
Data goes to stdout, everything said about it to stderr. NO_COLOR is honoured; DEBUG=rootcap adds stacks.`;

/** A program without commands that writes to the terminal, and leaves ending the process to others. */
export function createProgram(name: string, terminal: Terminal): Command {
  const { stdout, stderr } = terminal.io;
  return new Command(name)
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
}

/**
 * Runs a program.
 *
 * @param argv - arguments after the program's own name
 * @returns exit code: 0 done, 1 refused or failed, 2 wrong usage
 */
export async function runProgram(program: Command, argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    // Commander has already said what is wrong; asking for help is not wrong, needing it is.
    if (error instanceof CommanderError)
      return ['commander.helpDisplayed', 'commander.version'].includes(error.code) ? EXIT.ok : EXIT.usage;
    return reportError(terminal, error);
  }
}
