import { bytesToHex, type CryptoProvider } from '@rootcap/crypto';
import type { FirmwareProfileName } from '@rootcap/firmware';
import type { Fuses } from '@rootcap/hardware';
import { LIFECYCLES, type LifecycleName } from 'rootcap';
import { Fields } from '../fields.ts';
import { notRun } from '../suite.ts';

/** Register words as a recording writes them, each big-endian. */
function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i));
}

/** An SVN fuse: four words, least significant first. */
function svn(bytes: Uint8Array): [number, number, number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = words(bytes);
  return [a, b, c, d];
}

/**
 * The demo device's fuses undone: a recording says what is burnt, and nothing else is, but for the one fuse to which the
 * recordings' test bench gives a value of its own. caliptra-sw:hw-model/types/src/lib.rs
 */
export const UNWRITTEN_FUSES: Fuses = {
  vendorPkHash: new Uint8Array(48),
  ownerPkHash: new Uint8Array(48),
  pqcKeyType: 0,
  firmwareSvn: 0,
  socManifestMaxSvn: 128,
  idevidCertAttr: [],
};

/** Names that recordings give to fuses, and how they become ours. */
const FUSES: Readonly<Record<string, (fields: Fields, name: string) => Partial<Fuses>>> = {
  uds_seed: (f, n) => ({ udsSeed: f.hex(n) }),
  field_entropy: (f, n) => ({ fieldEntropy: f.hex(n) }),
  hek_seed: (f, n) => ({ hekSeed: f.hex(n) }),
  vendor_pk_hash: (f, n) => ({ vendorPkHash: f.hex(n) }),
  owner_pk_hash: (f, n) => ({ ownerPkHash: f.hex(n) }),
  fw_svn: (f, n) => ({ firmwareSvn: svn(f.hex(n)) }),
  soc_manifest_svn: (f, n) => ({ socManifestSvn: svn(f.hex(n)) }),
  soc_manifest_max_svn: (f, n) => ({ socManifestMaxSvn: f.number(n) }),
  pqc_key_type: (f, n) => ({ pqcKeyType: f.number(n) }),
  ecc_revocation: (f, n) => ({ eccRevocation: f.number(n) }),
  lms_revocation: (f, n) => ({ lmsRevocation: f.number(n) }),
  mldsa_revocation: (f, n) => ({ mldsaRevocation: f.number(n) }),
  anti_rollback_disable: (f, n) => ({ antiRollbackDisable: f.flag(n) }),
  soc_stepping_id: (f, n) => ({ socSteppingId: f.number(n) }),
  idevid_cert_attr: (f, n) => ({ idevidCertAttr: words(f.hex(n)) }),
  idevid_manuf_hsm_id: (f, n) => ({ idevidManufHsmId: words(f.hex(n)) }),
  manuf_debug_unlock_token: (f, n) => ({ manufDebugUnlockToken: f.hex(n) }),
};

/** Said of a recording, not burnt. */
const REMARKS = new Set(['owner_in_fuse']);

/** Fuses by the names of a recording. A fuse nobody knows makes the test "not run". */
export function recordedFuses(object: object): Fuses {
  const fields = new Fields(object as Readonly<Record<string, unknown>>);
  return Object.assign(
    {},
    ...Object.keys(object).map((name) => {
      if (REMARKS.has(name)) return {};
      return (FUSES[name] ?? notRun(`unknown layout: fuse "${name}"`))(fields, name);
    }),
  ) as Fuses;
}

export function recordedLifecycle(name: string): LifecycleName {
  return (
    (Object.keys(LIFECYCLES) as LifecycleName[]).find((known) => known === name.toLowerCase()) ??
    notRun(`unknown layout: lifecycle "${name}"`)
  );
}

/** Release of the ROM that made a recording: `main`, `2.1.2 (…)` or `frozen212`. */
export function recordedProfile(rom: string): FirmwareProfileName {
  if (/^main/.test(rom)) return '2.1.3';
  if (/^(2\.1\.[012]|frozen21[012])/.test(rom)) return '2.1.2';
  return notRun(`unknown layout: ROM "${rom}"`);
}

/** Digest substitutions: what is hashed → what the recording says it hashes to. */
export function substitutions(
  provider: CryptoProvider,
  pairs: readonly (readonly [message: Uint8Array, digest: Uint8Array])[],
): Record<string, Uint8Array> {
  return Object.fromEntries(
    pairs.map(([message, digest]) => [bytesToHex(provider.hashes.digest('sha384', message)), digest]),
  );
}
