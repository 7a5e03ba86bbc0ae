import { DriveError, RangeOutOfBoundsError } from '../errors.ts';
import type { FlashState, RangeRecord } from './flash.ts';

/** Blocks to protect. */
export interface RangeOptions {
  /** Letters, digits, `-`, `_` and `.`; a name that exists is replaced. */
  readonly name: string;
  readonly nsid: number;
  /** First block. Default 0. */
  readonly start?: number;
  /** Last block, itself inside. Default the namespace's last. */
  readonly end?: number;
  /** UIDs of bound parties that have to be enabled. Default none. */
  readonly parties?: readonly string[];
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/** What the flash holds. @throws DriveError UNKNOWN if that is nothing, CORRUPT if it is no drive */
export function openFlash(state: FlashState | undefined): FlashState {
  if (state === undefined) throw new DriveError('UNKNOWN', 'the flash has no drive');
  if (state.format !== 'rootcap-drive' || state.version !== 1)
    throw new DriveError(
      'CORRUPT',
      `format: ${String(state.format)} version ${String(state.version)} is not this one's`,
    );
  return state;
}

/**
 * A range with every default filled in.
 *
 * @throws RangeError for a name that is none; DriveError UNKNOWN for a namespace or party that is not there, ACCESS_DENIED
 *   for a range that Opal locks; RangeOutOfBoundsError for blocks beyond the namespace or in another range
 */
export function checkRange<T extends RangeOptions>(state: FlashState, options: T): T & Required<RangeOptions> {
  const { namespaces, parties, ranges } = state;
  const { name, nsid } = options;
  if (!NAME.test(name)) throw new RangeError(`name: ${JSON.stringify(name)} is not 1 to 64 of A-Z a-z 0-9 . _ -`);
  const namespace = namespaces.find((each) => each.nsid === nsid);
  if (namespace === undefined) throw new DriveError('UNKNOWN', `namespace ${nsid}: this drive has none of this number`);
  const { start = 0, end = namespace.blockCount - 1 } = options;
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end < namespace.blockCount))
    throw new RangeOutOfBoundsError(`range ${name}: blocks ${start}..${end} are not in 0..${namespace.blockCount - 1}`);
  const needed = [...new Set(options.parties ?? [])];
  for (const uid of needed)
    if (!parties.some((party) => party.uid === uid))
      throw new DriveError('UNKNOWN', `party ${uid}: not bound to this drive`);
  const range = { name, nsid, start, end };
  if (ranges.some((other) => other.name === name && other.dpk.kind === 'opal'))
    throw new DriveError('ACCESS_DENIED', `range ${name}: Opal locks it`);
  const overlapping = ranges.find((other) => overlaps(other, range) && !givesWay(state, other, range));
  if (overlapping !== undefined)
    throw new RangeOutOfBoundsError(`range ${name}: blocks ${start}..${end} are in range ${overlapping.name} too`);
  return { ...options, start, end, parties: needed };
}

/** Whether an old range ends when a new one is made: one of its name, or a whole namespace that nothing protects. */
export function givesWay(
  { namespaces }: FlashState,
  old: RangeRecord,
  made: Pick<RangeRecord, 'name' | 'nsid' | 'start' | 'end'>,
): boolean {
  if (old.name === made.name) return true;
  const whole = namespaces.some(({ nsid, name }) => nsid === old.nsid && name === old.name);
  return whole && old.dpk.kind === 'device' && old.parties.length === 0 && overlaps(old, made);
}

function overlaps(range: RangeRecord, { nsid, start, end }: Pick<RangeRecord, 'nsid' | 'start' | 'end'>): boolean {
  return range.nsid === nsid && range.start <= end && start <= range.end;
}
