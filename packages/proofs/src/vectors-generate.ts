import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownVectors, packPath, workingCopy } from '@rootcap/vectors';
import { checkKeyLadder, identityVectors, keyLadderVectors } from './vectors/own-vectors.ts';
import { recordedBoots, recordedRefusals } from './vectors/recorded-boots.ts';

/** Objects and lists that hold nothing but plain values stand on one line, so that a change of one value is one line. */
function readableJson(value: unknown): string {
  const lines = JSON.stringify(value, undefined, 1);
  return `${lines.replace(
    /([{[])\n\s*([^{}[\]]*?)\n\s*([}\]])/g,
    (_, open: string, inner: string, close: string) => `${open}${inner.replace(/\n\s*/g, ' ')}${close}`,
  )}\n`;
}

const root = ownVectors(workingCopy() ?? '.');

function write(value: unknown, ...path: readonly string[]): void {
  const text = readableJson(value);
  writeFileSync(join(root, ...path), text);
  console.log(`${path.join('/')}: ${text.length} bytes`);
}

const recordings = packPath('caliptra');
mkdirSync(join(root, 'boots'), { recursive: true });
for (const boot of recordedBoots(recordings)) write(boot, 'boots', `${boot.name}.json`);
write(recordedRefusals(recordings), 'refusals.json');
console.log(`the oracle of the key ladder reproduces ${checkKeyLadder(recordings)} keys of recorded boots`);
write(keyLadderVectors(), 'key-ladder.json');
write(identityVectors(), 'identity.json');
