export { FileMedium } from './file-medium.ts';
export { FileStore } from './file-store.ts';
export { nativeEngine } from './native-engine.ts';
export { connectNbd, type NbdConnectOptions } from './nbd-connect.ts';
export { type NbdEndpoint, type NbdServer, type NbdServerOptions, type NbdTls, serveNbd } from './nbd-server.ts';
export { connectNvme, type NvmeConnectOptions } from './nvme-host.ts';
export { type NvmeServer, type NvmeServerOptions, serveNvme } from './nvme-server.ts';
export { XTS_MASKS_MODULE } from './xts-masks.ts';
