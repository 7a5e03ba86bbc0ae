import { resolve } from 'node:path';
import { defaultProvider } from '@rootcap/crypto/default';
import { type AuditHead, type ErasureProof, verifyAudit, verifyErasure } from '@rootcap/kms';
import { serveKeyService } from '@rootcap/kms/node';
import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { addStoreOptions, chainOf, createStore, type StoreArguments, withService } from '../kms/session.ts';
import { printAudit, printFields, printGrant, printListing } from '../kms/view.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';
import { untilStopped } from '../until-stopped.ts';
import { parseHex } from '../values.ts';
import { addEndorse } from './kms-endorse.ts';

const JSON_TEXT = 'one JSON object on stdout and nothing else';

interface ChainArguments extends StoreArguments {
  readonly chain: readonly string[];
}

interface AskArguments extends ChainArguments {
  readonly operation: 'generate' | 'enable';
  readonly key?: 'current' | 'next';
  readonly context?: readonly string[];
  readonly out?: string;
}

/** `NAME=VALUE` to an object. @throws UsageError */
function contextOf(pairs: readonly string[] = []): Readonly<Record<string, string>> {
  const entries = pairs.map((pair) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined) throw new UsageError(`--context: expected NAME=VALUE, got ${pair}`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

function addInit(kms: Command, terminal: Terminal): void {
  const run = async (store: string, { root, ...args }: StoreArguments & { root: string[] }) => {
    const roots = chainOf(terminal, root, '--root');
    const { head } = await createStore(terminal, store, args, roots);
    printFields(terminal, { store, roots: roots.length, head: `${head.sequence}:${head.hash}` });
  };
  addStoreOptions(kms.command('init').description('make a store of access keys').argument('<store>', 'directory'))
    .requiredOption('--root <file...>', 'vendor roots that devices have to chain to')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms init keys --root vendor-root.pem --passphrase-file passphrase.txt'))
    .action(run);
}

function addTrust(kms: Command, terminal: Terminal): void {
  const run = (store: string, { root, ...args }: StoreArguments & { root: string[] }) =>
    withService(terminal, store, args, (service) => {
      const added = chainOf(terminal, root, '--root').filter((der) => !service.trust(der).already).length;
      printFields(terminal, { added });
    });
  addStoreOptions(kms.command('trust').description('believe one more vendor root').argument('<store>', 'directory'))
    .requiredOption('--root <file...>', 'its certificate')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms trust keys --root other-vendor.pem'))
    .action(run);
}

function addEnrol(kms: Command, terminal: Terminal): void {
  const run = (store: string, { chain, name, accept, ...args }: ChainArguments & { name?: string; accept?: true }) =>
    withService(terminal, store, args, (service) => {
      const device = service.enrol({
        chain: chainOf(terminal, chain, '--chain'),
        ...(name === undefined ? {} : { name }),
        accept: accept === true,
      });
      printFields(terminal, { ...device });
    });
  addStoreOptions(
    kms
      .command('enrol')
      .description('take a device in: verify its chain, pin its identity and its state')
      .argument('<store>', 'directory'),
  )
    .requiredOption('--chain <file...>', 'its certificates, PEM or DER')
    .option('--name <name>', 'name for people (default: the first digits of its id)')
    .option('--accept', 'of a known device: pin the state that it is in now')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms enrol keys --chain evidence.pem --name drive-1'))
    .action(run);
}

function addList(kms: Command, terminal: Terminal): void {
  addStoreOptions(kms.command('list').description('devices and bindings; never a key').argument('<store>', 'directory'))
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms list keys'))
    .action((store: string, args: StoreArguments) =>
      withService(terminal, store, args, (service) => printListing(terminal, service.list())),
    );
}

interface BindArguments extends StoreArguments {
  readonly device: string;
  readonly party: string;
  readonly object: string;
  readonly metadata?: string;
}

function addBind(kms: Command, terminal: Terminal): void {
  const run = (store: string, { passphraseFile, ...binding }: BindArguments) =>
    withService(terminal, store, passphraseFile === undefined ? {} : { passphraseFile }, (service) => {
      const { device, party, object, metadata } = binding;
      printFields(terminal, {
        ...service.bind({ device, party, object, ...(metadata === undefined ? {} : { metadata }) }),
      });
    });
  addStoreOptions(
    kms
      .command('bind')
      .description('make an access key of a party for an AccessCondition of a device')
      .argument('<store>', 'directory'),
  )
    .requiredOption('--device <name>', 'name or id')
    .requiredOption('--party <name>', 'whose key it is')
    .requiredOption('--object <uid>', 'UID of the AccessCondition, 8 bytes in hexadecimal')
    .option('--metadata <bytes>', 'metadata of the MPK, at most 32 bytes (default: the UID)')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms bind keys --device drive-1 --party tenant-a --object 0000080100000001'))
    .action(run);
}

/** Options of what ends in a grant. */
function addAsking(kms: Command, name: string, description: string): Command {
  return addStoreOptions(
    kms
      .command(name)
      .description(description)
      .argument('<store>', 'directory')
      .argument('<binding>', 'as bind names it'),
  )
    .requiredOption('--chain <file...>', "the device's certificates down to its endorsed HPKE key")
    .option('--context <name=value...>', 'circumstances for the policy')
    .option('--any-state', 'also for a device in another state than when it was enrolled')
    .option('-o, --out <file>', 'write the grant, as JSON')
    .option('--json', JSON_TEXT);
}

function addGrants(kms: Command, terminal: Terminal): void {
  const asking = (binding: string, { chain, context }: AskArguments) => ({
    binding,
    chain: chainOf(terminal, chain, '--chain'),
    context: contextOf(context),
  });
  addAsking(kms, 'seal', 'seal an access key to the HPKE key of a device: generate an MPK, or unlock')
    .addOption(
      new Option('--operation <name>', 'for GENERATE_MPK or ENABLE_MPK')
        .choices(['generate', 'enable'])
        .default('enable'),
    )
    .addHelpText('after', examples('kms seal keys drive-1/tenant-a/0000080100000001 --chain evidence.pem --json'))
    .action((store: string, binding: string, args: AskArguments) =>
      withService(terminal, store, args, (service) =>
        printGrant(terminal, service.seal({ ...asking(binding, args), operation: args.operation }), args.out),
      ),
    );
  addAsking(kms, 'rotate', 'seal the access key and a new one, for REWRAP_MPK; a test ends the rotation')
    .addHelpText('after', examples('kms rotate keys drive-1/tenant-a/0000080100000001 --chain evidence.pem'))
    .action((store: string, binding: string, args: AskArguments) =>
      withService(terminal, store, args, (service) =>
        printGrant(terminal, service.rotate(asking(binding, args)), args.out),
      ),
    );
  addAsking(kms, 'test', 'seal an access key for TEST_ACCESS_KEY, with a fresh nonce')
    .addOption(
      new Option('--key <which>', 'default: the new one while a rotation is under way').choices(['current', 'next']),
    )
    .addHelpText('after', examples('kms test keys drive-1/tenant-a/0000080100000001 --chain evidence.pem'))
    .action((store: string, binding: string, args: AskArguments) =>
      withService(terminal, store, args, (service) => {
        const { key } = args;
        const { nonce, ...grant } = service.test({ ...asking(binding, args), ...(key === undefined ? {} : { key }) });
        printGrant(terminal, grant, args.out, { nonce: Buffer.from(nonce).toString('hex') });
      }),
    );
}

function addConfirm(kms: Command, terminal: Terminal): void {
  addStoreOptions(
    kms
      .command('confirm')
      .description("judge a device's answer to a test; right for a new key, it ends the rotation")
      .argument('<store>', 'directory')
      .argument('<binding>', 'as bind names it'),
  )
    .requiredOption('--digest <bytes>', 'what TEST_ACCESS_KEY answered, 48 bytes in hexadecimal')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms confirm keys drive-1/tenant-a/0000080100000001 --digest 6f2a…'))
    .action((store: string, binding: string, { digest, ...args }: StoreArguments & { digest: string }) =>
      withService(terminal, store, args, (service) =>
        printFields(terminal, { ...service.confirm({ binding, digest: parseHex(digest, '--digest') }) }),
      ),
    );
}

function addErase(kms: Command, terminal: Terminal): void {
  const run = (store: string, binding: string, args: StoreArguments & { evidence?: string; out?: string }) =>
    withService(terminal, store, args, (service) => {
      const evidence = args.evidence === undefined ? {} : { evidence: terminal.read(args.evidence, '--evidence') };
      const { already, ...proof } = service.erase({ binding, ...evidence });
      if (args.out !== undefined) terminal.write(args.out, `${JSON.stringify(proof, null, 2)}\n`, '--out');
      if (terminal.asJson) terminal.printJson({ ...proof, already });
      else printFields(terminal, { binding, erased: proof.erasedAt, record: proof.record.sequence, already });
    });
  addStoreOptions(
    kms
      .command('erase')
      .description("destroy a binding's access keys and prove it")
      .argument('<store>', 'directory')
      .argument('<binding>', 'as bind names it'),
  )
    .option('--evidence <file>', 'what the drive showed; its SHA-384 goes into tombstone and proof')
    .option('-o, --out <file>', 'write the proof, as JSON')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms erase keys drive-1/tenant-a/0000080100000001 --out proof.json'))
    .action(run);
}

function addRevoke(kms: Command, terminal: Terminal): void {
  addStoreOptions(
    kms
      .command('revoke')
      .description('refuse a device everything from now on')
      .argument('<store>', 'directory')
      .argument('<device>', 'name or id'),
  )
    .requiredOption('--reason <text>', 'for the log')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('kms revoke keys drive-1 --reason stolen'))
    .action((store: string, device: string, { reason, ...args }: StoreArguments & { reason: string }) =>
      withService(terminal, store, args, (service) => {
        const { revoked, ...record } = service.revoke({ device, reason });
        printFields(terminal, { ...record, revoked: revoked?.at, reason: revoked?.reason });
      }),
    );
}

/** `SEQUENCE:HASH`. @throws UsageError */
function headOf(text: string): AuditHead {
  const [, sequence, hash] = /^(\d+):([0-9a-f]{96})$/.exec(text) ?? [];
  if (hash === undefined) throw new UsageError(`--head: expected SEQUENCE:HASH as audit prints it, got ${text}`);
  return { sequence: Number(sequence), hash };
}

function audit(terminal: Terminal, path: string, args: { readonly head?: string; readonly proof?: string }): void {
  const provider = defaultProvider();
  const text = utf8Text(terminal.read(path, 'log'));
  const lines = text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined);
  const records = verifyAudit(provider, lines, args.head === undefined ? undefined : headOf(args.head));
  if (args.proof !== undefined) {
    let proof: ErasureProof;
    try {
      proof = JSON.parse(utf8Text(terminal.read(args.proof, '--proof'))) as ErasureProof;
    } catch (cause) {
      if (cause instanceof UsageError) throw cause;
      throw new UsageError('--proof: expected JSON as erase writes it', { cause });
    }
    verifyErasure(provider, proof, lines);
    terminal.talk(`${proof.binding}: erased ${proof.erasedAt}, and nothing granted since`);
  }
  const last = records.at(-1);
  printAudit(terminal, { sequence: last?.sequence ?? -1, hash: last?.hash ?? '0'.repeat(96) }, records);
}

