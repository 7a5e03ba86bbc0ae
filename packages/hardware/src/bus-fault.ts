export type BusFaultKind = 'LoadAccessFault' | 'LoadAddrMisaligned' | 'StoreAccessFault' | 'StoreAddrMisaligned';

/** An access that nothing on the bus answers, or that is not aligned. */
export class BusFault extends Error {
  override readonly name = 'BusFault';
  readonly kind: BusFaultKind;
  /** A bigint on the subsystem's 64-bit AXI bus. */
  readonly address: number | bigint;

  constructor(kind: BusFaultKind, address: number | bigint) {
    super(`${kind} at 0x${address.toString(16).padStart(8, '0')}`);
    this.kind = kind;
    this.address = address;
  }
}
