import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { seededEntropy, systemEntropy, utf8ToBytes } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { CALIPTRA_STATUSES, OCP_STATUSES, STATE_FLAGS, SUPPORT } from '@rootcap/dpe';
import { createDpeSimulator, SIMULATOR_PROFILES, type SimulatorProfileName } from '@rootcap/dpe/simulator';
import { type Command, Option } from 'commander';
import { serveDpe } from '../dpe-socket.ts';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';

/** Features that the reference simulator's flags name. */
const FEATURES: readonly (readonly [keyof typeof SUPPORT, string])[] = [
  ['SIMULATION', 'simulation contexts'],
  ['RECURSIVE', 'DeriveContext takes RECURSIVE'],
  ['AUTO_INIT', 'the default context is there from the start'],
  ['ROTATE_CONTEXT', 'RotateContextHandle'],
  ['X509', 'CertifyKey makes certificates'],
  ['CSR', 'CertifyKey makes requests'],
  ['INTERNAL_INFO', 'DeriveContext takes INTERNAL_INPUT_INFO'],
  ['INTERNAL_DICE', 'DeriveContext takes INTERNAL_INPUT_DICE'],
  ['RETAIN_PARENT_CONTEXT', 'DeriveContext takes RETAIN_PARENT_CONTEXT'],
  ['CDI_EXPORT', 'DeriveContext takes EXPORT_CDI'],
];

interface DpeSimArguments {
  readonly profile: SimulatorProfileName;
  readonly socket?: string;
  readonly seed?: string;
  readonly statuses: 'ocp' | 'caliptra';
  readonly markDiceExtensionsCritical?: true;
  readonly referenceLengths?: true;
}

const flagOf = (feature: string): string => `supports-${feature.toLowerCase().replaceAll('_', '-')}`;

function supportOf(options: Readonly<Record<string, unknown>>): number {
  let support = 0;
  for (const [feature] of FEATURES) {
    const key = flagOf(feature).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    if (options[key] === true) support = (support | SUPPORT[feature]) >>> 0;
  }
  return support;
}

/** Aborted by SIGTERM and SIGINT. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

async function dpeSim(terminal: Terminal, args: DpeSimArguments, support: number): Promise<void> {
  const stop = stopSignal();
  const provider = nodeProvider();
  const simulator = createDpeSimulator({
    provider,
    profile: args.profile,
    support,
    flags: args.markDiceExtensionsCritical ? STATE_FLAGS.MARK_DICE_EXTENSIONS_CRITICAL : 0,
    entropy: args.seed === undefined ? systemEntropy() : seededEntropy(utf8ToBytes(args.seed)),
    statuses: args.statuses === 'ocp' ? OCP_STATUSES : CALIPTRA_STATUSES,
    compatibility: { rootSizedTcbInfos: args.referenceLengths === true },
  });
  const path = args.socket === undefined ? join(tmpdir(), 'dpe-sim.socket') : resolve(terminal.io.cwd, args.socket);
  const profiles = simulator.environments.map(({ profile }) => profile.name).join(' and ');
  await serveDpe(path, (locality, command) => simulator.execute(locality, command), {
    stop,
    onReady: () => terminal.talk(`DPE ${profiles} on ${path}`),
  });
}

/** Options and action of the simulator, for `rootcap dpe-sim` and for the program of its own. */
export function configureDpeSim(command: Command, terminal: Terminal): Command {
  command
    .description("a DPE on a Unix socket, in the place of the reference's simulator")
    .addOption(
      new Option('--profile <name>', 'hybrid: one state for P-384 and ML-DSA-87')
        .choices(Object.keys(SIMULATOR_PROFILES))
        .default('p384')
        .env('ROOTCAP_DPE_PROFILE'),
    );
  for (const [feature, text] of FEATURES) command.option(`--${flagOf(feature)}`, text);
  return command
    .option('--mark-dice-extensions-critical', 'certificates with critical DICE extensions')
    .option('--socket <path>', 'default: dpe-sim.socket in the directory for temporary files')
    .option('--seed <text>', 'the same handles every time; default: random ones')
    .addOption(new Option('--statuses <name>', 'numbers of the errors').choices(['ocp', 'caliptra']).default('ocp'))
    .option('--reference-lengths', 'wrong lengths where SVNs differ in size, as the reference has them')
    .addHelpText(
      'after',
      examples(
        'dpe-sim --supports-auto-init --supports-x509',
        'dpe-sim --profile hybrid --supports-auto-init --supports-csr --socket dpe.socket',
      ),
    )
    .action((args: DpeSimArguments) => dpeSim(terminal, args, supportOf({ ...args })));
}

/** `dpe-sim`: a drop-in for the simulator of caliptra-dpe. */
export function dpeSimCommand(program: Command, terminal: Terminal): void {
  configureDpeSim(program.command('dpe-sim'), terminal);
}
