import { readdirSync, rmSync } from 'node:fs';

// `tsc -b` never deletes what a removed source once produced.
for (const name of readdirSync('packages'))
  for (const output of ['dist', 'dist-test']) rmSync(`packages/${name}/${output}`, { recursive: true, force: true });
