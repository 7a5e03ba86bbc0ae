import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultProvider } from '@rootcap/crypto/default';
import { fuseWords, SOC_IFC_REG } from '@rootcap/hardware';
import { demoBundle, demoFuses } from 'rootcap';
import { percentile } from './statistics.ts';

/** Figures of the Device RPC over a Unix socket, server and client in two processes. */
export interface RpcFigures {
  /** Register reads a second, each waiting for the answer to the one before. */
  readonly single: number;
  /** Register reads a second in requests of {@link BATCH} operations. */
  readonly batched: number;
  readonly devices: number;
  /** Bytes of memory for each device that was made, and for each that was booted to its runtime. */
  readonly idleDevice: number;
  readonly bootedDevice: number;
}

const BATCH = 1000;
const SAMPLES = 40;
const DEVICES = 1000;
const BOOTED = 40;
const { base, registers } = SOC_IFC_REG;
const STATUS = base + registers.CPTRA_FLOW_STATUS.offset;
const MBOX = 0x3002_0000;

/** Sends requests one after the other. */
class Client {
  readonly #socket: Socket;
  #text: string[] = [];
  #resolve: (line: string) => void = () => {};

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.#text.push(text);
      if (!text.endsWith('\n')) return;
      const line = this.#text.join('');
      this.#text = [];
      this.#resolve(line);
    });
  }

  line(line: string): Promise<string> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#socket.write(line);
    });
  }

  async call(method: string, params: object = {}): Promise<Record<string, never>> {
    const reply = await this.line(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
    const { result, error } = JSON.parse(reply);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Rate of the best of ten samples, which other work on the machine hardly reaches. */
async function rate(operations: number, sample: () => Promise<void>): Promise<number> {
  const rates: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const start = performance.now();
    await sample();
    rates.push((operations * 1000) / (performance.now() - start));
  }
  return percentile(rates, 0.9);
}

async function boot(client: Client): Promise<void> {
  const provider = defaultProvider();
  const address = (name: keyof typeof registers): number => base + registers[name].offset;
  const fuses = fuseWords(demoFuses(provider)).flatMap(([name, words]) =>
    words.map((word, i) => ['w', address(name) + 4 * i, word]),
  );
  const configuration = [
    ['w', address('CPTRA_MBOX_VALID_AXI_USER'), 1],
    ['w', address('CPTRA_MBOX_AXI_USER_LOCK'), 1],
    ['w', address('CPTRA_WDT_CFG'), 100_000_000],
    ['w', address('CPTRA_FUSE_WR_DONE'), 1],
    ['w', address('CPTRA_BOOTFSM_GO'), 1],
  ];
  await client.call('create', { securityState: 7 });
  await client.call('transfer', { ops: [...fuses, ...configuration] });
  await client.call('step', { cycles: 2 ** 24 });
  const bundle = demoBundle(provider);
  await client.call('transfer', {
    ops: [
      ['r', MBOX],
      ['w', MBOX + 8, 0x4657_4c44],
      ['w', MBOX + 12, bundle.length],
      ['wf', MBOX + 16, Buffer.from(bundle).toString('hex')],
      ['w', MBOX + 24, 1],
    ],
  });
  const ready = { address: STATUS, mask: 1 << 29, value: 1 << 29 };
  const { reason } = await client.call('step', { cycles: 2 ** 26, until: ready });
  if (reason !== 'until') throw new Error(`boot: ended by ${String(reason)}`);
}

function memory(server: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    server.once('message', (answer) => resolve((answer as { bytes: number }).bytes));
    server.send('memory');
  });
}

export async function measureDeviceRpc(): Promise<RpcFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'rootcap-bench-'));
  const path = join(directory, 'chip.sock');
  const script = fileURLToPath(new URL('./rpc-server.js', import.meta.url));
  const server = fork(script, [`unix:${path}`], { execArgv: ['--expose-gc'] });
  await new Promise((resolve) => server.once('message', resolve));
  try {
    const client = new Client(path);
    await client.call('create');
    const read = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'read', params: { address: STATUS } })}\n`;
    const single = await rate(BATCH, async () => {
      for (let i = 0; i < BATCH; i++) await client.line(read);
    });
    const ops = Array.from({ length: BATCH }, () => ['r', STATUS]);
    const batch = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'transfer', params: { ops } })}\n`;
    const batched = await rate(20 * BATCH, async () => {
      for (let i = 0; i < 20; i++) await client.line(batch);
    });
    await boot(client);

    const before = await memory(server);
    const many = Array.from({ length: DEVICES }, () => new Client(path));
    for (const one of many) await one.call('create');
    const idle = await memory(server);
    for (const one of many.slice(0, BOOTED)) await boot(one);
    const booted = await memory(server);
    for (const one of [client, ...many]) one.close();
    const idleDevice = (idle - before) / DEVICES;
    return { single, batched, devices: DEVICES, idleDevice, bootedDevice: idleDevice + (booted - idle) / BOOTED };
  } finally {
    server.disconnect();
    rmSync(directory, { recursive: true, force: true });
  }
}
