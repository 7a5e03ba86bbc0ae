import { type CryptoProvider, type Entropy, type HpkeKemId, hpkeSuite } from '@rootcap/crypto';

/** The only size of GET_ALGORITHMS: 256 bits. */
export const ACCESS_KEY_SIZE = 32;
export const TEST_NONCE_SIZE = 32;

/** Access keys sealed in one HPKE context. */
export interface SealedAccessKeys {
  readonly kemId: HpkeKemId;
  /** Method UID ‖ object UID. */
  readonly info: Uint8Array;
  /** Encapsulation: 97, 1568 or 1665 bytes. */
  readonly enc: Uint8Array;
  /** Ciphertext ‖ tag, 48 bytes each, in the order of their sequence. */
  readonly ciphertexts: readonly Uint8Array[];
}

export interface SealRequest {
  readonly kemId: HpkeKemId;
  /** The device's HPKE public key. */
  readonly publicKey: Uint8Array;
  readonly info: Uint8Array;
  /** Metadata of the MPK: the AAD of every record. */
  readonly metadata: Uint8Array;
  /** 32 bytes each; REWRAP_MPK takes two, the current key and the new one. */
  readonly accessKeys: readonly Uint8Array[];
}

/**
 * Seals access keys to a device's HPKE key, one record a key, in one context.
 *
 * @throws HpkeError for a public key that is none
 * @see OCP LOCK 1.1 "Access keys"; caliptra-sw:runtime/src/ocp_lock/mod.rs
 */
export function sealAccessKeys(provider: CryptoProvider, entropy: Entropy, request: SealRequest): SealedAccessKeys {
  const { kemId, publicKey, info, metadata, accessKeys } = request;
  const suite = hpkeSuite(provider, kemId);
  const sender = suite.setupSender(publicKey, info, entropy.bytes(suite.lengths.Nrandom));
  const ciphertexts = accessKeys.map((key) => sender.seal(key, metadata));
  sender.wipe();
  return { kemId, info, enc: sender.enc, ciphertexts };
}

/** What TEST_ACCESS_KEY answers: `SHA-384(metadata ‖ access key ‖ nonce)`. */
export function accessKeyDigest(
  { hashes }: Pick<CryptoProvider, 'hashes'>,
  metadata: Uint8Array,
  accessKey: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  return hashes.digest('sha384', metadata, accessKey, nonce);
}
