import type { BusAccess } from './block.ts';
import { SOC_IFC_REG } from './registers/soc-interface.ts';

/** A security version in fuses: its number, or the four raw words (least significant first). */
export type SvnFuse = number | readonly [number, number, number, number];

/** What a SoC writes into the fuse registers. Byte strings in natural order. What is left out is not written. */
export interface Fuses {
  /** 64 bytes, obfuscated. */
  readonly udsSeed?: Uint8Array;
  /** 32 bytes, obfuscated. */
  readonly fieldEntropy?: Uint8Array;
  /** 32 bytes, obfuscated. */
  readonly hekSeed?: Uint8Array;
  /** 48 bytes. */
  readonly vendorPkHash?: Uint8Array;
  /** 48 bytes; `CPTRA_OWNER_PK_HASH`. */
  readonly ownerPkHash?: Uint8Array;
  /** Whether to lock `CPTRA_OWNER_PK_HASH` after writing it. Default false. */
  readonly ownerPkHashLock?: boolean;
  /** 4-bit mask. */
  readonly eccRevocation?: number;
  /** 32-bit mask. */
  readonly lmsRevocation?: number;
  /** 4-bit mask. */
  readonly mldsaRevocation?: number;
  /** Minimum firmware SVN, 0..128. */
  readonly firmwareSvn?: SvnFuse;
  readonly fmcKeyManifestSvn?: number;
  readonly antiRollbackDisable?: boolean;
  /** Up to 24 words. */
  readonly idevidCertAttr?: readonly number[];
  /** 4 words. */
  readonly idevidManufHsmId?: readonly number[];
  /** 1 ML-DSA, 3 LMS. */
  readonly pqcKeyType?: number;
  readonly socSteppingId?: number;
  /** 64 bytes: SHA-512 of the token. */
  readonly manufDebugUnlockToken?: Uint8Array;
  /** Minimum SoC manifest SVN, 0..128. */
  readonly socManifestSvn?: SvnFuse;
  /** 0..255. */
  readonly socManifestMaxSvn?: number;
}

/** The bus that {@link writeFuses} writes on. */
export interface FuseBus {
  readonly socBus: {
    read(address: number, axiUser: number): number;
    write(address: number, value: number, axiUser: number): void;
  };
}

type FuseRegister = keyof typeof SOC_IFC_REG.registers;

/**
 * Writes fuses through the SoC's bus, as a SoC does after reset. `CPTRA_FUSE_WR_DONE` remains to be written.
 *
 * @param axiUser - default 1
 * @throws RangeError that names the fuse, if a value does not fit it
 */
export function writeFuses(chip: FuseBus, fuses: Fuses, axiUser: BusAccess['axiUser'] = 1): void {
  for (const [register, words] of fuseWords(fuses)) {
    const { offset } = SOC_IFC_REG.registers[register];
    words.forEach((word, i) => {
      chip.socBus.write(SOC_IFC_REG.base + offset + 4 * i, word, axiUser);
    });
  }
}

/** The register writes that program `fuses`, in order. */
export function fuseWords(fuses: Fuses): readonly (readonly [register: FuseRegister, words: readonly number[]])[] {
  const writes: [FuseRegister, readonly number[]][] = [];
  const add = <T>(register: FuseRegister, value: T | undefined, encode: (value: T) => readonly number[]) => {
    if (value !== undefined) writes.push([register, encode(value)]);
  };
  const bytes = (name: keyof Fuses, length: number) => (value: Uint8Array) => bigEndianWords(name, value, length);
  const word = (name: keyof Fuses, bits: number) => (value: number) => [checkedWord(name, value, bits)];
  add('FUSE_UDS_SEED', fuses.udsSeed, bytes('udsSeed', 64));
  add('FUSE_FIELD_ENTROPY', fuses.fieldEntropy, bytes('fieldEntropy', 32));
  add('FUSE_HEK_SEED', fuses.hekSeed, bytes('hekSeed', 32));
  add('FUSE_VENDOR_PK_HASH', fuses.vendorPkHash, bytes('vendorPkHash', 48));
  add('FUSE_ECC_REVOCATION', fuses.eccRevocation, word('eccRevocation', 4));
  add('FUSE_LMS_REVOCATION', fuses.lmsRevocation, word('lmsRevocation', 32));
  add('FUSE_MLDSA_REVOCATION', fuses.mldsaRevocation, word('mldsaRevocation', 4));
  add('FUSE_FMC_KEY_MANIFEST_SVN', fuses.fmcKeyManifestSvn, word('fmcKeyManifestSvn', 32));
  add('FUSE_RUNTIME_SVN', fuses.firmwareSvn, (svn) => svnWords('firmwareSvn', svn));
  add('FUSE_ANTI_ROLLBACK_DISABLE', fuses.antiRollbackDisable, (disable) => [Number(disable)]);
  add('FUSE_IDEVID_CERT_ATTR', fuses.idevidCertAttr, (words) => checkedWords('idevidCertAttr', words, 24));
  add('FUSE_IDEVID_MANUF_HSM_ID', fuses.idevidManufHsmId, (words) => checkedWords('idevidManufHsmId', words, 4));
  add('FUSE_SOC_STEPPING_ID', fuses.socSteppingId, word('socSteppingId', 16));
  add('FUSE_MANUF_DBG_UNLOCK_TOKEN', fuses.manufDebugUnlockToken, bytes('manufDebugUnlockToken', 64));
  add('FUSE_PQC_KEY_TYPE', fuses.pqcKeyType, word('pqcKeyType', 2));
  add('FUSE_SOC_MANIFEST_SVN', fuses.socManifestSvn, (svn) => svnWords('socManifestSvn', svn));
  add('FUSE_SOC_MANIFEST_MAX_SVN', fuses.socManifestMaxSvn, word('socManifestMaxSvn', 8));
  add('CPTRA_OWNER_PK_HASH', fuses.ownerPkHash, bytes('ownerPkHash', 48));
  if (fuses.ownerPkHashLock) writes.push(['CPTRA_OWNER_PK_HASH_LOCK', [1]]);
  return writes;
}

const MAX_SVN = 128;

/** A number becomes a thermometer code: `svn` ones from bit 0 up, in four words. */
function svnWords(name: keyof Fuses, svn: SvnFuse): readonly number[] {
  if (typeof svn !== 'number') return checkedWords(name, svn, 4);
  if (!(Number.isInteger(svn) && svn >= 0 && svn <= MAX_SVN))
    throw new RangeError(`${name}: ${svn} is not in 0..${MAX_SVN}`);
  return Array.from({ length: 4 }, (_, i) => {
    const ones = Math.min(Math.max(svn - 32 * i, 0), 32);
    return ones === 32 ? 0xffff_ffff : (1 << ones) - 1;
  }).map((word) => word >>> 0);
}

function bigEndianWords(name: keyof Fuses, value: Uint8Array, length: number): readonly number[] {
  if (value.length !== length) throw new RangeError(`${name}: ${value.length} bytes, not ${length}`);
  const view = new DataView(value.buffer, value.byteOffset, length);
  return Array.from({ length: length / 4 }, (_, i) => view.getUint32(4 * i));
}

function checkedWord(name: keyof Fuses, value: number, bits: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** bits))
    throw new RangeError(`${name}: ${value} does not fit ${bits} bits`);
  return value;
}

function checkedWords(name: keyof Fuses, words: readonly number[], count: number): readonly number[] {
  if (words.length > count) throw new RangeError(`${name}: ${words.length} words, more than ${count}`);
  return words.map((word) => checkedWord(name, word, 32));
}
