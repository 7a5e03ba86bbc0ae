/** Optional features, as bits of the word that GetProfile answers. caliptra-dpe:dpe/src/support.rs */
export const SUPPORT = {
  SIMULATION: 0x8000_0000,
  RECURSIVE: 0x4000_0000,
  AUTO_INIT: 0x2000_0000,
  ROTATE_CONTEXT: 0x0800_0000,
  X509: 0x0400_0000,
  CSR: 0x0200_0000,
  INTERNAL_INFO: 0x0040_0000,
  INTERNAL_DICE: 0x0020_0000,
  RETAIN_PARENT_CONTEXT: 0x0008_0000,
  CDI_EXPORT: 0x0004_0000,
} as const;

/** All ten features: what Caliptra reports. */
export const ALL_SUPPORT: number = Object.values(SUPPORT).reduce((word, flag) => (word | flag) >>> 0, 0);

/** Flags of InitializeContext. caliptra-dpe:dpe/src/commands/initialize_context.rs */
export const INITIALIZE_CONTEXT_FLAGS = { SIMULATION: 0x8000_0000, DEFAULT: 0x4000_0000 } as const;

/** Flags of DeriveContext. caliptra-dpe:dpe/src/commands/derive_context.rs */
export const DERIVE_CONTEXT_FLAGS = {
  INTERNAL_INPUT_INFO: 0x8000_0000,
  INTERNAL_INPUT_DICE: 0x4000_0000,
  RETAIN_PARENT_CONTEXT: 0x2000_0000,
  MAKE_DEFAULT: 0x1000_0000,
  CHANGE_LOCALITY: 0x0800_0000,
  ALLOW_NEW_CONTEXT_TO_EXPORT: 0x0400_0000,
  INPUT_ALLOW_X509: 0x0200_0000,
  RECURSIVE: 0x0100_0000,
  EXPORT_CDI: 0x0080_0000,
  CREATE_CERTIFICATE: 0x0040_0000,
  ALLOW_RECURSIVE: 0x0020_0000,
} as const;

/** Flags of Sign: with IS_RAW (ML-DSA only) the message itself is signed instead of an external mu. */
export const SIGN_FLAGS = { IS_RAW: 0x0000_0001 } as const;

/** Flags of RotateContextHandle. */
export const ROTATE_CONTEXT_FLAGS = { TARGET_IS_DEFAULT: 0x8000_0000 } as const;

/** Values of CertifyKey's `format`. */
export const CERTIFY_KEY_FORMAT = { X509: 0, CSR: 1 } as const;

/** @internal Whether any bit of `flag` is set. */
export const has = (word: number, flag: number): boolean => (word & flag) !== 0;
