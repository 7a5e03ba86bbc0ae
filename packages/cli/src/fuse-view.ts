import { bytesToHex } from '@rootcap/crypto';
import { ueid } from '@rootcap/dice';
import type { Fuses, SvnFuse } from '@rootcap/hardware';
import { decodeRevocation, decodeSvnFuse, pqcKeyTypeOf } from '@rootcap/image';
import { FUSE_FIELDS, type FuseField, fuseRegister } from './fuse-file.ts';
import { hexWord } from './values.ts';

/** One fuse as the viewer shows it. */
export interface FuseView {
  readonly name: string;
  readonly register: string | undefined;
  /** `<n bytes, secret>` for a secret. Absent: not burnt. */
  readonly value: string | undefined;
  /** What the value stands for. */
  readonly decoded: string | undefined;
  readonly meaning: string;
}

const KEY_ID_HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'fuses', 'SHA-512', 'fuses', 'fuses', 'fuses'] as const;

function attributes(words: readonly number[]): string {
  const all = Array.from({ length: 24 }, (_, i) => words[i] ?? 0);
  const selectors = all[0] ?? 0;
  const ecc = KEY_ID_HASHES[selectors & 7];
  const mldsa = KEY_ID_HASHES[(selectors >>> 3) & 7];
  return `key identifiers from ${ecc} (ECC) and ${mldsa} (ML-DSA); UEID ${bytesToHex(ueid(all))}`;
}

function svnText(svn: SvnFuse): string {
  return `SVN ${typeof svn === 'number' ? svn : decodeSvnFuse(svn)}`;
}

function revocationText(mask: number): string {
  const keys = decodeRevocation(mask);
  return keys.length === 0 ? 'none revoked' : `revoked: ${keys.join(', ')}`;
}

const PQC_NAMES = { mldsa: 'ML-DSA-87', lms: 'LMS' } as const;

function pqcText(value: number): string {
  const name = pqcKeyTypeOf(value);
  return name === undefined ? 'no known algorithm' : PQC_NAMES[name];
}

function decodedText(field: FuseField, fuses: Fuses): string | undefined {
  switch (field.name) {
    case 'eccRevocation':
    case 'lmsRevocation':
    case 'mldsaRevocation':
      return revocationText(fuses[field.name] ?? 0);
    case 'firmwareSvn':
    case 'socManifestSvn':
      return svnText(fuses[field.name] ?? 0);
    case 'pqcKeyType':
      return pqcText(fuses.pqcKeyType ?? 0);
    case 'idevidCertAttr':
      return attributes(fuses.idevidCertAttr ?? []);
    default:
      return undefined;
  }
}

function valueText({ kind, secret }: FuseField, value: NonNullable<Fuses[keyof Fuses]>, showSecrets: boolean): string {
  if (value instanceof Uint8Array)
    return secret && !showSecrets ? `<${value.length} bytes, secret>` : bytesToHex(value) || '(empty)';
  if (Array.isArray(value)) return value.map(hexWord).join(' ');
  return kind === 'word' && typeof value === 'number' ? hexWord(value) : String(value);
}

/** All fuses in the order in which a SoC writes them, those not burnt included. */
export function fuseViews(fuses: Fuses, showSecrets: boolean): FuseView[] {
  return FUSE_FIELDS.map((field) => {
    const value = fuses[field.name];
    const { meaning, name } = field;
    if (value === undefined) return { name, register: undefined, value: undefined, decoded: undefined, meaning };
    return {
      name,
      register: fuseRegister(name, value) || undefined,
      value: valueText(field, value, showSecrets),
      decoded: decodedText(field, fuses),
      meaning,
    };
  });
}
