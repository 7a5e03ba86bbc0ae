import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether what would be published is usable: publint on each package, and the types as npm's users resolve them. Both pack
 * the package first, for which they need pnpm on PATH: run this as `pnpm check:packages`.
 */
const CHECKS = [
  ['publint', '--strict', '--pack', 'pnpm'],
  ['attw', '--pack', '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'table-flipped'],
];

const published = readdirSync('packages')
  .map((folder) => `packages/${folder}`)
  .filter((folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).private !== true);

for (const folder of published)
  for (const [program, ...options] of CHECKS) {
    const { status, stdout, stderr } = spawnSync(`node_modules/.bin/${program}`, [...options, folder], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    const passed = status === 0;
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${folder} ${program}`);
    if (passed) continue;
    console.error(stdout, stderr);
    process.exitCode = 1;
  }
