import { type CryptoProvider, concatBytes } from '@rootcap/crypto';
import { type DiceAlgorithm, type KeyIdentity, keyIdentity } from '@rootcap/dice';
import { KeyUsage } from '@rootcap/hardware';
import type { FirmwareContext } from './context.ts';
import { eraseKey } from './drivers/key-vault.ts';
import { KEY_ID } from './key-ids.ts';

/** One key pair of a layer: where the private part lies, and what certificates say of the public part. */
export interface LayerKey extends KeyIdentity {
  /** Slot of the private key (ECC) or of the seed (ML-DSA). */
  readonly slot: number;
  /** X ‖ Y (96 bytes) or the raw ML-DSA key (2592 bytes). */
  readonly publicKey: Uint8Array;
  /** The key as it stands in certificates: 04 ‖ X ‖ Y, or the raw ML-DSA key. */
  readonly encoded: Uint8Array;
}

/** Both key pairs of a DICE layer. */
export type DiceLayer = Readonly<Record<DiceAlgorithm, LayerKey>>;

/** Slots of a layer's private ECC key and of its ML-DSA seed. */
export interface LayerSlots {
  readonly ecc: number;
  readonly mldsa: number;
}

export interface LayerPublicKeys {
  readonly ecc: Uint8Array;
  readonly mldsa: Uint8Array;
}

const UNCOMPRESSED = Uint8Array.of(4);

/** 04 ‖ X ‖ Y, as certificates and digests of public keys want it. */
function eccPoint(publicKey: Uint8Array): Uint8Array {
  return concatBytes(UNCOMPRESSED, publicKey);
}

export interface KeyPairLabels {
  readonly ecc: string;
  readonly mldsa: string;
}

/**
 * Both key pairs of a layer from its CDI. The ECC seed passes through the temporary slot, which is always erased.
 *
 * @see caliptra-sw:common/src/crypto.rs
 */
export function deriveKeyPairs(
  { chip, drivers }: FirmwareContext,
  cdi: number,
  slots: LayerSlots,
  labels: KeyPairLabels,
): LayerPublicKeys {
  drivers.hmac.kdf({ slot: cdi }, labels.ecc, { slot: KEY_ID.TMP, usage: KeyUsage.ECC_SEED });
  let ecc: Uint8Array;
  try {
    ecc = drivers.ecc384.keyPair({ slot: KEY_ID.TMP }, { slot: slots.ecc, usage: KeyUsage.ECC_PKEY });
  } finally {
    eraseKey(chip, KEY_ID.TMP);
  }
  drivers.hmac.kdf({ slot: cdi }, labels.mldsa, { slot: slots.mldsa, usage: KeyUsage.MLDSA_SEED });
  return { ecc, mldsa: drivers.mldsa87.keyPair({ slot: slots.mldsa }) };
}

/** A public key with the names that certificates give it. */
export function describePublicKey(provider: CryptoProvider, algorithm: DiceAlgorithm, publicKey: Uint8Array) {
  const encoded = algorithm === 'ecdsa-p384' ? eccPoint(publicKey) : publicKey;
  return { ...keyIdentity(provider, encoded), publicKey, encoded };
}

/** The same with the place of the private part. */
export function describeKey(
  { provider }: FirmwareContext,
  algorithm: DiceAlgorithm,
  slot: number,
  publicKey: Uint8Array,
): LayerKey {
  return { ...describePublicKey(provider, algorithm, publicKey), slot };
}

/** A layer's keys with the names that certificates give them. */
export function describeLayer(context: FirmwareContext, slots: LayerSlots, publicKeys: LayerPublicKeys): DiceLayer {
  return {
    'ecdsa-p384': describeKey(context, 'ecdsa-p384', slots.ecc, publicKeys.ecc),
    mldsa87: describeKey(context, 'mldsa87', slots.mldsa, publicKeys.mldsa),
  };
}

/**
 * Signs with the layer's key as its certificates are signed: ECDSA over the SHA-384 of the data, ML-DSA over the data
 * itself.
 *
 * @returns r ‖ s (96 bytes) or 4627 bytes
 */
export function signWith(
  { chip, drivers }: FirmwareContext,
  algorithm: DiceAlgorithm,
  { slot, publicKey }: LayerKey,
  data: Uint8Array,
): Uint8Array {
  if (algorithm === 'mldsa87') return drivers.mldsa87.sign({ slot }, publicKey, data);
  return drivers.ecc384.sign({ slot }, publicKey, chip.sha512.digest('sha384', data));
}
