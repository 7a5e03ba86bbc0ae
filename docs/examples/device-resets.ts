import { equalBytes } from '@rootcap/crypto';
import { createDevice, demoBundle } from 'rootcap';

const device = createDevice().boot();
const before = device.certificateChain('ecdsa-p384');

// Warm: fuses and memories are kept, the SoC says again that they are done, the firmware is not loaded again.
device.reset('warm');
console.log(device.state);
device.burnFuses();
device.run();
console.log(device.state, equalBytes(device.certificateChain('ecdsa-p384')[0] as Uint8Array, before[0] as Uint8Array));

// Update: the runtime takes a new bundle and resets its own core.
device.loadFirmware(demoBundle(device.options.provider));
console.log(device.state);

// Cold: a power cycle. The device starts from its fuses.
device.reset('cold');
console.log(device.state, device.boot().state);
