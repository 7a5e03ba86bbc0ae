/** Which port of an engine refused: key, block, seed or private key input; result output; the values themselves. */
export type EngineFault = 'key-read' | 'block-read' | 'seed-read' | 'key-write' | 'invalid-input' | 'ecc-error';

/** An engine refused an operation. A firmware driver maps `fault` to its own error code. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly fault: EngineFault;

  constructor(fault: EngineFault, detail: string) {
    super(`${fault}: ${detail}`);
    this.fault = fault;
  }
}
