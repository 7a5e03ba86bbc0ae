import { MBOX_CSR, SHA512_ACC_CSR, SOC_IFC_REG } from '@rootcap/hardware';
import type { Connection } from './connection.ts';
import { invalidParameter } from './errors.ts';
import { boolean, integer, integerOf, isAbsent, listOf, objectOf, type Params, U32_MAX } from './params.ts';
import { busFault } from './transfer.ts';

const MAX_WATCHED = 256;
const { MBOX_LOCK, MBOX_DATAIN, MBOX_DATAOUT } = MBOX_CSR.registers;

/** Registers whose reading changes the chip. */
const UNWATCHABLE = new Set([
  ...[MBOX_LOCK, MBOX_DATAIN, MBOX_DATAOUT].map(({ offset }) => MBOX_CSR.base + offset),
  SHA512_ACC_CSR.base + SHA512_ACC_CSR.registers.LOCK.offset,
]);
const { INTERNAL_RV_MTIME_L, INTERNAL_RV_MTIME_H } = SOC_IFC_REG.registers;
/** Registers that change with time alone. */
const TIME = new Set([INTERNAL_RV_MTIME_L, INTERNAL_RV_MTIME_H].map(({ offset }) => SOC_IFC_REG.base + offset));

function watchable(value: unknown, name: string): number {
  const address = integerOf(value, name, U32_MAX);
  if (UNWATCHABLE.has(address)) throw invalidParameter(name, 'a register that reading does not change');
  if (address % 4 !== 0) throw invalidParameter(name, 'the address of a word');
  return address;
}

interface Condition {
  readonly address: number;
  readonly mask: number;
  readonly value: number;
}

function condition(value: unknown): Condition | undefined {
  if (isAbsent(value)) return undefined;
  const params = objectOf(value, 'until');
  const word = (field: string, byDefault?: number): number =>
    isAbsent(params[field]) && byDefault !== undefined
      ? byDefault
      : integerOf(params[field], `until.${field}`, U32_MAX);
  const mask = word('mask', U32_MAX);
  return { address: watchable(params.address, 'until.address'), mask, value: (word('value') & mask) >>> 0 };
}

/** Why a step ended. */
type Reason = 'until' | 'watch' | 'wire' | 'output' | 'idle' | 'cycles';

/** Lets time pass on the board. @throws RpcError naming the parameter, or bus-fault for a register that is not there */
export function* step(
  { board, listener }: Pick<Connection, 'board' | 'listener'>,
  params: Params,
  axiUser: number,
): Generator<undefined, unknown, undefined> {
  const { clock } = board.device;
  const cycles = integer(params, 'cycles', Number.MAX_SAFE_INTEGER - clock.now, 1);
  const watch = isAbsent(params.watch) ? [] : listOf(params.watch, 'watch', MAX_WATCHED);
  const addresses = watch.map((address, i) => watchable(address, `watch[${i}]`));
  const until = condition(params.until);
  const stopOnOutput = boolean(params, 'stopOnOutput', false);
  const read = (address: number): number => {
    try {
      return board.read(address, axiUser);
    } catch (error) {
      throw busFault(error);
    }
  };

  const before = addresses.map(read);
  const { readyForFw } = board;
  const { said } = listener;
  const stopped = (): Reason | undefined => {
    if (until !== undefined && (read(until.address) & until.mask) >>> 0 === until.value) return 'until';
    if (addresses.some((address, i) => read(address) !== before[i])) return 'watch';
    if (board.readyForFw !== readyForFw) return 'wire';
    return stopOnOutput && listener.said !== said ? 'output' : undefined;
  };
  let why: Reason | undefined;
  const everyCycle = addresses.some((address) => TIME.has(address)) || (until !== undefined && TIME.has(until.address));
  const { ran, reason } = yield* clock.steps({
    cycles,
    everyCycle,
    until: () => {
      why = stopped();
      return why !== undefined;
    },
  });
  const idle = reason === 'idle' ? { idle: true } : {};
  return { ran, reason: why ?? reason, values: addresses.map(read), ...listener.take(), ...idle };
}
