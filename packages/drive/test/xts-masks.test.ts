import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { XTS_MASKS_MODULE } from '@rootcap/drive/node';
import wabt from 'wabt';

test('the assembled module is that of its source', async () => {
  const source = readFileSync(new URL('../src/node/xts-masks.wat', import.meta.url), 'utf8');
  const { parseWat } = await wabt();
  const { buffer } = parseWat('xts-masks.wat', source, { simd: true }).toBinary({});
  expect(XTS_MASKS_MODULE).toBe(Buffer.from(buffer).toString('base64'));
});
