/** Access presets of blocks that only the firmware's core reaches. */
export const UC_RW = { uc: 'rw', soc: 'none' } as const;
export const UC_RO = { uc: 'ro', soc: 'none' } as const;
export const UC_WO = { uc: 'wo', soc: 'none' } as const;
