import { connect } from 'node:net';
import { NvmeHost, type NvmeHostOptions } from '../nvme/host.ts';
import { type DigestOptions, NvmeHostQueue } from '../nvme/host-queue.ts';

export interface NvmeConnectOptions extends NvmeHostOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 4420. */
  readonly port?: number;
}

function open(host: string, port: number, digests: DigestOptions): Promise<NvmeHostQueue> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const queue = new NvmeHostQueue(
      {
        send: (pieces) => {
          socket.cork();
          for (const piece of pieces) socket.write(piece);
          socket.uncork();
          return true;
        },
        end: () => socket.destroySoon(),
      },
      digests,
    );
    socket.on('data', (chunk) => queue.receive(chunk));
    socket.on('close', () => queue.closed());
    socket.on('error', (error) => {
      queue.closed(error);
      reject(error);
    });
    socket.on('connect', () => queue.initialize().then(() => resolve(queue), reject));
  });
}

/** Connects to a subsystem over NVMe/TCP. @throws NvmeStatusError if it refuses */
export function connectNvme(options: NvmeConnectOptions): Promise<NvmeHost> {
  const { host = '127.0.0.1', port = 4420 } = options;
  return NvmeHost.connect((digests) => open(host, port, digests), options);
}
