import type { CryptoProvider } from '@rootcap/crypto';
import type { Fuses } from '@rootcap/hardware';
import {
  buildAuthManifest,
  buildBundle,
  demoKeys,
  demoManifestKeys,
  ownerPkHash,
  ownerPublicKeys,
  vendorPkHash,
  vendorPublicKeys,
} from '@rootcap/image';

export interface BundleParts {
  readonly svn?: number;
  /** First byte of every word of the runtime. */
  readonly runtime?: number;
  readonly fmc?: number;
  readonly vendorEccIndex?: number;
}

const FMC_SIZE = 64;
const RUNTIME_SIZE = 128;
export const FMC_ADDRESS = 0x4000_0000;
export const RUNTIME_ADDRESS = 0x4000_1000;
export const SVN = 5;

const built = new Map<string, Uint8Array>();

export function executables({ fmc = 0xf0, runtime = 0xa0 }: BundleParts = {}) {
  return { fmc: new Uint8Array(FMC_SIZE).fill(fmc), runtime: new Uint8Array(RUNTIME_SIZE).fill(runtime) };
}

/** A bundle of the demonstration vendor and owner, ML-DSA; a copy. */
export function signedBundle(provider: CryptoProvider, parts: BundleParts = {}): Uint8Array {
  const key = JSON.stringify(parts);
  const known = built.get(key) ?? build(provider, parts);
  built.set(key, known);
  return known.slice();
}

function build(provider: CryptoProvider, parts: BundleParts): Uint8Array {
  const { vendor, owner } = demoKeys(provider);
  const { fmc, runtime } = executables(parts);
  return buildBundle({
    provider,
    pqc: 'mldsa',
    vendor,
    owner,
    vendorEccIndex: parts.vendorEccIndex ?? 0,
    fmc: { payload: fmc, loadAddr: FMC_ADDRESS, entryPoint: FMC_ADDRESS, version: 0x1234 },
    runtime: { payload: runtime, loadAddr: RUNTIME_ADDRESS, entryPoint: RUNTIME_ADDRESS, version: 0x0102_0304 },
    header: { svn: parts.svn ?? SVN, pl0Pauser: 1 },
  });
}

/** What a subsystem's runtime takes behind {@link signedBundle}: SoC manifest and firmware of the MCU. */
export function socFirmware(provider: CryptoProvider): readonly [manifest: Uint8Array, mcuFirmware: Uint8Array] {
  const mcuFirmware = new Uint8Array(64).fill(0xc0);
  const { vendor, owner } = demoKeys(provider);
  const first = <T>(keys: readonly T[]): T => keys[0] as T;
  const manifest = buildAuthManifest({
    provider,
    pqc: 'mldsa',
    svn: 0,
    images: [{ fwId: 2, execBit: 2, digest: provider.hashes.digest('sha384', mcuFirmware) }],
    vendorFirmware: { ecc: first(vendor.ecc), mldsa: first(vendor.mldsa) },
    ownerFirmware: owner,
    ...demoManifestKeys(provider),
  });
  return [manifest, mcuFirmware];
}

/** Fuses that let {@link signedBundle} in. */
export function fusesOfBundle(provider: CryptoProvider): Fuses {
  const { vendor, owner } = demoKeys(provider);
  return {
    udsSeed: new Uint8Array(64).fill(0x11),
    fieldEntropy: new Uint8Array(32).fill(0x22),
    hekSeed: new Uint8Array(32).fill(0x33),
    vendorPkHash: vendorPkHash(provider, vendorPublicKeys(vendor), 'mldsa'),
    ownerPkHash: ownerPkHash(provider, ownerPublicKeys(owner), 'mldsa'),
    pqcKeyType: 1,
    firmwareSvn: 3,
    idevidCertAttr: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x0403_0201, 0x0807_0605, 0x0c0b_0a09, 0x100f_0e0d],
  };
}
