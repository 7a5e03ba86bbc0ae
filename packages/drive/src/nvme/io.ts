import { DriveError } from '../errors.ts';
import type { Namespace } from '../namespace.ts';
import { DsmRange, field, IO_OPCODE, type Sqe } from './command.ts';
import type { NvmeAnswer, NvmeCommand, NvmeController, NvmeRequest } from './controller.ts';
import { MAX_TRANSFER } from './identify.ts';
import { EFFECT } from './log-pages.ts';
import { NvmeStatusError, type StatusName } from './status.ts';

const ALL_NAMESPACES = 0xffff_ffff;

interface Range {
  readonly namespace: Namespace;
  readonly lba: number;
  readonly count: number;
}

/** Whether blocks lie in a namespace. @throws NvmeStatusError */
function checkRange(namespace: Namespace, slba: bigint, count: number): number {
  if (slba + BigInt(count) > BigInt(namespace.blockCount))
    throw new NvmeStatusError('LBA_OUT_OF_RANGE', `${count} blocks at ${slba} of ${namespace.blockCount}`);
  return Number(slba);
}

const slbaOf = ({ cdw10, cdw11 }: Sqe): bigint => BigInt(cdw10) | (BigInt(cdw11) << 32n);

/** SLBA and NLB of a command, in a namespace that has them. */
function rangeOf(controller: NvmeController, sqe: Sqe): Range {
  const namespace = controller.namespace(sqe.nsid);
  // PRINFO: no format has protection information.
  if (field(sqe.cdw12, 29, 26) !== 0) throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', 'PRINFO');
  const count = field(sqe.cdw12, 15, 0) + 1;
  return { namespace, lba: checkRange(namespace, slbaOf(sqe), count), count };
}

/** A range whose data the host sends or takes with this command. */
function transferRange(controller: NvmeController, { sqe, length }: NvmeRequest): Range {
  const range = rangeOf(controller, sqe);
  const size = range.count * range.namespace.blockSize;
  if (size > MAX_TRANSFER) throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', `${size} bytes, MDTS ${MAX_TRANSFER}`);
  if (size !== length) throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `${size} bytes, the SGL has ${length}`);
  return range;
}

/** The status for a refusal by the drive. */
function statusOf(error: DriveError, medium: StatusName): StatusName {
  switch (error.code) {
    case 'LOCKED':
      return 'ACCESS_DENIED';
    case 'OUT_OF_BOUNDS':
      return 'LBA_OUT_OF_RANGE';
    case 'CLOSED':
    case 'IN_USE':
      return 'INTERNAL_ERROR';
    case 'READ_ONLY':
      return 'ACCESS_DENIED';
    default:
      return medium;
  }
}

/** Runs what touches the medium. @param medium - status where the medium fails */
function onMedium<T>({ shared }: NvmeController, medium: StatusName, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof DriveError)) throw error;
    const status = statusOf(error, medium);
    if (status === medium) shared.statistics.mediaErrors++;
    throw new NvmeStatusError(status, error.message);
  }
}

/** Flushes a namespace if the command, or the cache that is off, asks for it. */
async function flushed(controller: NvmeController, namespaces: readonly Namespace[]): Promise<NvmeAnswer> {
  try {
    await Promise.all(namespaces.map((namespace) => namespace.flush()));
  } catch (error) {
    onMedium(controller, 'WRITE_FAULT', () => {
      throw error;
    });
  }
  return {};
}

/** What every write ends with. */
function settle(controller: NvmeController, { cdw12 }: Sqe, namespace: Namespace): NvmeAnswer | Promise<NvmeAnswer> {
  controller.shared.sanitize.written();
  const forceUnitAccess = field(cdw12, 30, 30) === 1;
  const cached = controller.features.get('VOLATILE_WRITE_CACHE') !== 0;
  return forceUnitAccess || !cached ? flushed(controller, [namespace]) : {};
}

