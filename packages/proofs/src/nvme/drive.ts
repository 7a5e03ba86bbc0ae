import type { Subsystem } from '@rootcap/drive';
import { type NvmeServer, nativeEngine, serveNvme } from '@rootcap/drive/node';
import { MemorySubsystem } from '@rootcap/drive/nvme';

/** A drive with a power switch. Power comes with everything locked but what was never locked before. */
export interface PoweredDrive {
  readonly nqn: string;
  readonly port: number;
  powerOn(): Promise<void>;
  powerOff(): Promise<void>;
  /** Releases the media keys. */
  unlock(): Promise<void>;
  readonly subsystem: Subsystem;
}

const NQN = 'nqn.2026-01.org.example:rootcap-proof';
const BLOCKS = (256 << 20) / 4096;

/** A drive in memory, whose keys are software's. */
export function memoryDrive(): PoweredDrive {
  const subsystem = new MemorySubsystem({ engine: nativeEngine(), blockCounts: [BLOCKS] });
  let server: NvmeServer | undefined;
  let port = 0;
  return {
    nqn: NQN,
    get port() {
      return port;
    },
    subsystem,
    async powerOn() {
      server = await serveNvme({ subsystem, nqn: NQN, port, failed: (error) => console.error(error) });
      port = server.port;
    },
    async powerOff() {
      await server?.close();
      server = undefined;
      subsystem.powerCycle({ lock: true });
    },
    async unlock() {
      subsystem.unlock();
    },
  };
}
