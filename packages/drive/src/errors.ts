/** What a drive refuses, whichever front the request came through. */
export type DriveErrorCode =
  | 'LOCKED'
  | 'OUT_OF_BOUNDS'
  | 'NO_SPACE'
  | 'IO'
  | 'CORRUPT'
  | 'CLOSED'
  | 'IN_USE'
  | 'READ_ONLY';

/** A refusal by the drive. The fronts map `code` to the status of their protocol. */
export class DriveError extends Error {
  override readonly name: string = 'DriveError';
  readonly code: DriveErrorCode;

  constructor(code: DriveErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}

/** No key is loaded for a block of the request: the range is locked. Nothing of the request was done. */
export class LockedRangeError extends DriveError {
  override readonly name = 'LockedRangeError';
  /** First block without a key. */
  readonly lba: number;
  readonly nsid: number;

  constructor(nsid: number, lba: number) {
    super('LOCKED', `namespace ${nsid}, LBA ${lba}: the range is locked`);
    this.nsid = nsid;
    this.lba = lba;
  }
}

/** The request reaches beyond the namespace, or is no whole number of blocks. Nothing of it was done. */
export class RangeOutOfBoundsError extends DriveError {
  override readonly name = 'RangeOutOfBoundsError';

  constructor(detail: string) {
    super('OUT_OF_BOUNDS', detail);
  }
}

/** The medium failed, is full, or holds what nobody wrote. */
export class MediumError extends DriveError {
  override readonly name = 'MediumError';

  constructor(code: Exclude<DriveErrorCode, 'LOCKED' | 'OUT_OF_BOUNDS'>, detail: string, options?: ErrorOptions) {
    super(code, detail, options);
  }
}
