import { type Command, Option } from 'commander';
import { type BootArguments, deviceOptions } from '../boot/device-options.ts';
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
  program
    .command('boot')
    .description('boot a device from its fuses to its runtime and validate both certificate chains')
    .option('--fuses <file>', 'JSON file of fuses; what it leaves out is as in the demo device')
    .addOption(
      new Option('--lifecycle <name>', 'lifecycle state').choices(['unprovisioned', 'manufacturing', 'production']),
    )
    .addOption(new Option('--profile <version>', 'firmware release').choices(['2.0', '2.1.2', '2.1.3']))
    .option('--seed <text>', "seed of the device's own entropy")
    .option('--firmware <bundle>', 'firmware bundle instead of the demo one')
    .option('--adopt-firmware', 'burn the key hashes of that bundle: the device belongs to who signed it')
    .addOption(new Option('--pqc <name>', 'second signature of the demo firmware').choices(['lms', 'mldsa']))
    .option('--request-csr', 'raise the CSR flag, as a manufacturer does')
    .option('--subsystem', 'subsystem mode: firmware arrives over the recovery interface, and with it that of the MCU')
    .option('--soc-manifest <file>', "SoC manifest instead of a demo one that lists the MCU's firmware")
    .option('--mcu-firmware <file>', 'firmware of the MCU instead of the demo one')
    .option('--encrypted-mcu-firmware', 'it is encrypted: the MCU has to decrypt it before it can run')
    .option('--ocp-lock', 'hardware with OCP LOCK')
    .option('--debug-unlocked', 'power on with debug unlocked: the device has no secrets then')
    .option('--no-self-verify', 'leave out pairwise tests and verification of own signatures')
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
