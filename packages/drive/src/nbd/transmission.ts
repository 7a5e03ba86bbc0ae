import { DriveError } from '../errors.ts';
import type { Namespace } from '../namespace.ts';
import { BlockAccess, IncomingWrite } from './block-access.ts';
import type { ByteQueue } from './byte-queue.ts';
import { NbdProtocolError } from './errors.ts';
import { type Agreement, ALLOCATION_CONTEXT_ID } from './negotiation.ts';
import { COMMAND, COMMAND_FLAG, EXTENT, MAX_PAYLOAD, NBD_ERROR, REQUEST_MAGIC, Request } from './protocol.ts';
import { type Extent, Replies } from './replies.ts';
import type { ReplyBuffer } from './reply-buffer.ts';

/** Flushes of a connection that may run at the same time. */
const MAX_FLUSHES = 64;
/** Blocks in one piece of a trim or of zeros: 16 MiB. */
const PIECE_BLOCKS = 4096;
/** Blocks that one status request may look at: 64 MiB; and extents in its answer. */
const MAX_STATUS_BLOCKS = 16_384;
const MAX_EXTENTS = 1024;

const KNOWN_FLAGS: Readonly<Record<number, number>> = {
  [COMMAND.READ]: COMMAND_FLAG.FUA | COMMAND_FLAG.DF,
  [COMMAND.WRITE]: COMMAND_FLAG.FUA,
  [COMMAND.FLUSH]: COMMAND_FLAG.FUA,
  [COMMAND.TRIM]: COMMAND_FLAG.FUA,
  [COMMAND.WRITE_ZEROES]: COMMAND_FLAG.FUA | COMMAND_FLAG.NO_HOLE,
  [COMMAND.BLOCK_STATUS]: COMMAND_FLAG.FUA | COMMAND_FLAG.REQ_ONE,
};

export interface TransmissionOptions {
  readonly agreement: Agreement;
  readonly out: ReplyBuffer;
  /** Something finished by itself: what it answered is to be sent, and work may go on. */
  readonly wake: () => void;
  /** Hears what is no refusal of the drive. */
  readonly onError: (error: unknown) => void;
}

/** A request in work, and what went wrong with it. */
interface Pending {
  readonly request: Request;
  error: number;
}

/** A write whose data arrives. */
interface ActiveWrite extends Pending {
  readonly incoming: IncomingWrite;
  /** Bytes of data that are still to come. */
  awaited: number;
}

/** The requests of a connection, in order. Only flushes run on while others are served. */
export class Transmission {
  readonly #namespace: Namespace;
  readonly #size: number;
  readonly #access: BlockAccess;
  readonly #allocation: boolean;
  readonly #replies: Replies;
  readonly #wake: () => void;
  readonly #onError: (error: unknown) => void;
  #write: ActiveWrite | undefined;
  /** The rest of a long request. */
  #job: (() => boolean) | undefined;
  #flushes = 0;
  #disconnecting = false;

  constructor({ agreement, out, wake, onError }: TransmissionOptions) {
    this.#namespace = agreement.namespace;
    this.#size = agreement.namespace.blockCount * agreement.namespace.blockSize;
    this.#access = new BlockAccess(agreement.namespace);
    this.#allocation = agreement.allocation;
    this.#replies = new Replies(out, agreement.structured);
    this.#wake = wake;
    this.#onError = onError;
  }

  /** Whether a request has begun to arrive and is not complete. */
  get midRequest(): boolean {
    return this.#write !== undefined;
  }

  /** Whether the client said good-bye and everything is answered. */
  get finished(): boolean {
    return this.#disconnecting && this.#flushes === 0;
  }

