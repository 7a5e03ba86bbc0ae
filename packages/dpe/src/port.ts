import type { Validity } from '@rootcap/dice';

/**
 * What is signed: `digest` a hash (ECC), `mu` an external mu (ML-DSA), `message` any bytes, which ECC hashes with the
 * profile's hash first.
 */
export interface SignData {
  readonly kind: 'digest' | 'mu' | 'message';
  readonly bytes: Uint8Array;
}

/** A key pair, wherever it lies. The private key never leaves it. */
export interface DpeKeyPair {
  /** X ‖ Y, or the raw ML-DSA key. */
  readonly publicKey: Uint8Array;
  /** r ‖ s, or the raw ML-DSA signature. */
  sign(data: SignData): Uint8Array;
}

/** A CDI, wherever it lies. */
export interface DpeCdi {
  deriveKeyPair(label: Uint8Array, info: Uint8Array): DpeKeyPair;
}

/**
 * The cryptography of one profile. A refusal is a `DpeError` with one of the crypto statuses (CryptoLibError with the code
 * of the driver as its detail); anything else that is thrown passes through the DPE.
 *
 * @see caliptra-dpe:crypto/src/lib.rs
 */
export interface DpeCrypto {
  /** Hash of the parts, one after the other, with the profile's hash. */
  hash(...parts: readonly Uint8Array[]): Uint8Array;
  /** The next `length` random bytes. */
  randomBytes(length: number): Uint8Array;
  /** CDI of a measurement digest. @param label - `DPE` */
  deriveCdi(measurement: Uint8Array, label: Uint8Array): DpeCdi;
  /** Derives and keeps a CDI. @param label - `Exported CDI`. @returns its handle, 32 bytes */
  deriveExportedCdi(measurement: Uint8Array, label: Uint8Array): Uint8Array;
  /** Key pair from a kept CDI. @throws DpeError InvalidExportedCdiHandle */
  exportedKeyPair(handle: Uint8Array, label: Uint8Array, info: Uint8Array): DpeKeyPair;
  /** Signs with the alias key, which issues the certificates. */
  signWithAlias(data: SignData): Uint8Array;
  /** Called after every command, also a refused one: erases what the command derived. */
  clear?(): void;
}

/** Who signed a request: RFC 5652 SignerIdentifier. */
export type SignerIdentifier =
  | { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array }
  | { readonly subjectKeyIdentifier: Uint8Array };

/** The `otherName` of a subject alternative name. */
export interface OtherName {
  /** Dotted. */
  readonly oid: string;
  /** Contents of the UTF8String, at most 128 bytes. */
  readonly value: Uint8Array;
}

/**
 * What the DPE says about the platform it runs on. A getter may refuse with a `DpeError` of a platform status.
 *
 * @see caliptra-dpe:platform/src/lib.rs
 */
export interface DpePlatform {
  readonly vendorId: number;
  readonly vendorSku: number;
  /** Certificates one after the other, the issuer of the DPE leaves last. */
  readonly certificateChain: Uint8Array;
  /** DER of the issuer's name, at most 128 bytes. */
  readonly issuerName: Uint8Array;
  /** 20 bytes. */
  readonly issuerKeyIdentifier: Uint8Array;
  readonly signerIdentifier: SignerIdentifier;
  readonly validity: Validity;
  /** Goes into certificates of exported CDIs; without it there are none (MissingUeidError). */
  readonly ueid?: Uint8Array | undefined;
  readonly subjectAltName?: OtherName | undefined;
}
