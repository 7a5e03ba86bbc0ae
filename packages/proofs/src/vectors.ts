import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  cacheDirectory,
  type FileResult,
  fetchPacks,
  GITHUB_RAW,
  ownVectors,
  parseManifest,
  workingCopy,
} from '@rootcap/vectors';

const repository = workingCopy() ?? '.';
const { values } = parseArgs({
  options: {
    base: { type: 'string', default: GITHUB_RAW },
    cache: { type: 'string', default: cacheDirectory(repository) },
    manifest: { type: 'string', default: join(ownVectors(repository), 'packs.json') },
    only: { type: 'string' },
  },
});

function report({ file, outcome, reason }: FileResult): void {
  console.log(`${outcome === 'failed' ? 'FAIL' : 'ok  '} ${file}: ${reason ?? outcome}`);
}

const results = await fetchPacks(parseManifest(JSON.parse(readFileSync(values.manifest, 'utf8'))), {
  cache: values.cache,
  base: values.base,
  ...(values.only === undefined ? {} : { only: new RegExp(values.only) }),
  onFile: report,
});
const count = (outcome: FileResult['outcome']): number => results.filter((result) => result.outcome === outcome).length;
console.log(
  `${count('fetched')} fetched, ${count('kept')} kept, ${count('failed')} failed; they are in ${values.cache}`,
);
process.exitCode = count('failed') > 0 ? 1 : 0;
