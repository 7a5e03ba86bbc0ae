import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { checkBytes } from '../checks.ts';
import type { Hmac } from '../provider.ts';
import { algorithm, RunningHash } from './hashes.ts';

/** HMAC (FIPS 198-1) over any of the hashes, from @noble/hashes. */
export const hmac: Hmac = {
  create(name, key) {
    checkBytes('key', key);
    return new RunningHash(nobleHmac.create(algorithm(name), key));
  },
  mac(name, key, ...parts) {
    checkBytes('key', key);
    const running = nobleHmac.create(algorithm(name), key);
    for (const part of parts) running.update(part);
    return running.digest();
  },
};
