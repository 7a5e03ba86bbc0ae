/** One instruction of a trace that others have recorded. */
export type TracePoint = readonly [pc: number, cycles: number];

/** Where two traces part. */
export interface TraceDifference {
  /** Which instruction, from 0. */
  readonly index: number;
  /** Clock cycles before it, in both. */
  readonly cycle: number;
  /** Absent where that trace has ended. */
  readonly got?: TracePoint;
  readonly expected?: TracePoint;
}

/**
 * Compares program counters and cycles with a golden trace.
 *
 * @returns the first difference, or undefined if there is none
 */
export function firstDifference(
  entries: readonly { readonly pc: number; readonly cycles: number }[],
  golden: readonly TracePoint[],
): TraceDifference | undefined {
  let cycle = 0;
  for (let index = 0; index < Math.max(entries.length, golden.length); index++) {
    const [entry, expected] = [entries[index], golden[index]];
    if (entry === undefined || expected === undefined || entry.pc !== expected[0] || entry.cycles !== expected[1])
      return {
        index,
        cycle,
        ...(entry && { got: [entry.pc, entry.cycles] as const }),
        ...(expected && { expected }),
      };
    cycle += entry.cycles;
  }
  return undefined;
}
