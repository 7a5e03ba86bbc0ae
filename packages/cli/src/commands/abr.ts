import type { Command } from 'commander';
import { type ObserveArguments, runExperiment } from '../abr/experiment.ts';
import {
  type DecapsArguments,
  decapsTask,
  type EncapsArguments,
  encapsTask,
  type KeygenArguments,
  keygenTask,
  type SignArguments,
  signTask,
  type Task,
  type VerifyArguments,
  verifyTask,
} from '../abr/inputs.ts';
import { experimentJson, fileName, printExperiment } from '../abr/view.ts';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';

interface CommonArguments extends ObserveArguments {
  readonly out?: string;
}

/** Runs a task, writes its results, and says what came out. */
function perform(terminal: Terminal, task: Task, args: CommonArguments): void {
  const experiment = runExperiment(terminal, task, args);
  const { outcome, report, golden, accepted } = experiment;
  if (args.out !== undefined && outcome?.status === 'done')
    for (const value of [...task.results, ...task.secrets])
      terminal.write(`${args.out}/${fileName(value)}`, experiment.task.state.get(value), '--out');
  if (terminal.asJson) terminal.printJson(experimentJson(experiment));
  else printExperiment(terminal, experiment);
  if (report?.fired.length === 0) terminal.talk('no fault has happened: the command was never at that place');
  // What faults came to is the answer, whatever it is.
  const refused = outcome?.status === 'error' || (task.command === 'MLDSA_VERIFY' && !accepted);
  if ((report === undefined && refused) || golden?.difference !== undefined) terminal.fail();
}

const repeat = (value: string, before: readonly string[]): string[] => [...before, value];

/** Options that every operation has. */
function observed(command: Command): Command {
  return command
    .option('--trace <file>', 'write each instruction with its cycles: .jsonl, .csv or .vcd')
    .option('--golden <file>', 'compare program counters and cycles with this trace (.jsonl or .csv)')
    .option('--profile', 'cycles by phase and by opcode')
    .option('--fault <spec>', 'a fault, repeat for each: PLACE:skip, PLACE:imm=N, PLACE:coeff=…', repeat, [])
    .option('--mhz <n>', 'clock frequency', '400')
    .option('-o, --out <directory>', 'write the results there, secret ones too')
    .option('--json', 'one JSON object on stdout and nothing else');
}

function entropy(command: Command): Command {
  return command.option('--entropy <hex>', 'entropy register, 64 bytes (default: zeros); results do not depend on it');
}

const SEED = '07'.repeat(32);

function addKeygen(abr: Command, terminal: Terminal): void {
  const command = abr
    .command('keygen')
    .description('make a key pair of ML-DSA-87 or of ML-KEM-1024')
    .option('--seed <hex>', 'ML-DSA-87: 32 bytes, or @file')
    .option('--seed-d <hex>', 'ML-KEM-1024: 32 bytes, or @file')
    .option('--seed-z <hex>', 'ML-KEM-1024: 32 bytes, or @file');
  observed(entropy(command))
    .addHelpText('after', examples(`abr keygen --seed ${SEED} --out keys --profile`))
    .action((args: KeygenArguments & CommonArguments) => perform(terminal, keygenTask(terminal, args), args));
}

function message(command: Command): Command {
  return command
    .option('--message <hex>', 'message, or @file; if it is not 64 bytes, it goes through the stream port')
    .option('--context <hex>', 'context of at most 255 bytes, or @file: through the stream port')
    .option('--mu <hex>', 'μ instead of a message: 64 bytes, or @file');
}

function addSign(abr: Command, terminal: Terminal): void {
  const command = abr
    .command('sign')
    .description('sign with ML-DSA-87')
    .requiredOption('--private-key <file>', 'ML-DSA-87 private key or seed')
    .option('--rnd <hex>', 'randomness of the signature, 32 bytes (default: zeros)');
  observed(entropy(message(command)))
    .addHelpText(
      'after',
      examples(
        'abr sign --private-key keys/private-key.bin --message @message.bin --trace sign.vcd',
        'abr sign --private-key keys/private-key.bin --message @message.bin --fault MLDSA_SIGN_VALID_S+4/1:skip',
      ),
    )
    .action((args: SignArguments & CommonArguments) => perform(terminal, signTask(terminal, args), args));
}

function addVerify(abr: Command, terminal: Terminal): void {
  const command = abr
    .command('verify')
    .description('verify a signature of ML-DSA-87')
    .requiredOption('--public-key <file>', 'ML-DSA-87 public key')
    .requiredOption('--signature <hex>', '4627 bytes, or @file');
  observed(message(command))
    .addHelpText(
      'after',
      examples('abr verify --public-key keys/public-key.bin --signature @signature.bin --message @message.bin'),
    )
    .action((args: VerifyArguments & CommonArguments) => perform(terminal, verifyTask(terminal, args), args));
}

function addEncaps(abr: Command, terminal: Terminal): void {
  const command = abr
    .command('encaps')
    .description('encapsulate with ML-KEM-1024')
    .requiredOption('--encapsulation-key <hex>', '1568 bytes, or @file')
    .requiredOption('--message <hex>', 'm, 32 bytes, or @file');
  observed(entropy(command))
    .addHelpText('after', examples(`abr encaps --encapsulation-key @kem/encapsulation-key.bin --message ${SEED}`))
    .action((args: EncapsArguments & CommonArguments) => perform(terminal, encapsTask(terminal, args), args));
}

function addDecaps(abr: Command, terminal: Terminal): void {
  const command = abr
    .command('decaps')
    .description('decapsulate with ML-KEM-1024')
    .requiredOption('--decapsulation-key <hex>', '3168 bytes, or @file')
    .requiredOption('--ciphertext <hex>', '1568 bytes, or @file');
  observed(entropy(command))
    .addHelpText(
      'after',
      examples('abr decaps --decapsulation-key @kem/decapsulation-key.bin --ciphertext @sealed/ciphertext.bin'),
    )
    .action((args: DecapsArguments & CommonArguments) => perform(terminal, decapsTask(terminal, args), args));
}

/** `abr`: the lattice accelerator alone, instruction by instruction. */
export function abrCommand(program: Command, terminal: Terminal): void {
  const abr = program.command('abr').description('run the Adams Bridge accelerator: cycles, traces, profiles, faults');
  addKeygen(abr, terminal);
  addSign(abr, terminal);
  addVerify(abr, terminal);
  addEncaps(abr, terminal);
  addDecaps(abr, terminal);
}
