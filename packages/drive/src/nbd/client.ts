import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { u16be, u32be } from '@rootcap/struct';
import { ByteQueue } from './byte-queue.ts';
import { NbdProtocolError, NbdReplyError } from './errors.ts';
import {
  CHUNK_FLAG_DONE,
  CHUNK_TYPE,
  COMMAND,
  COMMAND_FLAG,
  ExportInfo,
  Greeting,
  HANDSHAKE_FLAG,
  IHAVEOPT,
  INFO,
  NBDMAGIC,
  OPTION,
  OPTION_REPLY,
  OptionHeader,
  OptionReply,
  REQUEST_MAGIC,
  Request,
  SIMPLE_REPLY_MAGIC,
  SimpleReply,
  STRUCTURED_REPLY_MAGIC,
  StructuredReply,
} from './protocol.ts';
import type { Extent } from './replies.ts';

/** The stream to a server. What comes from it goes to {@link NbdClient.receive}. */
export interface NbdClientWire {
  send(bytes: Uint8Array): void;
  end(): void;
}

export interface NbdClientOptions {
  readonly wire: NbdClientWire;
  /** Default: the server's first export. */
  readonly exportName?: string;
  /** Whether to ask for structured replies and `base:allocation`; default yes. */
  readonly structured?: boolean;
}

interface Waiting {
  readonly command: number;
  readonly length: number;
  resolve(data: Uint8Array): void;
  reject(error: unknown): void;
}

const META_CONTEXT = 'base:allocation';
const EMPTY = new Uint8Array(0);
const OFFSET_SIZE = 8;
const EXTENT_SIZE = 8;

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(u32be.size);
  u32be.write(bytes, 0, value);
  return bytes;
};
const counted = (text: string): Uint8Array => concatBytes(word(utf8ToBytes(text).length), utf8ToBytes(text));

/** A client of an NBD server, without a socket. Requests may run at the same time. */
export class NbdClient {
  readonly #wire: NbdClientWire;
  readonly #input = new ByteQueue();
  readonly #waiting = new Map<number, Waiting>();
  #needed: { readonly size: number; resolve(bytes: Uint8Array): void; reject(error: unknown): void } | undefined;
  #failure: unknown;
  #cookie = 0;
  #size = 0;

  private constructor(wire: NbdClientWire) {
    this.#wire = wire;
  }

  /**
   * Haggles with the server; `use` is given the client at once, so that what comes can be handed to it.
   *
   * @throws NbdProtocolError if the server is none, or has no such export
   */
  static async connect(options: NbdClientOptions, use: (client: NbdClient) => void): Promise<NbdClient> {
    const client = new NbdClient(options.wire);
    use(client);
    await client.#negotiate(options.exportName ?? '', options.structured ?? true);
    client.#listen().catch((error) => client.fail(error));
    return client;
  }

  /** Bytes of the export. */
  get size(): number {
    return this.#size;
  }

  receive(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#give();
  }

  /** The wire is gone: all that waits fails. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#needed?.reject(error);
    this.#needed = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#request(COMMAND.READ, 0, offset, length);
  }

  async write(offset: number, data: Uint8Array, options: { readonly fua?: boolean } = {}): Promise<void> {
    const flags = options.fua === true ? COMMAND_FLAG.FUA : 0;
    await this.#request(COMMAND.WRITE, flags, offset, data.length, data);
  }

  async flush(): Promise<void> {
    await this.#request(COMMAND.FLUSH, 0, 0, 0);
  }

  async trim(offset: number, length: number): Promise<void> {
    await this.#request(COMMAND.TRIM, 0, offset, length);
  }

  async writeZeroes(offset: number, length: number, options: { readonly noHole?: boolean } = {}): Promise<void> {
    await this.#request(COMMAND.WRITE_ZEROES, options.noHole === true ? COMMAND_FLAG.NO_HOLE : 0, offset, length);
  }

  /** Runs of `base:allocation` from `offset` on, perhaps not to the end. */
  async blockStatus(offset: number, length: number): Promise<Extent[]> {
    const data = await this.#request(COMMAND.BLOCK_STATUS, 0, offset, length);
    return Array.from({ length: (data.length - u32be.size) / EXTENT_SIZE }, (_, index) => {
      const at = u32be.size + EXTENT_SIZE * index;
      return { length: u32be.read(data, at), flags: u32be.read(data, at + u32be.size) };
    });
  }

  /** Says good-bye, and closes the wire. */
  disconnect(): void {
    this.#send(COMMAND.DISC, 0, 0, 0);
    this.#wire.end();
    this.fail(new NbdProtocolError('CLOSED', 'the client disconnected'));
  }

