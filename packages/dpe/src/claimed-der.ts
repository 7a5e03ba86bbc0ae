import { der } from '@rootcap/dice';

/**
 * A TLV together with the size that the lengths around it count. Both are the same unless the reference's wrong lengths
 * are reproduced.
 */
export interface ClaimedTlv {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** A TLV that is as long as it is. */
export const exact = (bytes: Uint8Array): ClaimedTlv => ({ bytes, size: bytes.length });

/** A TLV around others: its length counts what they claim. */
export function claimedTlv(tag: number, ...contents: readonly ClaimedTlv[]): ClaimedTlv {
  let length = 0;
  let present = 0;
  for (const { bytes, size } of contents) {
    length += size;
    present += bytes.length;
  }
  const size = der.tlvSize(length);
  const bytes = new Uint8Array(size - length + present);
  bytes[0] = tag;
  let offset = der.writeLength(bytes, 1, length);
  for (const part of contents) {
    bytes.set(part.bytes, offset);
    offset += part.bytes.length;
  }
  return { bytes, size };
}
