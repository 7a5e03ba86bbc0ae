import { describe, expect, test } from '@jest/globals';
import { shake256 } from '@noble/hashes/sha3.js';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { AcceleratorState, type Command, type ExecuteOptions, execute, type Step } from '@rootcap/adams-bridge';
import { hasVectors, json } from './vectors.ts';

/** Measured in a simulation of chipsalliance/adams-bridge v2.0.3 (b77e3d89), Apache-2.0. */
interface Trace {
  readonly name: string;
  readonly seq: readonly (readonly [pc: number, cycles: number])[];
  readonly total?: number;
  readonly cycles_to_error?: number;
}

/** Inputs of a trace, and what the accelerator gives: bytes of noble. */
interface Run {
  readonly command: Command;
  readonly state: AcceleratorState;
  readonly options?: ExecuteOptions;
  readonly result?: () => readonly [got: Uint8Array, expected: Uint8Array];
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const counting = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);
function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  return copy;
}

const SEED = filled(32, 7);
const ENTROPY = Uint8Array.from({ length: 64 }, (_, i) => 7 * i + 1);
const keys = ml_dsa87.keygen(SEED);
const message = (n: number) =>
  changed(filled(64, 0), (copy) => {
    copy[0] = n;
    copy[5] = 0x63;
  });
const signatureOf = (text: Uint8Array, context: Uint8Array = new Uint8Array()) =>
  ml_dsa87.sign(text, keys.secretKey, { extraEntropy: false, context });

const D = counting(32);
const Z = filled(32, 3);
const M = filled(32, 5);
const kem = ml_kem1024.keygen(Uint8Array.of(...D, ...Z));
const sealed = ml_kem1024.encapsulate(kem.publicKey, M);

function state(inputs: Parameters<AcceleratorState['set']>[]): AcceleratorState {
  const accelerator = new AcceleratorState();
  accelerator.set('entropy', ENTROPY);
  for (const input of inputs) accelerator.set(...input);
  return accelerator;
}

function signRun(n: number, extra: Parameters<AcceleratorState['set']>[] = []): Run {
  const accelerator = state([['privateKey', keys.secretKey], ['message', message(n)], ...extra]);
  return {
    command: 'MLDSA_SIGN',
    state: accelerator,
    result: () => [accelerator.get('signature'), signatureOf(message(n))],
  };
}

function streamRun(length: number, contextLength: number): Run {
  const streamed = { message: counting(length, 1), context: counting(contextLength, 0xa0) };
  const accelerator = state([['privateKey', keys.secretKey]]);
  accelerator.stream(streamed);
  return {
    command: 'MLDSA_SIGN',
    state: accelerator,
    // The bench writes the strobe in five cycles and a dword in two.
    options: { hostCycles: 5 + 2 * (length >> 2) },
    result: () => [accelerator.get('signature'), signatureOf(streamed.message, streamed.context)],
  };
}

function verifyRun(change: (signature: Uint8Array) => void = () => {}): Run {
  const signature = changed(signatureOf(message(1)), change);
  const accelerator = state([
    ['publicKey', keys.publicKey],
    ['message', message(1)],
    ['signature', signature],
  ]);
  return { command: 'MLDSA_VERIFY', state: accelerator };
}

function decapsRun(decapsulationKey: Uint8Array, ciphertext: Uint8Array): Run {
  const accelerator = state([
    ['decapsulationKey', decapsulationKey],
    ['ciphertext', ciphertext],
  ]);
  const result = () => [accelerator.get('sharedKey'), ml_kem1024.decapsulate(ciphertext, decapsulationKey)] as const;
  return { command: 'MLKEM_DECAPS', state: accelerator, result };
}

function keygenRun(command: Command): Run {
  const accelerator = state([
    ['mldsaSeed', SEED],
    ['message', message(1)],
  ]);
  const made = () => Uint8Array.of(...accelerator.get('publicKey'), ...accelerator.get('privateKey'));
  return {
    command,
    state: accelerator,
    result: () => [made(), Uint8Array.of(...keys.publicKey, ...keys.secretKey)],
  };
}

