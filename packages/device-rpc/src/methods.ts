import { bytesToHex } from '@rootcap/crypto';
import { MCU_SRAM_OFFSET } from '@rootcap/hardware';
import { Board } from './board.ts';
import { createFrom } from './create.ts';
import { invalidParameter, notAvailable, RPC_ERROR, RpcError } from './errors.ts';
import { bytesOf, choice, integer, isAbsent, listOf, type Params, U32_MAX } from './params.ts';
import type { Connection } from './session.ts';
import { step } from './step.ts';
import { accessSize, accessValue, busFault, transfer } from './transfer.ts';

/** A method's result, or the work that leads to it in pieces. */
export type Outcome = object | Generator<undefined, unknown, undefined>;

/** A method is data: the session, `hello` and the page read the same table. */
export interface Method {
  readonly testAccess?: true;
  run(connection: Connection, params: Params): Outcome;
}

const MAX_IMAGES = 3;

function axiUserOf(connection: Connection, params: Params): number {
  return integer(params, 'axiUser', U32_MAX, connection.axiUser);
}

function create(connection: Connection, params: Params): object {
  const { host } = connection;
  const created = createFrom(params, host.provider, host.engine);
  const board = new Board(created);
  connection.take(board, created.axiUser);
  const { socBus } = board.device.chip;
  return {
    device: 'model',
    hwRevId: socBus.read(HW_REV_ID, created.axiUser),
    hwConfig: socBus.read(HW_CONFIG, created.axiUser),
  };
}

const HW_REV_ID = 0x3003_00d4;
const HW_CONFIG = 0x3003_00e0;

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

function stagingAddress({ board }: Connection): object {
  const { soc, straps } = board.device.chip;
  if (!soc.subsystemMode) throw notAvailable('MCU SRAM in passive mode');
  return { address: straps.mciBase + MCU_SRAM_OFFSET };
}

const REGIONS = ['mcuSram', 'dccm', 'iccm', 'mailbox', 'testSram'] as const;

function region({ board }: Connection, name: (typeof REGIONS)[number]): Uint8Array {
  const { chip } = board.device;
  if (name !== 'mcuSram' && !board.testAccess) throw new RpcError(RPC_ERROR.TEST_ACCESS, 'test-access');
  switch (name) {
    case 'mcuSram':
      if (!chip.soc.subsystemMode) throw notAvailable('MCU SRAM in passive mode');
      return chip.mci.mcuSram.bytes;
    case 'dccm':
      return chip.dccm;
    case 'iccm':
      return chip.iccm;
    case 'mailbox':
      return chip.mailbox.sram;
    case 'testSram':
      throw notAvailable('test SRAM');
  }
}

function memory(connection: Connection, params: Params): object {
  const bytes = region(connection, choice(params, 'region', REGIONS));
  const offset = integer(params, 'offset', bytes.length, 0);
  const room = bytes.length - offset;
  if (!isAbsent(params.data)) {
    const data = bytesOf(params.data, 'data', { max: room });
    if (data.length % 4 !== 0) throw invalidParameter('data', 'whole words');
    bytes.set(data, offset);
    return {};
  }
  const length = integer(params, 'length', room);
  return { data: bytesToHex(bytes.subarray(offset, offset + length)) };
}

export const METHODS: Readonly<Record<string, Method>> = {
  create: { run: create },
  read: { run: read },
  write: { run: write },
  transfer: { run: runTransfer },
  axiUser: { run: setAxiUser },
  step: { run: (connection, params) => step(connection.board, params, axiUserOf(connection, params)) },
  reset: { run: reset },
  wires: { run: ({ board }) => board.wires() },
  output: { run: ({ board }) => board.takeOutput() },
  recovery: { run: recovery },
  memory: { run: memory },
  stagingAddress: { run: stagingAddress },
};
