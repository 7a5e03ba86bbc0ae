export type NbdErrorCode = 'BAD_MAGIC' | 'BAD_FLAGS' | 'TOO_MANY_OPTIONS' | 'TOO_BIG' | 'UNKNOWN_EXPORT' | 'TIMEOUT';

/** The peer broke the protocol so that nothing it sends can be understood any more: its connection ends. */
export class NbdProtocolError extends Error {
  override readonly name = 'NbdProtocolError';
  readonly code: NbdErrorCode;

  constructor(code: NbdErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
