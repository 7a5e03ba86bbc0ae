/** Failures of HPKE by the names of RFC 9180 §1.2 and §5. A wrong tag is none of them: `open` returns `undefined`. */
export type HpkeErrorCode =
  | 'DeserializeError'
  | 'ValidationError'
  | 'DeriveKeyPairError'
  | 'EncapError'
  | 'MessageLimitReachedError';

/** Input that HPKE refuses. The message names the argument and quotes no byte of it. */
export class HpkeError extends RangeError {
  override readonly name = 'HpkeError';
  readonly code: HpkeErrorCode;

  constructor(code: HpkeErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
  }
}

/** @throws HpkeError `DeserializeError` if `value` is not `length` bytes */
export function checkEncoded(name: string, value: Uint8Array, length: number): void {
  if (value.length !== length)
    throw new HpkeError('DeserializeError', `${name}: expected ${length} bytes, got ${value.length}`);
}
