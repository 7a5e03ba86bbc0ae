import { bytesToUtf8 } from '@noble/ciphers/utils.js';
import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import type { Infer } from '@rootcap/struct';
import type { Namespace } from '../namespace.ts';
import type { ByteQueue } from './byte-queue.ts';
import { NbdProtocolError } from './errors.ts';
import {
  BlockSizeInfo,
  ExportInfo,
  Greeting,
  HANDSHAKE_FLAG,
  IHAVEOPT,
  INFO,
  MAX_PAYLOAD,
  NBDMAGIC,
  OPTION,
  OPTION_REPLY,
  OPTION_REPLY_MAGIC,
  OptionHeader,
  OptionReply,
  TRANSMISSION_FLAG,
} from './protocol.ts';

/** Longest data of an option that is looked at: names have at most 4096 bytes. */
const MAX_OPTION = 16_384;
/** Data up to here is read over, so that the client learns what was wrong. */
const MAX_SKIPPED = 1_048_576;
const MAX_OPTIONS = 64;
const META_CONTEXT = 'base:allocation';
/** The only context there is. */
export const ALLOCATION_CONTEXT_ID = 1;

/** `allow`: who wants TLS gets it; `require`: without it nothing is told. */
export type TlsPolicy = 'off' | 'allow' | 'require';

/** What client and server agreed on. */
export interface Agreement {
  readonly namespace: Namespace;
  readonly structured: boolean;
  /** Whether `base:allocation` may be asked for. */
  readonly allocation: boolean;
}

export interface NegotiationOptions {
  readonly exports: () => readonly Namespace[];
  readonly tls: TlsPolicy;
  readonly send: (bytes: Uint8Array) => void;
}

/** What became of the haggling so far. */
export type NegotiationState = 'more' | 'tls' | 'aborted' | Agreement;

