import { Host, type HostOptions } from '../host.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from './endpoint.ts';
import { Scheduler } from './scheduler.ts';
import { listenOnStream } from './stream-server.ts';
import { listenOnWebSocket } from './web-socket-server.ts';

export interface ServeOptions extends HostOptions {
  /** Longest line in bytes. Default 64 MiB. */
  readonly maxLine?: number;
  /** Connections at the same time, for each endpoint. Default 4096. */
  readonly maxConnections?: number;
  /** Milliseconds without traffic after which a connection that waits for nothing is closed. Default 0: never. */
  readonly idleTimeout?: number;
}

/** @internal What every kind of server gets. */
export interface ListenOptions {
  readonly host: Host;
  readonly scheduler: Scheduler;
  readonly maxLine: number;
  readonly maxConnections: number;
  readonly idleTimeout: number;
}

/** @internal What every kind of server gives. */
export interface Listening {
  readonly endpoint: Endpoint;
  connections(): number;
  close(): Promise<void>;
}

export interface RpcServer {
  /** What clients put into `ROOTCAP_RPC`, in the order in which it was asked for. */
  readonly endpoints: readonly string[];
  readonly host: Host;
  /** Connections that are open. */
  readonly connections: number;
  /** Stops listening, closes all connections, removes socket files. */
  close(): Promise<void>;
}

const DEFAULT_MAX_LINE = 64 * 2 ** 20;
const DEFAULT_MAX_CONNECTIONS = 4096;

/**
 * Serves devices on sockets of this machine.
 *
 * @param at - each `unix:PATH`, `tcp:127.0.0.1:PORT` or `ws:127.0.0.1:PORT`
 * @throws RangeError if one is none of these, Error if one cannot be listened on; then nothing is served
 */
export async function serve(at: string | readonly string[], options: ServeOptions = {}): Promise<RpcServer> {
  const endpoints = (typeof at === 'string' ? [at] : at).map(parseEndpoint);
  const host = new Host(options);
  const { maxLine = DEFAULT_MAX_LINE, maxConnections = DEFAULT_MAX_CONNECTIONS, idleTimeout = 0 } = options;
  const listenOptions = { host, scheduler: new Scheduler(), maxLine, maxConnections, idleTimeout };
  const listening: Listening[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listening.map((one) => one.close()));
  };
  try {
    for (const endpoint of endpoints)
      listening.push(
        await (endpoint.kind === 'ws'
          ? listenOnWebSocket(endpoint, listenOptions)
          : listenOnStream(endpoint, listenOptions)),
      );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoints: listening.map(({ endpoint }) => formatEndpoint(endpoint)),
    host,
    get connections() {
      return listening.reduce((sum, one) => sum + one.connections(), 0);
    },
    close,
  };
}
