import { checkBytes } from './checks.ts';

/**
 * A secret that ends when its owner says so. It prints and serialises as its length only; {@link SecretBytes.wipe}
 * overwrites it. The JavaScript engine may have made copies that no program can reach.
 */
export class SecretBytes {
  #bytes: Uint8Array | undefined;
  readonly length: number;

  /** Takes a copy: the caller may wipe the original at once. */
  constructor(bytes: Uint8Array) {
    checkBytes('bytes', bytes);
    this.#bytes = bytes.slice();
    this.length = bytes.length;
  }

  /**
   * The bytes themselves, not a copy: valid until {@link SecretBytes.wipe}.
   *
   * @throws TypeError after `wipe`
   */
  expose(): Uint8Array {
    if (this.#bytes === undefined) throw new TypeError('secret: expected a live secret, got a wiped one');
    return this.#bytes;
  }

  get wiped(): boolean {
    return this.#bytes === undefined;
  }

  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  toString(): string {
    return `SecretBytes(${this.length})`;
  }

  toJSON(): string {
    return this.toString();
  }
}
