import { type RpcServer, serve } from '@rootcap/device-rpc/node';
import { type Command, Option } from 'commander';
import { examples } from '../help.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';

interface ServeArguments {
  readonly rpc: readonly string[];
  readonly engine?: 'model';
  readonly maxLine?: string;
  readonly maxDevices?: string;
  readonly maxConnections?: string;
  readonly idleTimeout?: string;
  readonly quiet?: true;
}

function limit(text: string | undefined, option: string): number | undefined {
  return text === undefined ? undefined : parseInteger(text, option);
}

async function listen(args: ServeArguments): Promise<RpcServer[]> {
  const limits = Object.entries({
    maxLine: limit(args.maxLine, '--max-line'),
    maxDevices: limit(args.maxDevices, '--max-devices'),
    maxConnections: limit(args.maxConnections, '--max-connections'),
    idleTimeout: limit(args.idleTimeout, '--idle-timeout'),
  }).filter(([, value]) => value !== undefined);
  const options = { ...Object.fromEntries(limits), ...(args.engine === undefined ? {} : { engine: args.engine }) };
  const servers: RpcServer[] = [];
  try {
    for (const endpoint of args.rpc) servers.push(await serve(endpoint, options));
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return servers;
}

/** Resolves at the first SIGINT or SIGTERM. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

async function run(terminal: Terminal, args: ServeArguments): Promise<void> {
  const servers = await listen(args);
  const endpoints = servers.map(({ endpoint }) => endpoint);
  if (terminal.asJson) terminal.print(JSON.stringify({ ready: true, endpoints }));
  else for (const endpoint of endpoints) terminal.print(endpoint);
  if (args.quiet !== true && !terminal.asJson) terminal.talk('serving; SIGINT or SIGTERM ends it');
  await untilStopped();
  await Promise.all(servers.map((server) => server.close()));
}

/** `serve`: devices for test benches in other processes. */
export function serveCommand(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description("serve the chip's pins to test benches in other processes (Device RPC)")
    .requiredOption('--rpc <endpoint...>', 'where: unix:PATH, tcp:127.0.0.1:PORT; port 0 is any free one')
    .addOption(new Option('--engine <name>', 'run every device on it, whatever its client asks for').choices(['model']))
    .option('--max-line <bytes>', 'longest request (default: 64 MiB)')
    .option('--max-devices <n>', 'devices at the same time (default: no limit)')
    .option('--max-connections <n>', 'connections at the same time (default: 4096)')
    .option('--idle-timeout <ms>', 'close a connection without traffic for so long (default: never)')
    .option('--quiet', 'nothing on stderr')
    .option('--json', 'one JSON object on stdout when ready, and nothing else')
    .addHelpText('after', examples('serve --rpc unix:chip.sock', 'serve --rpc tcp:127.0.0.1:0 --json'))
    .action((args: ServeArguments) => run(terminal, args));
}
