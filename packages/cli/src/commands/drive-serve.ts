import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { hexToBytes } from '@rootcap/crypto';
import type { NbdEndpoint, NbdTls, OpenDrive } from '@rootcap/drive/node';
import { openDriveDirectory, serveDriveControl, serveNbd, serveNvme } from '@rootcap/drive/node';
import type { Command } from 'commander';
import { controlSocket } from '../drive/session.ts';
import { eventLine } from '../drive/view.ts';
import { UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';
import { untilStopped } from '../until-stopped.ts';

interface ServeArguments {
  readonly nbd?: string;
  readonly nvme?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tlsPsk?: string;
  readonly quiet?: true;
}

interface Front {
  readonly name: string;
  readonly at: string;
  close(): Promise<void>;
}

/** `HOST:PORT`. @throws UsageError */
function hostAndPort(text: string, option: string): { readonly host: string; readonly port: number } {
  const [, host, digits] = /^(?:tcp:)?([^:]+|\[[0-9a-f:]+\]):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(digits) > 65535) throw new UsageError(`${option}: expected HOST:PORT, got ${text}`);
  return { host, port: Number(digits) };
}

/** Keys of a file as GnuTLS writes them: a line `IDENTITY:HEXADECIMAL` each. @throws UsageError */
function pskOf(text: string): (identity: string) => Uint8Array | undefined {
  const keys = new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line) => {
        const [, identity, key] = /^([^:]+):((?:[0-9a-f]{2})+)$/i.exec(line) ?? [];
        if (identity === undefined || key === undefined)
          throw new UsageError('--tls-psk: expected lines of IDENTITY:HEXADECIMAL');
        return [identity, hexToBytes(key)] as const;
      }),
  );
  return (identity) => keys.get(identity);
}

/** @throws UsageError for options that do not go together */
function tlsOf(terminal: Terminal, { tlsCert, tlsKey, tlsCa, tlsPsk, nbd }: ServeArguments): NbdTls | undefined {
  const text = (path: string, option: string): string => utf8Text(terminal.read(path, option));
  const given = [tlsCert, tlsKey, tlsCa, tlsPsk].some((path) => path !== undefined);
  if (!given) return undefined;
  if (nbd === undefined) throw new UsageError('--tls-cert, --tls-psk: only with --nbd');
  if (tlsPsk !== undefined) {
    if (tlsCert !== undefined || tlsKey !== undefined || tlsCa !== undefined)
      throw new UsageError('--tls-psk: not with --tls-cert, --tls-key or --tls-ca');
    return { psk: pskOf(text(tlsPsk, '--tls-psk')) };
  }
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError('--tls-cert, --tls-key: one needs the other');
  return {
    cert: text(tlsCert, '--tls-cert'),
    key: text(tlsKey, '--tls-key'),
    ...(tlsCa === undefined ? {} : { ca: text(tlsCa, '--tls-ca') }),
  };
}

function nbdEndpoint(terminal: Terminal, at: string): NbdEndpoint {
  const path = /^unix:(.+)$/s.exec(at)?.[1];
  return path === undefined ? hostAndPort(at, '--nbd') : { path: resolve(terminal.io.cwd, path) };
}

async function nbdFront({ drive }: OpenDrive, endpoint: NbdEndpoint, tls: NbdTls | undefined): Promise<Front> {
  const server = await serveNbd({
    endpoint,
    namespaces: () => drive.namespaces,
    ...(tls === undefined ? {} : { tls }),
  });
  return { name: 'nbd', at: server.uri, close: () => server.close() };
}

async function nvmeFront({ drive }: OpenDrive, at: ReturnType<typeof hostAndPort>): Promise<Front> {
  const server = await serveNvme({ subsystem: drive, ...at });
  const { host, port, target } = server;
  return { name: 'nvme', at: `nvme+tcp://${host}:${port}/${target.nqn}`, close: () => server.close() };
}

/** How each front is started, everything that is wrong with the options being found first. @throws UsageError */
function frontsOf(terminal: Terminal, args: ServeArguments): ((open: OpenDrive) => Promise<Front>)[] {
  const tls = tlsOf(terminal, args);
  const nbd = args.nbd === undefined ? undefined : nbdEndpoint(terminal, args.nbd);
  const nvme = args.nvme === undefined ? undefined : hostAndPort(args.nvme, '--nvme');
  return [
    ...(nbd === undefined ? [] : [(open: OpenDrive) => nbdFront(open, nbd, tls)]),
    ...(nvme === undefined ? [] : [(open: OpenDrive) => nvmeFront(open, nvme)]),
  ];
}

async function run(terminal: Terminal, directory: string, args: ServeArguments): Promise<void> {
  const starts = frontsOf(terminal, args);
  const open = await openDriveDirectory(resolve(terminal.io.cwd, directory));
  const say = terminal.asJson || args.quiet === true ? () => {} : (line: string) => terminal.talk(line);
  open.drive.on((event) => say(eventLine(event)));
  const closers: (() => Promise<void>)[] = [() => open.close()];
  try {
    await open.drive.powerOn();
    const socket = controlSocket(terminal, directory);
    rmSync(socket, { force: true });
    const control = await serveDriveControl(open.drive, socket);
    closers.unshift(() => control.close());
    const fronts: Front[] = [];
    for (const start of starts) {
      const front = await start(open);
      closers.unshift(() => front.close());
      fronts.push(front);
    }
    const endpoints = Object.fromEntries(fronts.map(({ name, at }) => [name, at]));
    if (terminal.asJson) terminal.io.stdout.write(`${JSON.stringify({ ready: true, ...endpoints })}\n`);
    else for (const { at } of fronts) terminal.print(at);
    say('Serving; SIGINT or SIGTERM powers the drive off.');
    await untilStopped();
  } finally {
    for (const close of closers) await close();
  }
}

/** `drive serve`. */
export function addDriveServe(drive: Command, terminal: Terminal): void {
  drive
    .command('serve')
    .description('power a drive on and serve it to block clients until SIGINT or SIGTERM')
    .argument('<directory>', 'as create made it')
    .option('--nbd <endpoint>', 'serve NBD: unix:PATH or HOST:PORT, port 0 is any')
    .option('--nvme <endpoint>', 'serve NVMe/TCP: HOST:PORT, port 0 is any')
    .option('--tls-cert <file>', 'NBD with TLS: certificate of the server, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--tls-ca <file>', 'clients have to show a certificate of it, PEM')
    .option('--tls-psk <file>', 'NBD with TLS: lines of IDENTITY:HEXADECIMAL, as psktool writes them')
    .option('--quiet', 'no events on stderr')
    .option('--json', 'one line of JSON on stdout when ready, and nothing else')
    .addHelpText('after', examples('drive serve disk --nbd unix:disk.sock', 'drive serve disk --nvme 127.0.0.1:4420'))
    .action((directory: string, args: ServeArguments) => run(terminal, directory, args));
}
