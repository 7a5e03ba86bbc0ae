import { createServer, type Server, type Socket } from 'node:net';
import { Host, type HostOptions } from '../session.ts';
import { SocketConnection } from './connection.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from './endpoint.ts';
import { Scheduler } from './scheduler.ts';

export interface ServeOptions extends HostOptions {
  /** Longest line in bytes. Default 64 MiB. */
  readonly maxLine?: number;
  /** Connections at the same time. Default 4096. */
  readonly maxConnections?: number;
  /** Milliseconds without traffic after which a connection is closed. Default 0: never. */
  readonly idleTimeout?: number;
}

export interface RpcServer {
  /** What a client puts into `ROOTCAP_RPC`. */
  readonly endpoint: string;
  readonly host: Host;
  readonly connections: number;
  /** Stops listening, closes all connections, removes the socket file. */
  close(): Promise<void>;
}

const DEFAULT_MAX_LINE = 64 * 2 ** 20;
const DEFAULT_MAX_CONNECTIONS = 4096;

/**
 * Serves the device RPC.
 *
 * @param at - `unix:PATH`, `tcp:127.0.0.1:PORT` or `ws:127.0.0.1:PORT`
 * @throws RangeError if `at` is none of these, Error if it cannot be listened on
 */
export async function serve(at: string, options: ServeOptions = {}): Promise<RpcServer> {
  const endpoint = parseEndpoint(at);
  const host = new Host(options);
  const scheduler = new Scheduler();
  const connections = new Set<SocketConnection>();
  const { maxLine = DEFAULT_MAX_LINE, idleTimeout = 0 } = options;
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    const connection = new SocketConnection(socket, { host, scheduler, maxLine, idleTimeout });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  await listen(server, endpoint);
  return {
    endpoint: formatEndpoint(listeningAt(server, endpoint)),
    host,
    get connections() {
      return connections.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.close();
      }),
  };
}

function listen(server: Server, endpoint: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    if (endpoint.kind === 'unix') server.listen(endpoint.path);
    else server.listen(endpoint.port, endpoint.host);
  });
}

function listeningAt(server: Server, endpoint: Endpoint): Endpoint {
  const address = server.address();
  return endpoint.kind !== 'unix' && address !== null && typeof address === 'object'
    ? { ...endpoint, port: address.port }
    : endpoint;
}
