export type { Namespace } from '../namespace.ts';
export { connectNvme, type NvmeConnectOptions } from './nvme-host.ts';
export { type NvmeServer, type NvmeServerOptions, serveNvme } from './nvme-server.ts';
