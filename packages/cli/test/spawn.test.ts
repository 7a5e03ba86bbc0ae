import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const start = (...argv: string[]) => spawnSync(process.execPath, [main, ...argv], { encoding: 'utf8' });

test('the program itself: data on stdout, talk on stderr, exit code', () => {
  const booted = start('boot', '--json');
  expect([booted.status, booted.stderr]).toEqual([0, '']);
  expect(JSON.parse(booted.stdout)).toMatchObject({ valid: true });
  const refused = start('error', '0x000b7777');
  expect([refused.status, refused.stdout]).toEqual([1, '']);
  expect(start('bot').status).toBe(2);
});

test('standard input is the file -', () => {
  const { status, stdout } = spawnSync(process.execPath, [main, 'fuses', 'view', '-'], {
    encoding: 'utf8',
    input: '{"socSteppingId":7}',
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/socSteppingId +FUSE_SOC_STEPPING_ID +file +0x00000007/);
});

test('a reader that goes away early is no error', () => {
  const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${main}" boot --quiet | head -n 1`], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});
