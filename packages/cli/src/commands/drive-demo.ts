import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DriveStatus } from '@rootcap/drive';
import type { Command } from 'commander';
import { type DemoView, runDriveDemo } from '../drive/demo.ts';
import { eventLine } from '../drive/view.ts';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';

/** How the drive is, in a line. */
function stateLine({ paint: { green, red, dim } }: Terminal, { hek, epoch, ranges, parties }: DriveStatus): string {
  const locks = ranges.map(({ name, locked, erased }) =>
    locked ? red(`${name} ${erased ? 'erased' : 'locked'}`) : green(`${name} unlocked`),
  );
  const keys = parties.map(({ enabled }) => (enabled ? green('access key enabled') : 'access key not enabled'));
  return [dim(`HEK slot ${hek.slot + 1}/${hek.slots}`), dim(`SEK epoch ${epoch}`), ...locks, ...keys].join(dim(' · '));
}

/** Prints the demonstration while it runs. */
function liveView(terminal: Terminal): DemoView {
  const { bold, dim, green } = terminal.paint;
  let step = 0;
  return {
    step: (title) => terminal.print(`\n${bold(`${++step}. ${title}`)}`),
    event: (event) => terminal.print(dim(`   ${eventLine(event)}`)),
    shown: (text) => terminal.print(`   ${green('✓')} ${text}`),
    state: (status) => terminal.print(`   ${stateLine(terminal, status)}`),
  };
}

/** The same as JSON lines. */
function jsonView({ io }: Terminal): DemoView {
  const line = (entry: object): void => void io.stdout.write(`${JSON.stringify(entry)}\n`);
  return {
    step: (step) => line({ step }),
    event: (event) => line({ event }),
    shown: (shown) => line({ shown }),
    state: (state) => line({ state }),
  };
}

async function run(terminal: Terminal, directory: string | undefined): Promise<void> {
  const chosen =
    directory === undefined ? mkdtempSync(join(tmpdir(), 'rootcap-drive-')) : resolve(terminal.io.cwd, directory);
  try {
    await runDriveDemo({ directory: chosen, view: terminal.asJson ? jsonView(terminal) : liveView(terminal) });
  } finally {
    if (directory === undefined) rmSync(chosen, { recursive: true, force: true });
  }
}

/** `drive demo`. */
export function addDriveDemo(drive: Command, terminal: Terminal): void {
  drive
    .command('demo')
    .description('the life of a drive in one go: manufacture, key service, unlock, theft, rotation, crypto-erase')
    .argument('[directory]', 'keep the files there (default: a temporary one)')
    .option('--json', 'steps, events and states as lines of JSON')
    .addHelpText('after', examples('drive demo', 'drive demo disk --json'))
    .action((directory: string | undefined) => run(terminal, directory));
}
