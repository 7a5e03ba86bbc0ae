import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { LineReader, LineTooLong } from './lines.ts';
import type { Listening, ListenOptions } from './server.ts';

/** Only the user who serves may connect. */
const SOCKET_MODE = 0o600;

/** A client on a stream socket: one line, one object. */
function attach(socket: Socket, { host, scheduler, maxLine, idleTimeout }: ListenOptions): void {
  const reader = new LineReader(maxLine);
  const client = new Client({
    host,
    scheduler,
    wire: {
      send: (lines) => !socket.writable || socket.write(`${lines.join('\n')}\n`),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      end: () => socket.end(),
    },
  });
  socket.setNoDelay(true);
  if (idleTimeout > 0)
    socket.setTimeout(idleTimeout, () => {
      if (!client.busy) socket.destroy();
    });
  socket.on('data', (chunk: Uint8Array) => {
    try {
      client.receive(reader.read(chunk));
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      socket.pause();
      client.refuse(error.message);
    }
  });
  socket.on('drain', () => client.drained());
  socket.on('end', () => client.endWhenDone());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => client.close());
}

/** Serves a Unix or TCP socket. */
export async function listenOnStream(endpoint: Endpoint, options: ListenOptions): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    attach(socket, options);
  });
  server.maxConnections = options.maxConnections;
  try {
    await listen(server, endpoint);
  } catch (error) {
    if (endpoint.kind !== 'unix' || !(await isLeftOver(error, endpoint.path))) throw error;
    unlinkSync(endpoint.path);
    await listen(server, endpoint);
  }
  if (endpoint.kind === 'unix') chmodSync(endpoint.path, SOCKET_MODE);
  const address = server.address();
  return {
    endpoint:
      endpoint.kind !== 'unix' && address !== null && typeof address === 'object'
        ? { ...endpoint, port: address.port }
        : endpoint,
    connections: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, endpoint: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      server.removeAllListeners('error');
      server.removeAllListeners('listening');
      act();
    };
    server.once('error', (error) => settle(() => reject(error)));
    server.once('listening', () => settle(resolve));
    if (endpoint.kind === 'unix') server.listen(endpoint.path);
    else server.listen(endpoint.port, endpoint.host);
  });
}

/** Whether the path is a socket that nobody listens on: one that a killed server left. */
function isLeftOver(error: unknown, path: string): Promise<boolean> {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !lstatSync(path).isSocket())
    return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.on('error', (refused: NodeJS.ErrnoException) => resolve(refused.code === 'ECONNREFUSED'));
  });
}
