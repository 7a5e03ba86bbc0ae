/**
 * For tests only: falsified bundles, and recorded measurements without the recorded binaries. Nothing here has a place in
 * a product.
 */
import { bytesToHex, type CryptoProvider, type Hash, type Hashes, utf8ToBytes } from '@rootcap/crypto';
import { assembleBundle, type BundleOptions, signBundle, withPublicKeys } from './build.ts';
import { BUNDLE_ALIGNMENT, ImageManifest } from './layouts.ts';

/** SHA-384 of an exact message in lower-case hexadecimal → 48 bytes to give instead. */
export type DigestSubstitutions = Readonly<Record<string, Uint8Array>>;

class SubstitutingHash implements Hash {
  readonly #inner: Hash;
  readonly #substitute: (digest: Uint8Array) => Uint8Array;

  constructor(inner: Hash, substitute: (digest: Uint8Array) => Uint8Array) {
    this.#inner = inner;
    this.#substitute = substitute;
  }

  update(data: Uint8Array): this {
    this.#inner.update(data);
    return this;
  }

  digest(): Uint8Array {
    return this.#substitute(this.#inner.digest());
  }

  clone(): Hash {
    return new SubstitutingHash(this.#inner.clone(), this.#substitute);
  }
}

/**
 * `provider`, except that the SHA-384 of chosen messages is another one: stand-in firmware then measures like the
 * firmware of a recording. Signatures and all other hashes are untouched.
 *
 * @param substitutions - true SHA-384 of the message in lower-case hexadecimal → 48 bytes to return instead
 */
export function substituteDigests(provider: CryptoProvider, substitutions: DigestSubstitutions): CryptoProvider {
  const substitute = (digest: Uint8Array): Uint8Array => {
    const replacement = substitutions[bytesToHex(digest)];
    return replacement === undefined ? digest : replacement.slice();
  };
  const { hashes } = provider;
  const substituting: Hashes = {
    create: (name) => (name === 'sha384' ? new SubstitutingHash(hashes.create(name), substitute) : hashes.create(name)),
    digest(name, ...parts) {
      const digest = hashes.digest(name, ...parts);
      return name === 'sha384' ? substitute(digest) : digest;
    },
  };
  return { ...provider, name: `${provider.name} with substituted digests`, hashes: substituting };
}

/** Recognizable bytes of no meaning. */
function standInPayload(provider: CryptoProvider, label: string, size: number): Uint8Array {
  return provider.xof.digest('shake256', size, utf8ToBytes(label));
}

/**
 * A recorded bundle of which only the manifest is known: stand-in images of the right sizes, and a provider that gives
 * them the digests of the table of contents. Verification, measurements and everything derived from them come out as
 * recorded.
 *
 * @param manifest - 16956 bytes
 */
export function standInBundle(
  provider: CryptoProvider,
  manifest: Uint8Array,
): { readonly bundle: Uint8Array; readonly provider: CryptoProvider } {
  const { fmc, runtime } = ImageManifest.decode(manifest);
  const substitutions: Record<string, Uint8Array> = {};
  const used = ImageManifest.size + fmc.size + runtime.size;
  const bundle = new Uint8Array(Math.ceil(used / BUNDLE_ALIGNMENT) * BUNDLE_ALIGNMENT);
  bundle.set(manifest);
  let offset = ImageManifest.size;
  for (const [label, entry] of [
    ['stand-in FMC', fmc],
    ['stand-in runtime', runtime],
  ] as const) {
    const payload = standInPayload(provider, label, entry.size);
    bundle.set(payload, offset);
    offset += entry.size;
    substitutions[bytesToHex(provider.hashes.digest('sha384', payload))] = entry.digest;
  }
  return { bundle, provider: substituteDigests(provider, substitutions) };
}

/** When a falsification happens: before the TOC digest, before the signatures, or at the end. */
export type EditStage = 'toc' | 'header' | 'after-signing';

/** A falsification of one field: a new 32-bit value, a byte to change, or a fill. */
export interface ManifestEdit {
  readonly stage: EditStage;
  /** A path of the `ImageManifest` layout, or a prefix of paths: `preamble.vendorSigs.eccSig`. */
  readonly field: string;
  /** Little-endian value for the whole field. */
  readonly u32?: number;
  /** Byte within the field that `xor` and `fill` start at; default 0. */
  readonly offset?: number;
  readonly xor?: number;
  readonly fill?: number;
  /** Bytes that `fill` covers; default 1. */
  readonly length?: number;
}

/** Where a field, or a group of fields, starts in the manifest. @throws RangeError if there is none of that name */
export function manifestOffset(field: string): number {
  const row = ImageManifest.layout.find(
    ({ path }) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`),
  );
  if (row === undefined) throw new RangeError(`field: ImageManifest has no "${field}"`);
  return row.offset;
}

/** Applies one edit in place. */
export function editManifest(manifest: Uint8Array, edit: ManifestEdit): void {
  const at = manifestOffset(edit.field) + (edit.offset ?? 0);
  if (edit.u32 !== undefined) new DataView(manifest.buffer, manifest.byteOffset).setUint32(at, edit.u32, true);
  if (edit.xor !== undefined) manifest[at] = (manifest[at] ?? 0) ^ edit.xor;
  if (edit.fill !== undefined) manifest.fill(edit.fill, at, at + (edit.length ?? 1));
}

/** {@link buildBundle} with falsifications: everything computed after an edit is right for the edited bytes. */
export function buildEditedBundle(options: BundleOptions, edits: readonly ManifestEdit[]): Uint8Array {
  const apply = (stage: EditStage, manifest: Uint8Array): void => {
    for (const edit of edits) if (edit.stage === stage) editManifest(manifest, edit);
  };
  const bundle = signBundle(assembleBundle(withPublicKeys(options), apply), options);
  apply('after-signing', bundle);
  return bundle;
}

/** Names that the recorded scenarios give to fields of the manifest. */
export const RECORDED_FIELD_NAMES: Readonly<Record<string, string>> = {
  marker: 'marker',
  size: 'size',
  pqc_key_type: 'pqcKeyType',
  vendor_ecc_desc: 'preamble.vendorPubKeyInfo.eccKeyDescriptor',
  vendor_pqc_desc: 'preamble.vendorPubKeyInfo.pqcKeyDescriptor',
  vendor_ecc_pub_key_idx: 'preamble.vendorEccPubKeyIdx',
  vendor_ecc_active_pub_key: 'preamble.vendorEccActivePubKey',
  vendor_pqc_pub_key_idx: 'preamble.vendorPqcPubKeyIdx',
  vendor_pqc_active_pub_key: 'preamble.vendorPqcActivePubKey',
  vendor_ecc_sig: 'preamble.vendorSigs.eccSig',
  vendor_pqc_sig: 'preamble.vendorSigs.pqcSig',
  owner_ecc_sig: 'preamble.ownerSigs.eccSig',
  owner_pqc_sig: 'preamble.ownerSigs.pqcSig',
  hdr_vendor_ecc_idx: 'header.vendorEccPubKeyIdx',
  hdr_vendor_pqc_idx: 'header.vendorPqcPubKeyIdx',
  hdr_toc_len: 'header.tocLen',
  fmc_version: 'fmc.version',
  fmc_size: 'fmc.size',
  fmc_offset: 'fmc.offset',
  fmc_load_addr: 'fmc.loadAddr',
  fmc_entry_point: 'fmc.entryPoint',
  fmc_digest: 'fmc.digest',
  rt_size: 'runtime.size',
  rt_offset: 'runtime.offset',
  rt_load_addr: 'runtime.loadAddr',
  rt_entry_point: 'runtime.entryPoint',
  rt_digest: 'runtime.digest',
};
