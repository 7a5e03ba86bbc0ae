import { type Capabilities, kdf512 } from '@rootcap/crypto';
import { swapWords } from '@rootcap/struct';

/**
 * How ROM makes the HEK. `context`, ROM 2.1.0 and 2.1.1: the seed as it is in the fuses, each word little-endian, is the
 * context of one KDF. `extract`, since 2.1.2: the seed, deobfuscated by the DOE, is first extracted with the CDI as key.
 */
export type HekGeneration = 'context' | 'extract';

const HEK_LABEL = 'ocp_lock_hek';
const MDK_LABEL = 'ocp_lock_mdk';

/** The labels for ROM, which derives both keys in the key vault. */
export const ROM_LABELS = { hek: HEK_LABEL, mdk: MDK_LABEL } as const;

/**
 * Hard epoch key, 64 bytes.
 *
 * @param cdi - IDevID CDI, 64 bytes
 * @param seed - `context`: fuse words, most significant byte first; `extract`: the deobfuscated seed; 32 bytes
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/ocp_lock.rs
 */
export function deriveHek(
  provider: Pick<Capabilities, 'hmac'>,
  generation: HekGeneration,
  cdi: Uint8Array,
  seed: Uint8Array,
): Uint8Array {
  if (generation === 'context') return kdf512(provider, cdi, HEK_LABEL, swapWords(seed));
  return kdf512(provider, provider.hmac.mac('sha512', cdi, seed), HEK_LABEL);
}

/** MEK deobfuscation key, 64 bytes. @param cdi - IDevID CDI, 64 bytes */
export function deriveMdk(provider: Pick<Capabilities, 'hmac'>, cdi: Uint8Array): Uint8Array {
  return kdf512(provider, cdi, MDK_LABEL);
}

const SEED_STATE = { PROGRAMMED: 1, PROGRAMMED_EMPTY: 4 } as const;
/** CPTRA_SECURITY_STATE.device_lifecycle. */
const LIFECYCLE = { MANUFACTURING: 1, PRODUCTION: 3 } as const;

/**
 * Whether the HEK may be used, given what REPORT_HEK_METADATA says of its seed. Without that command it may not.
 *
 * @param seed - as it is in the fuses, 32 bytes
 * @see caliptra-sw:drivers/src/ocp_lock.rs
 */
export function hekIsAvailable(seedState: number, lifecycle: number, seed: Uint8Array): boolean {
  if (lifecycle <= LIFECYCLE.MANUFACTURING) return true;
  if (lifecycle !== LIFECYCLE.PRODUCTION) return false;
  if (seedState === SEED_STATE.PROGRAMMED_EMPTY) return true;
  const blank = seed.every((byte) => byte === 0) || seed.every((byte) => byte === 0xff);
  return seedState === SEED_STATE.PROGRAMMED && !blank;
}
