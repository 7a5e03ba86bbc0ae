import { createDevice } from 'rootcap';

const device = createDevice();
const counts = new Map<string, number>();
const stop = device.on((event) => {
  counts.set(event.kind, (counts.get(event.kind) ?? 0) + 1);
  if (event.kind === 'doe') console.log('DOE', event.operation);
  if (event.kind === 'firmware-status' && event.name.startsWith('FmcAlias')) console.log(event.status, event.name);
});
device.boot();
stop();
console.log(counts.get('signature'), 'signatures,', counts.get('pcr'), 'events of the PCR bank');
