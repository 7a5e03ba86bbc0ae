export { RPC_ERROR, RpcError } from './errors.ts';
export { Host, type HostOptions } from './host.ts';
export { Session, type SessionOptions } from './session.ts';
export { decodeState, encodeState } from './state-codec.ts';
