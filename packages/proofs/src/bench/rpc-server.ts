import { serve } from '@rootcap/device-rpc/node';

/** A server in a process of its own, which tells its memory when asked. */
const server = await serve(process.argv[2] as string);
process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ bytes: process.memoryUsage().rss, devices: server.host.devices });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
