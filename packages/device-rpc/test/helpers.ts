import { hexToBytes } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { Host, Session } from '@rootcap/device-rpc';
import { COMMAND_ID, type CommandName, sealMessage } from '@rootcap/firmware';
import { type Fuses, fuseWords, SOC_IFC_REG } from '@rootcap/hardware';
import { demoBundle, demoFuses } from 'rootcap';

export const provider = defaultProvider();
const MBOX = 0x3002_0000;
export const LOCK = MBOX;
export const CMD = MBOX + 8;
export const DLEN = MBOX + 0xc;
export const DATAIN = MBOX + 0x10;
export const DATAOUT = MBOX + 0x14;
export const EXECUTE = MBOX + 0x18;
export const STATUS = MBOX + 0x1c;

/** Address of a register of the SoC interface. */
export function soc(name: keyof typeof SOC_IFC_REG.registers, index = 0): number {
  return SOC_IFC_REG.base + SOC_IFC_REG.registers[name].offset + 4 * index;
}

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: what a test looks into
type Json = any;

/** A client in this process. */
export class Client {
  readonly session: Session;
  /** Lines that the session sent and nobody has looked at. */
  readonly lines: string[] = [];
  readonly events: Json[] = [];
  #id = 0;

  constructor(host: Host = new Host({ provider })) {
    this.session = new Session({ host, send: (line) => this.lines.push(line) });
  }

  /** Sends a line as it is. @returns what came back */
  raw(line: string): Json[] {
    this.session.call(line);
    return this.lines.splice(0).map((text) => JSON.parse(text));
  }

  /** @returns the reply, error or not; events go aside */
  reply(method: string, params: Json = {}): Json {
    const id = ++this.#id;
    const messages = this.raw(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    this.events.push(...messages.filter((message) => message.method === 'event').map(({ params }) => params));
    const [reply, ...more] = messages.filter((message) => message.method !== 'event');
    if (more.length > 0 || reply?.id !== id) throw new Error(`${method}: ${messages.length} replies`);
    return reply;
  }

  /** @returns the result @throws Error with the protocol's error */
  call(method: string, params: Json = {}): Json {
    const { error, result } = this.reply(method, params);
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  fails(method: string, params: Json = {}): RpcFailure {
    return this.reply(method, params).error;
  }

  ops(...ops: Json[]): Json[] {
    return this.call('transfer', { ops }).results;
  }

  read(address: number): number {
    return this.call('read', { address }).value;
  }

  write(address: number, value: number): void {
    this.call('write', { address, value });
  }

  step(cycles: number, more: Json = {}): Json {
    return this.call('step', { cycles, ...more });
  }

  // A board's usual sequence

  fuses(fuses: Fuses = demoFuses(provider)): this {
    const writes = fuseWords(fuses).flatMap(([name, words]) => words.map((word, i) => ['w', soc(name, i), word]));
    this.ops(...writes);
    return this;
  }

  go({ watchdog = 20_000_000, axiUser = 1, csr = false } = {}): this {
    this.ops(
      ['w', soc('CPTRA_FUSE_WR_DONE'), 1],
      ['w', soc('CPTRA_DBG_MANUF_SERVICE_REG'), Number(csr)],
      ['w', soc('CPTRA_WDT_CFG'), watchdog],
      ['w', soc('CPTRA_MBOX_VALID_AXI_USER'), axiUser],
      ['w', soc('CPTRA_MBOX_AXI_USER_LOCK'), 1],
      ['w', soc('CPTRA_BOOTFSM_GO'), 1],
    );
    return this;
  }

  /** Text that the firmware wrote until the device waits. */
  run(): string {
    let text = '';
    for (;;) {
      const { output = '', reason } = this.step(2 ** 24);
      text += output;
      if (reason === 'idle') return text;
    }
  }

  /** Sends a whole message; the answer, and the mailbox status. */
  send(command: number, message: Uint8Array): { status: number; data: Uint8Array } {
    const [locked] = this.ops(['r', LOCK]);
    if (locked !== 0) throw new Error('mailbox: locked');
    const hex = Buffer.from(message).toString('hex');
    this.ops(['w', CMD, command], ['w', DLEN, message.length], ['wf', DATAIN, hex], ['w', EXECUTE, 1]);
    let status = 0;
    for (let i = 0; status === 0 && i < 100; i++) status = this.step(2 ** 20, { watch: [STATUS] }).values[0] & 0xf;
    const size = status === 1 ? this.read(DLEN) : 0;
    const [data] = this.ops(['rf', DATAOUT, size], ['w', EXECUTE, 0]);
    this.step(1);
    return { status, data: hexToBytes(data) };
  }

  /** A command by name, its body without checksum. */
  command(name: CommandName, body: Uint8Array = new Uint8Array(0)): Uint8Array {
    const message = new Uint8Array(4 + body.length);
    message.set(body, 4);
    const { status, data } = this.send(COMMAND_ID[name], sealMessage(COMMAND_ID[name], message));
    if (status === 3) throw new Error(`${name}: 0x${this.read(soc('CPTRA_FW_ERROR_NON_FATAL')).toString(16)}`);
    return data;
  }

  load(bundle: Uint8Array = demoBundle(provider)): string {
    const { status } = this.send(COMMAND_ID.FIRMWARE_LOAD, bundle);
    if (status !== 2)
      throw new Error(`FIRMWARE_LOAD: status ${status}, error ${this.read(soc('CPTRA_FW_ERROR_FATAL'))}`);
    return this.run();
  }
}

/** A device of the demo vendor, in its runtime. */
export function booted(params: Json = {}, host?: Host): Client {
  const client = new Client(host);
  client.call('create', { securityState: 7, ...params });
  client.fuses().go();
  client.step(2 ** 24);
  client.load();
  return client;
}

/** Little-endian words of a hexadecimal string. */
export function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i));
}
