import { type ErrorName, RotError } from '@rootcap/errors';
import type { CheckSymbol } from '../explain.ts';

/** @internal Refuses the image: a symbol that the table of checks does not list does not compile. */
export function refuse(symbol: CheckSymbol, detail?: string, cause?: RotError): never {
  throw new RotError(symbol, detail, cause === undefined ? undefined : { cause });
}

/** Not being able to take the accelerator lock is the only hash failure that keeps its own code. */
const KEEPS_ITS_CODE: ErrorName = 'DRIVER_SHA2_512_384_ACC_DIGEST_START_OP_FAILURE';

/** @internal Runs a hash operation whose failure is reported as `symbol`. */
export function orDigestFailure<T>(symbol: CheckSymbol, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof RotError && error.symbol !== KEEPS_ITS_CODE) refuse(symbol, undefined, error);
    throw error;
  }
}
