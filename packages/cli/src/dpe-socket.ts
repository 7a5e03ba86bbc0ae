import { renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

/** Answers one DPE command. */
export type ExecuteDpe = (locality: number, command: Uint8Array) => Uint8Array;

/**
 * Answers the first thing that is read, as the reference simulator does: locality (u32 little endian), then a command, on a
 * connection that the client keeps open. Without a whole locality there is no answer.
 */
function serveConnection(socket: Socket, execute: ExecuteDpe): void {
  socket.on('error', () => socket.destroy());
  socket.once('data', (data) => {
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

/**
 * Serves DPE commands on a Unix stream socket, one connection a command, until `stop` is aborted; then the socket is gone.
 *
 * The socket appears under its name only when it is already listening: clients of the reference simulator connect as soon
 * as the path exists.
 *
 * @throws the system's error if the socket cannot be made
 */
export async function serveDpe(path: string, execute: ExecuteDpe, stop: AbortSignal): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => serveConnection(socket, execute));
  const hidden = `${path}.${process.pid}`;
  await listen(server, hidden);
  try {
    renameSync(hidden, path);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    rmSync(path, { force: true });
    server.close();
  }
}
