/** Codes of the protocol's errors. The first four are JSON-RPC's own. */
export const RPC_ERROR = {
  PARSE: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  NO_DEVICE: -32001,
  BUS_FAULT: -32010,
  NOT_AVAILABLE: -32011,
  NOT_SUPPORTED: -32012,
  TEST_ACCESS: -32013,
  ENGINE_FAILURE: -32099,
} as const;

/**
 * A request that cannot be answered with a result. What the firmware refuses is not one: it shows in the chip's
 * registers.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: number, message: string, data?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** @param expected - what the parameter should have been */
export function invalidParameter(name: string, expected: string): RpcError {
  return new RpcError(RPC_ERROR.INVALID_PARAMS, `${name}: expected ${expected}`, { parameter: name });
}

/** @param detail - what this configuration lacks */
export function notAvailable(detail: string): RpcError {
  return new RpcError(RPC_ERROR.NOT_AVAILABLE, 'not-available', { detail });
}

/** @param detail - what this engine cannot */
export function notSupported(detail: string): RpcError {
  return new RpcError(RPC_ERROR.NOT_SUPPORTED, 'not-supported', { detail });
}
