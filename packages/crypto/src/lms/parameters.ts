import type { Capabilities } from '../provider.ts';

export type NeedsLmsHash = Pick<Capabilities, 'hashes' | 'xof'>;

type HashFamily = 'sha256' | 'shake256';

/** One row of RFC 8554 Table 2 or SP 800-208 Tables 3, 5, 7, 9: a tree of hashes of `m` bytes and height `h`. */
export interface LmsParameters {
  readonly name: string;
  readonly type: number;
  readonly hash: HashFamily;
  readonly m: number;
  readonly h: number;
}

/** One row of RFC 8554 Table 1 or SP 800-208 Tables 2, 4, 6, 8: `p` chains of width `w` bits over hashes of `n` bytes. */
export interface LmotsParameters {
  readonly name: string;
  readonly type: number;
  readonly hash: HashFamily;
  readonly n: number;
  readonly w: 1 | 2 | 4 | 8;
  readonly p: number;
  /** Left shift that aligns the checksum to the top of its 16 bits. */
  readonly ls: number;
}

const FAMILIES = [
  { hash: 'sha256', label: 'SHA256', bytes: 32, lms: 5, lmots: 1 },
  { hash: 'sha256', label: 'SHA256', bytes: 24, lms: 10, lmots: 5 },
  { hash: 'shake256', label: 'SHAKE', bytes: 32, lms: 15, lmots: 9 },
  { hash: 'shake256', label: 'SHAKE', bytes: 24, lms: 20, lmots: 13 },
] as const;

const HEIGHTS = [5, 10, 15, 20, 25] as const;
const WIDTHS = [1, 2, 4, 8] as const;

/** `u` digits of the digest and `v` of the checksum, which counts up to `u · (2^w - 1)`. RFC 8554 Appendix B */
function chains(n: number, w: number): { p: number; ls: number } {
  const u = Math.ceil((8 * n) / w);
  const checksumBits = Math.floor(Math.log2((2 ** w - 1) * u)) + 1;
  const v = Math.ceil(checksumBits / w);
  return { p: u + v, ls: 16 - v * w };
}

/** Every parameter set of an LMS tree, SHA-256 and SHAKE256, 32 and 24 bytes. */
export const LMS_PARAMETERS: readonly LmsParameters[] = FAMILIES.flatMap(({ hash, label, bytes, lms }) =>
  HEIGHTS.map((h, i) => ({ name: `LMS_${label}_M${bytes}_H${h}`, type: lms + i, hash, m: bytes, h })),
);

/** Every parameter set of an LM-OTS signature. */
export const LMOTS_PARAMETERS: readonly LmotsParameters[] = FAMILIES.flatMap(({ hash, label, bytes, lmots }) =>
  WIDTHS.map((w, i) => ({
    name: `LMOTS_${label}_N${bytes}_W${w}`,
    type: lmots + i,
    hash,
    n: bytes,
    w,
    ...chains(bytes, w),
  })),
);

export function lmsParameters(nameOrType: string | number): LmsParameters | undefined {
  return LMS_PARAMETERS.find(({ name, type }) => name === nameOrType || type === nameOrType);
}

export function lmotsParameters(nameOrType: string | number): LmotsParameters | undefined {
  return LMOTS_PARAMETERS.find(({ name, type }) => name === nameOrType || type === nameOrType);
}

/** @internal H of RFC 8554: the hash of the family, cut to `bytes`. */
export type LmsHash = (...parts: readonly Uint8Array[]) => Uint8Array;

/** @internal */
export function lmsHash({ hashes, xof }: NeedsLmsHash, family: HashFamily, bytes: number): LmsHash {
  if (family === 'shake256') return (...parts) => xof.digest('shake256', bytes, ...parts);
  return bytes === 32
    ? (...parts) => hashes.digest('sha256', ...parts)
    : (...parts) => hashes.digest('sha256', ...parts).subarray(0, bytes);
}
