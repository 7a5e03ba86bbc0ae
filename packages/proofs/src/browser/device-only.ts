import { createDevice } from 'rootcap';

/** The smallest page with a device, to see what it weighs. */
Object.assign(globalThis, { createDevice });
