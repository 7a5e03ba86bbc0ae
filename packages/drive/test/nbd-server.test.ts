import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { connectNbd, type NbdServer, type NbdServerOptions, serveNbd } from '@rootcap/drive/node';
import { memoryNamespace, patterned } from './helpers.ts';

const PSK = Buffer.from(patterned('psk', 32));
let directory: string;
let path: string;
let server: NbdServer | undefined;
let errors: unknown[];
const sockets: Socket[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rootcap-nbd-'));
  path = join(directory, 'nbd.sock');
  errors = [];
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
  server = undefined;
  rmSync(directory, { recursive: true });
});

async function serve(options: Partial<NbdServerOptions> = {}): Promise<void> {
  const { namespace } = memoryNamespace();
  server = await serveNbd({
    endpoint: { path },
    namespaces: () => [namespace],
    onError: (error) => errors.push(error),
    ...options,
  });
}

function raw(): Socket {
  const socket = connect(path);
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));
/** Client flags and EXPORT_NAME of the first export. */
const BEGIN = concatBytes(Uint8Array.of(0, 0, 0, 3), utf8ToBytes('IHAVEOPT'), Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0));
const readRequest = (length: number): Buffer => {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(0x2560_9513);
  bytes.writeUInt32BE(length, 24);
  return bytes;
};

describe('NBD server', () => {
  test('several connections on TCP see the same bytes; the server closes', async () => {
    const { namespace } = memoryNamespace();
    server = await serveNbd({ endpoint: { port: 0 }, namespaces: () => [namespace] });
    const port = Number(new URL(server.uri).port);
    const [a, b] = await Promise.all([connectNbd({ port }), connectNbd({ port }, { structured: false })]);
    const data = patterned('data', 300_000);
    await a.write(1000, data);
    await a.flush();
    expect(Buffer.compare(await b.read(1000, data.length), data)).toBe(0);
    expect(server.connections).toBe(2);
    const reading = b.read(0, 512);
    await reading;
    await server.close();
    server = undefined;
    await expect(b.read(0, 512)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('hostile clients end their own connections only', async () => {
    await serve({ handshakeTimeout: 300, stallTimeout: 300, maxConnections: 6 });
    const good = await connectNbd({ path });
    const silent = raw();
    const garbage = raw();
    garbage.write(patterned('garbage', 4000));
    const halfWrite = raw();
    halfWrite.write(concatBytes(BEGIN, Buffer.from(readRequest(4096)).fill(1, 7, 8), new Uint8Array(100)));
    // Asks for 640 MiB, and reads none of it.
    const glutton = raw();
    glutton.pause();
    glutton.write(concatBytes(BEGIN, ...Array.from({ length: 160 }, () => readRequest(4 * 2 ** 20))));
    const ends = [silent, garbage, halfWrite].map(closed);
    silent.resume();
    garbage.resume();
    halfWrite.resume();
    for (let i = 0; i < 50; i++) {
      const data = patterned(`${i}`, 5000);
      await good.write(i * 999, data);
      expect(Buffer.compare(await good.read(i * 999, data.length), data)).toBe(0);
    }
    await Promise.all(ends);
    while ((server?.connections ?? 0) > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await good.read(0, 1)).toHaveLength(1);
    expect(server?.connections).toBe(1);
    const codes = errors.map((error) => (error as { code: string }).code).toSorted();
    expect(codes.filter((code) => code !== 'EPIPE' && code !== 'ECONNRESET')).toEqual([
      'BAD_FLAGS',
      'TIMEOUT',
      'TIMEOUT',
      'TIMEOUT',
    ]);
  });

  test('one connection more than allowed is closed at once', async () => {
    await serve({ maxConnections: 1 });
    const good = await connectNbd({ path });
    const extra = raw();
    extra.resume();
    await closed(extra);
    expect(await good.read(0, 10)).toHaveLength(10);
  });

  test('an address in use is an error', async () => {
    await serve();
    await expect(serveNbd({ endpoint: { path }, namespaces: () => [] })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test.each([
    ['the key of the identity', PSK, true],
    ['another key', Buffer.alloc(32, 1), false],
  ])('TLS with %s', async (_, psk, accepted) => {
    await serve({ tls: { psk: (identity) => (identity === 'alice' ? PSK : undefined) } });
    const plain = raw();
    plain.write(concatBytes(Uint8Array.of(0, 0, 0, 3), utf8ToBytes('IHAVEOPT'), Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 0)));
    await new Promise<void>((resolve) => {
      let heard = 0;
      plain.on('data', function hear(bytes) {
        heard += bytes.length;
        if (heard < 38) return;
        plain.off('data', hear);
        resolve();
      });
    });
    const socket = connectTls({
      socket: plain,
      pskCallback: () => ({ psk, identity: 'alice' }),
      ciphers: 'PSK-AES256-GCM-SHA384',
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
    });
    sockets.push(socket);
    const outcome = new Promise<string>((resolve) => {
      socket.once('secureConnect', () => resolve('secure'));
      socket.once('error', () => resolve('refused'));
      socket.once('close', () => resolve('refused'));
    });
    expect(await outcome).toBe(accepted ? 'secure' : 'refused');
    if (!accepted) return;
    const options = Buffer.concat([utf8ToBytes('IHAVEOPT'), Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0)]);
    const size = await new Promise<Buffer>((resolve) => {
      socket.once('data', (bytes) => resolve(bytes));
      socket.write(options);
    });
    expect(size.readBigUInt64BE()).toBe(4n * 2n ** 20n);
  });
});
