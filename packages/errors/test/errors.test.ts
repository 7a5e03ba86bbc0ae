import { describe, expect, test } from '@jest/globals';
import { ERRORS, findError, RotError } from '@rootcap/errors';

describe('findError', () => {
  test.each([0x000b0001, '0x000b0001', '000B0001', 'b0001', 'image_verifier_err_manifest_marker_mismatch'])(
    '%p',
    (query) => {
      expect(findError(query)).toEqual({
        symbol: 'IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH',
        code: 0x000b0001,
        reporter: 'image verifier',
      });
    },
  );
  test.each([0, 'no such', '0x1_0000_0000', ''])('knows no %p', (query) => {
    expect(findError(query)).toBeUndefined();
  });
});

test('codes are unique and non-zero', () => {
  const codes = Object.values(ERRORS);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.every((code) => code > 0 && code <= 0xffff_ffff)).toBe(true);
});

test('a RotError shows symbol and code', () => {
  expect(new RotError('RUNTIME_INVALID_CHECKSUM').message).toBe('RUNTIME_INVALID_CHECKSUM (0x000e0005)');
});
