import { array, u32 } from '@rootcap/struct';
import { ADMIN_OPCODE, ConnectCommand, ConnectData, FCTYPE, IO_OPCODE, PROPERTY, PropertyCommand } from './command.ts';
import type { DigestOptions, NvmeHostQueue } from './host-queue.ts';
import { IDENTIFY_SIZE, IdentifyController, IdentifyNamespace, uuidOf } from './identify.ts';
import { SanitizeStatusLog } from './log-pages.ts';

export interface NvmeHostOptions extends DigestOptions {
  /** The subsystem's. */
  readonly nqn: string;
  /** The host's own. */
  readonly hostNqn?: string;
  /** 16 bytes. Default: as the host's NQN decides. */
  readonly hostId?: Uint8Array;
  /** Milliseconds; 0, the default, for none. */
  readonly keepAliveTimeout?: number;
}

/** Opens a connection and initializes it. */
export type OpenQueue = (digests: DigestOptions) => Promise<NvmeHostQueue>;

const DEFAULT_HOST_NQN = 'nqn.2014-08.org.nvmexpress:rootcap-host';
const QUEUE_SIZE = 32;
const CC_ENABLE = 0x0046_0001n;
const CSTS_RDY = 1n;
const NUMBER_OF_QUEUES = 0x07;
const NamespaceList = array(u32, IDENTIFY_SIZE / 4);

const words = (lba: number): { cdw10: number; cdw11: number } => ({
  cdw10: lba % 2 ** 32,
  cdw11: Math.floor(lba / 2 ** 32),
});

/** A small host: an admin queue and one I/O queue. For tests, tools and examples. */
export class NvmeHost {
  readonly admin: NvmeHostQueue;
  readonly io: NvmeHostQueue;
  readonly cntlid: number;
  readonly #blockSizes = new Map<number, number>();

  private constructor(admin: NvmeHostQueue, io: NvmeHostQueue, cntlid: number) {
    this.admin = admin;
    this.io = io;
    this.cntlid = cntlid;
  }

  /**
   * Connects as a host does: admin queue, controller enabled, one I/O queue.
   *
   * @throws NvmeStatusError if the subsystem refuses
   */
  static async connect(open: OpenQueue, options: NvmeHostOptions): Promise<NvmeHost> {
    const admin = await open(options);
    try {
      const cntlid = await connectQueue(admin, options, { qid: 0, cntlid: 0xffff });
      await setProperty(admin, PROPERTY.CC, CC_ENABLE);
      const status = await getProperty(admin, PROPERTY.CSTS);
      if ((status & CSTS_RDY) === 0n) throw new Error(`the controller did not become ready: CSTS ${status}`);
      await admin.command({ opcode: ADMIN_OPCODE.SET_FEATURES, cdw10: NUMBER_OF_QUEUES, cdw11: 0 });
      const io = await open(options);
      const host = new NvmeHost(admin, io, cntlid);
      await connectQueue(io, options, { qid: 1, cntlid });
      return host;
    } catch (error) {
      admin.end();
      throw error;
    }
  }

  async identifyController(): Promise<ReturnType<typeof IdentifyController.decode>> {
    const { data } = await this.#identify(0x01, 0);
    return IdentifyController.decode(data);
  }

  /** Identifiers of the namespaces. */
  async namespaces(): Promise<number[]> {
    const { data } = await this.#identify(0x02, 0);
    return NamespaceList.read(data, 0).filter((nsid) => nsid !== 0);
  }

  async identifyNamespace(nsid: number): Promise<ReturnType<typeof IdentifyNamespace.decode>> {
    const { data } = await this.#identify(0x00, nsid);
    return IdentifyNamespace.decode(data);
  }

