import { deviceDigests } from '../runtimes/digests.ts';

/** The page: whoever opened it asks for the digests. */
Object.assign(globalThis, { deviceDigests });
