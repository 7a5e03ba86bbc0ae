import { ConnectCommand, ConnectData, DisconnectCommand, FabricsCommand, FCTYPE, PropertyCommand } from './command.ts';
import { type NvmeAnswer, NvmeController, type SharedState } from './controller.ts';
import { QUEUE_ENTRIES } from './identify.ts';
import { DISCOVERY_NQN } from './log-pages.ts';
import { NvmeStatusError } from './status.ts';

/** A queue pair: what Connect makes of a connection. */
export interface Queue {
  readonly qid: number;
  readonly kind: 'admin' | 'io';
  readonly entries: number;
  /** False if the host does not want to know the head of its queue. */
  readonly flowControl: boolean;
  readonly controller: NvmeController;
}

const ANY_CONTROLLER = 0xffff;
const HIGHEST_CNTLID = 0xffef;
const CATTR_NO_FLOW_CONTROL = 1 << 2;
/** In the result of a refused Connect: the offset counts in the data, not in the command. */
const IN_DATA = 1 << 16;
/** Where the parameters of Connect lie in its SQE. */
const SQE_OFFSET = { qid: 42, sqsize: 44 } as const;

const invalidData = (name: 'cntlid' | 'subnqn' | 'hostnqn' | 'hostid', detail: string): NvmeStatusError =>
  new NvmeStatusError('CONNECT_INVALID_PARAMETERS', detail, ConnectData.offsetOf(name) | IN_DATA);

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

function freeControllerId({ controllers, maxControllers }: SharedState): number {
  if (controllers.size >= maxControllers)
    throw new NvmeStatusError('CONNECT_CONTROLLER_BUSY', `${controllers.size} controllers`);
  let id = 1;
  while (controllers.has(id) && id < HIGHEST_CNTLID) id++;
  return id;
}

type Data = ReturnType<typeof ConnectData.decode>;

/** Makes a controller for a host: Connect of the admin queue. */
function createController(shared: SharedState, data: Data, keepAliveTimeout: number): NvmeController {
  const { subnqn, hostnqn, hostid, cntlid } = data;
  if (cntlid !== ANY_CONTROLLER) throw invalidData('cntlid', `controller ${cntlid}; they are made by Connect`);
  const isDiscovery = subnqn === DISCOVERY_NQN;
  if (!isDiscovery && subnqn !== shared.nqn) throw invalidData('subnqn', `no subsystem ${subnqn}`);
  if (hostnqn === '') throw invalidData('hostnqn', 'empty');
  if (shared.hosts !== undefined && !shared.hosts.has(hostnqn))
    throw new NvmeStatusError('CONNECT_INVALID_HOST', `${hostnqn} is not among the hosts`);
  const association = { type: isDiscovery ? 'DISCOVERY' : 'IO', subnqn, hostnqn, hostid, keepAliveTimeout } as const;
  const controller = new NvmeController({ ...association, cntlid: freeControllerId(shared) }, shared);
  shared.controllers.set(controller.association.cntlid, controller);
  return controller;
}

/** The controller that an I/O queue is for. It must be the same host's. */
function existingController(shared: SharedState, data: Data, qid: number): NvmeController {
  const controller = shared.controllers.get(data.cntlid);
  if (controller === undefined) throw invalidData('cntlid', `no controller ${data.cntlid}`);
  const { subnqn, hostnqn, hostid } = controller.association;
  if (data.subnqn !== subnqn) throw invalidData('subnqn', `controller ${data.cntlid} is of another subsystem`);
  if (data.hostnqn !== hostnqn) throw invalidData('hostnqn', `controller ${data.cntlid} is another host's`);
  if (!same(data.hostid, hostid)) throw invalidData('hostid', `controller ${data.cntlid} is another host's`);
  if (!controller.ready) throw new NvmeStatusError('COMMAND_SEQUENCE_ERROR', 'the controller is not enabled');
  if (qid > controller.ioQueues || controller.connections.has(qid))
    throw new NvmeStatusError('CONNECT_INVALID_PARAMETERS', `queue ${qid}`, SQE_OFFSET.qid);
  return controller;
}

/**
 * Connect: makes a queue of a connection that has none.
 *
 * @throws NvmeStatusError
 */
export function connectQueue(shared: SharedState, specific: Uint8Array, data: Uint8Array): Queue {
  const { recfmt, qid, sqsize, cattr, kato } = ConnectCommand.decode(specific);
  if (recfmt !== 0) throw new NvmeStatusError('CONNECT_INCOMPATIBLE_FORMAT', `record format ${recfmt}`);
  if (data.length !== ConnectData.size)
    throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `${data.length} bytes, Connect has ${ConnectData.size}`);
  if (sqsize === 0 || sqsize >= QUEUE_ENTRIES)
    throw new NvmeStatusError('CONNECT_INVALID_PARAMETERS', `SQSIZE ${sqsize}`, SQE_OFFSET.sqsize);
  const parameters = ConnectData.decode(data);
  const admin = qid === 0;
  const controller = admin ? createController(shared, parameters, kato) : existingController(shared, parameters, qid);
  const flowControl = (cattr & CATTR_NO_FLOW_CONTROL) === 0;
  return { qid, kind: admin ? 'admin' : 'io', entries: sqsize + 1, flowControl, controller };
}

function adminOnly({ kind, controller }: Queue): NvmeController {
  if (kind !== 'admin') throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', 'properties are for the admin queue');
  return controller;
}

/** What a fabrics command on a connected queue does. */
const FABRICS: Readonly<Record<number, (queue: Queue, specific: Uint8Array) => NvmeAnswer & { disconnect?: true }>> = {
  [FCTYPE.PROPERTY_GET]: (queue, specific) => {
    const { attrib, offset } = PropertyCommand.decode(specific);
    return { result: adminOnly(queue).getProperty(offset, propertySize(attrib)) };
  },
  [FCTYPE.PROPERTY_SET]: (queue, specific) => {
    const { attrib, offset, value } = PropertyCommand.decode(specific);
    adminOnly(queue).setProperty(offset, propertySize(attrib), value);
    return {};
  },
  [FCTYPE.DISCONNECT]: ({ kind }, specific) => {
    const { recfmt } = DisconnectCommand.decode(specific);
    if (recfmt !== 0) throw new NvmeStatusError('CONNECT_INCOMPATIBLE_FORMAT', `record format ${recfmt}`);
    if (kind === 'admin') throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', 'Disconnect is for I/O queues');
    return { disconnect: true };
  },
};

function propertySize(attrib: number): number {
  const size = attrib & 7;
  if (size > 1) throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', `ATTRIB ${attrib}`);
  return size === 0 ? 4 : 8;
}

/** Carries out a fabrics command other than Connect. @throws NvmeStatusError */
export function executeFabrics(queue: Queue, sqe: Uint8Array): NvmeAnswer & { disconnect?: true } {
  const { fctype, specific } = FabricsCommand.decode(sqe);
  const run = FABRICS[fctype];
  if (run === undefined)
    throw new NvmeStatusError('INVALID_COMMAND_OPCODE', `fabrics command 0x${fctype.toString(16)}`);
  return run(queue, specific);
}
