import type { CryptoProvider, HashName } from '@rootcap/crypto';
import { OID, oidName } from '../oids.ts';
import type { AlgorithmIdentifier, PublicKey } from './certificate.ts';
import { Fields, readDer, requireTag, TAG } from './der-reader.ts';
import { X509Error } from './error.ts';

/** What verification asks for. */
export type VerifyProvider = Pick<CryptoProvider, 'hashes' | 'ecdsa384' | 'mldsa87'>;

/** As much of a public key as verification needs. */
export type VerifyKey = Pick<PublicKey, 'algorithm' | 'bytes'>;

export type SignatureVerdict =
  | { readonly result: 'valid' }
  /** `reason` says what is wrong. */
  | { readonly result: 'invalid'; readonly reason: string }
  /** No verdict: the algorithm is none of ours. */
  | { readonly result: 'unsupported'; readonly reason: string };

const ECDSA_HASHES: Readonly<Record<string, HashName>> = {
  [OID.ecdsaWithSha256]: 'sha256',
  [OID.ecdsaWithSha384]: 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

/**
 * r ‖ s (96 bytes) of a DER ECDSA-Sig-Value.
 *
 * @throws X509Error unless it is DER with two positive integers of at most 48 bytes
 */
export function ecdsaSignatureFromDer(der: Uint8Array): Uint8Array {
  const path = 'signature';
  const fields = new Fields(requireTag(readDer(der, path), TAG.sequence, path), path);
  const output = new Uint8Array(96);
  for (const [i, name] of ['r', 's'].entries()) {
    const { contents, offset } = fields.take(TAG.integer, name);
    const magnitude = contents[0] === 0 ? contents.subarray(1) : contents;
    if ((contents[0] as number) >= 0x80) throw new X509Error(`${path}.${name}`, offset, 'negative');
    if (magnitude.length > 48) throw new X509Error(`${path}.${name}`, offset, `${magnitude.length} bytes, at most 48`);
    output.set(magnitude, 48 * (i + 1) - magnitude.length);
  }
  fields.end();
  return output;
}

function invalid(reason: string): SignatureVerdict {
  return { result: 'invalid', reason };
}

function verdict(verified: boolean): SignatureVerdict {
  return verified ? { result: 'valid' } : invalid('the signature is wrong');
}

function verifyEcdsa(
  provider: VerifyProvider,
  key: VerifyKey,
  hash: HashName,
  tbs: Uint8Array,
  signature: Uint8Array,
): SignatureVerdict {
  if (key.bytes[0] !== 4) return { result: 'unsupported', reason: 'the key is not an uncompressed point' };
  let value: Uint8Array;
  try {
    value = ecdsaSignatureFromDer(signature);
  } catch (error) {
    if (error instanceof X509Error) return invalid(error.message);
    throw error;
  }
  return verdict(provider.ecdsa384.verify(key.bytes.subarray(1), provider.hashes.digest(hash, tbs), value));
}

/**
 * Verifies a signature of X.509 form: ECDSA P-384 with SHA-256, -384 or -512, or ML-DSA-87 over the bytes themselves.
 *
 * @param signature - contents of the BIT STRING
 */
export function verifySignature(
  provider: VerifyProvider,
  key: VerifyKey,
  algorithm: AlgorithmIdentifier,
  tbs: Uint8Array,
  signature: Uint8Array,
): SignatureVerdict {
  const hash = ECDSA_HASHES[algorithm.oid];
  if (hash === undefined && algorithm.oid !== OID.mlDsa87)
    return { result: 'unsupported', reason: `signature algorithm ${oidName(algorithm.oid)}` };
  if (algorithm.parameters !== undefined) return invalid(`${oidName(algorithm.oid)} with parameters`);
  if (key.algorithm === 'unknown' || key.algorithm === 'ecdsa-p256')
    return { result: 'unsupported', reason: `key algorithm ${key.algorithm}` };
  if ((key.algorithm === 'mldsa87') !== (hash === undefined))
    return invalid(`${oidName(algorithm.oid)} does not go with a key of ${key.algorithm}`);
  if (hash === undefined) return verdict(provider.mldsa87.verify(key.bytes, tbs, signature));
  return verifyEcdsa(provider, key, hash, tbs, signature);
}
