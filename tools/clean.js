import { readdirSync, rmSync } from 'node:fs';

// `tsc -b` never deletes what a removed source once produced.
const folders = [...readdirSync('packages').map((name) => `packages/${name}`), 'docs'];
for (const folder of folders)
  for (const output of ['dist', 'dist-test']) rmSync(`${folder}/${output}`, { recursive: true, force: true });
rmSync('docs/api', { recursive: true, force: true });
