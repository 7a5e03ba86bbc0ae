import { findError, RotError } from '@rootcap/errors';
import { createDevice, demoBundle } from 'rootcap';

const device = createDevice().bootToRom();
const bundle = demoBundle(device.options.provider);
bundle[0] = 0; // the manifest's marker

try {
  device.loadFirmware(bundle);
} catch (error) {
  if (!(error instanceof RotError)) throw error;
  console.log(error.symbol, error.code === device.errors.fatal, findError(error.code)?.reporter);
}
console.log(device.state); // ROM's refusals are fatal: only a reset helps

device.reset('cold');
console.log(device.boot().state, device.errors);