function addAudit(kms: Command, terminal: Terminal): void {
  kms
    .command('audit')
    .description('verify an audit log and print it; it needs no passphrase')
    .argument('<log>', 'STORE/audit.jsonl or a copy of it')
    .option('--head <sequence:hash>', 'an end of it that was seen before: it has to be in it still')
    .option('--proof <file>', 'proof of an erasure: it has to hang on this log')
    .option('--json', JSON_TEXT)
    .addHelpText(
      'after',
      examples('kms audit keys/audit.jsonl', 'kms audit keys/audit.jsonl --proof proof.json --json'),
    )
    .action((log: string, args: { head?: string; proof?: string }) => audit(terminal, log, args));
}

interface ServeArguments extends StoreArguments {
  readonly at: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

function serveOptions(terminal: Terminal, { tokenFile, tlsCert, tlsKey }: ServeArguments) {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert: expected together with --tls-key');
  const read = (path: string, option: string): string => utf8Text(terminal.read(path, option));
  return {
    ...(tokenFile === undefined ? {} : { operatorToken: read(tokenFile, '--token-file').trim() }),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: { cert: read(tlsCert, '--tls-cert'), key: read(tlsKey, '--tls-key') } }),
  };
}

function addServe(kms: Command, terminal: Terminal): void {
  const run = (store: string, args: ServeArguments) =>
    withService(terminal, store, args, async (service) => {
      const { cwd } = terminal.io;
      const at = args.at.startsWith('unix:') ? `unix:${resolve(cwd, args.at.slice('unix:'.length))}` : args.at;
      const server = await serveKeyService(service, at, serveOptions(terminal, args));
      if (terminal.asJson) terminal.print(JSON.stringify({ ready: true, endpoint: server.endpoint }));
      else {
        terminal.print(server.endpoint);
        terminal.talk('Serving; SIGINT or SIGTERM ends it.');
      }
      await untilStopped();
      await server.close();
    });
  addStoreOptions(
    kms.command('serve').description('answer drives on other machines (HTTP, JSON)').argument('<store>', 'directory'),
  )
    .requiredOption('--at <endpoint>', 'unix:PATH, http://HOST:PORT or https://HOST:PORT; port 0 is any')
    .option('--token-file <file>', 'bearer token of the operator; without it there are only the verbs of drives')
    .option('--tls-cert <file>', 'PEM, for https')
    .option('--tls-key <file>', 'PEM, for https')
    .option('--any-state', 'grant also to a device in another state than when it was enrolled')
    .option('--json', 'one line of JSON on stdout when ready, and nothing else')
    .addHelpText(
      'after',
      examples('kms serve keys --at unix:kms.sock', 'kms serve keys --at http://127.0.0.1:0 --json'),
    )
    .action(run);
}

/** `kms`: the remote side of OCP LOCK. */
export function kmsCommand(program: Command, terminal: Terminal): void {
  const kms = program
    .command('kms')
    .description("keep the access keys of self-encrypting drives and seal them to a drive's HPKE key (OCP LOCK)");
  const adds = [
    addInit,
    addTrust,
    addEnrol,
    addList,
    addBind,
    addGrants,
    addConfirm,
    addErase,
    addRevoke,
    addAudit,
    addServe,
    addEndorse,
  ];
  for (const add of adds) add(kms, terminal);
}
