export { RPC_ERROR, RpcError } from './errors.ts';
export { Host, type HostOptions, Session, type SessionOptions } from './session.ts';
