export { type Endpoint, formatEndpoint, parseEndpoint } from './endpoint.ts';
export { type RpcServer, type ServeOptions, serve } from './server.ts';
