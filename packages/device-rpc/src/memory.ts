import { bytesToHex } from '@rootcap/crypto';
import { MCU_SRAM_OFFSET } from '@rootcap/hardware';
import type { Connection } from './connection.ts';
import { invalidParameter, notAvailable, RPC_ERROR, RpcError } from './errors.ts';
import { bytesOf, choice, integer, isAbsent, type Params } from './params.ts';

const REGIONS = ['mcuSram', 'dccm', 'iccm', 'mailbox', 'testSram'] as const;
type Region = (typeof REGIONS)[number];

/** Memory that a board has anyway; the others are an inspection port. */
const ON_BOARD: readonly Region[] = ['mcuSram'];

function bytesOfRegion({ board }: Connection, name: Region): Uint8Array {
  const { chip } = board.device;
  if (!ON_BOARD.includes(name) && !board.testAccess) throw new RpcError(RPC_ERROR.TEST_ACCESS, 'test-access');
  switch (name) {
    case 'mcuSram':
      if (!chip.soc.subsystemMode) throw notAvailable('MCU SRAM in passive mode');
      return chip.mci.mcuSram.bytes;
    case 'testSram':
      if (chip.testSram === undefined) throw notAvailable('test SRAM: the device was created without one');
      return chip.testSram.bytes;
    case 'mailbox':
      return chip.mailbox.sram;
    default:
      return chip[name];
  }
}

/** Reads a memory, or writes it if there is `data`. */
export function memory(connection: Connection, params: Params): object {
  const bytes = bytesOfRegion(connection, choice(params, 'region', REGIONS));
  const offset = integer(params, 'offset', bytes.length, 0);
  const room = bytes.length - offset;
  if (isAbsent(params.data)) {
    const length = integer(params, 'length', room);
    return { data: bytesToHex(bytes.subarray(offset, offset + length)) };
  }
  const data = bytesOf(params.data, 'data', { max: room });
  if (data.length % 4 !== 0) throw invalidParameter('data', 'whole words');
  if (offset % 4 !== 0) throw invalidParameter('offset', 'the start of a word');
  bytes.set(data, offset);
  return {};
}

/** Where MCU SRAM is on the AXI bus. */
export function stagingAddress({ board }: Connection): object {
  const { soc, straps } = board.device.chip;
  if (!soc.subsystemMode) throw notAvailable('MCU SRAM in passive mode');
  return { address: Number(straps.mciBase) + MCU_SRAM_OFFSET };
}
