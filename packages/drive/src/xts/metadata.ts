import { type Infer, struct, u32 } from '@rootcap/struct';

const Metd = struct('METD', {
  lbaStartLow: u32,
  lbaStartHigh: u32,
  lbaEndLow: u32,
  lbaEndHigh: u32,
  nsid: u32,
});

/** Bytes of METD in the register block of the encryption engine. */
export const METADATA_SIZE = Metd.size;

/** What a media key is for: an example of the OCP LOCK specification, "LBA range and namespace". */
export interface RangeMetadata {
  /** First block. */
  readonly start: number;
  /** Last block, itself inside. */
  readonly end: number;
  readonly nsid: number;
}

const high = (value: number): number => Math.floor(value / 2 ** 32);
const low = (value: number): number => value % 2 ** 32;

/**
 * METD of a range: start u64, end u64 (inclusive), namespace u32, all little-endian; 20 bytes.
 *
 * @throws StructError if a number is negative, no integer, or too large
 */
export function encodeMetadata({ start, end, nsid }: RangeMetadata): Uint8Array {
  return Metd.encode({
    lbaStartLow: low(start),
    lbaStartHigh: high(start),
    lbaEndLow: low(end),
    lbaEndHigh: high(end),
    nsid,
  });
}

/** @returns undefined unless it is a range of blocks of a namespace: 1 or more, up to 2^53 - 1 */
export function decodeMetadata(metadata: Uint8Array): RangeMetadata | undefined {
  if (metadata.length !== METADATA_SIZE) return undefined;
  const { lbaStartLow, lbaStartHigh, lbaEndLow, lbaEndHigh, nsid }: Infer<typeof Metd> = Metd.decode(metadata);
  const start = lbaStartHigh * 2 ** 32 + lbaStartLow;
  const end = lbaEndHigh * 2 ** 32 + lbaEndLow;
  if (nsid === 0 || end < start || !Number.isSafeInteger(end)) return undefined;
  return { start, end, nsid };
}