  /**
   * Does the next piece of work.
   *
   * @returns bytes of work done, 0 if there is nothing to do now
   * @throws NbdProtocolError if the stream makes no sense
   */
  step(input: ByteQueue): number {
    if (this.#disconnecting) return 0;
    if (this.#job !== undefined) {
      if (this.#job()) this.#job = undefined;
      return PIECE_BLOCKS * this.#namespace.blockSize;
    }
    if (this.#write !== undefined) return this.#goOnWriting(input);
    if (input.length < Request.size || this.#flushes >= MAX_FLUSHES) return 0;
    const request = Request.decode(input.take(Request.size));
    if (request.magic !== REQUEST_MAGIC)
      throw new NbdProtocolError('BAD_MAGIC', 'a request does not begin with its magic');
    this.#begin(request);
    return Request.size + request.length;
  }

  #begin(request: Request): void {
    const { type, flags, length } = request;
    if (type === COMMAND.DISC) {
      this.#disconnecting = true;
      return;
    }
    const known = KNOWN_FLAGS[type];
    const malformed = known === undefined || (flags & ~known) !== 0;
    if (type === COMMAND.READ) this.#read(request, malformed);
    else if (type === COMMAND.WRITE) this.#startWriting(request, malformed);
    else if (type === COMMAND.FLUSH) this.#finish({ request, error: malformed ? NBD_ERROR.EINVAL : 0 }, !malformed);
    else if (type === COMMAND.TRIM || type === COMMAND.WRITE_ZEROES) this.#clear(request, malformed);
    else if (type === COMMAND.BLOCK_STATUS) this.#status(request, malformed || !this.#allocation || length === 0);
    else this.#replies.done(request, NBD_ERROR.EINVAL);
  }

  #read(request: Request, malformed: boolean): void {
    const { length } = request;
    const offset = offsetOf(request);
    if (malformed || length === 0 || length > MAX_PAYLOAD || offset + length > this.#size) {
      this.#replies.failed(request, NBD_ERROR.EINVAL, 'no read within the export');
      return;
    }
    try {
      this.#replies.data(request, offset, length, (into) => this.#access.read(offset, into));
    } catch (error) {
      this.#replies.failed(request, this.#errorOf(error), messageOf(error));
    }
  }

  #startWriting(request: Request, malformed: boolean): void {
    const { length } = request;
    const offset = offsetOf(request);
    const incoming = new IncomingWrite(this.#access, this.#namespace.blockSize, offset, length);
    let error = 0;
    if (malformed || length > MAX_PAYLOAD) error = NBD_ERROR.EINVAL;
    else if (offset + length > this.#size) error = NBD_ERROR.ENOSPC;
    this.#write = { request, incoming, error, awaited: length };
    if (length === 0) this.#endWriting(this.#write);
  }

  #goOnWriting(input: ByteQueue): number {
    const write = this.#write;
    if (write === undefined || input.length === 0) return 0;
    const piece = input.takeSome(write.awaited);
    write.awaited -= piece.length;
    // After an error the rest is read over, so that the next request is found.
    if (write.error === 0) {
      try {
        write.incoming.take(piece);
      } catch (error) {
        write.error = this.#errorOf(error);
      }
    }
    if (write.awaited === 0) this.#endWriting(write);
    return piece.length;
  }

  #endWriting(write: Pending): void {
    this.#write = undefined;
    this.#finish(write, (write.request.flags & COMMAND_FLAG.FUA) !== 0);
  }

  /** Trim and zeros, in pieces. A trim leaves bytes that are no whole block; of zeros they are written. */
  #clear(request: Request, malformed: boolean): void {
    const { type, flags, length } = request;
    const offset = offsetOf(request);
    const pending: Pending = { request, error: 0 };
    if (malformed) pending.error = NBD_ERROR.EINVAL;
    else if (offset + length > this.#size) pending.error = type === COMMAND.TRIM ? NBD_ERROR.EINVAL : NBD_ERROR.ENOSPC;
    const { blockSize } = this.#namespace;
    let lba = Math.ceil(offset / blockSize);
    const end = Math.floor((offset + length) / blockSize);
    const clear = (at: number, count: number): void => {
      if (type === COMMAND.TRIM) this.#namespace.deallocate(at, count);
      else this.#namespace.writeZeroes(at, count, (flags & COMMAND_FLAG.NO_HOLE) === 0);
    };
    const attempt = (action: () => void): void => {
      try {
        if (pending.error === 0) action();
      } catch (error) {
        pending.error = this.#errorOf(error);
      }
    };
    if (type === COMMAND.WRITE_ZEROES) attempt(() => this.#zeroEdges(offset, length));
    this.#job = () => {
      const count = Math.min(PIECE_BLOCKS, end - lba);
      if (count > 0) attempt(() => clear(lba, count));
      lba += count;
      if (count > 0 && lba < end && pending.error === 0) return false;
      this.#finish(pending, (flags & COMMAND_FLAG.FUA) !== 0);
      return true;
    };
    if (this.#job()) this.#job = undefined;
  }

  /** Zeros in the first and the last block, if these are not whole. */
  #zeroEdges(offset: number, length: number): void {
    const { blockSize } = this.#namespace;
    const end = offset + length;
    const head = Math.min(length, (blockSize - (offset % blockSize)) % blockSize);
    if (head > 0) this.#access.patch(Math.floor(offset / blockSize), offset % blockSize, new Uint8Array(head));
    const tail = head === length ? 0 : end % blockSize;
    if (tail > 0) this.#access.patch(Math.floor(end / blockSize), 0, new Uint8Array(tail));
  }

  #status(request: Request, malformed: boolean): void {
    const { flags, length } = request;
    const offset = offsetOf(request);
    if (malformed || offset + length > this.#size) {
      this.#replies.failed(request, NBD_ERROR.EINVAL, 'no status within the export was agreed on');
      return;
    }
    try {
      const most = (flags & COMMAND_FLAG.REQ_ONE) === 0 ? MAX_EXTENTS : 1;
      this.#replies.status(request, ALLOCATION_CONTEXT_ID, this.#extents(offset, length, most));
    } catch (error) {
      this.#replies.failed(request, this.#errorOf(error), messageOf(error));
    }
  }

