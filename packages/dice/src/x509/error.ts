/**
 * Bytes that are not a certificate, a request or what they claim to be: the error of everything that reads.
 *
 * `path` names the field (`certificate.tbsCertificate.subject`), `offset` counts bytes from the start of the input where
 * one byte can be named.
 */
export class X509Error extends Error {
  override readonly name = 'X509Error';
  readonly path: string;
  readonly offset: number | undefined;
  readonly reason: string;

  constructor(path: string, offset: number | undefined, reason: string, options?: ErrorOptions) {
    super(offset === undefined ? `${path}: ${reason}` : `${path} at byte ${offset}: ${reason}`, options);
    this.path = path;
    this.offset = offset;
    this.reason = reason;
  }
}
