import { connectNvme, nativeEngine, serveNvme } from '@rootcap/drive/node';
import { MemorySubsystem, NvmeStatusError } from '@rootcap/drive/nvme';

// A drive in memory: 64 MiB and 16 MiB, with media keys of its own making.
const subsystem = new MemorySubsystem({ engine: nativeEngine(), blockCounts: [16_384, 4096] });
const nqn = 'nqn.2026-01.org.example:drive';
const server = await serveNvme({ subsystem, nqn, port: 0 });

// A host: admin queue, I/O queue, digests of headers and data.
const host = await connectNvme({ port: server.port, nqn, headerDigest: true, dataDigest: true });
const { mn, sn, ver } = await host.identifyController();
console.log(mn, sn, `NVMe ${ver >> 16}.${(ver >> 8) & 0xff}`);
for (const nsid of await host.namespaces()) console.log(nsid, (await host.identifyNamespace(nsid)).nsze, 'blocks');

const block = new Uint8Array(4096).fill(0xa5);
await host.write(1, 100, block);
await host.flush(1);
const read = async (): Promise<string> => {
  try {
    const data = await host.read(1, 100, 1);
    return data.every((byte, i) => byte === block[i]) ? 'the same data' : 'other data';
  } catch (error) {
    if (error instanceof NvmeStatusError) return error.message;
    throw error;
  }
};
console.log(await read());

// Without a media key nothing is read; with a new one, what was written is gone.
subsystem.lock();
console.log(await read());
subsystem.unlock();
console.log(await read());
await host.format(1, 2);
console.log(await read());

// Level 0 Discovery of TCG storage: the Locking feature follows the header and the TPer feature.
const discovery = await host.securityReceive(1, 1, 2048);
console.log('Locking', discovery[48 + 16 + 4]?.toString(2));

host.close();
await server.close();
