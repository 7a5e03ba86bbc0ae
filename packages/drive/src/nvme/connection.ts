import {
  CompletionQueueEntry,
  FABRICS_OPCODE,
  FabricsCommand,
  FCTYPE,
  SGL_TYPE,
  type Sqe,
  SubmissionQueueEntry,
  transfersToController,
  transfersToHost,
} from './command.ts';
import type { NvmeAnswer, SharedState } from './controller.ts';
import { connectQueue, executeFabrics, type Queue } from './fabrics.ts';
import { MAX_IN_CAPSULE, MAX_TRANSFER } from './identify.ts';
import {
  CapsuleCmd,
  CommonHeader,
  DGST,
  FATAL_ERROR,
  FLAG,
  type Framing,
  H2CData,
  ICReq,
  NvmeTransportError,
  type PduName,
  PLAIN,
} from './pdu.ts';
import { encodePdu, type Pdu, PduReader } from './pdu-stream.ts';
import { NvmeStatusError, type StatusName, statusField } from './status.ts';
import { InboundTransfers, type ReadyToTransfer } from './transfers.ts';

/** The way to one peer. */
export interface NvmeWire {
  /** Sends pieces one after the other. @returns false if the peer takes no more for now; then call `drained` */
  send(pieces: readonly Uint8Array[]): boolean;
  /** Closes the way after what was sent has gone out. */
  end(): void;
}

export interface ConnectionOptions {
  readonly shared: SharedState;
  readonly wire: NvmeWire;
  /** Told once, when the connection is over. */
  readonly closed: () => void;
  /** Told of what is no fault of the host's: an exception that is no status. */
  readonly failed: (error: unknown) => void;
}

/** A command on its way. */
interface Command {
  readonly sqe: Sqe;
  readonly raw: Uint8Array;
  /** Data that the host takes or gives, in bytes. */
  readonly length: number;
}

interface Ready {
  readonly command: Command;
  readonly data: Uint8Array;
}

const HOST_PDUS: ReadonlySet<PduName> = new Set(['ICReq', 'H2CTermReq', 'CapsuleCmd', 'H2CData']);
/** Longest data of an H2CData PDU. */
const MAX_H2C_DATA = 128 << 10;
const HIGHEST_PDA = 31;
const NO_DATA = new Uint8Array(0);
/** Bytes of the wrong PDU that a terminate request repeats. */
const TERMINATE_DATA = 128;

