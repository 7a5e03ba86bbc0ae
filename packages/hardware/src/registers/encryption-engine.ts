import { bit, bits, register, registerBlock } from '@rootcap/struct';

/** A drive's registers lose their contents with its power only. */
const KEPT = { clearedBy: 'cold' } as const;

/**
 * Special function registers between Caliptra and a drive's encryption engine, relative to `SS_KEY_RELEASE_BASE_ADDR`.
 * OCP LOCK 1.1, encryption engine interface
 */
export const ENCRYPTION_ENGINE_SFR = registerBlock('ENCRYPTION_ENGINE_SFR', 0, {
  /** Media encryption key; its byte i is at offset i. */
  MEK: register(0x0, { count: 16, uc: 'wo', soc: 'wo', ...KEPT }),
  /** Which key it is: what the vendor tells keys apart by. */
  METD: register(0x40, { count: 5, ...KEPT }),
  /** What else the vendor wants to know of it. */
  AUX: register(0x60, { count: 8, ...KEPT }),
  CTRL: register(0x80, {
    writable: 0x3f,
    fields: { exe: bit(0), done: bit(1), cmd: bits(5, 2), err: bits(19, 16), rdy: bit(31) },
    ...KEPT,
  }),
});

/** Bytes from the first register to the end of the last. */
export const ENCRYPTION_ENGINE_SIZE = 0x84;

/** Values of `CTRL.cmd`. */
export const ENGINE_COMMAND = { LOAD_MEK: 1, UNLOAD_MEK: 2, ZEROIZE: 3, LOAD_KAT_MEK: 4 } as const;
