import { describe, expect, test } from '@jest/globals';
import { createStore, findSuites, RECOGNIZERS, runConformance, type SuiteResult } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { bytesToHex, portableProvider } from '@rootcap/crypto';
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
    { name: 'caliptra-rtl-smoke', counts: [16, 0, 1], failures: [] },
    { name: 'rtl-traces-v2.0.3', counts: [21, 0, 0], failures: [] },
    { name: 'uvm-kats', counts: [21, 0, 0], failures: [] },
    { name: 'caliptra-rtl-mldsa-tb', counts: [1, 0, 2], failures: [] },
    { name: 'dilithium-ref', counts: [11, 0, 1], failures: [] },
    { name: 'ntt-unit', counts: [17, 0, 1], failures: [] },
  ]);
});

describe('what does not match is noticed', () => {
  test('a signature that an external mu does not give, by both commands that have its inputs', () => {
    const { publicKey, secretKey } = portableProvider.mldsa87.keygenFromSeed(new Uint8Array(32));
    const mu = new Uint8Array(64).fill(1);
    const signature = portableProvider.mldsa87.signMu(secretKey, mu);
    const [MU, PK, SK, SIG] = [mu, publicKey, secretKey, signature].map(bytesToHex);
    const kats = (SIGNRND: string, VRES: string) => ({
      'X_KATs_sequence.svh': { arrays: { acvp_kats: [{ MU, PK, SK, SIG, SIGNRND, VRES }] } },
    });
    const [zero, c] = ['00'.repeat(32), (SIG as string).slice(0, 128)];
    expect(runOne({ 'kats.json': kats(zero, c) })).toMatchObject({ passed: 1, failed: 0 });
    const other = runOne({ 'kats.json': kats('01'.repeat(32), c) });
    expect(other.failures?.[0]?.detail).toMatch(/^MLDSA_SIGN signature: expected/);
    const wrong = runOne({ 'kats.json': kats(zero, '00'.repeat(64)) });
    expect(wrong.failures?.[0]?.detail).toMatch(/^MLDSA_VERIFY verifyResult: expected/);
  });

  test('arrays of a test in none of the orders of words', () => {
    const words = (count: number) => Array<string>(count).fill('01020304');
    const arrays = { seed_d: words(8), seed_z: words(8), exp_encaps_key: words(392) };
    const result = runOne({ 'arrays.json': { 'a/a.c': arrays, 'b/b.c': { abr_entropy: words(16) } } });
    expect(result).toMatchObject({ passed: 0, failed: 1, notRun: [{ count: 1 }] });
    expect(result.failures?.[0]?.detail).toMatch(/in no order of words: MLKEM_KEYGEN encapsulationKey: expected/);
  });

  test('results of another seed in the files of the reference model, and an image of the NTT', () => {
    const line = (length: number) => 'ab'.repeat(length);
    const text = (...lines: string[]) => new TextEncoder().encode(lines.join('\n'));
    const store = createStore([
      ['ref/keygen_input_KAT9.hex', () => text('00', line(32))],
      ['ref/keygen_KAT9_expected.hex', () => text('00', line(2592), line(4896))],
      ['unit/pwm_iter1.hex', () => text(...Array<string>(64).fill('000009000004000001000000'))],
    ]);
    const results: SuiteResult[] = [];
    runConformance(findSuites(store, OURS), { provider: portableProvider }, (result) => results.push(result));
    expect(results.map(({ failures = [] }) => failures.map(({ detail }) => detail))).toEqual([
      [expect.stringMatching(/^MLDSA_KEYGEN publicKey: expected abab/)],
      ['value 4: expected 0, got 16'],
    ]);
  });

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