  #identify(cns: number, nsid: number) {
    return this.admin.command({ opcode: ADMIN_OPCODE.IDENTIFY, nsid, cdw10: cns, length: IDENTIFY_SIZE });
  }

  async #blockSize(nsid: number): Promise<number> {
    const known = this.#blockSizes.get(nsid);
    if (known !== undefined) return known;
    const { lbaf } = await this.identifyNamespace(nsid);
    const size = 2 ** (lbaf[0]?.lbads ?? 0);
    this.#blockSizes.set(nsid, size);
    return size;
  }

  /** @param count - blocks @throws NvmeStatusError: ACCESS_DENIED for a locked range, and others */
  async read(nsid: number, lba: number, count: number): Promise<Uint8Array> {
    const length = count * (await this.#blockSize(nsid));
    const { data } = await this.io.command({ opcode: IO_OPCODE.READ, nsid, ...words(lba), cdw12: count - 1, length });
    return data;
  }

  /** @param data - whole blocks */
  async write(nsid: number, lba: number, data: Uint8Array): Promise<void> {
    const count = data.length / (await this.#blockSize(nsid));
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`data: ${data.length} bytes are not whole blocks`);
    await this.io.command({ opcode: IO_OPCODE.WRITE, nsid, ...words(lba), cdw12: count - 1, data });
  }

  async flush(nsid: number): Promise<void> {
    await this.io.command({ opcode: IO_OPCODE.FLUSH, nsid });
  }

  /** Format NVM. @param ses - secure erase setting: 2 is crypto erase */
  async format(nsid: number, ses: 0 | 1 | 2): Promise<void> {
    await this.admin.command({ opcode: ADMIN_OPCODE.FORMAT_NVM, nsid, cdw10: ses << 9 });
  }

  /** Begins a sanitize operation; {@link sanitizeStatus} tells how it goes. @param action - SANACT: 4 is crypto erase */
  async sanitize(action: number): Promise<void> {
    await this.admin.command({ opcode: ADMIN_OPCODE.SANITIZE, cdw10: action });
  }

  async sanitizeStatus(): Promise<ReturnType<typeof SanitizeStatusLog.decode>> {
    return SanitizeStatusLog.decode(await this.logPage(0x81, SanitizeStatusLog.size));
  }

  /** @param length - bytes, a multiple of 4 */
  async logPage(lid: number, length: number): Promise<Uint8Array> {
    const cdw10 = lid + 2 ** 16 * (length / 4 - 1);
    const { data } = await this.admin.command({ opcode: ADMIN_OPCODE.GET_LOG_PAGE, cdw10, length });
    return data;
  }

  async securitySend(protocol: number, comId: number, data: Uint8Array): Promise<void> {
    const cdw10 = protocol * 2 ** 24 + comId * 2 ** 8;
    await this.admin.command({ opcode: ADMIN_OPCODE.SECURITY_SEND, cdw10, cdw11: data.length, data });
  }

  async securityReceive(protocol: number, comId: number, length: number): Promise<Uint8Array> {
    const cdw10 = protocol * 2 ** 24 + comId * 2 ** 8;
    const command = { opcode: ADMIN_OPCODE.SECURITY_RECEIVE, cdw10, cdw11: length, length };
    const { data } = await this.admin.command(command);
    return data;
  }

  close(): void {
    this.io.end();
    this.admin.end();
  }
}

/** Makes a queue of a connection. @returns the controller's identifier */
async function connectQueue(
  queue: NvmeHostQueue,
  { nqn, hostNqn = DEFAULT_HOST_NQN, hostId = uuidOf(hostNqn), keepAliveTimeout = 0 }: NvmeHostOptions,
  { qid, cntlid }: { readonly qid: number; readonly cntlid: number },
): Promise<number> {
  const specific = ConnectCommand.encode({
    recfmt: 0,
    qid,
    sqsize: QUEUE_SIZE - 1,
    cattr: 0,
    reserved: 0,
    kato: keepAliveTimeout,
    reserved2: new Uint8Array(12),
  });
  const data = ConnectData.encode({
    hostid: hostId,
    cntlid,
    reserved: new Uint8Array(238),
    subnqn: nqn,
    hostnqn: hostNqn,
    reserved2: new Uint8Array(256),
  });
  const { result } = await queue.fabrics(FCTYPE.CONNECT, specific, data);
  return Number(result & 0xffffn);
}

function propertyCommand(offset: number, value: bigint): Uint8Array {
  return PropertyCommand.encode({
    attrib: 0,
    reserved: new Uint8Array(3),
    offset,
    value,
    reserved2: new Uint8Array(8),
  });
}

async function setProperty(queue: NvmeHostQueue, offset: number, value: bigint): Promise<void> {
  await queue.fabrics(FCTYPE.PROPERTY_SET, propertyCommand(offset, value));
}

async function getProperty(queue: NvmeHostQueue, offset: number): Promise<bigint> {
  const { result } = await queue.fabrics(FCTYPE.PROPERTY_GET, propertyCommand(offset, 0n));
  return result;
}
