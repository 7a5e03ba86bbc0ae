import { describe, expect, test } from '@jest/globals';
import { findSuites, RECOGNIZERS, runConformance, type SuiteResult } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { portableProvider } from '@rootcap/crypto';
import { hasPack, packPath } from '@rootcap/vectors';
import { runOne } from './helpers.ts';

const OURS = RECOGNIZERS.filter(({ kind }) => kind.startsWith('adams-bridge'));

test(hasPack('adams-bridge') ? 'every set of the pack passes' : 'left out: no adams-bridge pack', () => {
  if (!hasPack('adams-bridge')) return;
  const results: SuiteResult[] = [];
  const suites = findSuites(openVectors(packPath('adams-bridge')), OURS);
  runConformance(suites, { provider: portableProvider }, (result) => results.push(result));
  const counts = results.map(({ name, passed, failed, notRun, failures = [] }) => ({
    name,
    counts: [passed, failed, notRun.length],
    failures,
  }));
  expect(counts).toEqual([
    { name: 'abr-program-check-v2.0.3', counts: [562, 0, 0], failures: [] },
    { name: 'rtl-traces-v2.0.3', counts: [21, 0, 0], failures: [] },
    { name: 'uvm-kats', counts: [21, 0, 0], failures: [] },
  ]);
});

describe('what does not match is noticed', () => {
  test('a trace with other cycles, and one of unknown inputs', () => {
    const seq = [[443, 14]];
    const result = runOne({
      'more-traces.json': {
        runs: [
          { name: 'MLKEM keygen', seq, total: 6651 },
          { name: 'MLKEM something', seq, total: 1 },
        ],
      },
    });
    expect(result).toMatchObject({ passed: 0, failed: 1, notRun: [{ count: 1 }] });
    expect(result.failures?.[0]?.detail).toMatch(/instruction 0, cycle 0: expected pc and cycles 443, 14, got 443, 13/);
  });

  test('another instruction', () => {
    const program = [{ pc: 3, check: '0000000000000000' }];
    expect(runOne({ 'check.json': { program } })).toMatchObject({ passed: 0, failed: 1 });
  });

  test('a key pair of another seed, and fields that nobody knows', () => {
    const kat = { SEED: '00'.repeat(32), expected_PK: '00'.repeat(2592), expected_SK: '00'.repeat(4896) };
    const file = { 'X_KATs_sequence.svh': { arrays: { keygen_kats: [kat, { OTHER: '00' }] } } };
    expect(runOne({ 'kats.json': file })).toMatchObject({ passed: 0, failed: 1, notRun: [{ count: 1 }] });
  });
});
