import { renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

/** Answers one DPE command. */
export type ExecuteDpe = (locality: number, command: Uint8Array) => Uint8Array;

/**
 * Answers the first thing that is read, as the reference simulator does: locality (u32 little endian), then a command, on a
 * connection that the client keeps open. Without a whole locality there is no answer.
 *
 * @param waiting - connections that have sent nothing yet
 */
function serveConnection(socket: Socket, execute: ExecuteDpe, waiting: Set<Socket>): void {
  waiting.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => waiting.delete(socket));
  socket.on('end', () => socket.end());
  socket.once('data', (data) => {
    waiting.delete(socket);
    if (data.length < 4) socket.end();
    else socket.end(execute(data.readUInt32LE(0), new Uint8Array(data.subarray(4))));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** What every Unix takes, without the final zero: macOS has 104 with it, Linux 108. */
const MAX_PATH_BYTES = 103;

export interface ServeOptions {
  /** Ends it. */
  readonly stop: AbortSignal;
  /** Called once clients can connect. */
  readonly onReady?: () => void;
}

/**
 * Serves DPE commands on a Unix stream socket, one connection a command, until `stop` is aborted; then the socket is gone.
 *
 * The socket appears under its name only when it is already listening: clients of the reference simulator connect as soon
 * as the path exists.
 *
 * @throws RangeError if the path is too long for a socket, the system's error if it cannot be made
 */
export async function serveDpe(path: string, execute: ExecuteDpe, { stop, onReady }: ServeOptions): Promise<void> {
  const waiting = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => serveConnection(socket, execute, waiting));
  const hidden = `${path}.${process.pid}`;
  // A longer path would be cut off without a word.
  if (Buffer.byteLength(hidden) > MAX_PATH_BYTES)
    throw new RangeError(`socket: path of ${Buffer.byteLength(path)} bytes, at most ${MAX_PATH_BYTES - 8} expected`);
  await listen(server, hidden);
  try {
    renameSync(hidden, path);
    onReady?.();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    rmSync(path, { force: true });
    server.close();
    for (const socket of waiting) socket.destroy();
  }
}
