import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { connectNvme, type NvmeServer, serveNvme } from '@rootcap/drive/node';
import { BLOCK, memorySubsystem, NQN } from './helpers.ts';

let server: NvmeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test('a drive on a socket: two hosts at once, each with its own controller', async () => {
  server = await serveNvme({ subsystem: memorySubsystem(), nqn: NQN, port: 0 });
  const { port } = server;
  const [a, b] = await Promise.all([
    connectNvme({ port, nqn: NQN }),
    connectNvme({ port, nqn: NQN, headerDigest: true, dataDigest: true }),
  ]);
  expect(a.cntlid).not.toBe(b.cntlid);
  const data = new Uint8Array(randomBytes(256 * BLOCK));
  await a.write(1, 0, data);
  expect(Buffer.compare(await b.read(1, 0, 256), data)).toBe(0);
  a.close();
  expect(Buffer.compare(await b.read(1, 0, 256), data)).toBe(0);
  b.close();
});

test('a host that sends junk is ended, others go on', async () => {
  server = await serveNvme({ subsystem: memorySubsystem(), nqn: NQN, port: 0 });
  const { port } = server;
  const host = await connectNvme({ port, nqn: NQN });
  const answer = await new Promise<Buffer>((resolve) => {
    const pieces: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('close', () => resolve(Buffer.concat(pieces)));
  });
  // C2HTermReq: invalid PDU header field, its type.
  expect([answer[0], answer.readUInt16LE(8)]).toEqual([3, 1]);
  await host.flush(1);
  host.close();
});

test('an NQN that is none is refused, and nothing listens afterwards', async () => {
  await expect(serveNvme({ subsystem: memorySubsystem(), nqn: 'drive', port: 0 })).rejects.toThrow(/^nqn: "drive"/);
});
