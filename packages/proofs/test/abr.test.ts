import { describe, expect, test } from '@jest/globals';
import { inputsOfTrace, type TraceInputs } from '@rootcap/conformance';
import { openVectors } from '@rootcap/conformance/node';
import { portableProvider } from '@rootcap/crypto';
import { ABR_REG, type KeyVault, registerWords } from '@rootcap/hardware';
import {
  compareWithProvider,
  createAbrBench,
  fuzzAccesses,
  OPERATION_KINDS,
  RegisterDriver,
  runThroughRegisters,
  timedRun,
} from '@rootcap/proofs';
import { hasPack, packPath } from '@rootcap/vectors';

describe('the accelerator on its model, a sample', () => {
  test.each([
    ['rtl-2.0.3', false],
    ['rtl-2.0.3', true],
    ['emulator', false],
    ['emulator', true],
  ] as const)('random accesses, %s, OCP LOCK %s', (profile, ocpLock) => {
    const { violations, commands, accesses } = fuzzAccesses(7, 600, profile, { ocpLock });
    expect(violations).toEqual([]);
    expect([accesses, commands > 5]).toEqual([600, true]);
  });

  test.each<[string, (name: string, word: number, vault: KeyVault) => number, RegExp]>([
    [
      'a vault that shows through',
      (name, word, vault) =>
        name.startsWith('MLDSA_CTX')
          ? new DataView(vault.inspect(1).buffer).getUint32(name === 'MLDSA_CTX' ? 4 : 0)
          : word,
      /MLDSA_CTX shows a secret/,
    ],
    ['a lock that does not close', (name, word) => (name === 'MLDSA_PRIVKEY_OUT' ? 1 : word), /PRIVKEY_OUT is shown/],
    [
      'an access that throws',
      (name, word) => {
        if (name === 'MLDSA_STATUS') throw new TypeError('broken');
        return word;
      },
      /broken/,
    ],
  ])('the search sees %s', (_, reading, found) => {
    const { abr, keyVault } = createAbrBench('rtl-2.0.3');
    const names = new Map(registerWords(ABR_REG).map(({ name, offset }) => [offset, name]));
    const read = abr.readRegister.bind(abr);
    abr.readRegister = (offset, access) => reading(names.get(offset) ?? '', read(offset, access), keyVault);
    let violations: readonly string[] = [];
    try {
      ({ violations } = fuzzAccesses(7, 120, 'rtl-2.0.3', { bench: { abr, keyVault } }));
    } catch (error) {
      violations = [String(error)];
    }
    expect(violations).toContainEqual(expect.stringMatching(found));
  });

  test('random operations of each kind, as the portable provider', () => {
    const { counts, differences } = compareWithProvider(7, { from: 0, to: 4 * OPERATION_KINDS.length });
    expect(differences).toEqual([]);
    expect(new Set([...counts.keys()].map((outcome) => outcome.split(':')[0]))).toEqual(new Set(OPERATION_KINDS));
  });

  test('a case of the comparison does not depend on those before it', () => {
    const outcomes = (from: number, to: number) =>
      [...compareWithProvider(3, { from, to }).counts].flatMap(([outcome, times]) =>
        Array<string>(times).fill(outcome),
      );
    expect([...outcomes(0, 4), ...outcomes(4, 8)].sort()).toEqual(outcomes(0, 8).sort());
  });

  test('the driver counts what ends in the error state', () => {
    const driver = new RegisterDriver(createAbrBench('rtl-2.0.3').abr);
    expect(() => driver.mlkemDecapsulate(new Uint8Array(3168), new Uint8Array(1568))).toThrow(RangeError);
    expect([...driver.counts]).toEqual([['ML-KEM decapsulation', { runs: 1, errors: 1 }]]);
    expect(driver.mldsaVerify(new Uint8Array(2592), { mu: new Uint8Array(64) }, new Uint8Array(4626))).toBe(false);
  });
});

interface Trace {
  readonly name: string;
  readonly total?: number;
  readonly cycles_to_error?: number;
}
const TRACES = 'rtl-traces-v2.0.3.json';

if (!hasPack('adams-bridge')) test('left out: no adams-bridge pack', () => {});
else
  test('commands through the registers take the cycles of the RTL traces', () => {
    const file = openVectors(packPath('adams-bridge'))
      .folders.flatMap(({ files }) => files)
      .find(({ name }) => name === TRACES);
    const { runs = [] } = (file?.json() ?? {}) as { readonly runs?: readonly Trace[] };
    const taken = runs.map(({ name }) => {
      const inputs = inputsOfTrace(name, portableProvider);
      const { cycles, status } = timedRun(inputs as TraceInputs);
      return { name, cycles, error: status[0] === 8 };
    });
    expect(taken).toEqual(
      runs.map(({ name, total, cycles_to_error: stopped }) => ({
        name,
        cycles: stopped ?? total,
        error: stopped !== undefined,
      })),
    );
    expect(runs).toHaveLength(21);
  });

if (!hasPack('acvp') || !hasPack('wycheproof')) test('left out: no acvp and wycheproof packs', () => {});
else
  test('vectors through the registers, a few of each set', () => {
    const { results, commands } = runThroughRegisters(openVectors(packPath()), { testsPerSuite: 4 });
    expect(results.flatMap(({ name, failures = [] }) => failures.map((failure) => ({ name, ...failure })))).toEqual([]);
    expect(results.map(({ passed }) => passed)).toEqual(results.map(() => 4));
    expect(results).toHaveLength(10);
    expect(commands.size).toBeGreaterThanOrEqual(7);
  });
