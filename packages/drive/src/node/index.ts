export { FileMedium } from './file-medium.ts';
export { nativeEngine } from './native-engine.ts';
export { connectNvme, type NvmeConnectOptions } from './nvme-host.ts';
export { type NvmeServer, type NvmeServerOptions, serveNvme } from './nvme-server.ts';
export { XTS_MASKS_MODULE } from './xts-masks.ts';
