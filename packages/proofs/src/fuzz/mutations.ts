import type { CryptoProvider } from '@rootcap/crypto';
import {
  type BundleOptions,
  buildEditedBundle,
  type HeaderOptions,
  ImageManifest,
  MANIFEST_RANGES,
  type ManifestEdit,
} from '@rootcap/image';
import type { Random } from './random.ts';

/** A falsified bundle. */
export interface MutatedImage {
  readonly kind: MutationKind;
  readonly bundle: Uint8Array;
  /** Whether somebody with the keys signed what is in it. */
  readonly signed: boolean;
}

const MUTATIONS = ['bytes', 'field', 'length', 'splice', 'signed structure'] as const;
type MutationKind = (typeof MUTATIONS)[number];

/** Leaf fields of the manifest, large ones as often as small ones. */
const FIELDS = ImageManifest.layout;
/** Fields that the signatures cover: what is wrong in them reaches the checks behind the signatures. */
const SIGNED_FIELDS = FIELDS.filter(({ path }) => /^(header|fmc|runtime)\./.test(path)).map(({ path }) => path);

/** One way to make a bundle wrong. Structure is falsified with everything behind it right for the false bytes. */
export function mutateImage(random: Random, base: Uint8Array, options: BundleOptions): MutatedImage {
  const kind = random.chance(0.3) ? 'signed structure' : random.pick(MUTATIONS);
  if (kind === 'signed structure') return { kind, bundle: signedStructure(random, options), signed: true };
  const bundle = base.slice();
  switch (kind) {
    case 'bytes':
      changeBytes(random, bundle);
      break;
    case 'field':
      changeField(random, bundle);
      break;
    case 'splice':
      splice(random, bundle);
      break;
    case 'length':
      return { kind, bundle: changeLength(random, bundle), signed: false };
  }
  return { kind, bundle, signed: false };
}

function changeBytes(random: Random, bundle: Uint8Array): void {
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(random.chance(0.8) ? ImageManifest.size : bundle.length);
    bundle[at] = (bundle[at] as number) ^ (1 << random.below(8));
  }
}

function changeField(random: Random, bundle: Uint8Array): void {
  const { offset, size } = random.pick(FIELDS);
  const field = bundle.subarray(offset, offset + size);
  if (size <= 4) for (let i = 0, value = random.edge(); i < size; i++) field[i] = value >>> (8 * i);
  else if (random.chance(0.3)) field.fill(random.pick([0, 0xff, 0x55]));
  else field.set(random.bytes(Math.min(size, 64)), random.below(Math.max(1, size - 64)));
}

function splice(random: Random, bundle: Uint8Array): void {
  const length = 1 + random.below(512);
  const from = random.below(bundle.length - length);
  bundle.copyWithin(random.below(bundle.length - length), from, from + length);
}

function changeLength(random: Random, bundle: Uint8Array): Uint8Array {
  if (random.chance(0.6)) return bundle.slice(0, random.below(bundle.length));
  const longer = new Uint8Array(bundle.length + random.below(300 * 1024));
  longer.set(bundle);
  return longer;
}

/** Header, table of contents or key indices false, digests and signatures right. */
function signedStructure(random: Random, options: BundleOptions): Uint8Array {
  const edits: ManifestEdit[] = [];
  for (let n = random.below(3); n > 0; n--) {
    const field = random.pick(SIGNED_FIELDS);
    edits.push({ stage: field.startsWith('header') ? 'header' : 'toc', field, ...change(random, field) });
  }
  return buildEditedBundle({ ...options, ...variant(random, options) }, edits);
}

function change(random: Random, field: string): Pick<ManifestEdit, 'u32' | 'offset' | 'xor'> {
  const size = FIELDS.find(({ path }) => path === field)?.size ?? 1;
  if (size === 4 && random.chance(0.8)) return { u32: random.edge() };
  return { offset: random.below(size), xor: 1 + random.below(255) };
}

function variant(random: Random, { fmc, runtime }: BundleOptions): Partial<BundleOptions> {
  const dates = ['20230101000000Z', '20991231235959Z', '99991231235959Z'];
  const header: HeaderOptions = {
    svn: random.chance(0.8) ? random.below(129) : random.edge(),
    ...(random.chance(0.5) ? { pl0Pauser: random.edge() } : {}),
    ...(random.chance(0.2) ? { vendorNotBefore: random.pick(dates), vendorNotAfter: random.pick(dates) } : {}),
    ...(random.chance(0.2) ? { ownerNotBefore: random.pick(dates), ownerNotAfter: random.pick(dates) } : {}),
  };
  return {
    header,
    vendorEccIndex: random.below(4),
    vendorPqcIndex: random.below(4),
    ...(random.chance(0.2) ? { fmc: { ...fmc, payload: random.bytes(4 * (1 + random.below(200))) } } : {}),
    ...(random.chance(0.2) ? { runtime: { ...runtime, version: random.u32() } } : {}),
  };
}

/** The fuses that a bundle's keys call for, so that false keys get past the first comparison. */
export function matchingHashes(
  { hashes }: Pick<CryptoProvider, 'hashes'>,
  bundle: Uint8Array,
): { readonly vendorPkHash: Uint8Array; readonly ownerPkHash: Uint8Array } {
  const hash = ({ offset, length }: { readonly offset: number; readonly length: number }): Uint8Array =>
    hashes.digest('sha384', bundle.subarray(offset, offset + length));
  return { vendorPkHash: hash(MANIFEST_RANGES.vendorPubKeyInfo), ownerPkHash: hash(MANIFEST_RANGES.ownerPubKeys) };
}

/** Whether a bundle differs from another in something that signatures cover. */
export function differsWhereSigned(a: Uint8Array, b: Uint8Array, payloadEnd: number): boolean {
  const start = MANIFEST_RANGES.ownerSignedHeader.offset;
  return Buffer.compare(a.subarray(start, payloadEnd), b.subarray(start, payloadEnd)) !== 0;
}
