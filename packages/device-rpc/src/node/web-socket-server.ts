import { createServer, type IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import type { Listening, ListenOptions } from './server.ts';

/** Bytes under way to a client that does not read, after which it is served no further. */
const HIGH_WATER = 2 ** 20;
/** The peer sent what the protocol has no use for. RFC 6455 section 7.4.1 */
const UNSUPPORTED_DATA = 1003;
const LOCAL_PAGE = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** A page of another site must not reach a chip through the browser of somebody who visits it. */
function mayConnect({ headers: { origin } }: IncomingMessage): boolean {
  return origin === undefined || LOCAL_PAGE.test(origin);
}

/** A client on a WebSocket: one message, one object. */
function attach(socket: WebSocket, { host, scheduler, idleTimeout }: ListenOptions): void {
  const client: Client = new Client({
    host,
    scheduler,
    wire: {
      send(lines) {
        for (const line of lines)
          socket.send(line, () => {
            if (socket.bufferedAmount < HIGH_WATER / 2) client.drained();
          });
        return socket.bufferedAmount < HIGH_WATER;
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      end: () => socket.close(),
    },
  });
  const idle = idleTimer(idleTimeout, () => {
    if (client.busy) return;
    socket.close();
  });
  socket.on('message', (data, isBinary) => {
    idle.restart();
    if (isBinary) socket.close(UNSUPPORTED_DATA, 'text only');
    else client.receive([data.toString()]);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    idle.stop();
    client.close();
  });
}

function idleTimer(milliseconds: number, act: () => void) {
  if (milliseconds === 0) return { restart() {}, stop() {} };
  const timer = setInterval(act, milliseconds).unref();
  return { restart: () => void timer.refresh(), stop: () => clearInterval(timer) };
}

/** Serves WebSockets. */
export async function listenOnWebSocket(
  endpoint: Endpoint & { readonly kind: 'tcp' | 'ws' },
  options: ListenOptions,
): Promise<Listening> {
  const http = createServer((_, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('WebSocket only\n');
  });
  const server = new WebSocketServer({
    server: http,
    maxPayload: options.maxLine,
    perMessageDeflate: false,
    verifyClient: ({ req }: { req: IncomingMessage }) =>
      mayConnect(req) && server.clients.size < options.maxConnections,
  });
  server.on('connection', (socket: WebSocket) => attach(socket, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    http.listen(endpoint.port, endpoint.host, () => resolve());
  });
  const address = http.address();
  return {
    endpoint: { ...endpoint, port: typeof address === 'object' && address !== null ? address.port : endpoint.port },
    connections: () => server.clients.size,
    close: () =>
      new Promise((resolve) => {
        for (const socket of server.clients) socket.terminate();
        server.close();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
