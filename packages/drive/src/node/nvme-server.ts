import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { NvmeTarget, type NvmeTargetOptions } from '../nvme/target.ts';

export interface NvmeServerOptions extends Omit<NvmeTargetOptions, 'address'> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 lets the system choose. Default 4420. */
  readonly port?: number;
  /** Connections at the same time. Default 256. */
  readonly maxConnections?: number;
}

export interface NvmeServer {
  readonly host: string;
  readonly port: number;
  readonly target: NvmeTarget;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

const TICK = 1000;

function attach(target: NvmeTarget, socket: Socket): void {
  socket.setNoDelay(true);
  const connection = target.accept({
    send(pieces) {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
      return !socket.writableNeedDrain;
    },
    end: () => socket.destroySoon(),
  });
  socket.on('data', (chunk) => connection.receive(chunk));
  socket.on('drain', () => connection.drained());
  // A reset by the host is the end of its connection and nothing else.
  socket.on('error', () => connection.closed());
  socket.on('close', () => connection.closed());
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

async function makeTarget(server: Server, options: NvmeTargetOptions): Promise<NvmeTarget> {
  try {
    return new NvmeTarget(options);
  } catch (error) {
    server.close();
    throw error;
  }
}

/**
 * Serves a drive over NVMe/TCP.
 *
 * @throws the error of the socket if it cannot listen
 */
export async function serveNvme(options: NvmeServerOptions): Promise<NvmeServer> {
  const { host = '127.0.0.1', port = 4420, maxConnections = 256 } = options;
  let target: NvmeTarget | undefined;
  const server = createServer((socket) => {
    if (target === undefined) socket.destroy();
    else attach(target, socket);
  });
  server.maxConnections = maxConnections;
  const bound = await listen(server, host, port);
  const family = bound.family === 'IPv6' ? 'ipv6' : 'ipv4';
  const address = { family, address: bound.address, port: bound.port } as const;
  const serving = await makeTarget(server, { ...options, address });
  target = serving;
  const ticking = setInterval(() => serving.tick(), TICK);
  ticking.unref();
  return {
    host: bound.address,
    port: bound.port,
    target: serving,
    close: () =>
      new Promise((resolve) => {
        clearInterval(ticking);
        server.close(() => resolve());
        serving.close();
      }),
  };
}
