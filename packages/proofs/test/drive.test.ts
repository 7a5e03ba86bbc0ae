import { expect, jest, test } from '@jest/globals';
import { Checklist, DebianTools, killDrives, runClients } from '@rootcap/proofs';

test('a drive whose process is killed keeps what it acknowledged as flushed, a sample', async () => {
  const { violations, flushes, compared } = await killDrives(6, 7);
  expect(violations).toEqual([]);
  expect([compared, flushes > 0]).toEqual([6 * 1024, true]);
});

// Fetching the programs is for `pnpm drive`.
if (!DebianTools.installed) test('left out: the block clients are not installed', () => {});
else
  test('real block clients', async () => {
    const tools = DebianTools.open() as DebianTools;
    const list = new Checklist();
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await runClients(tools, list);
      expect(log.mock.calls.filter(([line]) => !String(line).startsWith('ok'))).toEqual([]);
    } finally {
      log.mockRestore();
      tools.close();
    }
  });
