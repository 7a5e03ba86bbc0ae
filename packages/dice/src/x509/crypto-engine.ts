import type { CryptoProvider } from '@rootcap/crypto';
import type { BitString, OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  CryptoEngine,
  type CryptoEngineSignatureParams,
  type CryptoEngineSignWithPrivateKeyParams,
  type PublicKeyInfo,
} from 'pkijs';
import { ALGORITHMS, type DiceAlgorithm } from '../algorithm.ts';
import * as der from '../der.ts';
import { OID } from '../oids.ts';
import { parseAlgorithm, parsePublicKey } from './certificate.ts';
import { verifySignature } from './signature.ts';

type EngineProvider = Pick<CryptoProvider, 'hashes' | 'ecdsa384' | 'mldsa87'>;

/** A private key in the shape pkijs hands through. The bytes cannot be read back. */
class SigningKey implements CryptoKey {
  readonly type = 'private';
  readonly extractable = false;
  readonly usages: KeyUsage[] = ['sign'];
  readonly algorithm: { readonly name: DiceAlgorithm };
  readonly #bytes: Uint8Array;

  constructor(algorithm: DiceAlgorithm, bytes: Uint8Array) {
    this.algorithm = { name: algorithm };
    this.#bytes = bytes.slice();
  }

  /** Signature value as it stands in the BIT STRING. */
  sign(provider: EngineProvider, data: Uint8Array): Uint8Array {
    return signatureValue(provider, this.algorithm.name, this.#bytes, data);
  }
}

/** @internal Signature value as it stands in the BIT STRING: SEQUENCE { r, s }, or the raw ML-DSA signature. */
function signatureValue(
  provider: EngineProvider,
  algorithm: DiceAlgorithm,
  privateKey: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  if (algorithm === 'mldsa87') return provider.mldsa87.sign(privateKey, data);
  const signature = provider.ecdsa384.sign(privateKey, provider.hashes.digest('sha384', data));
  return der.sequence(der.integer(signature.subarray(0, 48)), der.integer(signature.subarray(48)));
}

/**
 * A private key for the `sign` methods of pkijs under a {@link CaliptraCryptoEngine}.
 *
 * @param privateKey - P-384 scalar (48 bytes) or expanded ML-DSA secret key (4896 bytes)
 */
export function signingKey(algorithm: DiceAlgorithm, privateKey: Uint8Array): CryptoKey {
  return new SigningKey(algorithm, privateKey);
}

function bytesOf(data: BufferSource): Uint8Array {
  // pkijs hands in views into larger buffers.
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/**
 * Engine with which pkijs itself verifies and signs with ECDSA P-384 and ML-DSA-87; every other algorithm goes to
 * WebCrypto. Pass it to `verify`, `sign` and `CertificateChainValidationEngine.verify`; nothing global is set.
 */
export class CaliptraCryptoEngine extends CryptoEngine {
  readonly #provider: EngineProvider;

  constructor(provider: EngineProvider) {
    super({ name: 'rootcap', crypto: globalThis.crypto });
    this.#provider = provider;
  }

  override async verifyWithPublicKey(
    data: BufferSource,
    signature: BitString | OctetString,
    publicKeyInfo: PublicKeyInfo,
    signatureAlgorithm: AlgorithmIdentifier,
    shaAlgorithm?: string,
  ): Promise<boolean> {
    const { result } = verifySignature(
      this.#provider,
      parsePublicKey(new Uint8Array(publicKeyInfo.toSchema().toBER())),
      parseAlgorithm(new Uint8Array(signatureAlgorithm.toSchema().toBER())),
      bytesOf(data),
      signature.valueBlock.valueHexView,
    );
    if (result !== 'unsupported') return result === 'valid';
    return super.verifyWithPublicKey(data, signature, publicKeyInfo, signatureAlgorithm, shaAlgorithm);
  }

  override async getSignatureParameters(
    privateKey: CryptoKey,
    hashAlgorithm?: string,
  ): Promise<CryptoEngineSignatureParams> {
    if (!(privateKey instanceof SigningKey)) return super.getSignatureParameters(privateKey, hashAlgorithm);
    const algorithm = privateKey.algorithm.name;
    const algorithmId = algorithm === 'mldsa87' ? OID.mlDsa87 : OID.ecdsaWithSha384;
    return {
      // No parameters, neither for ECDSA nor for ML-DSA.
      signatureAlgorithm: new AlgorithmIdentifier({ algorithmId }),
      parameters: { algorithm: { name: ALGORITHMS[algorithm].label }, usages: ['sign'] },
    };
  }

  override async signWithPrivateKey(
    data: BufferSource,
    privateKey: CryptoKey,
    parameters: CryptoEngineSignWithPrivateKeyParams,
  ): Promise<ArrayBuffer> {
    if (!(privateKey instanceof SigningKey)) return super.signWithPrivateKey(data, privateKey, parameters);
    return Uint8Array.from(privateKey.sign(this.#provider, bytesOf(data))).buffer;
  }
}

/** {@link CaliptraCryptoEngine} on a provider. */
export function caliptraCryptoEngine(provider: EngineProvider): CaliptraCryptoEngine {
  return new CaliptraCryptoEngine(provider);
}
