/** Below 2^53 a number will do. */
export type AxiAddress = number | bigint;

/** Pins of a Caliptra subsystem that say where things are on its AXI bus. In passive mode they are not connected. */
export interface Straps {
  /** AXI addresses of 64 bits. */
  readonly caliptraBase: AxiAddress;
  readonly mciBase: AxiAddress;
  readonly recoveryBase: AxiAddress;
  readonly otpBase: AxiAddress;
  readonly udsSeedBase: AxiAddress;
  readonly stagingBase: AxiAddress;
  readonly keyReleaseBase: AxiAddress;
  /** Bytes. */
  readonly keyReleaseSize: number;
  /** Offset of the production debug unlock key hashes from the MCI base. */
  readonly prodDebugUnlockPkHashOffset: number;
  readonly prodDebugUnlockPkHashCount: number;
  readonly dmaAxiUser: number;
  /** `SS_STRAP_GENERIC`: [0] OTP idle bit << 16 | status offset, [1] command offset, [2] entropy, [3] ROM options. */
  readonly generic: readonly [number, number, number, number];
}

/** Addresses that {@link Chip} gives its own subsystem blocks unless told otherwise. */
export const DEFAULT_STRAPS = {
  caliptraBase: 0x3000_0000,
  mciBase: 0x2100_0000,
  recoveryBase: 0x2000_4100,
  otpBase: 0x7000_0000,
  udsSeedBase: 0x7000_0800,
  stagingBase: 0xb00c_0000,
  keyReleaseBase: 0x7100_0000,
  keyReleaseSize: 64,
  prodDebugUnlockPkHashOffset: 0x480,
  prodDebugUnlockPkHashCount: 8,
  dmaAxiUser: 0,
  generic: [0x001e_0010, 0x80, 0, 0],
} as const satisfies Straps;

/** Straps as the registers that show them: name, word index, value. */
export function strapRegisters(
  straps: Straps,
): readonly (readonly [name: StrapRegister, index: number, value: number])[] {
  const address = (name: AddressStrap, value: AxiAddress) =>
    [
      [`SS_${name}_BASE_ADDR_L`, 0, Number(BigInt(value) & 0xffff_ffffn)],
      [`SS_${name}_BASE_ADDR_H`, 0, Number(BigInt(value) >> 32n)],
    ] as const;
  return [
    ...address('CALIPTRA', straps.caliptraBase),
    ...address('MCI', straps.mciBase),
    ...address('RECOVERY_IFC', straps.recoveryBase),
    ...address('OTP_FC', straps.otpBase),
    ...address('UDS_SEED', straps.udsSeedBase),
    ...address('EXTERNAL_STAGING_AREA', straps.stagingBase),
    ...address('KEY_RELEASE', straps.keyReleaseBase),
    // The hardware only takes whole words.
    ['SS_KEY_RELEASE_SIZE', 0, straps.keyReleaseSize & 0xfffc],
    ['SS_PROD_DEBUG_UNLOCK_AUTH_PK_HASH_REG_BANK_OFFSET', 0, straps.prodDebugUnlockPkHashOffset],
    ['SS_NUM_OF_PROD_DEBUG_UNLOCK_AUTH_PK_HASHES', 0, straps.prodDebugUnlockPkHashCount],
    ['SS_CALIPTRA_DMA_AXI_USER', 0, straps.dmaAxiUser],
    ...straps.generic.map((value, index) => ['SS_STRAP_GENERIC', index, value >>> 0] as const),
  ];
}

type AddressStrap =
  | 'CALIPTRA'
  | 'MCI'
  | 'RECOVERY_IFC'
  | 'OTP_FC'
  | 'UDS_SEED'
  | 'EXTERNAL_STAGING_AREA'
  | 'KEY_RELEASE';

export type StrapRegister =
  | `SS_${AddressStrap}_BASE_ADDR_${'L' | 'H'}`
  | 'SS_KEY_RELEASE_SIZE'
  | 'SS_PROD_DEBUG_UNLOCK_AUTH_PK_HASH_REG_BANK_OFFSET'
  | 'SS_NUM_OF_PROD_DEBUG_UNLOCK_AUTH_PK_HASHES'
  | 'SS_CALIPTRA_DMA_AXI_USER'
  | 'SS_STRAP_GENERIC';
