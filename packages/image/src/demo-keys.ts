import {
  type CryptoProvider,
  concatBytes,
  ecc384KeyFromSeed,
  lmsCandidateRoot,
  parseLmsSignature,
  utf8ToBytes,
} from '@rootcap/crypto';
import type { EccSigningKey, LmsSigningKey, MlDsaSigningKey, OwnerKeys, VendorKeys } from './keys.ts';
import { CALIPTRA_LMS, lmsSigningKey } from './lms.ts';

/** Keys whose private halves everybody can compute. */
export interface DemoKeys {
  readonly vendor: Required<VendorKeys>;
  readonly owner: Required<OwnerKeys>;
}

/** `SHA-384("rootcap demo key, never for production: " ‖ name)`, 48 bytes. */
function demoSeed(provider: CryptoProvider, name: string): Uint8Array {
  return provider.hashes.digest('sha384', utf8ToBytes(`rootcap demo key, never for production: ${name}`));
}

function demoEccKey(provider: CryptoProvider, name: string): EccSigningKey {
  return ecc384KeyFromSeed(provider, demoSeed(provider, `${name} ECC`));
}

function demoMlDsaKey(provider: CryptoProvider, name: string): MlDsaSigningKey {
  return provider.mldsa87.keygenFromSeed(demoSeed(provider, `${name} ML-DSA`).subarray(0, 32));
}

/** The one leaf that a demo LMS key has. */
const DEMO_LEAF = 0;

/**
 * An LMS key whose tree is one branch: the leaf is real, every sibling on its way up is zero. A verifier cannot tell, and
 * neither key nor signature costs 2^15 hashes. The root is what a signature over anything leads to.
 */
function demoLmsKey(provider: CryptoProvider, name: string, zeroTree: Uint8Array): LmsSigningKey {
  const secret = demoSeed(provider, `${name} LMS`);
  const { lms, lmots } = CALIPTRA_LMS;
  const id = secret.slice(0, 16);
  const types = Uint8Array.of(0, 0, 0, lms.type, 0, 0, 0, lmots.type);
  const bare = { lms, lmots, id, seed: secret.slice(16, 16 + lms.m), only: DEMO_LEAF, tree: zeroTree };
  const anything = new Uint8Array(48);
  const signature = parseLmsSignature(lmsSigningKey(provider, { ...bare, publicKey: types }, DEMO_LEAF).sign(anything));
  if (!signature.ok) throw new TypeError(`signature: expected an LMS signature, got ${signature.defect}`);
  const root = lmsCandidateRoot(provider, id, signature.value, anything);
  return lmsSigningKey(provider, { ...bare, publicKey: concatBytes(types, id, root) }, DEMO_LEAF);
}

const VENDOR_KEYS = ['vendor 0', 'vendor 1', 'vendor 2', 'vendor 3'];

function zeroTree(): Uint8Array {
  const { lms } = CALIPTRA_LMS;
  return new Uint8Array(2 ** (lms.h + 1) * lms.m);
}

function demoKeySet(provider: CryptoProvider, name: string, tree: Uint8Array): Required<OwnerKeys> {
  return {
    ecc: demoEccKey(provider, name),
    mldsa: demoMlDsaKey(provider, name),
    lms: demoLmsKey(provider, name, tree),
  };
}

/**
 * Vendor and owner keys for demonstrations and tests, **never for production**: their seeds are printed in this file. The
 * same on every machine.
 */
export function demoKeys(provider: CryptoProvider): DemoKeys {
  const tree = zeroTree();
  return {
    vendor: {
      ecc: VENDOR_KEYS.map((name) => demoEccKey(provider, name)),
      mldsa: VENDOR_KEYS.map((name) => demoMlDsaKey(provider, name)),
      lms: VENDOR_KEYS.map((name) => demoLmsKey(provider, name, tree)),
    },
    owner: demoKeySet(provider, 'owner', tree),
  };
}

/** Keys for SoC manifests whose private halves everybody can compute. */
export interface DemoManifestKeys {
  readonly vendorManifest: Required<OwnerKeys>;
  readonly ownerManifest: Required<OwnerKeys>;
}

/** As {@link demoKeys}: keys of vendor and owner for SoC manifests, **never for production**. */
export function demoManifestKeys(provider: CryptoProvider): DemoManifestKeys {
  const tree = zeroTree();
  return {
    vendorManifest: demoKeySet(provider, 'vendor manifest', tree),
    ownerManifest: demoKeySet(provider, 'owner manifest', tree),
  };
}
