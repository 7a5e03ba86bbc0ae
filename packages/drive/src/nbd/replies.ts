import { utf8ToBytes } from '@rootcap/crypto';
import { struct, u16be, u32be } from '@rootcap/struct';
import {
  CHUNK_FLAG_DONE,
  CHUNK_TYPE,
  type Request,
  SIMPLE_REPLY_MAGIC,
  SimpleReply,
  STRUCTURED_REPLY_MAGIC,
  StructuredReply,
} from './protocol.ts';
import type { ReplyBuffer } from './reply-buffer.ts';

/** What a reply belongs to. */
export type Cookie = Pick<Request, 'cookieHigh' | 'cookieLow'>;

/** One run of bytes and its state. */
export interface Extent {
  readonly length: number;
  readonly flags: number;
}

const DataChunk = struct('NBD_REPLY_TYPE_OFFSET_DATA', { offsetHigh: u32be, offsetLow: u32be });
const ErrorChunk = struct('NBD_REPLY_TYPE_ERROR', { error: u32be, messageLength: u16be });
const ExtentField = struct('NBD extent', { length: u32be, flags: u32be });

/** Writes the replies of one connection: simple ones, or structured ones of a single chunk. */
export class Replies {
  readonly #out: ReplyBuffer;
  readonly #structured: boolean;

  constructor(out: ReplyBuffer, structured: boolean) {
    this.#out = out;
    this.#structured = structured;
  }

  /** The answer to what gives no data. */
  done(cookie: Cookie, error = 0): void {
    writeSimple(this.#out.reserve(SimpleReply.size), cookie, error);
  }

  /** The answer to a read or a status request that failed. */
  failed(cookie: Cookie, error: number, message: string): void {
    if (!this.#structured) {
      this.done(cookie, error);
      return;
    }
    const text = utf8ToBytes(message);
    const data = this.#chunk(cookie, CHUNK_TYPE.ERROR, ErrorChunk.size + text.length);
    ErrorChunk.write(data, 0, { error, messageLength: text.length });
    data.set(text, ErrorChunk.size);
  }

  /** The answer to a read. @param fill - puts the data into its array; if it throws, nothing was answered */
  data(cookie: Cookie, offset: number, size: number, fill: (into: Uint8Array) => void): void {
    const before = this.#structured ? StructuredReply.size + DataChunk.size : SimpleReply.size;
    const room = this.#out.reserve(before + size);
    try {
      fill(room.subarray(before));
    } catch (error) {
      this.#out.release(before + size);
      throw error;
    }
    if (!this.#structured) {
      writeSimple(room, cookie, 0);
      return;
    }
    writeStructured(room, cookie, CHUNK_TYPE.OFFSET_DATA, DataChunk.size + size);
    const offsetHigh = Math.floor(offset / 2 ** 32);
    DataChunk.write(room, StructuredReply.size, { offsetHigh, offsetLow: offset % 2 ** 32 });
  }

  status(cookie: Cookie, context: number, extents: readonly Extent[]): void {
    const data = this.#chunk(cookie, CHUNK_TYPE.BLOCK_STATUS, u32be.size + ExtentField.size * extents.length);
    u32be.write(data, 0, context);
    for (const [index, extent] of extents.entries())
      ExtentField.write(data, u32be.size + ExtentField.size * index, extent);
  }

  /** @returns where the chunk's data goes */
  #chunk(cookie: Cookie, type: number, length: number): Uint8Array {
    const room = this.#out.reserve(StructuredReply.size + length);
    writeStructured(room, cookie, type, length);
    return room.subarray(StructuredReply.size);
  }
}

function writeSimple(room: Uint8Array, { cookieHigh, cookieLow }: Cookie, error: number): void {
  SimpleReply.write(room, 0, { magic: SIMPLE_REPLY_MAGIC, error, cookieHigh, cookieLow });
}

function writeStructured(room: Uint8Array, { cookieHigh, cookieLow }: Cookie, type: number, length: number): void {
  const magic = STRUCTURED_REPLY_MAGIC;
  StructuredReply.write(room, 0, { magic, flags: CHUNK_FLAG_DONE, type, cookieHigh, cookieLow, length });
}
