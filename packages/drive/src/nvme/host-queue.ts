import {
  CompletionQueueEntry,
  FABRICS_OPCODE,
  FabricsCommand,
  SGL_TYPE,
  SubmissionQueueEntry,
  transfersToController,
} from './command.ts';
import type { NvmeWire } from './connection.ts';
import { MAX_IN_CAPSULE, MAX_TRANSFER } from './identify.ts';
import {
  C2HData,
  CapsuleResp,
  DGST,
  FLAG,
  type Framing,
  ICResp,
  NvmeTransportError,
  type PduName,
  PLAIN,
  R2T,
} from './pdu.ts';
import { encodePdu, type Pdu, PduReader } from './pdu-stream.ts';
import { NvmeStatusError, STATUS, type StatusName, statusName } from './status.ts';

/** A command as a host gives it. What is left out is 0. */
export interface HostCommand {
  readonly opcode: number;
  readonly nsid?: number;
  readonly cdw10?: number;
  readonly cdw11?: number;
  readonly cdw12?: number;
  readonly cdw13?: number;
  readonly cdw14?: number;
  readonly cdw15?: number;
  /** Data for the controller. */
  readonly data?: Uint8Array;
  /** Bytes that the controller may send. */
  readonly length?: number;
}

export interface HostAnswer {
  /** Dwords 1 and 0 of the completion. */
  readonly result: bigint;
  readonly data: Uint8Array;
}

export interface DigestOptions {
  readonly headerDigest?: boolean;
  readonly dataDigest?: boolean;
}

interface Pending {
  /** What the controller may ask for. */
  readonly out: Uint8Array;
  readonly into: Uint8Array;
  received: number;
  resolve(answer: HostAnswer): void;
  reject(error: Error): void;
}

const CONTROLLER_PDUS: ReadonlySet<PduName> = new Set(['ICResp', 'C2HTermReq', 'CapsuleResp', 'C2HData', 'R2T']);
const NO_DATA = new Uint8Array(0);
const CIDS = 0x1_0000;
const PSDT_SGL = 1 << 6;

/** A status that this table does not know has no name; it is told in the message. */
function failure(status: number, result: bigint): Error {
  const name = statusName(status);
  if (Object.hasOwn(STATUS, name))
    return new NvmeStatusError(name as StatusName, undefined, Number(result & 0xffff_ffffn));
  return new Error(`NVMe status ${name}`);
}

/** A host's end of one NVMe/TCP connection. Bytes in, bytes out. */
export class NvmeHostQueue {
  readonly #wire: NvmeWire;
  readonly #digests: DigestOptions;
  readonly #reader = new PduReader({ accepts: CONTROLLER_PDUS, maxData: MAX_TRANSFER });
  readonly #pending = new Map<number, Pending>();
  #framing: Framing = PLAIN;
  #maxData = 0;
  #next = 0;
  #initialized: { resolve(): void; reject(error: Error): void } | undefined;
  #over: Error | undefined;

  constructor(wire: NvmeWire, digests: DigestOptions = {}) {
    this.#wire = wire;
    this.#digests = digests;
  }

