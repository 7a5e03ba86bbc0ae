import { expect, test } from '@jest/globals';
import { killDrives } from '@rootcap/proofs';

test('a drive whose process is killed keeps what it acknowledged as flushed, a sample', async () => {
  const { violations, flushes, compared } = await killDrives(6, 7);
  expect(violations).toEqual([]);
  expect([compared, flushes > 0]).toEqual([6 * 1024, true]);
});
