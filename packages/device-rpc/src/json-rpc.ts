import { RPC_ERROR, RpcError } from './errors.ts';
import { isAbsent, type Params } from './params.ts';

export type RequestId = string | number | null;

/** A request; without `id` the sender wants no reply. */
export interface Request {
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: Params;
}

/** What a line was. A line that is no request has the id it can be answered under. */
export type Parsed = { readonly request: Request } | { readonly id: RequestId; readonly error: RpcError };

function isId(value: unknown): value is RequestId | undefined {
  return value === undefined || value === null || typeof value === 'string' || typeof value === 'number';
}

function refuse(code: number, message: string, id: unknown = null): Parsed {
  return { id: isId(id) && id !== undefined ? id : null, error: new RpcError(code, message) };
}

/** Takes one line for one JSON-RPC 2.0 request. */
export function parseRequest(line: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return refuse(RPC_ERROR.PARSE, 'Parse error');
  }
  if (Array.isArray(json)) return refuse(RPC_ERROR.INVALID_REQUEST, 'Invalid Request: no batches; use transfer');
  if (typeof json !== 'object' || json === null) return refuse(RPC_ERROR.INVALID_REQUEST, 'Invalid Request: no object');
  const { jsonrpc, id, method, params } = json as Record<string, unknown>;
  if (!isId(id)) return refuse(RPC_ERROR.INVALID_REQUEST, 'Invalid Request: id');
  if (jsonrpc !== '2.0') return refuse(RPC_ERROR.INVALID_REQUEST, 'Invalid Request: jsonrpc', id);
  if (typeof method !== 'string') return refuse(RPC_ERROR.INVALID_REQUEST, 'Invalid Request: method', id);
  if (!isAbsent(params) && (typeof params !== 'object' || Array.isArray(params)))
    return refuse(RPC_ERROR.INVALID_PARAMS, 'params: expected an object', id);
  return { request: { id, method, params: (params ?? {}) as Params } };
}

export function resultLine(id: RequestId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

export function errorLine(id: RequestId, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } });
}

export function eventLine(params: Params): string {
  return JSON.stringify({ jsonrpc: '2.0', method: 'event', params });
}
