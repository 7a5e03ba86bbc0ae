import type { FirmwareContext } from '../context.ts';

const TRNG_RESPONSE = 48;

/** As many random bytes as wanted, for CM_RANDOM_GENERATE of ROM and runtime; the rest of the last response is lost. */
export function randomBytes({ chip }: FirmwareContext, size: number): Uint8Array {
  const data = new Uint8Array(Math.ceil(size / TRNG_RESPONSE) * TRNG_RESPONSE);
  for (let i = 0; i < data.length; i += TRNG_RESPONSE) data.set(chip.trng.generate(), i);
  return data.subarray(0, size);
}
