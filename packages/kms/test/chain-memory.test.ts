import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { CryptoProvider } from '@rootcap/crypto';
import { chainMemory, type KmsError, verifyEvidence } from '@rootcap/kms';
import { provider, type TestDrive, testDrive } from './device.ts';

const at = '2026-01-01T00:00:00Z';
let drives: readonly TestDrive[];
beforeAll(() => {
  drives = [testDrive(1, 'ecdsa-p384'), testDrive(1, 'mldsa87')];
});

/** A provider that counts the signatures that it verifies. */
function counting() {
  const ecdsa = jest.fn(provider.ecdsa384.verify.bind(provider.ecdsa384));
  const mldsa = jest.fn(provider.mldsa87.verify.bind(provider.mldsa87));
  const counted: CryptoProvider = {
    ...provider,
    ecdsa384: Object.create(provider.ecdsa384, { verify: { value: ecdsa } }),
    mldsa87: Object.create(provider.mldsa87, { verify: { value: mldsa } }),
  };
  return { counted, calls: () => ecdsa.mock.calls.length + mldsa.mock.calls.length };
}

describe('chains that were seen before', () => {
  test('give the same evidence, their signatures verified once; a new endorsement is one more', () => {
    for (const drive of drives) {
      const { counted, calls } = counting();
      const options = { provider: counted, roots: [drive.root], at, memory: chainMemory(counted) };
      const chain = drive.evidence(0x0011);
      const first = verifyEvidence(options, chain);
      expect(calls()).toBe(6);
      expect(verifyEvidence(options, chain)).toEqual(first);
      expect(first).toEqual(verifyEvidence({ provider, roots: [drive.root], at }, chain));
      expect(calls()).toBe(6);
      drive.rotateHpkeKeys();
      expect(verifyEvidence(options, drive.evidence(0x0011)).hpke).not.toEqual(first.hpke);
      expect(calls()).toBe(7);
    }
  });

  test('are judged anew: another time, another root, one byte', () => {
    const [drive = testDrive()] = drives;
    const memory = chainMemory(provider);
    const chain = drive.evidence(0x0011);
    const options = { provider, roots: [drive.root], at, memory };
    const code = (change: object, certificates = chain): string => {
      try {
        verifyEvidence({ ...options, ...change }, certificates);
      } catch (error) {
        return (error as KmsError).code;
      }
      return 'none';
    };
    expect(code({})).toBe('none');
    expect(code({ at: '2000-01-01T00:00:00Z' })).toBe('untrusted-chain');
    expect(code({ roots: [drives[1]?.root] })).toBe('untrusted-chain');
    for (let i = 0; i < chain.length; i++) {
      const changed = chain.map((der, j) =>
        der.map((byte, at_) => (i === j && at_ === der.length - 3 ? byte ^ 1 : byte)),
      );
      expect(code({}, changed)).toBe('untrusted-chain');
    }
    expect(code({}, chain.with(0, Uint8Array.of(0x30)))).toBe('untrusted-chain');
    expect(code({})).toBe('none');
  });

  test('are forgotten when others come', () => {
    const [drive = testDrive()] = drives;
    const { counted, calls } = counting();
    const options = { provider: counted, roots: [drive.root], at, memory: chainMemory(counted, 2) };
    for (let i = 0; i < 2; i++) verifyEvidence(options, drive.evidence(0x0042));
    expect(calls()).toBe(12);
  });
});
