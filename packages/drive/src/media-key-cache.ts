/** Outcomes that the encryption engine shows in CTRL.ERR; 4 and above are the vendor's. */
export const ENGINE_ERROR = {
  OK: 0x0,
  INVALID_COMMAND: 0x1,
  CACHE_FULL: 0x4,
  NOT_FOUND: 0x5,
  ALREADY_LOADED: 0x6,
  BAD_METADATA: 0x7,
  WEAK_KEY: 0x8,
} as const;

/** What the register front of an encryption engine drives. Each call returns the ERR nibble of CTRL, 0 if it is done. */
export interface MediaKeyCache {
  /**
   * @param metadata - METD, 20 bytes
   * @param aux - AUX, 32 bytes
   * @param mek - 64 bytes, cleared by the caller afterwards
   */
  load(metadata: Uint8Array, aux: Uint8Array, mek: Uint8Array): number;
  unload(metadata: Uint8Array): number;
  zeroize(): number;
}
