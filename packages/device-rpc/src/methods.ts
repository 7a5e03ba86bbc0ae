import type { SOC_IFC_REG } from '@rootcap/hardware';
import { socAddress } from './board.ts';
import type { Connection } from './connection.ts';
import { deviceName } from './create.ts';
import { invalidParameter, RPC_ERROR, RpcError } from './errors.ts';
import { memory, stagingAddress } from './memory.ts';
import { bytesOf, choice, integer, listOf, type Params, U32_MAX } from './params.ts';
import { restore, snapshot } from './saved.ts';
import { step } from './step.ts';
import { inject } from './test-access.ts';
import { accessSize, accessValue, busFault, transfer } from './transfer.ts';

/** A method's result, or the work that leads to it in pieces. */
export type Outcome = object | Generator<undefined, unknown, undefined>;

/** A method is data: sessions and `hello` read the same table. */
export interface Method {
  /** Only on a device that was created for it. */
  readonly testAccess?: true;
  /** Needs no device. */
  readonly anytime?: true;
  run(connection: Connection, params: Params): Outcome;
}

const MAX_IMAGES = 3;

/** Kinds of events that a client can subscribe to. None carries secret bytes. */
const EVENT_KINDS = [
  'reset',
  'fuses',
  'boot-fsm',
  'boot-status',
  'flow-status',
  'error',
  'lock',
  'key-vault',
  'pcr',
  'doe',
  'encryption-engine',
  'key-release',
  'signature',
  'mailbox',
  'watchdog',
  'firmware-execution',
  'trng',
  'wires',
  'firmware-status',
  'text',
];

function axiUserOf(connection: Connection, params: Params): number {
  return integer(params, 'axiUser', U32_MAX, connection.axiUser);
}

function hello(): object {
  return { protocol: 1, engines: ['model'], methods: Object.keys(METHODS), events: EVENT_KINDS };
}

function facts({ board, axiUser }: Connection): object {
  const read = (name: keyof typeof SOC_IFC_REG.registers): number => board.read(socAddress(name), axiUser);
  return { device: board.name ?? 'model', hwRevId: read('CPTRA_HW_REV_ID'), hwConfig: read('CPTRA_HW_CONFIG') };
}

function create(connection: Connection, params: Params): object {
  const { board, axiUser } = connection.host.create(params, connection.current);
  connection.use(board, axiUser);
  return facts(connection);
}

function attach(connection: Connection, params: Params): object {
  const name = deviceName(params);
  if (name === undefined) throw invalidParameter('name', '1 to 256 characters');
  const axiUser = axiUserOf(connection, params);
  const board = connection.host.attach(name);
  if (board === undefined) throw new RpcError(RPC_ERROR.NO_DEVICE, 'no device', { name });
  if (connection.current !== undefined) connection.close();
  connection.use(board, axiUser);
  return facts(connection);
}

function read(connection: Connection, params: Params): object {
  const size = accessSize(params.size, 'size');
  const address = integer(params, 'address', U32_MAX);
  const axiUser = axiUserOf(connection, params);
  try {
    return { value: connection.board.read(address, axiUser, size) };
  } catch (error) {
    throw busFault(error);
  }
}

function write(connection: Connection, params: Params): object {
  const size = accessSize(params.size, 'size');
  const address = integer(params, 'address', U32_MAX);
  const value = accessValue(params.value, 'value', size);
  const axiUser = axiUserOf(connection, params);
  try {
    connection.board.write(address, value, axiUser, size);
  } catch (error) {
    throw busFault(error);
  }
  return {};
}

function* runTransfer(connection: Connection, params: Params): Generator<undefined, unknown, undefined> {
  return { results: yield* transfer(connection.board, params.ops, axiUserOf(connection, params)) };
}

function setAxiUser(connection: Connection, params: Params): object {
  connection.axiUser = integer(params, 'value', U32_MAX);
  return {};
}

function reset({ board }: Connection, params: Params): object {
  board.device.reset(choice(params, 'kind', ['warm', 'cold']));
  board.device.clock.step({ cycles: 1 });
  return {};
}

function recovery({ board }: Connection, params: Params): object {
  const images = listOf(params.images, 'images', MAX_IMAGES).map((image, i) => bytesOf(image, `images[${i}]`));
  board.device.chip.recovery.stage(images);
  return {};
}

function subscribe({ listener }: Connection, params: Params): object {
  const kinds = listOf(params.kinds, 'kinds', EVENT_KINDS.length);
  const known = kinds.map((kind, i) => choice({ [`kinds[${i}]`]: kind }, `kinds[${i}]`, EVENT_KINDS));
  listener.kinds = new Set(known);
  return {};
}

function takeEvents({ board }: Connection): object {
  return { events: board.traffic?.take() ?? [] };
}

function sendEvent({ board }: Connection, params: Params): object {
  board.traffic?.send(params.event);
  return {};
}

export const METHODS: Readonly<Record<string, Method>> = {
  hello: { anytime: true, run: hello },
  create: { anytime: true, run: create },
  attach: { anytime: true, run: attach },
  read: { run: read },
  write: { run: write },
  transfer: { run: runTransfer },
  axiUser: { run: setAxiUser },
  step: { run: (connection, params) => step(connection, params, axiUserOf(connection, params)) },
  reset: { run: reset },
  wires: { run: ({ board }) => board.wires() },
  output: { run: ({ listener }) => listener.take() },
  recovery: { run: recovery },
  subscribe: { run: subscribe },
  snapshot: { run: snapshot },
  restore: { run: restore },
  memory: { run: memory },
  stagingAddress: { run: stagingAddress },
  encryptionEngine: { testAccess: true, run: ({ board }) => board.releasedKey?.fields ?? {} },
  inject: { testAccess: true, run: inject },
  takeEvents: { testAccess: true, run: takeEvents },
  sendEvent: { testAccess: true, run: sendEvent },
};