  /** Exchanges ICReq and ICResp. */
  initialize(): Promise<void> {
    const { headerDigest = false, dataDigest = false } = this.#digests;
    const dgst = (headerDigest ? DGST.HDGST_ENABLE : 0) | (dataDigest ? DGST.DDGST_ENABLE : 0);
    const fields = { pfv: 0, pda: 0, dgst, limit: 0, reserved: new Uint8Array(112) };
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) reject(this.#over);
      this.#initialized = { resolve, reject };
      this.#wire.send(encodePdu({ name: 'ICReq', fields }, PLAIN));
    });
  }

  /** Takes bytes of the controller. */
  receive(chunk: Uint8Array): void {
    try {
      for (const pdu of this.#reader.read(chunk)) this.#take(pdu);
    } catch (error) {
      this.closed(error as Error);
      this.#wire.end();
    }
  }

  /** The connection is gone: everything that waits fails. */
  closed(reason = new Error('the connection was closed')): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#initialized?.reject(reason);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  end(): void {
    this.closed();
    this.#wire.end();
  }

  /** @throws NvmeStatusError, as a rejection, if the command does not succeed */
  command(command: HostCommand): Promise<HostAnswer> {
    const { data = NO_DATA, length = 0, ...dwords } = command;
    const inCapsule = data.length > 0 && data.length <= MAX_IN_CAPSULE;
    return this.#submit(data, length, inCapsule, (cid, sgl) =>
      SubmissionQueueEntry.encode({
        flags: PSDT_SGL,
        cid,
        nsid: 0,
        cdw2: 0,
        cdw3: 0,
        mptr: 0n,
        cdw10: 0,
        cdw11: 0,
        cdw12: 0,
        cdw13: 0,
        cdw14: 0,
        cdw15: 0,
        ...dwords,
        sgl,
      }),
    );
  }

  /** A fabrics command. @param specific - bytes 40 to 63 of its SQE */
  fabrics(fctype: number, specific: Uint8Array, data: Uint8Array = NO_DATA): Promise<HostAnswer> {
    return this.#submit(data, 0, transfersToController(fctype), (cid, sgl) =>
      FabricsCommand.encode({
        opcode: FABRICS_OPCODE,
        flags: PSDT_SGL,
        cid,
        fctype,
        reserved: new Uint8Array(19),
        sgl,
        specific,
      }),
    );
  }

  #submit(
    data: Uint8Array,
    length: number,
    inCapsule: boolean,
    encode: (cid: number, sgl: { address: bigint; length: number; reserved: Uint8Array; type: number }) => Uint8Array,
  ): Promise<HostAnswer> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    while (this.#pending.has(this.#next)) this.#next = (this.#next + 1) % CIDS;
    const cid = this.#next;
    this.#next = (cid + 1) % CIDS;
    const type = inCapsule ? SGL_TYPE.IN_CAPSULE_OFFSET : SGL_TYPE.TRANSPORT;
    const sqe = encode(cid, { address: 0n, length: Math.max(data.length, length), reserved: new Uint8Array(3), type });
    return new Promise((resolve, reject) => {
      this.#pending.set(cid, { out: data, into: new Uint8Array(length), received: 0, resolve, reject });
      const capsule = { name: 'CapsuleCmd', fields: { sqe }, data: inCapsule ? data : NO_DATA } as const;
      this.#wire.send(encodePdu(capsule, this.#framing));
    });
  }

  #take(pdu: Pdu): void {
    if (pdu.name === 'ICResp') this.#agree(pdu);
    else if (pdu.name === 'R2T') this.#give(pdu);
    else if (pdu.name === 'C2HData') this.#place(pdu);
    else if (pdu.name === 'CapsuleResp') this.#settle(pdu);
    else throw new Error('the controller ended the connection');
  }

  #agree({ header }: Pdu): void {
    const { dgst, pda, limit } = ICResp.decode(header);
    this.#maxData = limit;
    this.#framing = {
      headerDigest: (dgst & DGST.HDGST_ENABLE) !== 0,
      dataDigest: (dgst & DGST.DDGST_ENABLE) !== 0,
      alignment: 4 * (pda + 1),
    };
    this.#reader.framing = this.#framing;
    this.#initialized?.resolve();
  }

  #find(cid: number): Pending {
    const pending = this.#pending.get(cid);
    if (pending === undefined) throw new NvmeTransportError('PDU_SEQUENCE_ERROR', `command ${cid} is not on its way`);
    return pending;
  }

  #give({ header }: Pdu): void {
    const { cccid, ttag, datao, datal } = R2T.decode(header);
    const { out } = this.#find(cccid);
    const end = datao + datal;
    if (end > out.length) throw new NvmeTransportError('DATA_TRANSFER_OUT_OF_RANGE', `R2T up to ${end}`);
    for (let at = datao; at < end; at += this.#maxData) {
      const data = out.subarray(at, Math.min(end, at + this.#maxData));
      const flags = at + data.length === end ? FLAG.LAST_PDU : 0;
      const fields = { cccid, ttag, datao: at, datal: data.length, reserved: new Uint8Array(4) };
      this.#wire.send(encodePdu({ name: 'H2CData', flags, fields, data }, this.#framing));
    }
  }

  #place({ header, data, intact }: Pdu): void {
    const { cccid, datao } = C2HData.decode(header);
    const pending = this.#find(cccid);
    if (datao + data.length > pending.into.length || !intact)
      throw new NvmeTransportError('DATA_TRANSFER_OUT_OF_RANGE', `${data.length} bytes at ${datao}`);
    pending.into.set(data, datao);
    pending.received = Math.max(pending.received, datao + data.length);
  }

  #settle({ header }: Pdu): void {
    const { cid, status, result } = CompletionQueueEntry.decode(CapsuleResp.decode(header).cqe);
    const { resolve, reject, into, received } = this.#find(cid);
    this.#pending.delete(cid);
    if (status >>> 1 === 0) resolve({ result, data: into.subarray(0, received) });
    else reject(failure(status, result));
  }
}
