import { bytesToHex } from '@rootcap/crypto';
import { BusFault } from '@rootcap/hardware';
import type { Board } from './board.ts';
import { invalidParameter, RPC_ERROR, RpcError } from './errors.ts';
import { bytesOf, integerOf, isAbsent, listOf, U32_MAX } from './params.ts';

/** Bytes that one transfer may read from FIFOs. */
const MAX_READ = 2 ** 24;
const MAX_OPS = 2 ** 20;
/** Words between two pauses of a long transfer. */
const PAUSE = 16_384;

type Op =
  | { readonly kind: 'r'; readonly address: number; readonly size: 1 | 2 | 4 }
  | { readonly kind: 'w'; readonly address: number; readonly value: number; readonly size: 1 | 2 | 4 }
  | { readonly kind: 'rf'; readonly address: number; readonly count: number }
  | { readonly kind: 'wf'; readonly address: number; readonly data: Uint8Array };

export function accessSize(value: unknown, name: string): 1 | 2 | 4 {
  const size = isAbsent(value) ? 4 : value;
  if (size !== 1 && size !== 2 && size !== 4) throw invalidParameter(name, '1, 2 or 4');
  return size;
}

/** @param size - bytes of the access */
export function accessValue(value: unknown, name: string, size: 1 | 2 | 4): number {
  return integerOf(value, name, 2 ** (8 * size) - 1);
}

function parseOp(value: unknown, name: string): Op {
  const parts = listOf(value, name, 4);
  const address = (): number => integerOf(parts[1], `${name}[1]`, U32_MAX);
  switch (parts[0]) {
    case 'r':
      return { kind: 'r', address: address(), size: accessSize(parts[2], `${name}[2]`) };
    case 'w': {
      const size = accessSize(parts[3], `${name}[3]`);
      return { kind: 'w', address: address(), value: accessValue(parts[2], `${name}[2]`, size), size };
    }
    case 'rf':
      return { kind: 'rf', address: address(), count: integerOf(parts[2], `${name}[2]`, MAX_READ) };
    case 'wf':
      return { kind: 'wf', address: address(), data: bytesOf(parts[2], `${name}[2]`) };
    default:
      throw invalidParameter(`${name}[0]`, 'r, w, rf or wf');
  }
}

/** @throws RpcError naming the operation */
function parseOps(value: unknown): Op[] {
  const ops = listOf(value, 'ops', MAX_OPS).map((op, i) => parseOp(op, `ops[${i}]`));
  const read = ops.reduce((sum, op) => sum + (op.kind === 'rf' ? op.count : 0), 0);
  if (read > MAX_READ) throw invalidParameter('ops', `at most ${MAX_READ} bytes of rf`);
  return ops;
}

/** What a bus refused, as an error of the protocol. */
export function busFault(error: unknown, more: Readonly<Record<string, unknown>> = {}): unknown {
  if (!(error instanceof BusFault)) return error;
  const { kind, address } = error;
  return new RpcError(RPC_ERROR.BUS_FAULT, 'bus-fault', { kind, address, ...more });
}

/** Runs one operation, with a pause after many words. */
function* run(board: Board, op: Op, axiUser: number): Generator<undefined, unknown, undefined> {
  switch (op.kind) {
    case 'r':
      return board.read(op.address, axiUser, op.size);
    case 'w':
      board.write(op.address, op.value, axiUser, op.size);
      return null;
    case 'rf':
      return bytesToHex(yield* drain(board, op.address, op.count, axiUser));
    case 'wf':
      yield* fill(board, op.address, op.data, axiUser);
      return null;
  }
}

function* drain(board: Board, address: number, count: number, axiUser: number) {
  const data = new Uint8Array((count + 3) & ~3);
  const view = new DataView(data.buffer);
  for (let i = 0; i < count; i += 4) {
    view.setUint32(i, board.read(address, axiUser), true);
    if ((i / 4) % PAUSE === PAUSE - 1) yield;
  }
  return data.subarray(0, count);
}

function* fill(board: Board, address: number, data: Uint8Array, axiUser: number) {
  const padded = new Uint8Array((data.length + 3) & ~3);
  padded.set(data);
  const view = new DataView(padded.buffer);
  for (let i = 0; i < padded.length; i += 4) {
    board.write(address, view.getUint32(i, true), axiUser);
    if ((i / 4) % PAUSE === PAUSE - 1) yield;
  }
}

/**
 * Many accesses in one request. A malformed one is found before the first is made.
 *
 * @throws RpcError bus-fault with the index of the operation and the results before it
 */
export function* transfer(board: Board, value: unknown, axiUser: number): Generator<undefined, unknown[], undefined> {
  const done: unknown[] = [];
  const ops = parseOps(value);
  for (let index = 0; index < ops.length; index++) {
    try {
      done.push(yield* run(board, ops[index] as Op, axiUser));
    } catch (error) {
      throw busFault(error, { index, done });
    }
    if (index % PAUSE === PAUSE - 1) yield;
  }
  return done;
}