/** Reads the fields of an option's data. */
class OptionReader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#data.length;
  }

  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  /** Length and text. */
  text(): string {
    const size = this.u32();
    if (size > this.#data.length - this.#at) throw new RangeError('a text is longer than the option');
    this.#at += size;
    return bytesToUtf8(this.#data.subarray(this.#at - size, this.#at));
  }
}

/** The haggling at the start of a connection: fixed newstyle. */
export class Negotiation {
  readonly #exports: () => readonly Namespace[];
  readonly #tls: TlsPolicy;
  readonly #send: (bytes: Uint8Array) => void;
  #flags: number | undefined;
  #secured = false;
  #structured = false;
  /** The export that `base:allocation` was chosen for. */
  #allocationOf: string | undefined;
  #options = 0;
  #header: Infer<typeof OptionHeader> | undefined;
  /** Bytes of an option that is refused for its length. */
  #skip = 0;

  constructor({ exports, tls, send }: NegotiationOptions) {
    this.#exports = exports;
    this.#tls = tls;
    this.#send = send;
  }

  greet(): void {
    const flags = HANDSHAKE_FLAG.FIXED_NEWSTYLE | HANDSHAKE_FLAG.NO_ZEROES;
    this.#send(
      Greeting.encode({
        magicHigh: NBDMAGIC.high,
        magicLow: NBDMAGIC.low,
        optionHigh: IHAVEOPT.high,
        optionLow: IHAVEOPT.low,
        flags,
      }),
    );
  }

  /** The wire is encrypted from here on; what was agreed on before does not count. */
  secured(): void {
    this.#secured = true;
    this.#structured = false;
    this.#allocationOf = undefined;
  }

  /**
   * Takes one step with the bytes that came.
   *
   * @returns undefined if more are needed
   * @throws NbdProtocolError if the connection cannot go on
   */
  step(input: ByteQueue): NegotiationState | undefined {
    if (this.#skip > 0) {
      if (input.length === 0) return undefined;
      this.#skip -= input.takeSome(this.#skip).length;
      return 'more';
    }
    if (this.#flags === undefined) return this.#clientFlags(input);
    this.#header ??= this.#optionHeader(input);
    if (this.#header === undefined) return undefined;
    const { option, length } = this.#header;
    if (length <= MAX_OPTION && input.length < length) return undefined;
    this.#header = undefined;
    if (length > MAX_OPTION) return this.#tooBig(option, length);
    if (++this.#options > MAX_OPTIONS)
      throw new NbdProtocolError('TOO_MANY_OPTIONS', `more than ${MAX_OPTIONS} options`);
    return this.#option(option, input.take(length));
  }

  #clientFlags(input: ByteQueue): NegotiationState | undefined {
    if (input.length < 4) return undefined;
    const flags = new OptionReader(input.take(4)).u32();
    if ((flags & ~(HANDSHAKE_FLAG.FIXED_NEWSTYLE | HANDSHAKE_FLAG.NO_ZEROES)) !== 0)
      throw new NbdProtocolError('BAD_FLAGS', `the client's flags 0x${flags.toString(16)} are not known`);
    this.#flags = flags;
    return 'more';
  }

  #optionHeader(input: ByteQueue): Infer<typeof OptionHeader> | undefined {
    if (input.length < OptionHeader.size) return undefined;
    const header = OptionHeader.decode(input.take(OptionHeader.size));
    if (header.magicHigh !== IHAVEOPT.high || header.magicLow !== IHAVEOPT.low)
      throw new NbdProtocolError('BAD_MAGIC', 'an option does not begin with IHAVEOPT');
    return header;
  }

  #tooBig(option: number, length: number): NegotiationState {
    if (length > MAX_SKIPPED) throw new NbdProtocolError('TOO_BIG', `an option of ${length} bytes`);
    this.#skip = length;
    this.#reply(option, OPTION_REPLY.ERR_TOO_BIG, utf8ToBytes(`at most ${MAX_OPTION} bytes`));
    return 'more';
  }

  #option(option: number, data: Uint8Array): NegotiationState {
    if (option === OPTION.ABORT) {
      this.#reply(option, OPTION_REPLY.ACK);
      return 'aborted';
    }
    if (option === OPTION.STARTTLS) return this.#tlsOption(data);
    if (this.#tls === 'require' && !this.#secured) {
      if (option === OPTION.EXPORT_NAME)
        throw new NbdProtocolError('UNKNOWN_EXPORT', 'an export was asked for without TLS');
      return this.#refuse(option, OPTION_REPLY.ERR_TLS_REQD, 'TLS is required');
    }
    try {
      return this.#plainOption(option, data);
    } catch (error) {
      if (error instanceof RangeError) return this.#refuse(option, OPTION_REPLY.ERR_INVALID, 'malformed');
      throw error;
    }
  }

  #plainOption(option: number, data: Uint8Array): NegotiationState {
    switch (option) {
      case OPTION.EXPORT_NAME:
        return this.#exportName(bytesToUtf8(data));
      case OPTION.LIST:
        return this.#list(data);
      case OPTION.INFO:
      case OPTION.GO:
        return this.#info(option, new OptionReader(data));
      case OPTION.STRUCTURED_REPLY:
        if (data.length > 0) throw new RangeError('data');
        this.#structured = true;
        return this.#acknowledge(option);
      case OPTION.LIST_META_CONTEXT:
      case OPTION.SET_META_CONTEXT:
        return this.#metaContext(option, new OptionReader(data));
      default:
        return this.#refuse(option, OPTION_REPLY.ERR_UNSUP, 'not supported');
    }
  }

  #tlsOption(data: Uint8Array): NegotiationState {
    if (this.#tls === 'off') return this.#refuse(OPTION.STARTTLS, OPTION_REPLY.ERR_POLICY, 'TLS is not configured');
    if (data.length > 0 || this.#secured) return this.#refuse(OPTION.STARTTLS, OPTION_REPLY.ERR_INVALID, 'malformed');
    this.#acknowledge(OPTION.STARTTLS);
    return 'tls';
  }

  #exportName(name: string): NegotiationState {
    const namespace = this.#find(name);
    if (namespace === undefined) throw new NbdProtocolError('UNKNOWN_EXPORT', 'there is no export of that name');
    const { type: _, ...info } = exportInfo(namespace, this.#structured);
    const zeros = ((this.#flags as number) & HANDSHAKE_FLAG.NO_ZEROES) === 0 ? 124 : 0;
    const reply = new Uint8Array(10 + zeros);
    reply.set(ExportInfo.encode({ type: 0, ...info }).subarray(2));
    this.#send(reply);
    return this.#agree(namespace);
  }

  #list(data: Uint8Array): NegotiationState {
    if (data.length > 0) throw new RangeError('data');
    for (const { name } of this.#exports()) this.#reply(OPTION.LIST, OPTION_REPLY.SERVER, counted(name));
    return this.#acknowledge(OPTION.LIST);
  }

  #info(option: number, data: OptionReader): NegotiationState {
    const name = data.text();
    const asked = Array.from({ length: data.u16() }, () => data.u16());
    if (!data.done) throw new RangeError('data');
    const namespace = this.#find(name);
    if (namespace === undefined)
      return this.#refuse(option, OPTION_REPLY.ERR_UNKNOWN, 'there is no export of that name');
    this.#reply(option, OPTION_REPLY.INFO, ExportInfo.encode(exportInfo(namespace, this.#structured)));
    if (asked.includes(INFO.NAME))
      this.#reply(option, OPTION_REPLY.INFO, concatBytes(Uint8Array.of(0, INFO.NAME), utf8ToBytes(namespace.name)));
    // Clients that do not ask for it may rely on it nevertheless.
    this.#reply(
      option,
      OPTION_REPLY.INFO,
      BlockSizeInfo.encode({ type: INFO.BLOCK_SIZE, minimum: 1, preferred: namespace.blockSize, maximum: MAX_PAYLOAD }),
    );
    this.#acknowledge(option);
    return option === OPTION.GO ? this.#agree(namespace) : 'more';
  }

  #metaContext(option: number, data: OptionReader): NegotiationState {
    if (!this.#structured) return this.#refuse(option, OPTION_REPLY.ERR_INVALID, 'structured replies come first');
    const name = data.text();
    const queries = Array.from({ length: Math.min(data.u32(), MAX_OPTION) }, () => data.text());
    if (!data.done) throw new RangeError('data');
    const setting = option === OPTION.SET_META_CONTEXT;
    if (setting) this.#allocationOf = undefined;
    const namespace = this.#find(name);
    if (namespace === undefined)
      return this.#refuse(option, OPTION_REPLY.ERR_UNKNOWN, 'there is no export of that name');
    const all = !setting && (queries.length === 0 || queries.includes('base:'));
    if (all || queries.includes(META_CONTEXT)) {
      const id = setting ? ALLOCATION_CONTEXT_ID : 0;
      this.#reply(
        option,
        OPTION_REPLY.META_CONTEXT,
        concatBytes(Uint8Array.of(0, 0, 0, id), utf8ToBytes(META_CONTEXT)),
      );
      if (setting) this.#allocationOf = namespace.name;
    }
    return this.#acknowledge(option);
  }

  /** The empty name is that of the first export. */
  #find(name: string): Namespace | undefined {
    const exports = this.#exports();
    return name === '' ? exports[0] : exports.find((namespace) => namespace.name === name);
  }

  #agree(namespace: Namespace): Agreement {
    return { namespace, structured: this.#structured, allocation: this.#allocationOf === namespace.name };
  }

  #acknowledge(option: number): 'more' {
    this.#reply(option, OPTION_REPLY.ACK);
    return 'more';
  }

  #refuse(option: number, type: number, reason: string): 'more' {
    this.#reply(option, type, utf8ToBytes(reason));
    return 'more';
  }

  #reply(option: number, type: number, data: Uint8Array = new Uint8Array(0)): void {
    const header = OptionReply.encode({
      magicHigh: OPTION_REPLY_MAGIC.high,
      magicLow: OPTION_REPLY_MAGIC.low,
      option,
      type,
      length: data.length,
    });
    this.#send(concatBytes(header, data));
  }
}

function exportInfo(
  { blockCount, blockSize }: Namespace,
  structured: boolean,
): Parameters<typeof ExportInfo.encode>[0] {
  const size = blockCount * blockSize;
  const all = Object.values(TRANSMISSION_FLAG).reduce((sum, flag) => sum | flag, 0);
  const flags = structured ? all : all & ~TRANSMISSION_FLAG.SEND_DF;
  return { type: INFO.EXPORT, sizeHigh: Math.floor(size / 2 ** 32), sizeLow: size % 2 ** 32, flags };
}

function counted(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  return concatBytes(Uint8Array.of(0, 0, bytes.length >>> 8, bytes.length & 0xff), bytes);
}
