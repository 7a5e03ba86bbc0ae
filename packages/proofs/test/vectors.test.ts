import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkKeyLadder, identityVectors, keyLadderVectors, recordedBoots, recordedRefusals } from '@rootcap/proofs';
import { hasPack, ownVectors, packPath, workingCopy } from '@rootcap/vectors';

const ownFile = (...path: readonly string[]): unknown =>
  JSON.parse(readFileSync(join(ownVectors(workingCopy() as string), ...path), 'utf8'));

describe('test-vectors/ is what its generator makes', () => {
  test('key ladders and names of keys', () => {
    expect(keyLadderVectors()).toEqual(ownFile('key-ladder.json'));
    expect(identityVectors()).toEqual(ownFile('identity.json'));
  });

  if (!hasPack('caliptra')) test('left out: no caliptra pack', () => {});
  else {
    test('recorded boots and refusals', () => {
      const boots = recordedBoots(packPath('caliptra'));
      expect(boots).toHaveLength(21);
      for (const boot of boots) expect(boot).toEqual(ownFile('boots', `${boot.name}.json`));
      expect(recordedRefusals(packPath('caliptra'))).toEqual(ownFile('refusals.json'));
    });

    test('the oracle of the key ladder reproduces the recorded key vaults', () => {
      expect(checkKeyLadder(packPath('caliptra'))).toBe(135);
    });
  }
});
