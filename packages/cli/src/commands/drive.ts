import { resolve } from 'node:path';
import { encodePem } from '@rootcap/dice/x509';
import type { DriveStatus } from '@rootcap/drive';
import { createDriveDirectory } from '@rootcap/drive/node';
import { enableBinding, provisionBinding, rotateBinding } from '@rootcap/kms';
import type { Command } from 'commander';
import {
  addKmsOptions,
  addPinOption,
  ask,
  type KmsArguments,
  type PinArguments,
  partiesOf,
  pinOf,
} from '../drive/session.ts';
import { namespaceOf } from '../drive/sizes.ts';
import { printStatus } from '../drive/view.ts';
import { UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';
import { addDriveDemo } from './drive-demo.ts';
import { addDriveServe } from './drive-serve.ts';

const JSON_TEXT = 'one JSON object on stdout and nothing else';

interface CreateArguments {
  readonly namespace: readonly string[];
  readonly serial?: string;
  readonly hekSlots?: string;
  readonly rootOut?: string;
}

function serialNumber(): string {
  return `RC${Array.from(globalThis.crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function addCreate(drive: Command, terminal: Terminal): void {
  const run = async (directory: string, args: CreateArguments) => {
    const open = await createDriveDirectory(resolve(terminal.io.cwd, directory), {
      serial: args.serial ?? serialNumber(),
      namespaces: args.namespace.map(namespaceOf),
      ...(args.hekSlots === undefined ? {} : { hekSlots: parseInteger(args.hekSlots, '--hek-slots') }),
    });
    const status = open.drive.status();
    const [root] = open.drive.endorsedChain();
    await open.close();
    if (args.rootOut !== undefined && root !== undefined)
      terminal.write(args.rootOut, encodePem('CERTIFICATE', root), '--root-out');
    show(terminal, status);
  };
  drive
    .command('create')
    .description('make a self-encrypting drive: its silicon, its vendor certificates, HEK seed, SEK, media keys')
    .argument('<directory>', 'for its files')
    .requiredOption('--namespace <name=size...>', 'size in bytes, or with K, M, G, T')
    .option('--serial <text>', 'serial number (default: a random one)')
    .option('--hek-slots <n>', 'fuse slots for HEK seeds, 4 to 16 (default: 8)')
    .option('--root-out <file>', "write the vendor's root certificate, which a key service has to believe")
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('drive create disk --namespace data=64M', 'drive create disk --namespace a=1G b=1G'))
    .action(run);
}

function show(terminal: Terminal, status: DriveStatus): void {
  if (terminal.asJson) terminal.printJson(status);
  else printStatus(terminal, status);
}

async function showNow(terminal: Terminal, directory: string): Promise<void> {
  show(terminal, (await ask(terminal, directory, 'status')) as DriveStatus);
}

/** A command on a served drive, which then shows how the drive is. */
function steering(drive: Command, name: string, description: string): Command {
  return drive
    .command(name)
    .description(description)
    .argument('<directory>', 'of a drive that is being served')
    .option('--json', JSON_TEXT);
}

function addStatus(drive: Command, terminal: Terminal): void {
  steering(drive, 'status', 'what is locked, what is bound, which keys it has left')
    .addHelpText('after', examples('drive status disk'))
    .action((directory: string) => showNow(terminal, directory));
}

function addAttest(drive: Command, terminal: Terminal): void {
  const run = async (directory: string, { out, kem }: { out?: string; kem: string }) => {
    const { chain } = (await ask(terminal, directory, 'attest', { kemId: parseInteger(kem, '--kem') })) as {
      readonly chain: string;
    };
    if (out !== undefined) terminal.write(out, chain, '--out');
    if (terminal.asJson) terminal.printJson({ chain });
    else if (out === undefined) terminal.io.stdout.write(chain);
  };
  steering(drive, 'attest', 'the chain from the vendor root down to the endorsed HPKE key of this boot, PEM')
    .option('--kem <id>', '0x11 P-384, 0x42 ML-KEM-1024, 0x51 both', '0x51')
    .option('-o, --out <file>', 'write it')
    .addHelpText('after', examples('drive attest disk --out evidence.pem'))
    .action(run);
}

function addUnlock(drive: Command, terminal: Terminal): void {
  const run = async (directory: string, range: string, args: PinArguments & KmsArguments) => {
    const flow = partiesOf(terminal, directory, args);
    for (const binding of flow?.bindings ?? [])
      await enableBinding((flow as NonNullable<typeof flow>).parties, binding);
    await ask(terminal, directory, 'unlock', { range, ...pinOf(terminal, args) });
    await showNow(terminal, directory);
  };
  addKmsOptions(addPinOption(steering(drive, 'unlock', 'let the root of trust release the media key of a range')))
    .argument('<range>', 'its name')
    .addHelpText(
      'after',
      examples('drive unlock disk data --kms unix:kms.sock --binding drive-1/tenant-a/0000080100000001'),
    )
    .action(run);
}

function addLock(drive: Command, terminal: Terminal): void {
  steering(drive, 'lock', 'take the media key of a range out of the encryption engine')
    .argument('<range>', 'its name')
    .addHelpText('after', examples('drive lock disk data'))
    .action(async (directory: string, range: string) => {
      await ask(terminal, directory, 'lock', { range });
      await showNow(terminal, directory);
    });
}

interface ProtectArguments extends PinArguments {
  readonly namespace: string;
  readonly start?: string;
  readonly end?: string;
  readonly party?: readonly string[];
}

function addProtect(drive: Command, terminal: Terminal): void {
  const run = async (directory: string, range: string, args: ProtectArguments) => {
    const { namespace, start, end, party = [] } = args;
    await ask(terminal, directory, 'protect', {
      range,
      nsid: parseInteger(namespace, '--namespace'),
      parties: party,
      ...(start === undefined ? {} : { start: parseInteger(start, '--start') }),
      ...(end === undefined ? {} : { end: parseInteger(end, '--end') }),
      ...pinOf(terminal, args),
    });
    await showNow(terminal, directory);
  };
  addPinOption(steering(drive, 'protect', 'put blocks under a media key of their own; what was in them is gone'))
    .argument('<range>', 'its name')
    .requiredOption('--namespace <n>', 'its number')
    .option('--start <lba>', 'first block (default: 0)')
    .option('--end <lba>', 'last block (default: the last of the namespace)')
    .option('--party <uid...>', 'bound parties whose access keys are needed')
    .addHelpText('after', examples('drive protect disk data --namespace 1 --party 0000080100000001'))
    .action(run);
}

function flowCommand(
  drive: Command,
  terminal: Terminal,
  [name, description, example]: readonly [string, string, string],
  each: typeof provisionBinding,
): void {
  const run = async (directory: string, args: KmsArguments) => {
    const flow = partiesOf(terminal, directory, args);
    if (flow === undefined) throw new UsageError('--kms, --binding: required');
    for (const binding of flow.bindings) await each(flow.parties, binding);
    await showNow(terminal, directory);
  };
  addKmsOptions(steering(drive, name, description))
    .addHelpText('after', examples(example))
    .action(run);
}

interface EraseArguments {
  readonly range?: string;
  readonly namespace?: string;
  readonly party?: string;
  readonly soft?: true;
  readonly hard?: true;
}

function addErase(drive: Command, terminal: Terminal): void {
  const run = async (directory: string, { range, namespace, party, soft, hard }: EraseArguments) => {
    const chosen = [range, namespace, party, soft, hard].filter((each) => each !== undefined);
    if (chosen.length !== 1)
      throw new UsageError('expected exactly one of --range, --namespace, --party, --soft, --hard');
    if (range !== undefined) await ask(terminal, directory, 'erase-range', { range });
    else if (namespace !== undefined)
      await ask(terminal, directory, 'format', { nsid: parseInteger(namespace, '--namespace') });
    else if (party !== undefined) await ask(terminal, directory, 'erase-party', { party });
    else await ask(terminal, directory, soft === true ? 'soft-erase' : 'hard-erase');
    await showNow(terminal, directory);
  };
  steering(drive, 'erase', 'crypto-erase: nothing that was stored can be read again')
    .option('--range <name>', 'a range: its media key')
    .option('--namespace <n>', 'a namespace: the media keys of its ranges')
    .option('--party <uid>', 'a party: its MPK, and with it the ranges that need it')
    .option('--soft', 'everything: the soft epoch key')
    .option('--hard', 'everything: the fuses of the hard epoch key; takes the next slot')
    .addHelpText('after', examples('drive erase disk --range data', 'drive erase disk --hard'))
    .action(run);
}

/** `drive`: a self-encrypting drive whose media keys only its root of trust releases. */
export function driveCommand(program: Command, terminal: Terminal): void {
  const drive = program
    .command('drive')
    .description('a self-encrypting drive whose media keys only its root of trust can release (OCP LOCK)');
  addCreate(drive, terminal);
  addDriveServe(drive, terminal);
  addStatus(drive, terminal);
  addAttest(drive, terminal);
  const at = '--kms unix:kms.sock --binding drive-1/tenant-a/0000080100000001';
  flowCommand(
    drive,
    terminal,
    ['bind', "make an MPK under a party's access key", `drive bind disk ${at}`],
    provisionBinding,
  );
  addProtect(drive, terminal);
  addUnlock(drive, terminal);
  addLock(drive, terminal);
  flowCommand(
    drive,
    terminal,
    ['rotate', "replace a party's access key and prove it", `drive rotate disk ${at}`],
    rotateBinding,
  );
  addErase(drive, terminal);
  addDriveDemo(drive, terminal);
}
