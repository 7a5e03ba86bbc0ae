import type { CryptoProvider } from '@rootcap/crypto';
import { bytes, struct, u16, u32 } from '@rootcap/struct';

/** What a ROM image says of itself, in its last 64 bytes that are not zero. caliptra-sw:image/types/src/lib.rs */
const RomInfoTable = struct('RomInfo', {
  sha256_digest: bytes(32),
  revision: bytes(20),
  flags: u32,
  version: u16,
  rsvd: u16,
});

const ALIGNMENT = 64;

/** The table of a ROM image. */
export interface RomImageInfo {
  /** Source revision, 20 bytes. */
  readonly revision: Uint8Array;
  /** SHA-256 of the image before the table, each of its words reversed, as the table says: 32 bytes in natural order. */
  readonly sha256: Uint8Array;
  /** Where the table lies. */
  readonly address: number;
  /** Major « 11 | minor « 6 | patch. */
  readonly version: number;
  /** Whether the digest is right. */
  readonly intact: boolean;
}

/**
 * Finds what a ROM image says of itself.
 *
 * @param rom - the image, up to 96 KiB
 * @returns nothing if the image has no such table
 */
export function findRomInfo(rom: Uint8Array, { hashes }: Pick<CryptoProvider, 'hashes'>): RomImageInfo | undefined {
  let address = Math.floor(rom.length / ALIGNMENT) * ALIGNMENT - ALIGNMENT;
  while (address > 0 && rom.subarray(address, address + ALIGNMENT).every((byte) => byte === 0)) address -= ALIGNMENT;
  if (address <= 0) return undefined;
  const table = RomInfoTable.decodeFrom(rom, address);
  if (table.version >>> 11 === 0 || table.rsvd !== 0 || table.flags !== 0) return undefined;
  const sha256 = wordsReversed(table.sha256_digest);
  const digest = hashes.digest('sha256', wordsReversed(rom.subarray(0, address)));
  return {
    revision: table.revision,
    sha256,
    address,
    version: table.version,
    intact: digest.every((byte, i) => byte === sha256[i]),
  };
}

function wordsReversed(data: Uint8Array): Uint8Array {
  const output = data.slice();
  for (let i = 0; i < output.length; i += 4) output.subarray(i, i + 4).reverse();
  return output;
}
