import { concatBytes, hexToBytes } from '@rootcap/crypto';
import type { ImageFuses } from '@rootcap/image';
import { readVectors } from './vectors.ts';

/** goldens/<config>/image.json and image-update.json: what the real ROM was given. */
export interface RecordedImage {
  readonly bundle_size: number;
  readonly manifest_sha384: string;
  readonly vendor_pub_key_info_sha384: string;
  readonly owner_pub_keys_sha384: string;
  readonly marker: number;
  readonly size: number;
  readonly pqc_key_type: number;
  readonly preamble_hex: string;
  readonly header_hex: string;
  readonly toc_hex: string;
  readonly header: {
    readonly svn: number;
    readonly pl0_pauser: number;
    readonly vendor_ecc_pub_key_idx: number;
    readonly vendor_pqc_pub_key_idx: number;
    readonly vendor_not_before: string;
    readonly vendor_not_after: string;
    readonly owner_not_before: string;
    readonly owner_not_after: string;
  };
  readonly fmc: RecordedExecutable;
  readonly runtime: RecordedExecutable;
}

interface RecordedExecutable {
  readonly digest_words_be_hex: string;
  readonly load_addr: number;
  readonly entry_point: number;
  readonly size: number;
  readonly offset: number;
  readonly version: number;
  readonly revision: string;
}

/** Fuses as the recordings write them: hexadecimal is 32-bit words, each most significant byte first. */
export interface RecordedFuses {
  readonly vendor_pk_hash?: string;
  readonly owner_pk_hash?: string;
  readonly pqc_key_type?: number;
  readonly fw_svn?: string;
  readonly anti_rollback_disable?: boolean;
  readonly ecc_revocation?: number;
  readonly mldsa_revocation?: number;
  readonly lms_revocation?: number;
}

export interface RecordedConfig {
  readonly lifecycle: 'Unprovisioned' | 'Manufacturing' | 'Production';
  readonly fuses: RecordedFuses;
}

export const recordedImage = (config: string, name = 'image'): RecordedImage =>
  readVectors(`goldens/${config}/${name}.json`);

export const recordedConfig = (config: string): RecordedConfig => readVectors(`goldens/${config}/config.json`);

/** The 16956 bytes of the recorded manifest, signatures of the real tool included. */
export function recordedManifest(image: RecordedImage): Uint8Array {
  const prefix = new Uint8Array(12);
  const view = new DataView(prefix.buffer);
  view.setUint32(0, image.marker, true);
  view.setUint32(4, image.size, true);
  view.setUint8(8, image.pqc_key_type);
  return concatBytes(prefix, ...[image.preamble_hex, image.header_hex, image.toc_hex].map((hex) => hexToBytes(hex)));
}

/** Fuses of a recorded configuration, with changes. */
export function imageFuses(recorded: RecordedFuses, base: ImageFuses): ImageFuses {
  const words = recorded.fw_svn?.match(/.{8}/g)?.map((word) => Number.parseInt(word, 16));
  return {
    ...base,
    ...(recorded.vendor_pk_hash !== undefined && { vendorPkHash: hexToBytes(recorded.vendor_pk_hash) }),
    ...(recorded.owner_pk_hash !== undefined && { ownerPkHash: hexToBytes(recorded.owner_pk_hash) }),
    ...(recorded.pqc_key_type !== undefined && { pqcKeyType: recorded.pqc_key_type }),
    ...(words !== undefined && { fwSvn: words }),
    ...(recorded.anti_rollback_disable !== undefined && { antiRollbackDisable: recorded.anti_rollback_disable }),
    ...(recorded.ecc_revocation !== undefined && { eccRevocation: recorded.ecc_revocation }),
    ...(recorded.mldsa_revocation !== undefined && { mldsaRevocation: recorded.mldsa_revocation }),
    ...(recorded.lms_revocation !== undefined && { lmsRevocation: recorded.lms_revocation }),
  };
}

/** Fuses with nothing burnt. */
export const BLANK: ImageFuses = { vendorPkHash: new Uint8Array(48), pqcKeyType: 0 };

export const LIFECYCLES = { Unprovisioned: 0, Manufacturing: 1, Production: 3 } as const;