  /** Runs from `offset` on; fewer than asked for if they are many or long. */
  #extents(offset: number, length: number, most: number): Extent[] {
    const { blockSize } = this.#namespace;
    const extents: Extent[] = [];
    const last = Math.ceil((offset + length) / blockSize);
    const first = Math.floor(offset / blockSize);
    for (let lba = first; lba < last && extents.length < most && lba - first < MAX_STATUS_BLOCKS; ) {
      const { allocated, count } = this.#namespace.allocation(lba, Math.min(last - lba, MAX_STATUS_BLOCKS));
      const from = Math.max(offset, lba * blockSize);
      const to = Math.min(offset + length, (lba + count) * blockSize);
      extents.push({ length: to - from, flags: allocated ? 0 : EXTENT.HOLE | EXTENT.ZERO });
      lba += count;
    }
    return extents;
  }

  /** Answers, after a flush if one was asked for. */
  #finish({ request, error }: Pending, flush: boolean): void {
    if (!flush || error !== 0) {
      this.#replies.done(request, error);
      return;
    }
    this.#flushes++;
    const end = (result: number): void => {
      this.#flushes--;
      this.#replies.done(request, result);
      this.#wake();
    };
    this.#namespace.flush().then(
      () => end(0),
      (failure) => end(this.#errorOf(failure)),
    );
  }

  #errorOf(error: unknown): number {
    if (!(error instanceof DriveError)) {
      this.#onError(error);
      return NBD_ERROR.EIO;
    }
    switch (error.code) {
      case 'LOCKED':
      case 'READ_ONLY':
        return NBD_ERROR.EPERM;
      case 'OUT_OF_BOUNDS':
        return NBD_ERROR.EINVAL;
      case 'NO_SPACE':
        return NBD_ERROR.ENOSPC;
      default:
        return NBD_ERROR.EIO;
    }
  }
}

const offsetOf = ({ offsetHigh, offsetLow }: Request): number => offsetHigh * 2 ** 32 + offsetLow;

/** Only refusals of the drive are told: they name no secret. */
const messageOf = (error: unknown): string => (error instanceof DriveError ? error.message : 'internal error');