const RUNS: Readonly<Record<string, () => Run>> = {
  'MLDSA keygen': () => keygenRun('MLDSA_KEYGEN'),
  'MLDSA sign msg0': () => signRun(0),
  'MLDSA sign msg0 other entropy': () => signRun(0, [['entropy', ENTROPY.map((byte) => byte ^ 0x5a)]]),
  'MLDSA sign msg1': () => signRun(1),
  'MLDSA sign msg2': () => signRun(2),
  'MLDSA verify': () => {
    const run = verifyRun();
    return { ...run, result: () => [run.state.get('verifyResult'), signatureOf(message(1)).subarray(0, 64)] };
  },
  'MLDSA verify bad c': () => verifyRun((signature) => signature.set([(signature[3] as number) ^ 1], 3)),
  'MLDSA verify bad z norm': () => verifyRun((signature) => signature.fill(0, 64, 70)),
  'MLDSA sign extmu': () => {
    const prefixed = Uint8Array.of(...shake256(keys.publicKey, { dkLen: 64 }), 0, 0, ...message(1));
    const run = signRun(1, [['mu', shake256(prefixed, { dkLen: 64 })]]);
    return { ...run, options: { externalMu: true } };
  },
  'MLDSA keygen+sign': () => {
    const { state: accelerator } = keygenRun('MLDSA_KEYGEN_SIGN');
    return {
      command: 'MLDSA_KEYGEN_SIGN',
      state: accelerator,
      result: () => [accelerator.get('signature'), signatureOf(message(1))],
    };
  },
  'MLDSA sign stream len 0 ctx 0': () => streamRun(0, 0),
  'MLDSA sign stream len 1 ctx 1': () => streamRun(1, 1),
  'MLDSA sign stream len 4 ctx 4': () => streamRun(4, 4),
  'MLDSA sign stream len 100 ctx 0': () => streamRun(100, 0),
  'MLDSA sign bad sk': () => signRun(1, [['privateKey', changed(keys.secretKey, (key) => key.set([0xff], 128))]]),
  'MLKEM keygen': () => {
    const accelerator = state([
      ['seedD', D],
      ['seedZ', Z],
    ]);
    const result = () => [accelerator.get('decapsulationKey'), kem.secretKey] as const;
    return { command: 'MLKEM_KEYGEN', state: accelerator, result };
  },
  'MLKEM encaps': () => {
    const accelerator = state([
      ['encapsulationKey', kem.publicKey],
      ['kemMessage', M],
    ]);
    return {
      command: 'MLKEM_ENCAPS',
      state: accelerator,
      result: () => [
        Uint8Array.of(...accelerator.get('ciphertext'), ...accelerator.get('sharedKey')),
        Uint8Array.of(...sealed.cipherText, ...sealed.sharedSecret),
      ],
    };
  },
  'MLKEM decaps': () => decapsRun(kem.secretKey, sealed.cipherText),
  'MLKEM decaps reject': () =>
    decapsRun(
      kem.secretKey,
      changed(sealed.cipherText, (text) => text.set([(text[9] as number) ^ 1], 9)),
    ),
  'MLKEM encaps bad ek': () => ({
    command: 'MLKEM_ENCAPS',
    state: state([
      ['encapsulationKey', changed(kem.publicKey, (key) => key.fill(0xff, 0, 2))],
      ['kemMessage', M],
    ]),
  }),
  'MLKEM decaps bad dk hash': () => ({
    ...decapsRun(
      changed(kem.secretKey, (key) => key.set([(key[3104] as number) ^ 1], 3104)),
      sealed.cipherText,
    ),
  }),
};

function traces(): void {
  const { runs } = json('rtl-traces-v2.0.3.json') as { readonly runs: readonly Trace[] };

  test('every trace has its inputs here', () => {
    expect(Object.keys(RUNS).sort()).toEqual(runs.map(({ name }) => name).sort());
  });

  test.each(runs.map((trace) => ({ ...trace })))('$name', ({ name, seq, total, cycles_to_error }) => {
    const run = (RUNS[name] as () => Run)();
    const steps: Step[] = [];
    const running = execute(run.state, run.command, run.options);
    let next = running.next();
    for (; !next.done; next = running.next()) steps.push(next.value);
    const outcome = next.value;
    const went = steps.map(({ pc, cycles }) => [pc, cycles]);
    expect(went.slice(0, seq.length)).toEqual(seq);
    expect(outcome.cycles).toBe(total ?? cycles_to_error);
    expect(outcome.status).toBe(cycles_to_error === undefined ? 'done' : 'error');
    expect(steps).toHaveLength(seq.length + (cycles_to_error === undefined ? 0 : 1));
    if (outcome.status === 'error') return;
    const [got, expected] = run.result?.() ?? [];
    expect(got).toEqual(expected);
  });
}

if (!hasVectors) test('left out: no adams-bridge pack', () => {});
else describe('cycles and results of the RTL traces', traces);
