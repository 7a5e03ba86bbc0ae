import { type H2CData, NvmeTransportError } from './pdu.ts';

type DataHeader = ReturnType<typeof H2CData.decode>;

/** Bytes that a connection keeps for writes whose data are on their way. */
const MAX_OPEN = 4 << 20;
const TAGS = 0x1_0000;

interface Transfer<C> {
  readonly command: C;
  readonly cid: number;
  readonly data: Uint8Array;
  received: number;
  intact: boolean;
}

/** A command all of whose data have come. */
export interface Arrived<C> {
  readonly command: C;
  readonly data: Uint8Array;
  /** False if a digest was wrong. */
  readonly intact: boolean;
}

/** A request for data that is to be sent. */
export interface ReadyToTransfer {
  readonly cid: number;
  readonly tag: number;
  readonly length: number;
}

interface Waiting<C> {
  readonly command: C;
  readonly cid: number;
  readonly length: number;
}

/** Data that the host sends for its commands, each asked for with one R2T. Buffers are made as there is room. */
export class InboundTransfers<C> {
  readonly #open = new Map<number, Transfer<C>>();
  readonly #waiting: Waiting<C>[] = [];
  #size = 0;
  #next = 0;

  /** A command whose data are to be fetched. @returns the requests to send now */
  request(command: C, cid: number, length: number): ReadyToTransfer[] {
    this.#waiting.push({ command, cid, length });
    return this.#admit();
  }

  #admit(): ReadyToTransfer[] {
    const requests: ReadyToTransfer[] = [];
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || (this.#size > 0 && this.#size + first.length > MAX_OPEN)) return requests;
      this.#waiting.shift();
      while (this.#open.has(this.#next)) this.#next = (this.#next + 1) % TAGS;
      const tag = this.#next;
      this.#next = (tag + 1) % TAGS;
      const { command, cid, length } = first;
      this.#open.set(tag, { command, cid, data: new Uint8Array(length), received: 0, intact: true });
      this.#size += length;
      requests.push({ cid, tag, length });
    }
  }

  /**
   * Takes data.
   *
   * @returns the command if it is complete, and what can be asked for in its stead
   * @throws NvmeTransportError if they were not asked for
   */
  receive(
    header: DataHeader,
    data: Uint8Array,
    { last, intact }: { readonly last: boolean; readonly intact: boolean },
  ): { readonly arrived?: Arrived<C>; readonly requests: ReadyToTransfer[] } {
    const { cccid, ttag, datao, datal } = header;
    const transfer = this.#open.get(ttag);
    const refuse = (detail: string, offset: number): NvmeTransportError =>
      new NvmeTransportError('DATA_TRANSFER_OUT_OF_RANGE', detail, offset);
    if (transfer === undefined || transfer.cid !== cccid)
      throw new NvmeTransportError('PDU_SEQUENCE_ERROR', `data for command ${cccid}, tag ${ttag}: not asked for`, 8);
    if (datal !== data.length || datal === 0) throw refuse(`DATAL ${datal}, ${data.length} bytes came`, 16);
    if (datao !== transfer.received) throw refuse(`DATAO ${datao}, ${transfer.received} is next`, 12);
    const end = datao + datal;
    if (end > transfer.data.length) throw refuse(`data up to ${end} of ${transfer.data.length}`, 16);
    if (last !== (end === transfer.data.length)) throw refuse(`LAST_PDU at ${end} of ${transfer.data.length}`, 1);
    transfer.data.set(data, datao);
    transfer.received = end;
    transfer.intact &&= intact;
    if (!last) return { requests: [] };
    this.#open.delete(ttag);
    this.#size -= transfer.data.length;
    const arrived = { command: transfer.command, data: transfer.data, intact: transfer.intact };
    return { arrived, requests: this.#admit() };
  }

  clear(): void {
    this.#open.clear();
    this.#waiting.length = 0;
    this.#size = 0;
  }
}
