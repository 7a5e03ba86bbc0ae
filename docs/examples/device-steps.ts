import { createDevice } from 'rootcap';

const device = createDevice();
console.log(device.step().for); // nothing runs before the SoC has written the fuses

// One step is as far as the firmware gets without waiting: each boot status is such a point.
device.burnFuses();
const reports: number[] = [];
while (device.state !== 'awaiting-firmware') {
  const wait = device.step();
  if (wait.for === 'boot-status') reports.push(wait.status as number);
}
console.log(reports.join(' '));

// run() goes on until a condition holds, or until something has to come from outside.
console.log(device.run().for);
