import { equalBytes } from '@rootcap/crypto';
import { createDevice } from 'rootcap';

const device = createDevice().bootToRom();

// Plain data that structuredClone and IndexedDB take. It holds the device's secrets, as a memory dump would.
const waiting = structuredClone(device.snapshot());
console.log(waiting.format, waiting.version, waiting.entry);

// A fork goes its own way; the original is where it was.
const fork = device.fork().boot();
console.log(fork.state, device.state);

// A snapshot fits a device with the same options, in this process or another.
const restored = createDevice().restore(waiting);
restored.boot();
const [mine, theirs] = [restored, fork].map((each) => each.certificateChain('mldsa87')[0] as Uint8Array);
console.log(restored.state, equalBytes(mine as Uint8Array, theirs as Uint8Array));
