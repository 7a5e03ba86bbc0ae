export { bytesToHex, bytesToUtf8, concatBytes, equalBytes, hexToBytes, utf8ToBytes } from './bytes.ts';
export { checked, ProviderMismatchError } from './checked.ts';
export { aesCmac, cmacKdf } from './cmac.ts';
export { compose } from './compose.ts';
export { type Ecc384KeyPair, ecc384KeyFromSeed } from './ecc-keygen.ts';
export { blockEntropy, entropyBlock, seededEntropy, systemEntropy } from './entropy.ts';
export { type CachedMlDsa, expandKeyCache } from './expand-key-cache.ts';
export { hkdfExpand, hkdfExtract } from './hkdf.ts';
export { HmacDrbg, type HmacDrbgRequest, type HmacDrbgSeed } from './hmac-drbg.ts';
export type { HpkeKeySchedule, HpkeReceiver, HpkeSender } from './hpke/context.ts';
export { keySchedule as hpkeKeySchedule } from './hpke/context.ts';
export { HpkeError, type HpkeErrorCode } from './hpke/error.ts';
export type { HpkeEncapsulation, HpkeKeyPair, ScalarOf } from './hpke/kem.ts';
export { kemSuiteId, labeledDerive, labeledExpand, labeledExtract } from './hpke/labeled.ts';
export {
  HPKE_KEMS,
  type HpkeKemId,
  type HpkeKemName,
  type HpkeSuite,
  type HpkeSuiteOptions,
  hpkeSuite,
} from './hpke/suite.ts';
export { kdf384, kdf512 } from './kdf.ts';
export { cmacPrf, hmacPrf, type Kdf108Options, kdf108Counter, type Prf } from './kdf108.ts';
export { aesKw, aesKwp, aesKwpUnwrap, aesKwUnwrap, type KeyWrapOptions } from './key-wrap.ts';
export {
  type LmsDefect,
  type LmsParsed,
  type LmsPublicKey,
  type LmsSignature,
  parseLmsPublicKey,
  parseLmsSignature,
} from './lms/encoding.ts';
export { type FixedLmsSets, lmsVerifyFixed } from './lms/fixed.ts';
export { hssVerify } from './lms/hss.ts';
export {
  LMOTS_PARAMETERS,
  LMS_PARAMETERS,
  type LmotsParameters,
  type LmsParameters,
  lmotsParameters,
  lmsParameters,
} from './lms/parameters.ts';
export { type LmsKeygenOptions, type LmsPrivateKey, lmsKeygen, lmsSign } from './lms/sign.ts';
export { type LmsVerdict, lmsCandidateRoot, lmsVerify } from './lms/verify.ts';
export { isP384Scalar } from './p384-scalar.ts';
export { ecdsa384With } from './portable/ecdsa384.ts';
export { mldsa } from './portable/mldsa.ts';
export { mlkem } from './portable/mlkem.ts';
export { portableProvider } from './portable/provider.ts';
export type {
  Aead,
  BlockCipher,
  Capabilities,
  Capability,
  CryptoProvider,
  Ecdh384,
  Ecdsa384,
  Entropy,
  Hash,
  Hashes,
  HashName,
  Hmac,
  MlDsa,
  MlDsaKeyPair,
  MlDsaSignOptions,
  MlKem,
  PartialProvider,
  Xof,
  XofName,
  XofState,
  Xts,
} from './provider.ts';
export { SecretBytes } from './secret-bytes.ts';
export { type SelfTestResult, selfTest } from './self-test.ts';
export { type CshakeOptions, cshake128, cshake256, type KmacOptions, kmac256 } from './sp800-185.ts';
