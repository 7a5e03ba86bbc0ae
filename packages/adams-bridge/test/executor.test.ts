import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import {
  AcceleratorState,
  buildProgram,
  type Command,
  type ExecuteOptions,
  execute,
  type Outcome,
  type Value,
} from '@rootcap/adams-bridge';
import { hasVectors, hex, json, unhex } from './vectors.ts';

const SEED = new Uint8Array(32).fill(9);
const MESSAGE = new Uint8Array(64).fill(1);

/** Runs a command to its end. */
function run(
  command: Command,
  inputs: Readonly<Partial<Record<Value, Uint8Array>>>,
  options?: ExecuteOptions,
): { readonly state: AcceleratorState; readonly outcome: Outcome } {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  const running = execute(state, command, options);
  for (let next = running.next(); ; next = running.next()) if (next.done) return { state, outcome: next.value };
}

describe('against noble', () => {
  const keys = ml_dsa87.keygen(SEED);
  const signature = ml_dsa87.sign(MESSAGE, keys.secretKey, { extraEntropy: false });

  test('ML-DSA: a key, a signature with it, and its verification', () => {
    const made = run('MLDSA_KEYGEN_SIGN', { mldsaSeed: SEED, message: MESSAGE });
    expect(made.state.get('publicKey')).toEqual(keys.publicKey);
    expect(made.state.get('signature')).toEqual(signature);
    const verified = run('MLDSA_VERIFY', { publicKey: keys.publicKey, message: MESSAGE, signature });
    expect(verified.state.get('verifyResult')).toEqual(signature.slice(0, 64));
    expect(verified.outcome).toMatchObject({ status: 'done', accepted: true });
  });

  test('a verification ends early at hints that are not well encoded, and leaves no result', () => {
    const wrong = signature.slice();
    wrong[4626] = 200;
    const { state, outcome } = run('MLDSA_VERIFY', { publicKey: keys.publicKey, message: MESSAGE, signature: wrong });
    expect(outcome).toMatchObject({ status: 'done', accepted: false });
    expect(outcome.cycles).toBeGreaterThan(17_650);
    expect(outcome.cycles).toBeLessThan(17_670);
    expect(state.get('verifyResult')).toEqual(new Uint8Array(64));
  });

  test('a private key with a wrong symbol stops signing', () => {
    const privateKey = keys.secretKey.slice();
    privateKey[128 + 7 * 96] = 0xff;
    expect(run('MLDSA_SIGN', { privateKey, message: MESSAGE }).outcome).toMatchObject({ status: 'error', passes: 1 });
  });

  test('ML-KEM: a key from both seeds and, in the same command, a decapsulation with it', () => {
    const [seedD, seedZ] = [SEED, MESSAGE.slice(0, 32)];
    const kem = ml_kem1024.keygen(Uint8Array.of(...seedD, ...seedZ));
    const sealed = ml_kem1024.encapsulate(kem.publicKey, MESSAGE.slice(32));
    const { state, outcome } = run('MLKEM_KEYGEN_DECAPS', { seedD, seedZ, ciphertext: sealed.cipherText });
    expect(state.get('sharedKey')).toEqual(sealed.sharedSecret);
    expect(outcome).toMatchObject({ status: 'done', accepted: true });
  });
});

describe('a patched program', () => {
  test('gives another key if the addition of s2[0] is left out', () => {
    const { state } = run('MLDSA_KEYGEN', { mldsaSeed: SEED }, { program: buildProgram().patch(36, { op: 'NOP' }) });
    expect(state.get('publicKey')).not.toEqual(ml_dsa87.keygen(SEED).publicKey);
  });

  test('may not leave a bank of the memory', () => {
    const program = buildProgram().patch(21, { op: 'NTT', src1: 3 << 11, dst: (3 << 11) | 1 });
    expect(() => run('MLDSA_KEYGEN', { mldsaSeed: SEED }, { program })).toThrow(RangeError);
  });
});

test.each([
  ['mldsaSeed', 31],
  ['privateKey', 4895],
  ['ciphertext', 1569],
] as const)('%s of %d bytes is refused', (value, length) => {
  expect(() => new AcceleratorState().set(value, new Uint8Array(length))).toThrow(`${value}: ${length} bytes`);
});

test('a context of more than 255 bytes is refused', () => {
  const streamed = { context: new Uint8Array(256), message: MESSAGE };
  expect(() => new AcceleratorState().stream(streamed)).toThrow('context: 256 bytes');
});

/** UVM bench of chipsalliance/adams-bridge c4a921c: signatures whose first passes were rejected. */
function rejections(): void {
  interface Kat {
    readonly SK: string;
    readonly MU: string;
    readonly SIGNRND: string;
    readonly expected_SIG: string;
  }
  const file = json('uvm-kats.json') as Readonly<Record<string, { readonly arrays: { readonly acvp_kats: Kat[] } }>>;
  const kats = file['ML_DSA_ACVP_rejection_KATs_sequence.svh']?.arrays.acvp_kats ?? [];

  test.each(kats.map((kat, i) => ({ i, ...kat })))('signature $i', ({ SK, MU, SIGNRND, expected_SIG }) => {
    const inputs = { privateKey: unhex(SK), mu: unhex(MU), signRnd: unhex(SIGNRND) };
    const { state, outcome } = run('MLDSA_SIGN', inputs, { externalMu: true });
    expect(hex(state.get('signature'))).toBe(expected_SIG);
    expect(Math.abs(outcome.cycles - (63_127 + 54_475 * (outcome.passes - 1)))).toBeLessThan(20 * outcome.passes);
  });

  test('there are nine of them', () => expect(kats).toHaveLength(9));
}

if (!hasVectors) test('left out: no adams-bridge pack', () => {});
else describe('signatures with rejected passes', rejections);
