export type BusFaultKind = 'LoadAccessFault' | 'LoadAddrMisaligned' | 'StoreAccessFault' | 'StoreAddrMisaligned';

/** An access that nothing on the bus answers, or that is not aligned. */
export class BusFault extends Error {
  override readonly name = 'BusFault';
  readonly kind: BusFaultKind;
  readonly address: number;

  constructor(kind: BusFaultKind, address: number) {
    super(`${kind} at 0x${address.toString(16).padStart(8, '0')}`);
    this.kind = kind;
    this.address = address;
  }
}
