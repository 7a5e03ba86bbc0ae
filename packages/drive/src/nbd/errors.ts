export type NbdErrorCode =
  | 'BAD_MAGIC'
  | 'BAD_FLAGS'
  | 'TOO_MANY_OPTIONS'
  | 'TOO_BIG'
  | 'UNKNOWN_EXPORT'
  | 'TIMEOUT'
  | 'REFUSED'
  | 'CLOSED';

/** The peer broke the protocol so that nothing it sends can be understood any more: its connection ends. */
export class NbdProtocolError extends Error {
  override readonly name = 'NbdProtocolError';
  readonly code: NbdErrorCode;

  constructor(code: NbdErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** A server's refusal of one request, as its client sees it. */
export class NbdReplyError extends Error {
  override readonly name = 'NbdReplyError';
  /** The error number: 1 EPERM, 5 EIO, 22 EINVAL, 28 ENOSPC. */
  readonly errno: number;

  constructor(errno: number, detail: string) {
    super(detail === '' ? `error ${errno}` : `error ${errno}: ${detail}`);
    this.errno = errno;
  }
}
