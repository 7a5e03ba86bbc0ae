import { type CryptoProvider, utf8ToBytes } from '@rootcap/crypto';
import {
  type BundleOptions,
  buildEditedBundle,
  demoKeys,
  type HeaderOptions,
  MANIFEST_RANGES,
  type ManifestEdit,
  type OwnerKeys,
  ownerPkHash,
  ownerPublicKeys,
  type PqcKeyType,
  sliceOf,
  substituteDigests,
  type VendorKeys,
  vendorPkHash,
  vendorPublicKeys,
} from '@rootcap/image';
import { substitutions } from './recorded-options.ts';

const LOAD_ADDR = 0x4000_0000;
const FMC_SIZE = 0x400;
/** Long enough to end behind ICCM where a recorded case loads it late. */
const RUNTIME_SIZE = 0x1_4000;
/** A gap behind FMC: recorded cases move FMC by a byte. */
const RUNTIME_LOAD_ADDR = LOAD_ADDR + 0x8000;

/** What a recording may give of an image in the table of contents. */
export interface StandInImage {
  readonly size: number;
  readonly loadAddr: number;
  readonly entryPoint: number;
  readonly version?: number;
  readonly revision?: Uint8Array;
}

/** A bundle of which a recording gives only what it measures to. */
export interface StandInOptions {
  readonly pqc: PqcKeyType;
  readonly svn: number;
  readonly vendorEccIndex?: number;
  readonly vendorPqcIndex?: number;
  readonly header?: Omit<HeaderOptions, 'svn'>;
  readonly fmc?: StandInImage;
  readonly runtime?: StandInImage;
  readonly edits?: readonly ManifestEdit[];
}

/** Digests that the stand-in shall have. */
export interface RecordedDigests {
  readonly vendorPkHash: Uint8Array;
  readonly ownerPkHash: Uint8Array;
  readonly fmcTci: Uint8Array;
  readonly rtTci: Uint8Array;
}

function payload(name: string, size: number): Uint8Array {
  const text = utf8ToBytes(`stand-in ${name} `);
  return Uint8Array.from({ length: size }, (_, i) => text[i % text.length] as number);
}

const FMC: StandInImage = { size: FMC_SIZE, loadAddr: LOAD_ADDR, entryPoint: LOAD_ADDR };
const RUNTIME: StandInImage = { size: RUNTIME_SIZE, loadAddr: RUNTIME_LOAD_ADDR, entryPoint: RUNTIME_LOAD_ADDR };

/** Demo keys as often as a key index needs. */
function repeated<T>(keys: readonly T[], index: number): T[] {
  return Array.from({ length: Math.max(index + 1, keys.length) }, (_, i) => keys[i % keys.length] as T);
}

function bundleOptions(provider: CryptoProvider, options: StandInOptions): BundleOptions {
  const { vendorEccIndex = 0, vendorPqcIndex = 0, svn, pqc, header = {}, fmc = FMC, runtime = RUNTIME } = options;
  const { vendor, owner } = demoKeys(provider);
  return {
    provider,
    pqc,
    vendor: { ...vendor, [pqc]: repeated<unknown>(vendor[pqc], vendorPqcIndex) } as VendorKeys,
    owner: owner as OwnerKeys,
    vendorEccIndex,
    vendorPqcIndex,
    fmc: { payload: payload('FMC', fmc.size), ...fmc },
    runtime: { payload: payload('runtime', runtime.size), ...runtime },
    header: { svn, ...header },
  };
}

/** Key hashes of the stand-in's own vendor and owner, for recordings that name no digests. */
export function standInKeyHashes(
  provider: CryptoProvider,
  options: StandInOptions,
): { readonly vendorPkHash: Uint8Array; readonly ownerPkHash: Uint8Array } {
  const { vendor, owner, pqc } = bundleOptions(provider, options);
  return {
    vendorPkHash: vendorPkHash(provider, vendorPublicKeys(vendor), pqc),
    ownerPkHash: ownerPkHash(provider, ownerPublicKeys(owner), pqc),
  };
}

/** A bundle of the demo vendor, signed after the edits that come before signing. */
export function standInFirmware(provider: CryptoProvider, options: StandInOptions): Uint8Array {
  return buildEditedBundle(bundleOptions(provider, options), options.edits ?? []);
}

/**
 * A bundle whose key lists and images hash to what a recording says, for a provider that substitutes these four digests.
 * Signatures are real: they are made and verified over the substituted digests.
 */
export function measuringStandIn(
  provider: CryptoProvider,
  options: StandInOptions,
  digests: RecordedDigests,
): { readonly provider: CryptoProvider; readonly bundle: Uint8Array } {
  const draft = standInFirmware(provider, options);
  const { fmc, runtime } = bundleOptions(provider, options);
  const { vendorPubKeyInfo, ownerPubKeys } = MANIFEST_RANGES;
  const substituting = substituteDigests(
    provider,
    substitutions(provider, [
      [sliceOf(draft, vendorPubKeyInfo), digests.vendorPkHash],
      [sliceOf(draft, ownerPubKeys), digests.ownerPkHash],
      [fmc.payload, digests.fmcTci],
      [runtime.payload, digests.rtTci],
    ]),
  );
  return { provider: substituting, bundle: standInFirmware(substituting, options) };
}
