import { resolve } from 'node:path';
import { type ServeOptions, serve } from '@rootcap/device-rpc/node';
import { type Command, Option } from 'commander';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';
import { untilStopped } from '../until-stopped.ts';
import { parseInteger } from '../values.ts';

interface ServeArguments {
  readonly rpc: readonly string[];
  readonly engine?: 'model';
  readonly standIn?: readonly string[];
  readonly maxLine?: string;
  readonly maxDevices?: string;
  readonly maxConnections?: string;
  readonly idleTimeout?: string;
  readonly quiet?: true;
}

function serveOptions(args: ServeArguments): ServeOptions {
  const limit = (text: string | undefined, option: string): number | undefined =>
    text === undefined ? undefined : parseInteger(text, option);
  const limits = {
    maxLine: limit(args.maxLine, '--max-line'),
    maxDevices: limit(args.maxDevices, '--max-devices'),
    maxConnections: limit(args.maxConnections, '--max-connections'),
    idleTimeout: limit(args.idleTimeout, '--idle-timeout'),
  };
  const given = Object.entries({ ...limits, engine: args.engine, standIns: args.standIn?.map(standIn) }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

/** `NAME=DIGEST`. The server judges both when it makes a device. */
function standIn(text: string): { readonly name: string; readonly digest: string } {
  const [name = '', digest = ''] = text.split('=');
  return { name, digest };
}

/** Relative paths start where the command does. */
function absolute(endpoint: string, cwd: string): string {
  return endpoint.startsWith('unix:') ? `unix:${resolve(cwd, endpoint.slice('unix:'.length))}` : endpoint;
}

async function run(terminal: Terminal, args: ServeArguments): Promise<void> {
  const at = args.rpc.map((endpoint) => absolute(endpoint, terminal.io.cwd));
  const server = await serve(at, serveOptions(args));
  const { endpoints } = server;
  if (terminal.asJson) terminal.print(JSON.stringify({ ready: true, endpoints }));
  else for (const endpoint of endpoints) terminal.print(endpoint);
  if (args.quiet !== true && !terminal.asJson) terminal.talk('Serving; SIGINT or SIGTERM ends it.');
  await untilStopped();
  await server.close();
}

/** `serve`: devices for test benches in other processes. */
export function serveCommand(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description("serve the chip's pins to test benches in other processes (Device RPC)")
    .requiredOption('--rpc <endpoint...>', 'where: unix:PATH, tcp:127.0.0.1:PORT, ws:127.0.0.1:PORT; port 0 is any')
    .addOption(new Option('--engine <name>', 'run every device on it, whatever its client asks for').choices(['model']))
    .option(
      '--stand-in <name=digest...>',
      'imitate the FMC or runtime image with this SHA-384 by a stand-in (docs/device-rpc.md)',
    )
    .option('--max-line <bytes>', 'longest request (default: 64 MiB)')
    .option('--max-devices <n>', 'devices at the same time (default: no limit)')
    .option('--max-connections <n>', 'connections at the same time, for each endpoint (default: 4096)')
    .option('--idle-timeout <ms>', 'close a connection without traffic for so long (default: never)')
    .option('--quiet', 'nothing on stderr')
    .option('--json', 'one line of JSON on stdout when ready, and nothing else')
    .addHelpText('after', examples('serve --rpc unix:chip.sock', 'serve --rpc tcp:127.0.0.1:0 --json'))
    .action((args: ServeArguments) => run(terminal, args));
}
