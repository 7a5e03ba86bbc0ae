/**
 * Bytes or a value that do not fit a declared layout.
 *
 * `path` names the field from the outermost struct inward (`Manifest.header.svn`), `offset` counts bytes from the start
 * of the outermost struct.
 */
export class StructError extends Error {
  override readonly name = 'StructError';
  readonly path: string;
  readonly offset: number;
  readonly reason: string;

  constructor(path: string, offset: number, reason: string) {
    super(`${path} at byte ${offset}: ${reason}`);
    this.path = path;
    this.offset = offset;
    this.reason = reason;
  }
}
