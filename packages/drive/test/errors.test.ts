import { describe, expect, test } from '@jest/globals';
import { DriveError, LockedRangeError, MediumError, RangeOutOfBoundsError } from '@rootcap/drive';

describe('errors of the drive', () => {
  test.each([
    [new LockedRangeError(1, 8), 'LOCKED', 'namespace 1, LBA 8: the range is locked'],
    [new RangeOutOfBoundsError('LBA 9'), 'OUT_OF_BOUNDS', 'LBA 9'],
    [new MediumError('NO_SPACE', 'full'), 'NO_SPACE', 'full'],
  ])('%s', (error, code, message) => {
    expect(error).toBeInstanceOf(DriveError);
    expect([error.code, error.message]).toEqual([code, message]);
  });
});
