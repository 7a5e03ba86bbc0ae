import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const PACKAGES = new URL('../../', import.meta.url);

/** From bottom to top: a package may depend on those before it. */
const ORDER = [
  '@rootcap/errors',
  '@rootcap/vectors',
  '@rootcap/struct',
  '@rootcap/adams-bridge',
  '@rootcap/crypto',
  '@rootcap/hardware',
  '@rootcap/image',
  '@rootcap/dice',
  '@rootcap/ocp-lock',
  '@rootcap/dpe',
  '@rootcap/firmware',
  'rootcap',
  '@rootcap/kms',
  '@rootcap/device-rpc',
  '@rootcap/conformance',
  '@rootcap/cli',
  '@rootcap/proofs',
];
/** Neighbours that must not know each other. */
const APART: Readonly<Record<string, readonly string[]>> = {
  '@rootcap/image': ['@rootcap/hardware'],
  '@rootcap/adams-bridge': ['@rootcap/vectors'],
  '@rootcap/dice': ['@rootcap/hardware', '@rootcap/image'],
  '@rootcap/ocp-lock': ['@rootcap/hardware', '@rootcap/image', '@rootcap/dice'],
  '@rootcap/dpe': ['@rootcap/errors', '@rootcap/hardware', '@rootcap/image'],
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifests = readdirSync(PACKAGES).map(
  (folder) => JSON.parse(readFileSync(new URL(`${folder}/package.json`, PACKAGES), 'utf8')) as Manifest,
);

describe('package graph', () => {
  test('lists every package', () => {
    expect(manifests.map(({ name }) => name).sort()).toEqual([...ORDER].sort());
  });

  test.each(manifests)('$name depends on packages below it only', ({ name, dependencies = {} }) => {
    const inside = Object.entries(dependencies).filter(([, version]) => version.startsWith('workspace:'));
    for (const [dependency] of inside) {
      expect(ORDER.indexOf(dependency)).toBeGreaterThanOrEqual(0);
      expect(ORDER.indexOf(dependency)).toBeLessThan(ORDER.indexOf(name));
      expect(APART[name] ?? []).not.toContain(dependency);
    }
  });
});
