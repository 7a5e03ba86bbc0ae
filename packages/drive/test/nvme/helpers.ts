import { nativeEngine } from '@rootcap/drive/node';
import {
  MemorySubsystem,
  type MemorySubsystemOptions,
  NvmeHost,
  type NvmeHostOptions,
  NvmeHostQueue,
  NvmeTarget,
  type NvmeTargetOptions,
} from '@rootcap/drive/nvme';

export const BLOCK = 4096;
export const NQN = 'nqn.2026-01.org.example:drive';

export function memorySubsystem(options: Partial<MemorySubsystemOptions> = {}): MemorySubsystem {
  return new MemorySubsystem({
    engine: nativeEngine(),
    blockCounts: [1024, 256],
    ...options,
  });
}

/** Lets everything that waits for a promise run on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** A host's queue whose wire is a pair of functions. @param cut - bytes that arrive at a time */
export async function wired(
  target: NvmeTarget,
  options: Partial<NvmeHostOptions> = {},
  cut = Number.POSITIVE_INFINITY,
) {
  const deliver = (bytes: Uint8Array, to: (chunk: Uint8Array) => void): void => {
    for (let at = 0; at < bytes.length; at += cut) to(bytes.subarray(at, at + cut));
  };
  const queue: NvmeHostQueue = new NvmeHostQueue(
    {
      send: (pieces) => {
        const bytes = joined(pieces);
        setImmediate(() => deliver(bytes, (chunk) => connection.receive(chunk)));
        return true;
      },
      end: () => connection.closed(),
    },
    options,
  );
  const connection = target.accept({
    send: (pieces) => {
      const bytes = joined(pieces);
      setImmediate(() => deliver(bytes, (chunk) => queue.receive(chunk)));
      return true;
    },
    end: () => {
      setImmediate(() => queue.closed());
    },
  });
  await queue.initialize();
  return queue;
}

/** A host on a target, without sockets. */
export function connectTo(target: NvmeTarget, options: Partial<NvmeHostOptions> = {}, cut?: number): Promise<NvmeHost> {
  return NvmeHost.connect(() => wired(target, options, cut), { nqn: NQN, ...options });
}

export interface Setup {
  readonly subsystem: MemorySubsystem;
  readonly target: NvmeTarget;
  readonly host: NvmeHost;
}

export async function setup(options: Partial<NvmeTargetOptions> = {}): Promise<Setup> {
  const subsystem = memorySubsystem();
  const failed = (error: unknown): never => {
    throw error;
  };
  const target = new NvmeTarget({ subsystem, nqn: NQN, failed, ...options });
  return { subsystem, target, host: await connectTo(target) };
}

/** Raw bytes against a target: what it sends back, and whether it ended the connection. */
export function raw(target: NvmeTarget): { send(bytes: Uint8Array): Uint8Array; readonly ended: boolean } {
  let sent: Uint8Array[] = [];
  let ended = false;
  const connection = target.accept({
    send: (pieces) => {
      sent.push(...pieces);
      return true;
    },
    end: () => {
      ended = true;
    },
  });
  return {
    send(bytes) {
      sent = [];
      connection.receive(bytes);
      return joined(sent);
    },
    get ended() {
      return ended;
    },
  };
}
