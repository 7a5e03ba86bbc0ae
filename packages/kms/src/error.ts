/** Why the key service does not do what it is asked. Stands in the audit log too, so a code never changes its meaning. */
export type KmsErrorCode =
  /** The store. */
  | 'store-missing'
  | 'store-exists'
  | 'store-busy'
  | 'store-damaged'
  | 'wrong-passphrase'
  | 'log-damaged'
  /** What a device shows of itself. */
  | 'untrusted-chain'
  | 'no-identity'
  | 'no-endorsement'
  | 'state-refused'
  | 'identity-mismatch'
  /** What the service knows. */
  | 'unknown-device'
  | 'unknown-binding'
  | 'device-revoked'
  | 'binding-erased'
  | 'policy-refused'
  | 'no-test'
  | 'test-failed'
  | 'proof-invalid'
  | 'invalid-argument';

/** A refusal of the key service. The message names what is wrong and holds no secret. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
  readonly code: KmsErrorCode;

  constructor(code: KmsErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
  }
}
