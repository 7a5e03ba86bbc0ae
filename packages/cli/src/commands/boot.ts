import type { Command } from 'commander';
import { addDeviceOptions, type BootArguments, deviceOptions } from '../boot/device-options.ts';
import { exportSession } from '../boot/export.ts';
import { bootDevice } from '../boot/session.ts';
import { bootJson, bootLines } from '../boot/view.ts';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';

function boot(terminal: Terminal, args: BootArguments): void {
  const session = bootDevice(terminal, deviceOptions(terminal, args), args.quiet === true || terminal.asJson);
  if (terminal.asJson) terminal.printJson(bootJson(session));
  else for (const line of bootLines(terminal, session)) terminal.print(line);
  if (args.out !== undefined) {
    const files = exportSession(terminal, session, args.out);
    if (args.quiet !== true) terminal.talk(`${files.length} files in ${args.out}`);
  }
  if (session.chains.every(({ result }) => result.valid)) return;
  terminal.fail();
  if (args.debugUnlocked)
    terminal.talk('The device has other keys than in the factory: with debug unlocked its secrets are gone.');
}

/** `boot`: from fuses to runtime, with both complete certificate chains. */
export function bootCommand(program: Command, terminal: Terminal): void {
  addDeviceOptions(
    program
      .command('boot')
      .description('boot a device from its fuses to its runtime and validate both certificate chains'),
  )
    .option('--out <directory>', 'write certificates, requests, logs and PCRs there')
    .option('--quiet', 'no progress')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'boot',
        'boot --lifecycle manufacturing --out device/',
        'boot --firmware bundle.bin --adopt-firmware',
        'boot --json | jq .chains.mldsa87.valid',
      ),
    )
    .action((args: BootArguments) => boot(terminal, args));
}
