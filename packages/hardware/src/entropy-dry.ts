/** The internal TRNG's source has no samples left, so that the core waits for ever. */
export class EntropyDry extends Error {
  override readonly name = 'EntropyDry';

  constructor() {
    super('the entropy source has ended');
  }
}
