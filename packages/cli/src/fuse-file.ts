import { type Fuses, fuseWords } from '@rootcap/hardware';
import { UsageError } from './errors.ts';
import { isRecord, jsonFlag, jsonHex, jsonNumber, parseJsonObject } from './json.ts';
import { parseHex } from './values.ts';

/** How one fuse is written in a fuse file. */
export interface FuseField {
  readonly name: keyof Fuses;
  readonly kind: 'bytes' | 'word' | 'words' | 'svn' | 'flag';
  /** Bytes, or words. */
  readonly size?: number;
  readonly secret?: true;
  readonly meaning: string;
}

/** Every fuse, in the order in which a SoC writes them. */
export const FUSE_FIELDS: readonly FuseField[] = [
  { name: 'udsSeed', kind: 'bytes', size: 64, secret: true, meaning: 'unique device secret, obfuscated' },
  { name: 'fieldEntropy', kind: 'bytes', size: 32, secret: true, meaning: 'field entropy, obfuscated' },
  { name: 'hekSeed', kind: 'bytes', size: 32, secret: true, meaning: 'HEK seed of OCP LOCK, obfuscated' },
  { name: 'vendorPkHash', kind: 'bytes', size: 48, meaning: 'SHA-384 of the vendor key lists' },
  { name: 'eccRevocation', kind: 'word', meaning: 'bit n revokes vendor ECC key n' },
  { name: 'lmsRevocation', kind: 'word', meaning: 'bit n revokes vendor LMS key n' },
  { name: 'mldsaRevocation', kind: 'word', meaning: 'bit n revokes vendor ML-DSA key n' },
  { name: 'fmcKeyManifestSvn', kind: 'word', meaning: 'SVN of the FMC key manifest' },
  { name: 'firmwareSvn', kind: 'svn', meaning: 'lowest firmware SVN taken' },
  { name: 'antiRollbackDisable', kind: 'flag', meaning: 'whether any SVN is taken' },
  { name: 'idevidCertAttr', kind: 'words', size: 24, meaning: 'IDevID key identifiers and UEID' },
  { name: 'idevidManufHsmId', kind: 'words', size: 4, meaning: 'manufacturer HSM' },
  { name: 'socSteppingId', kind: 'word', meaning: 'SoC stepping' },
  { name: 'manufDebugUnlockToken', kind: 'bytes', size: 64, meaning: 'SHA-512 of the manufacturing debug token' },
  { name: 'pqcKeyType', kind: 'word', meaning: 'second firmware signature: 1 ML-DSA, 3 LMS' },
  { name: 'socManifestSvn', kind: 'svn', meaning: 'lowest SoC manifest SVN taken' },
  { name: 'socManifestMaxSvn', kind: 'word', meaning: 'highest SoC manifest SVN' },
  { name: 'ownerPkHash', kind: 'bytes', size: 48, meaning: 'SHA-384 of the owner keys (a register, not a fuse)' },
  { name: 'ownerPkHashLock', kind: 'flag', meaning: 'whether that register is locked' },
];

/** What a fuse file says: fuses, and the two keys that are fixed in silicon. */
export interface FuseFile {
  readonly fuses: Partial<Fuses>;
  /** 32 bytes. */
  readonly obfuscationKey?: Uint8Array;
  /** 64 bytes. */
  readonly csrHmacKey?: Uint8Array;
}

/** Keys in silicon, which a fuse file may state too. */
const SILICON_KEYS = { obfuscationKey: 32, csrHmacKey: 64 } as const;
type SiliconKey = keyof typeof SILICON_KEYS;

/** Register that a fuse is written to. */
export function fuseRegister(name: keyof Fuses, value: NonNullable<Fuses[keyof Fuses]>): string {
  return fuseWords({ [name]: value })[0]?.[0] ?? '';
}

function fuseValue({ kind, size }: FuseField, value: unknown, argument: string): NonNullable<Fuses[keyof Fuses]> {
  switch (kind) {
    case 'bytes':
      // null: blank, which is all zeros.
      if (value === null) return new Uint8Array(size ?? 0);
      return jsonHex(value, argument, size);
    case 'flag':
      return jsonFlag(value, argument);
    case 'words':
      if (!Array.isArray(value)) throw new UsageError(`${argument}: expected a list of words, got ${typeof value}`);
      return value.map((word, i) => jsonNumber(word, `${argument}[${i}]`));
    case 'svn':
      if (!Array.isArray(value)) return jsonNumber(value ?? 0, argument);
      if (value.length !== 4)
        throw new UsageError(`${argument}: expected a number or 4 words, got ${value.length} words`);
      return value.map((word, i) => jsonNumber(word, `${argument}[${i}]`)) as [number, number, number, number];
    case 'word':
      return jsonNumber(value ?? 0, argument);
  }
}

/** Whether JSON is a fuse file: an object all of whose names are fuses. */
export function isFuseFile(value: unknown): boolean {
  const names = isRecord(value) ? Object.keys(value) : [];
  return names.length > 0 && names.every((name) => FUSE_FIELDS.some((field) => field.name === name) || isSilicon(name));
}

function isSilicon(name: string): name is SiliconKey {
  return Object.hasOwn(SILICON_KEYS, name);
}

/**
 * Reads a fuse file: a JSON object with the names of {@link FUSE_FIELDS}. Bytes are hexadecimal, in natural order; `null`
 * is a blank fuse; what is left out is as in the demo device.
 *
 * @param argument - named in errors
 * @throws UsageError for anything that no fuse can hold
 */
export function parseFuseFile(data: Uint8Array, argument: string): FuseFile {
  const fuses: Record<string, unknown> = {};
  const silicon: Partial<Record<SiliconKey, Uint8Array>> = {};
  for (const [name, value] of Object.entries(parseJsonObject(data, argument, 'fuses'))) {
    const path = `${argument}: ${name}`;
    const field = FUSE_FIELDS.find((known) => known.name === name);
    if (field !== undefined) fuses[name] = fuseValue(field, value, path);
    else if (isSilicon(name)) silicon[name] = parseHex(String(value), path, SILICON_KEYS[name]);
    else throw new UsageError(`${path}: no such fuse; known are ${knownNames()}`);
  }
  try {
    fuseWords(fuses as Fuses);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`${argument}: ${cause.message}`, { cause });
  }
  return { fuses: fuses as Partial<Fuses>, ...silicon };
}

function knownNames(): string {
  return [...FUSE_FIELDS.map(({ name }) => name), ...Object.keys(SILICON_KEYS)].join(', ');
}