/** One NVMe/TCP connection, and so one queue: bytes in, bytes out. */
export class NvmeConnection {
  readonly #options: ConnectionOptions;
  readonly #reader = new PduReader({ accepts: HOST_PDUS, maxData: MAX_H2C_DATA });
  readonly #transfers = new InboundTransfers<Command>();
  /** Commands that were received and have no completion yet, by CID. */
  readonly #outstanding = new Map<number, Command>();
  /** Commands that have all their data, in the order in which they are carried out. */
  readonly #ready: Ready[] = [];
  readonly startedAt: number;
  #framing: Framing | undefined;
  #queue: Queue | undefined;
  #head = 0;
  #blocked = false;
  #over = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.startedAt = options.shared.now();
  }

  /** Whether Connect has made it a queue. */
  get connected(): boolean {
    return this.#queue !== undefined;
  }

  /** Takes bytes of the host. They must not change afterwards. */
  receive(chunk: Uint8Array): void {
    try {
      for (const pdu of this.#reader.read(chunk)) {
        if (this.#over) return;
        this.#take(pdu);
      }
    } catch (error) {
      if (error instanceof NvmeTransportError) this.#terminate(error);
      else {
        this.#options.failed(error);
        this.end();
      }
    }
  }

  /** The host takes more again. */
  drained(): void {
    this.#blocked = false;
    this.#work();
  }

  /** Ends the connection from this side. */
  end(): void {
    if (this.#over) return;
    this.closed();
    this.#options.wire.end();
  }

  /** The way to the host is gone. */
  closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.#ready.length = 0;
    this.#outstanding.clear();
    this.#transfers.clear();
    const { controller, qid, kind } = this.#queue ?? {};
    if (kind === 'admin') controller?.close();
    else if (qid !== undefined) controller?.connections.delete(qid);
    this.#options.closed();
  }

  #take(pdu: Pdu): void {
    if (pdu.name === 'H2CTermReq') this.end();
    else if (pdu.name === 'ICReq') this.#initialize(pdu);
    else if (this.#framing === undefined)
      throw new NvmeTransportError('PDU_SEQUENCE_ERROR', `${pdu.name} before ICReq`, 0, pdu.header);
    else if (pdu.name === 'CapsuleCmd') this.#capsule(pdu);
    else this.#hostData(pdu);
  }

  /** ICReq: what both keep to from here on. */
  #initialize({ header }: Pdu): void {
    if (this.#framing !== undefined) throw new NvmeTransportError('PDU_SEQUENCE_ERROR', 'a second ICReq', 0, header);
    const { pfv, pda, dgst } = ICReq.decode(header);
    if (pfv !== 0) throw new NvmeTransportError('UNSUPPORTED_PARAMETER', `PFV ${pfv}`, ICReq.offsetOf('pfv'), header);
    if (pda > HIGHEST_PDA)
      throw new NvmeTransportError('INVALID_PDU_HEADER_FIELD', `HPDA ${pda}`, ICReq.offsetOf('pda'), header);
    const headerDigest = (dgst & DGST.HDGST_ENABLE) !== 0;
    const dataDigest = (dgst & DGST.DDGST_ENABLE) !== 0;
    const agreed = dgst & (DGST.HDGST_ENABLE | DGST.DDGST_ENABLE);
    const fields = { pfv: 0, pda: 0, dgst: agreed, limit: MAX_H2C_DATA, reserved: new Uint8Array(112) };
    this.#send(encodePdu({ name: 'ICResp', fields }, PLAIN));
    this.#framing = { headerDigest, dataDigest, alignment: 4 * (pda + 1) };
    this.#reader.framing = this.#framing;
  }

  #capsule({ header, data, intact }: Pdu): void {
    const { sqe: raw } = CapsuleCmd.decode(header);
    const sqe = SubmissionQueueEntry.decode(raw);
    if (data.length > MAX_IN_CAPSULE)
      throw new NvmeTransportError('INVALID_PDU_HEADER_FIELD', `${data.length} bytes in a capsule`, 4, header);
    const entries = this.#queue?.entries ?? 1;
    if (this.#outstanding.size >= entries)
      throw new NvmeTransportError('PDU_SEQUENCE_ERROR', `a queue of ${entries} entries is full`, 0, header);
    this.#head = (this.#head + 1) % entries;
    const command = { sqe, raw, length: sqe.sgl.length };
    if (this.#outstanding.has(sqe.cid)) {
      this.#respond(sqe.cid, 'COMMAND_ID_CONFLICT');
      return;
    }
    this.#outstanding.set(sqe.cid, command);
    try {
      this.#fetch(command, data, intact);
    } catch (error) {
      this.#fail(command, error);
    }
  }

  /** Finds the command's data, or asks for them. @throws NvmeStatusError */
  #fetch(command: Command, inCapsule: Uint8Array, intact: boolean): void {
    const { opcode, sgl, cid } = command.sqe;
    const code = opcode === FABRICS_OPCODE ? FabricsCommand.decode(command.raw).fctype : opcode;
    const { type, length, address } = sgl;
    if (!intact) throw new NvmeStatusError('TRANSIENT_TRANSPORT_ERROR', 'data digest');
    const toController = transfersToController(code) && length > 0;
    if (!toController && !transfersToHost(code)) {
      this.#enqueue({ ...command, length: 0 }, NO_DATA);
      return;
    }
    if (length > MAX_TRANSFER) throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `${length} bytes`);
    if (type === SGL_TYPE.TRANSPORT) {
      if (toController) this.#ask(this.#transfers.request(command, cid, length));
      else this.#enqueue(command, NO_DATA);
    } else if (type === SGL_TYPE.IN_CAPSULE_OFFSET && toController) {
      if (address > BigInt(inCapsule.length)) throw new NvmeStatusError('SGL_OFFSET_INVALID', `offset ${address}`);
      const start = Number(address);
      if (start + length > inCapsule.length)
        throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `${length} bytes, ${inCapsule.length - start} came`);
      this.#enqueue(command, new Uint8Array(inCapsule.subarray(start, start + length)));
    } else throw new NvmeStatusError('SGL_DESCRIPTOR_TYPE_INVALID', `SGL of type 0x${type.toString(16)}`);
  }

  #ask(requests: readonly ReadyToTransfer[]): void {
    for (const { cid, tag, length } of requests) {
      const fields = { cccid: cid, ttag: tag, datao: 0, datal: length, reserved: new Uint8Array(4) };
      this.#send(encodePdu({ name: 'R2T', fields }, this.#framing ?? PLAIN));
    }
  }

  #hostData({ header, flags, data, intact }: Pdu): void {
    const last = (flags & FLAG.LAST_PDU) !== 0;
    const { arrived, requests } = this.#transfers.receive(H2CData.decode(header), data, { last, intact });
    if (arrived !== undefined) {
      if (arrived.intact) this.#enqueue(arrived.command, arrived.data);
      else this.#fail(arrived.command, new NvmeStatusError('TRANSIENT_TRANSPORT_ERROR', 'data digest'));
    }
    this.#ask(requests);
  }

  #enqueue(command: Command, data: Uint8Array): void {
    this.#ready.push({ command, data });
    this.#work();
  }

  /** Carries out what is ready, as long as the host takes the answers. */
  #work(): void {
    while (!this.#blocked && !this.#over) {
      const next = this.#ready.shift();
      if (next === undefined) return;
      this.#execute(next);
    }
  }

  #execute({ command, data }: Ready): void {
    try {
      const answer = this.#dispatch(command, data);
      if ('then' in answer)
        answer.then(
          (late) => this.#complete(command, late),
          (error: unknown) => this.#fail(command, error),
        );
      else this.#complete(command, answer);
    } catch (error) {
      this.#fail(command, error);
    }
  }

  #dispatch({ sqe, raw, length }: Command, data: Uint8Array): NvmeAnswer | Promise<NvmeAnswer> {
    const queue = this.#queue;
    if (sqe.opcode === FABRICS_OPCODE && FabricsCommand.decode(raw).fctype === FCTYPE.CONNECT)
      return this.#connect(raw, data);
    if (queue === undefined) throw new NvmeStatusError('COMMAND_SEQUENCE_ERROR', 'the queue is not connected');
    queue.controller.lastHeard = this.#options.shared.now();
    if (sqe.opcode === FABRICS_OPCODE) return executeFabrics(queue, raw);
    return queue.controller.execute(queue.kind, { sqe, data, length });
  }

  #connect(raw: Uint8Array, data: Uint8Array): NvmeAnswer {
    if (this.#queue !== undefined) throw new NvmeStatusError('COMMAND_SEQUENCE_ERROR', 'a second Connect');
    const queue = connectQueue(this.#options.shared, FabricsCommand.decode(raw).specific, data);
    this.#queue = queue;
    this.#head = 1 % queue.entries;
    queue.controller.connections.set(queue.qid, this);
    return { result: queue.controller.association.cntlid };
  }

  #complete(command: Command, answer: NvmeAnswer & { readonly disconnect?: true }): void {
    const { cid } = command.sqe;
    const { data = NO_DATA, result = 0, disconnect } = answer;
    if (this.#outstanding.get(cid)?.raw !== command.raw) return;
    if (data.length > command.length) {
      this.#fail(command, new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `${data.length} bytes`));
      return;
    }
    this.#outstanding.delete(cid);
    this.#respond(cid, 'SUCCESS', result, data);
    if (disconnect === true) this.end();
  }

  #fail(command: Command, error: unknown): void {
    const { cid } = command.sqe;
    if (this.#outstanding.get(cid)?.raw !== command.raw) return;
    this.#outstanding.delete(cid);
    if (error instanceof NvmeStatusError) this.#respond(cid, error.status, error.result);
    else {
      this.#options.failed(error);
      this.#respond(cid, 'INTERNAL_ERROR');
    }
  }

  #respond(cid: number, status: StatusName, result: number | bigint = 0, data: Uint8Array = NO_DATA): void {
    const { qid = 0, flowControl = true } = this.#queue ?? {};
    const framing = this.#framing ?? PLAIN;
    const transfer = { cccid: cid, ttag: 0, datao: 0, datal: data.length, reserved: new Uint8Array(4) };
    const pieces =
      data.length === 0 ? [] : encodePdu({ name: 'C2HData', flags: FLAG.LAST_PDU, fields: transfer, data }, framing);
    const cqe = CompletionQueueEntry.encode({
      result: BigInt.asUintN(64, BigInt(result)),
      sqhd: flowControl ? this.#head : 0xffff,
      sqid: qid,
      cid,
      status: statusField(status),
    });
    this.#send([...pieces, ...encodePdu({ name: 'CapsuleResp', fields: { cqe } }, framing)]);
  }

  /** Tells the host what it did wrong, and ends the connection. */
  #terminate({ code, offset, pdu }: NvmeTransportError): void {
    const fields = { fes: FATAL_ERROR[code], fei: offset, reserved: new Uint8Array(10) };
    const data = pdu.length < CommonHeader.size ? NO_DATA : pdu.subarray(0, TERMINATE_DATA);
    this.#send(encodePdu({ name: 'C2HTermReq', fields, data }, PLAIN));
    this.end();
  }

  #send(pieces: readonly Uint8Array[]): void {
    if (this.#over) return;
    if (!this.#options.wire.send(pieces)) this.#blocked = true;
  }
}
