/** Why the accelerator would go to its error state, or could not use an input. */
export type AbrErrorCode =
  /** A 3-bit symbol of s1 or s2 is above 4. */
  | 'SK_DECODE'
  /** A 12-bit value of an encapsulation key is 3329 or more. */
  | 'EK_MODULUS'
  /** Wrong number of bytes. */
  | 'LENGTH';

/** An input that a unit refuses. The message names the field and never its contents. */
export class AbrError extends Error {
  override readonly name = 'AbrError';
  readonly code: AbrErrorCode;

  constructor(code: AbrErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** @throws AbrError `LENGTH`, naming the field, if there are not as many bytes */
export function checkLength(bytes: Uint8Array, length: number, field: string): void {
  if (bytes.length !== length) throw new AbrError('LENGTH', `${field}: ${bytes.length} bytes, not ${length}`);
}
