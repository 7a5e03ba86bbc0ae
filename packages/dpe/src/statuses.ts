/** Statuses whose number is the same in every revision. */
const COMMON = {
  NoError: 0,
  InternalError: 1,
  InvalidCommand: 2,
  InvalidArgument: 3,
  InvalidParentLocality: 0x85,

  CertificateChainError: 0x0100_0001,
  PlatformNotImplemented: 0x0100_0002,
  IssuerNameError: 0x0100_0003,
  SerialNumberError: 0x0100_0005,
  SubjectKeyIdentifierError: 0x0100_0006,
  CertValidityError: 0x0100_0007,
  IssuerKeyIdentifierError: 0x0100_0008,
  SubjectAlternativeNameError: 0x0100_0009,
  MissingUeidError: 0x0100_000a,
  InvalidUeidError: 0x0100_000b,

  AbstractionLayerError: 0x0200_0001,
  CryptoLibError: 0x0200_0002,
  CryptoSizeError: 0x0200_0003,
  CryptoNotImplemented: 0x0200_0004,
  HashError: 0x0200_0005,
  InvalidExportedCdiHandle: 0x0200_0006,
  ExportedCdiHandleDuplicateCdi: 0x0200_0007,
  ExportedCdiHandleLimitExceeded: 0x0200_0008,
  MismatchedAlgorithm: 0x0200_0009,

  MultipleNormalConnectedComponents: 0x0300_0000,
  CyclesInTree: 0x0300_0001,
  InactiveContextInvalidParent: 0x0300_0002,
  InactiveContextWithChildren: 0x0300_0003,
  BadContextState: 0x0300_0004,
  BadContextType: 0x0300_0005,
  InactiveContextWithMeasurement: 0x0300_0006,
  MixedContextLocality: 0x0300_0007,
  MultipleDefaultContexts: 0x0300_0008,
  SimulationNotSupported: 0x0300_0009,
  ParentDoesNotExist: 0x0300_000a,
  InternalDiceNotSupported: 0x0300_000b,
  InternalInfoNotSupported: 0x0300_000c,
  ChildDoesNotExist: 0x0300_000d,
  InactiveContextWithFlagSet: 0x0300_000e,
  LocalityMismatch: 0x0300_000f,
  DanglingRetiredContext: 0x0300_0010,
  MixedContextTypeConnectedComponents: 0x0300_0011,
  ChildWithMultipleParents: 0x0300_0012,
  ParentChildLinksCorrupted: 0x0300_0013,
  AllowX509NotSupported: 0x0300_0015,
  InactiveParent: 0x0300_0016,
  InactiveChild: 0x0300_0017,
  DpeNotMarkedInitialized: 0x0300_0018,
  InvalidMarker: 0x0300_0019,
  VersionMismatch: 0x0300_001a,
} as const;

/** Numbers of the OCP DPE iRoT profile 0.13. caliptra-dpe:dpe/src/error.rs at e84f4b9d */
export const OCP_STATUSES = {
  ...COMMON,
  InvalidHandle: 0x80,
  InvalidLocality: 0x81,
  ArgumentNotSupported: 0x83,
  MaxTcis: 0x91,
  InvalidMutRefBuf: 0x92,
  InvalidResponseBuf: 0x93,
} as const;

export type DpeStatusName = keyof typeof OCP_STATUSES;

/** Status → number in the response header. */
export type DpeStatuses = Readonly<Record<DpeStatusName, number>>;

/** Numbers that Caliptra 2.1 firmware answers. caliptra-dpe:dpe/src/response.rs at 3b036b49 */
export const CALIPTRA_STATUSES: DpeStatuses = {
  ...COMMON,
  InvalidHandle: 0x1000,
  InvalidLocality: 0x1001,
  ArgumentNotSupported: 0x4,
  MaxTcis: 0x1003,
  InvalidMutRefBuf: 0x1004,
  InvalidResponseBuf: 0x1005,
};

/** A refusal of the DPE: an error response carries the number of `status`. */
export class DpeError extends Error {
  override readonly name = 'DpeError';
  readonly status: DpeStatusName;
  /** What the platform or the cryptography adds, e.g. the code of a driver. */
  readonly detail: number | undefined;

  constructor(status: DpeStatusName, reason: string, detail?: number) {
    super(`${status}: ${reason}`);
    this.status = status;
    this.detail = detail;
  }
}
