import { checked, portableProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { createDevice } from 'rootcap';
import { deviceDigests } from './digests.ts';

/**
 * Runs under whatever runtime is asked, and prints one line of JSON. First a boot in which the portable provider computes
 * everything a second time: the first difference would end it.
 */
createDevice({ provider: checked(defaultProvider(), portableProvider) }).boot();
console.log(JSON.stringify(deviceDigests()));