function read(controller: NvmeController, request: NvmeRequest): NvmeAnswer | Promise<NvmeAnswer> {
  const { namespace, lba, count } = transferRange(controller, request);
  const data = onMedium(controller, 'UNRECOVERED_READ_ERROR', () => namespace.read(lba, count));
  const { statistics } = controller.shared;
  statistics.reads++;
  statistics.bytesRead += data.length;
  return { data };
}

function write(controller: NvmeController, request: NvmeRequest): NvmeAnswer | Promise<NvmeAnswer> {
  const { namespace, lba } = transferRange(controller, request);
  onMedium(controller, 'WRITE_FAULT', () => namespace.write(lba, request.data));
  const { statistics } = controller.shared;
  statistics.writes++;
  statistics.bytesWritten += request.data.length;
  return settle(controller, request.sqe, namespace);
}

function compare(controller: NvmeController, request: NvmeRequest): NvmeAnswer {
  const { namespace, lba, count } = transferRange(controller, request);
  const data = onMedium(controller, 'UNRECOVERED_READ_ERROR', () => namespace.read(lba, count));
  const difference = data.findIndex((byte, i) => byte !== request.data[i]);
  if (difference >= 0) throw new NvmeStatusError('COMPARE_FAILURE', `byte ${difference}`);
  return {};
}

function writeZeroes(controller: NvmeController, { sqe }: NvmeRequest): NvmeAnswer | Promise<NvmeAnswer> {
  const { namespace, lba, count } = rangeOf(controller, sqe);
  const deallocate = field(sqe.cdw12, 25, 25) === 1;
  onMedium(controller, 'WRITE_FAULT', () => namespace.writeZeroes(lba, count, deallocate));
  return settle(controller, sqe, namespace);
}

function datasetManagement(controller: NvmeController, { sqe, data }: NvmeRequest): NvmeAnswer {
  const namespace = controller.namespace(sqe.nsid);
  const count = field(sqe.cdw10, 7, 0) + 1;
  if (data.length < count * DsmRange.size)
    throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `${count} ranges in ${data.length} bytes`);
  // All are looked at before one is touched.
  const ranges = Array.from({ length: count }, (_, i) => {
    const { slba, length } = DsmRange.decodeFrom(data, i * DsmRange.size);
    return { lba: checkRange(namespace, slba, length), length };
  });
  const deallocate = field(sqe.cdw11, 2, 2) === 1;
  if (!deallocate) return {};
  for (const { lba, length } of ranges)
    if (length > 0) onMedium(controller, 'WRITE_FAULT', () => namespace.deallocate(lba, length));
  return {};
}

function flush(controller: NvmeController, { sqe }: NvmeRequest): Promise<NvmeAnswer> {
  const all = sqe.nsid === ALL_NAMESPACES;
  return flushed(controller, all ? controller.namespaces : [controller.namespace(sqe.nsid)]);
}

const { CSUPP, LBCC } = EFFECT;

const COMMANDS: readonly NvmeCommand[] = [
  { opcode: IO_OPCODE.FLUSH, name: 'Flush', effects: CSUPP, run: flush },
  { opcode: IO_OPCODE.WRITE, name: 'Write', effects: CSUPP | LBCC, run: write },
  { opcode: IO_OPCODE.READ, name: 'Read', effects: CSUPP, run: read },
  { opcode: IO_OPCODE.COMPARE, name: 'Compare', effects: CSUPP, run: compare },
  { opcode: IO_OPCODE.WRITE_ZEROES, name: 'Write Zeroes', effects: CSUPP | LBCC, run: writeZeroes },
  {
    opcode: IO_OPCODE.DATASET_MANAGEMENT,
    name: 'Dataset Management',
    effects: CSUPP | LBCC,
    run: datasetManagement,
  },
];

/** I/O commands, by opcode. */
export const IO_COMMANDS: ReadonlyMap<number, NvmeCommand> = new Map(
  COMMANDS.map((command) => [command.opcode, command]),
);
