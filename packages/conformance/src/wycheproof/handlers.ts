import { findHash } from '../hash-names.ts';
import { ecdhAsn, ecdhPoint, ecdsaDer, ecdsaP1363 } from './elliptic.ts';
import { mlDsaSign, mlDsaVerify, mlKem } from './lattice.ts';
import type { WycheproofHandler } from './recognize.ts';
import { cbcPkcs5, cmac, gcm, hkdf, hmac, kmac, kw, kwp, xts } from './symmetric.ts';

/** By type of the test group, where it says everything. */
const BY_TYPE: Readonly<Record<string, WycheproofHandler>> = {
  EcdhTest: ecdhAsn,
  EcdhEcpointTest: ecdhPoint,
  EcdsaVerify: ecdsaDer,
  EcdsaP1363Verify: ecdsaP1363,
  MlDsaSign: mlDsaSign,
  MlDsaVerify: mlDsaVerify,
};

/** By algorithm, where the type of the group is shared by many. */
const BY_ALGORITHM: Readonly<Record<string, WycheproofHandler>> = {
  'AES-CBC-PKCS5': cbcPkcs5,
  'AES-XTS': xts,
  'AES-GCM': gcm,
  'AES-WRAP': kw,
  'AES-KW': kw,
  'AES-KWP': kwp,
  'AES-CMAC': cmac,
  KMAC256: kmac,
  'ML-KEM': mlKem,
};

/** @returns undefined if the algorithm is not part of the library */
export function findHandler(algorithm: string, type: string): WycheproofHandler | undefined {
  if (Object.hasOwn(BY_TYPE, type)) return BY_TYPE[type];
  if (Object.hasOwn(BY_ALGORITHM, algorithm)) return BY_ALGORITHM[algorithm];
  const hmacHash = findHash(/^HMAC-?(.+)$/.exec(algorithm)?.[1] ?? '');
  if (hmacHash !== undefined && type === 'MacTest') return hmac(hmacHash);
  const hkdfHash = findHash(/^HKDF-(.+)$/.exec(algorithm)?.[1] ?? '');
  return hkdfHash !== undefined && type === 'HkdfTest' ? hkdf(hkdfHash) : undefined;
}
