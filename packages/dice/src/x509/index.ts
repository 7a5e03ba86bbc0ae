export {
  type AlgorithmIdentifier,
  type Certificate,
  type CertificateRequest,
  type PublicKey,
  parseCertificate,
  parseCertificates,
  parseCsr,
  parsePublicKey,
} from './certificate.ts';
export type { CheckName } from './checks.ts';
export { CaliptraCryptoEngine, caliptraCryptoEngine, signingKey } from './crypto-engine.ts';
export { describe, describeChain } from './describe.ts';
export { X509Error } from './error.ts';
export { type CertificateExtension, type DecodedExtensions, type HpkeIdentifiers, tcbInfosOf } from './extensions.ts';
export { type EndorsedHpkeKey, endorsedHpkeKey } from './hpke-endorsement.ts';
export { type GuessedLayer, guessLayer, type LayerGuess } from './layer.ts';
export { attributeOf, type DistinguishedName, type NameAttribute } from './name.ts';
export { decodePem, encodePem, type PemBlock } from './pem.ts';
export {
  ecdsaSignatureFromDer,
  type SignatureVerdict,
  type VerifyKey,
  type VerifyProvider,
  verifySignature,
} from './signature.ts';
export { decodeMultiTcbInfo, decodeTcbInfo } from './tcb-info.ts';
export {
  type ChainOptions,
  type ChainResult,
  type Finding,
  type TrustAnchor,
  type TrustedKey,
  validateChain,
} from './validate.ts';
export {
  createVendorCa,
  type IdevidRequest,
  type IssueOptions,
  issueIdevidCertificate,
  type VendorCa,
  type VendorCaOptions,
} from './vendor-ca.ts';
