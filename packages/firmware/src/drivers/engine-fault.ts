import { type ErrorName, RotError } from '@rootcap/errors';
import { EngineError } from '@rootcap/hardware';

/** Which firmware code an engine's refusal becomes, by the port that refused. */
export type FaultCodes = Partial<Record<EngineError['fault'], ErrorName>>;

/** Runs an engine operation and turns the engine's refusal into the driver's code. */
export function guarded<T>(codes: FaultCodes, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const symbol = error instanceof EngineError ? codes[error.fault] : undefined;
    if (symbol === undefined) throw error;
    throw new RotError(symbol, undefined, { cause: error });
  }
}
