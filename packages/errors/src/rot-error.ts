import { ERRORS, type ErrorName } from './table.ts';

/** A code as the tables print it: `0x000b0001`. */
export function formatCode(code: number): string {
  return `0x${(code >>> 0).toString(16).padStart(8, '0')}`;
}

/** A refusal by firmware or hardware. `code` is what the chip shows in its error register. */
export class RotError extends Error {
  override readonly name = 'RotError';
  readonly code: number;
  readonly symbol: ErrorName;

  constructor(symbol: ErrorName, detail?: string, options?: ErrorOptions) {
    const code = ERRORS[symbol];
    super(`${symbol} (${formatCode(code)})${detail === undefined ? '' : `: ${detail}`}`, options);
    this.symbol = symbol;
    this.code = code;
  }
}