  async #negotiate(name: string, structured: boolean): Promise<void> {
    const greeting = Greeting.decode(await this.#take(Greeting.size));
    if (greeting.magicHigh !== NBDMAGIC.high || greeting.magicLow !== NBDMAGIC.low)
      throw new NbdProtocolError('BAD_MAGIC', 'the server does not greet as one of NBD');
    this.#wire.send(word(HANDSHAKE_FLAG.FIXED_NEWSTYLE | HANDSHAKE_FLAG.NO_ZEROES));
    if (structured) {
      await this.#option(OPTION.STRUCTURED_REPLY, EMPTY, () => undefined);
      const query = concatBytes(counted(name), word(1), counted(META_CONTEXT));
      await this.#option(OPTION.SET_META_CONTEXT, query, () => undefined);
    }
    await this.#option(OPTION.GO, concatBytes(counted(name), new Uint8Array(2)), (data) => {
      if (u16be.read(data, 0) !== INFO.EXPORT) return;
      const { sizeHigh, sizeLow } = ExportInfo.decode(data);
      this.#size = sizeHigh * 2 ** 32 + sizeLow;
    });
  }

  async #option(option: number, data: Uint8Array, each: (data: Uint8Array) => void): Promise<void> {
    const header = { magicHigh: IHAVEOPT.high, magicLow: IHAVEOPT.low, option, length: data.length };
    this.#wire.send(concatBytes(OptionHeader.encode(header), data));
    for (;;) {
      const { type, length } = OptionReply.decode(await this.#take(OptionReply.size));
      const answer = await this.#take(length);
      if (type === OPTION_REPLY.ACK) return;
      if (type >= OPTION_REPLY.ERR_UNSUP)
        throw new NbdProtocolError('REFUSED', `the server refuses option ${option} with 0x${type.toString(16)}`);
      each(answer);
    }
  }

  #request(command: number, flags: number, offset: number, length: number, data?: Uint8Array): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const cookie = this.#send(command, flags, offset, length, data);
      this.#waiting.set(cookie, { command, length, resolve, reject });
    });
  }

  #send(type: number, flags: number, offset: number, length: number, data?: Uint8Array): number {
    const cookie = this.#cookie++;
    const header = Request.encode({
      magic: REQUEST_MAGIC,
      flags,
      type,
      cookieHigh: 0,
      cookieLow: cookie,
      offsetHigh: Math.floor(offset / 2 ** 32),
      offsetLow: offset % 2 ** 32,
      length,
    });
    this.#wire.send(data === undefined ? header : concatBytes(header, data));
    return cookie;
  }

  async #listen(): Promise<never> {
    for (;;) {
      const magic = await this.#take(u32be.size);
      const kind = u32be.read(magic, 0);
      if (kind === SIMPLE_REPLY_MAGIC) await this.#simple(magic);
      else if (kind === STRUCTURED_REPLY_MAGIC) await this.#structured(magic);
      else throw new NbdProtocolError('BAD_MAGIC', 'a reply does not begin with its magic');
    }
  }

  async #simple(magic: Uint8Array): Promise<void> {
    const rest = await this.#take(SimpleReply.size - magic.length);
    const { error, cookieLow } = SimpleReply.decode(concatBytes(magic, rest));
    const waiting = this.#answered(cookieLow);
    if (error !== 0) waiting.reject(new NbdReplyError(error, ''));
    else waiting.resolve(waiting.command === COMMAND.READ ? await this.#take(waiting.length) : EMPTY);
  }

  async #structured(magic: Uint8Array): Promise<void> {
    const rest = await this.#take(StructuredReply.size - magic.length);
    const { flags, type, length, cookieLow } = StructuredReply.decode(concatBytes(magic, rest));
    const data = await this.#take(length);
    if ((flags & CHUNK_FLAG_DONE) === 0) throw new NbdProtocolError('BAD_FLAGS', 'a reply of several chunks');
    const waiting = this.#answered(cookieLow);
    if (type === CHUNK_TYPE.ERROR) {
      const text = String.fromCharCode(...data.subarray(6));
      waiting.reject(new NbdReplyError(u32be.read(data, 0), text));
    } else waiting.resolve(type === CHUNK_TYPE.OFFSET_DATA ? data.subarray(OFFSET_SIZE) : data);
  }

  #answered(cookie: number): Waiting {
    const waiting = this.#waiting.get(cookie);
    if (waiting === undefined) throw new NbdProtocolError('BAD_MAGIC', 'a reply that nobody waits for');
    this.#waiting.delete(cookie);
    return waiting;
  }

  #take(size: number): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#needed = { size, resolve, reject };
      this.#give();
    });
  }

  #give(): void {
    if (this.#needed === undefined || this.#input.length < this.#needed.size) return;
    const { size, resolve } = this.#needed;
    this.#needed = undefined;
    // A copy: pieces of the stream are not kept for it.
    resolve(this.#input.take(size).slice());
  }
}
