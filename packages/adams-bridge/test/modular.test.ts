import { expect, test } from '@jest/globals';
import { MLDSA_Q, MLKEM_Q } from '@rootcap/adams-bridge';

test('the primes have the form that their reductions use', () => {
  expect(MLDSA_Q).toBe(2 ** 23 - 2 ** 13 + 1);
  expect(MLKEM_Q).toBe(13 * 2 ** 8 + 1);
});
