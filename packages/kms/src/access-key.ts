import { type CryptoProvider, concatBytes, type Entropy, type HpkeKemId, hpkeSuite } from '@rootcap/crypto';

/** The only size of GET_ALGORITHMS: 256 bits. */
export const ACCESS_KEY_SIZE = 32;
export const TEST_NONCE_SIZE = 32;
const MAX_INFO_SIZE = 256;
const MAX_ENC_SIZE = 1665;

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

/** Bits of `hpke_algorithm` in the mailbox. */
const ALGORITHM_BITS: Readonly<Record<HpkeKemId, number>> = { 17: 1, 66: 2, 81: 4 };

function padded(bytes: Uint8Array, size: number): Uint8Array {
  return concatBytes(bytes, new Uint8Array(size - bytes.length));
}

/**
 * The fields of the mailbox's `SealedAccessKey`, filled up with zeros, for the first of the sealed keys. The second one of a
 * rewrap is the request's `new_ak_ciphertext`.
 *
 * @param handle - handle of the HPKE key in the device, which only its drive knows
 */
export function sealedAccessKeyFields({ kemId, info, enc, ciphertexts: [first] }: SealedAccessKeys, handle: number) {
  if (first === undefined) throw new RangeError('ciphertexts: expected at least 1, got 0');
  return {
    hpke_handle: { handle, hpke_algorithm: ALGORITHM_BITS[kemId] },
    access_key_len: ACCESS_KEY_SIZE,
    info_len: info.length,
    info: padded(info, MAX_INFO_SIZE),
    kem_ciphertext: padded(enc, MAX_ENC_SIZE),
    _padding: new Uint8Array(3),
    ak_ciphertext: first,
  };
}
