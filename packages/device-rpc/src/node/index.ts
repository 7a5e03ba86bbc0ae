export { type RpcServer, type ServeOptions, serve } from './server.ts';
