import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { type RpcServer, type ServeOptions, serve } from '@rootcap/device-rpc/node';
import { WebSocket } from 'ws';
import { provider, soc } from './helpers.ts';

const directory = mkdtempSync(join(tmpdir(), 'rootcap-rpc-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function server(at: string | string[], options: ServeOptions = {}): Promise<RpcServer> {
  const made = await serve(at, { provider, ...options });
  open.push(made);
  return made;
}

const socketPath = (name: string): string => join(directory, name);

// biome-ignore lint/suspicious/noExplicitAny: what a test looks into
type Json = any;

/** A client on a stream socket that counts what arrives. */
class Line {
  readonly socket: Socket;
  readonly replies: Json[] = [];
  closed = false;
  #text = '';
  #wake: () => void = () => {};
  #id = 0;

  constructor(endpoint: string) {
    const [kind, ...rest] = endpoint.split(':');
    this.socket = kind === 'unix' ? connect(rest.join(':')) : connect(Number(rest[1]), rest[0]);
    open.push({ close: () => this.socket.destroy() });
    this.socket.on('data', (chunk) => {
      const lines = (this.#text + chunk.toString()).split('\n');
      this.#text = lines.pop() as string;
      this.replies.push(...lines.map((line) => JSON.parse(line)));
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Waits until it holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.closed) throw new Error('closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async ended(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.closed) resolve();
      else this.socket.once('close', () => resolve());
    });
  }

  async call(method: string, params: Json = {}): Promise<Json> {
    const id = ++this.#id;
    this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    await this.until(() => this.replies.some((reply) => reply.id === id));
    const { result, error } = this.replies.find((reply) => reply.id === id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

const request = (id: number, method: string, params: Json = {}): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;

/** Fuses done and GO, without a watchdog that bites: debug unlocked. */
const START = {
  ops: [
    ['w', soc('CPTRA_FUSE_WR_DONE'), 1],
    ['w', soc('CPTRA_BOOTFSM_GO'), 1],
  ],
};

describe('endpoints', () => {
  test.each(['unix', 'tcp', 'ws'])('%s', async (kind) => {
    const { endpoints } = await server(kind === 'unix' ? `unix:${socketPath('a.sock')}` : `${kind}:127.0.0.1:0`);
    const endpoint = endpoints[0] as string;
    expect(endpoint).toMatch(/^(unix:.*a\.sock|(tcp|ws):127\.0\.0\.1:[1-9]\d*)$/);
    if (kind === 'ws') {
      const socket = new WebSocket(endpoint.replace('ws:', 'ws://'));
      open.push({ close: () => socket.terminate() });
      await new Promise((resolve) => socket.once('open', resolve));
      const answer = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
      socket.send(request(1, 'create'));
      expect(await answer).toEqual({ jsonrpc: '2.0', id: 1, result: { device: 'model', hwRevId: 0x112, hwConfig: 0 } });
    } else {
      const line = new Line(endpoint);
      expect(await line.call('create')).toEqual({ device: 'model', hwRevId: 0x112, hwConfig: 0 });
    }
  });

  test('several at once; connections and devices are counted and go with their clients', async () => {
    const both = await server([`unix:${socketPath('b.sock')}`, 'tcp:127.0.0.1:0']);
    const [one, two] = both.endpoints.map((endpoint) => new Line(endpoint)) as [Line, Line];
    await Promise.all([one.call('create'), two.call('create')]);
    expect([both.connections, both.host.devices]).toEqual([2, 2]);
    one.socket.destroy();
    await one.ended();
    await two.call('wires');
    expect([both.connections, both.host.devices]).toEqual([1, 1]);
  });

  test.each([
    'unix:',
    'tcp:127.0.0.1',
    'tcp:127.0.0.1:99999',
    'udp:127.0.0.1:1',
    '/tmp/x',
    'tcp:0.0.0.0:1',
    'ws:example.org:80',
  ])('%s is none', async (at) => {
    await expect(serve(at)).rejects.toThrow(RangeError);
  });

  test('a socket file is for its owner, goes with the server, and one that was left over is replaced', async () => {
    const path = socketPath('c.sock');
    const first = await server(`unix:${path}`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await expect(serve(`unix:${path}`)).rejects.toThrow('EADDRINUSE');
    await first.close();
    expect(existsSync(path)).toBe(false);
    // What a killed process leaves: a socket that nobody listens on.
    const { spawnSync } = await import('node:child_process');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(existsSync(path)).toBe(true);
    await server(`unix:${path}`);
    expect(await new Line(`unix:${path}`).call('create')).toBeDefined();
  });

  test('a file that is no socket is not touched; nothing is served if one endpoint fails', async () => {
    const path = socketPath('file');
    writeFileSync(path, 'precious');
    const first = socketPath('d.sock');
    await expect(serve([`unix:${first}`, `unix:${path}`])).rejects.toThrow('EADDRINUSE');
    expect([existsSync(first), statSync(path).size]).toEqual([false, 8]);
  });

  test('a port in use', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => new Promise((resolve) => holder.close(resolve)) });
    const { port } = holder.address() as { port: number };
    await expect(serve(`ws:127.0.0.1:${port}`)).rejects.toThrow('EADDRINUSE');
    await expect(serve(`tcp:127.0.0.1:${port}`)).rejects.toThrow('EADDRINUSE');
  });
});

describe('lines', () => {
  test('in any pieces, many in one, with CR LF, and empty ones', async () => {
    const line = new Line((await server(`unix:${socketPath('e.sock')}`)).endpoints[0] as string);
    line.socket.write(`\n\r\n${request(1, 'create').trim()}\r\n${request(2, 'wires')}{"jsonrpc":"2.0",`);
    await line.until(() => line.replies.length === 2);
    for (const byte of '"id":3,"method":"hello"}\n') {
      line.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await line.until(() => line.replies.length === 3);
    expect(line.replies.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('text that is not UTF-8 is a parse error, and the connection goes on', async () => {
    const line = new Line((await server(`unix:${socketPath('f.sock')}`)).endpoints[0] as string);
    line.socket.write(Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]));
    await line.until(() => line.replies.length === 1);
    expect(line.replies[0]).toMatchObject({ id: null, error: { code: -32700 } });
    await line.call('create');
  });

  test('one that is too long ends the connection, and only that', async () => {
    const { endpoints } = await server(`unix:${socketPath('g.sock')}`, { maxLine: 10_000 });
    const [bad, good] = [new Line(endpoints[0] as string), new Line(endpoints[0] as string)];
    await good.call('create');
    bad.socket.write(Buffer.alloc(20_000, 0x20));
    await bad.ended();
    expect(bad.replies).toMatchObject([{ id: null, error: { code: -32700 } }]);
    expect((await good.call('wires')).readyForFuses).toBe(true);
  });

  test('of several megabytes', async () => {
    const line = new Line((await server(`unix:${socketPath('h.sock')}`)).endpoints[0] as string);
    await line.call('create', { subsystem: true });
    const image = 'ab'.repeat(2 ** 22);
    expect(await line.call('recovery', { images: [image] })).toEqual({});
    const data = 'cd'.repeat(2 ** 19);
    await line.call('memory', { region: 'mcuSram', offset: 0, data });
    expect((await line.call('memory', { region: 'mcuSram', length: 2 ** 19 })).data).toBe(data);
  });

  test('a client that stops sending still gets its answers', async () => {
    const line = new Line((await server(`unix:${socketPath('i.sock')}`)).endpoints[0] as string);
    line.socket.end(request(1, 'create') + request(2, 'transfer', START) + request(3, 'step', { cycles: 3_000_000 }));
    await line.ended();
    expect(line.replies.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(line.replies[2].result.now).toBeGreaterThan(1_000_000);
  });
});

describe('many clients', () => {
  test("one client's long step does not keep the others waiting", async () => {
    const { endpoints } = await server(`unix:${socketPath('j.sock')}`);
    const [long, short] = [new Line(endpoints[0] as string), new Line(endpoints[0] as string)];
    await Promise.all([long.call('create'), short.call('create')]);
    let finished = false;
    // Looked at after every cycle.
    const until = { address: soc('INTERNAL_RV_MTIME_L'), value: 500_000 };
    const step = long.call('step', { cycles: 10 ** 9, until }).then(() => {
      finished = true;
    });
    let answered = 0;
    while (!finished) {
      await short.call('wires');
      if (!finished) answered++;
    }
    await step;
    expect(answered).toBeGreaterThan(20);
  });

  test('a client that does not read is not served any further, and the others are', async () => {
    const { endpoints } = await server(`unix:${socketPath('k.sock')}`);
    const [greedy, modest] = [new Line(endpoints[0] as string), new Line(endpoints[0] as string)];
    await greedy.call('create', { subsystem: true, name: 'shared' });
    await modest.call('attach', { name: 'shared' });
    greedy.socket.pause();
    // Each answer has 512 KiB; the last request leaves a trace.
    const count = 32;
    for (let i = 0; i < count; i++)
      greedy.socket.write(request(100 + i, 'memory', { region: 'mcuSram', length: 2 ** 18 }));
    const address = soc('CPTRA_WDT_CFG');
    greedy.socket.write(request(99, 'write', { address, value: 1 }));
    for (let i = 0; i < 200; i++) expect(await modest.call('read', { address })).toEqual({ value: 0 });
    greedy.socket.resume();
    await greedy.until(() => greedy.replies.at(-1)?.id === 99);
    expect(greedy.replies.slice(1).map(({ id }) => id)).toEqual([
      ...Array.from({ length: count }, (_, i) => 100 + i),
      99,
    ]);
    expect(await modest.call('read', { address })).toEqual({ value: 1 });
  });

  test('a client that goes in the middle of its requests', async () => {
    const made = await server(`unix:${socketPath('l.sock')}`);
    const [gone, stays] = [new Line(made.endpoints[0] as string), new Line(made.endpoints[0] as string)];
    await Promise.all([gone.call('create', { securityState: 3 }), stays.call('create')]);
    gone.socket.write(request(7, 'transfer', START) + request(8, 'step', { cycles: 10 ** 9 }) + request(9, 'step'));
    await stays.call('wires');
    gone.socket.destroy();
    await gone.ended();
    while (made.host.devices > 1) await stays.call('wires');
    expect(made.connections).toBe(1);
  });

  test('limits: connections, devices, idle time', async () => {
    const { endpoints } = await server(`unix:${socketPath('m.sock')}`, {
      maxConnections: 2,
      maxDevices: 1,
      idleTimeout: 200,
    });
    const endpoint = endpoints[0] as string;
    const [one, two] = [new Line(endpoint), new Line(endpoint)];
    await one.call('create');
    await expect(two.call('create')).rejects.toThrow('not-available');
    const three = new Line(endpoint);
    await three.ended();
    await Promise.all([one.ended(), two.ended()]);
    await new Line(endpoint).call('create');
  });

  test('closing the server ends its connections', async () => {
    const made = await serve('tcp:127.0.0.1:0', { provider });
    const line = new Line(made.endpoints[0] as string);
    await line.call('create');
    await made.close();
    await line.ended();
    expect(made.host.devices).toBe(0);
  });
});

describe('WebSocket', () => {
  const outcome = (url: string, origin?: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, origin === undefined ? {} : { origin });
      open.push({ close: () => socket.terminate() });
      socket.on('open', () => resolve('open'));
      socket.on('error', (error) => resolve(error.message));
    });

  test('pages of this machine may connect, pages of others may not', async () => {
    const url = (await server('ws:127.0.0.1:0')).endpoints[0]?.replace('ws:', 'ws://') as string;
    for (const origin of [undefined, 'http://localhost:5173', 'https://127.0.0.1'])
      expect(await outcome(url, origin)).toBe('open');
    for (const origin of ['https://example.org', 'http://localhost.example.org', 'null'])
      expect(await outcome(url, origin)).toContain('401');
  });

  test('binary messages and messages that are too long end the connection', async () => {
    const url = (await server('ws:127.0.0.1:0', { maxLine: 1000 })).endpoints[0]?.replace('ws:', 'ws://') as string;
    for (const [message, code] of [
      [Buffer.from('{}'), 1003],
      ['x'.repeat(1001), 1009],
    ] as const) {
      const socket = new WebSocket(url);
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(message);
      expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(code);
    }
  });

  test('a browser that asks for a page is told what this is', async () => {
    const url = (await server('ws:127.0.0.1:0')).endpoints[0]?.replace('ws:', 'http://') as string;
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([426, 'WebSocket only\n']);
  });
});
