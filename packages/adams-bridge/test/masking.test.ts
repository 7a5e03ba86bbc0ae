import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import {
  AcceleratorState,
  addMod,
  type CoeffMemory,
  type Command,
  execute,
  MASK_BITS,
  Masking,
  MLDSA_Q,
  MLDSA_SHARES,
  MLKEM_Q,
  MLKEM_SHARES,
  mulMod,
  type OrderEvent,
  type Outcome,
  type Prime,
  recombine,
  type ShareRing,
  type SharesEvent,
  subMod,
  twiddles,
  type Value,
} from '@rootcap/adams-bridge';
import fc from 'fast-check';

type Inputs = Readonly<Partial<Record<Value, Uint8Array>>>;
interface Run {
  readonly state: AcceleratorState;
  readonly outcome: Outcome;
  readonly cycles: readonly number[];
}

/** Runs a command to its end. @param before - sees the memory before each instruction */
function run(command: Command, inputs: Inputs, masking?: Masking, before?: (memory: CoeffMemory) => void): Run {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  const running = execute(state, command, masking === undefined ? {} : { masking });
  const cycles: number[] = [];
  for (;;) {
    before?.(state.memory);
    const next = running.next();
    if (next.done) return { state, outcome: next.value, cycles };
    cycles.push(next.value.cycles);
  }
}

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const SEED = new Uint8Array(32).fill(9);
const MESSAGE = new Uint8Array(64).fill(5);
const keys = ml_dsa87.keygen(SEED);
const signature = ml_dsa87.sign(MESSAGE, keys.secretKey, { extraEntropy: false });
const kem = ml_kem1024.keygen(new Uint8Array(64).fill(3));
const sealed = ml_kem1024.encapsulate(kem.publicKey, MESSAGE.slice(0, 32));

const COMMANDS: readonly (readonly [Command, Inputs, Value, Uint8Array])[] = [
  ['MLDSA_KEYGEN', { mldsaSeed: SEED }, 'publicKey', keys.publicKey],
  ['MLDSA_SIGN', { privateKey: keys.secretKey, message: MESSAGE }, 'signature', signature],
  ['MLDSA_VERIFY', { publicKey: keys.publicKey, message: MESSAGE, signature }, 'verifyResult', signature.slice(0, 64)],
  [
    'MLKEM_KEYGEN',
    { seedD: new Uint8Array(32).fill(3), seedZ: new Uint8Array(32).fill(3) },
    'encapsulationKey',
    kem.publicKey,
  ],
  [
    'MLKEM_ENCAPS',
    { encapsulationKey: kem.publicKey, kemMessage: MESSAGE.slice(0, 32) },
    'ciphertext',
    sealed.cipherText,
  ],
  [
    'MLKEM_DECAPS',
    { decapsulationKey: kem.secretKey, ciphertext: sealed.cipherText },
    'sharedKey',
    sealed.sharedSecret,
  ],
];

describe('any entropy gives the results and the cycles of the unmasked model', () => {
  test.each(COMMANDS)('%s', (command, inputs, value, expected) => {
    const plain = run(command, inputs);
    fc.assert(
      fc.property(bytes(64), (entropy) => {
        const masked = run(command, { ...inputs, entropy }, new Masking());
        expect(masked.state.get(value)).toEqual(expected);
        expect(masked.outcome).toEqual(plain.outcome);
        expect(masked.cycles).toEqual(plain.cycles);
        expect(masked.state.memory.diff(plain.state.memory.snapshot())).toEqual([]);
      }),
      { numRuns: 3 },
    );
  });
});

describe('orders', () => {
  const orders: OrderEvent[] = [];
  const masking = new Masking({ order: (event) => void orders.push(event) });
  run('MLDSA_SIGN', { privateKey: keys.secretKey, message: MESSAGE, entropy: MESSAGE }, masking);
  run('MLKEM_ENCAPS', { encapsulationKey: kem.publicKey, kemMessage: SEED, entropy: MESSAGE }, masking);
  const all = Array.from({ length: 64 }, (_, row) => row);
  const ascending = (rows: readonly number[]) => rows.toSorted((a, b) => a - b);

  test('are permutations of the 64 rows, reads and writes', () => {
    expect(orders.length).toBeGreaterThan(300);
    for (const { reads, writes, instruction } of orders) {
      expect(ascending(reads)).toEqual(all);
      expect(ascending(writes)).toEqual(instruction.op === 'NORMCHK' ? [] : all);
    }
  });

  test('of transforms and sums start at any of 16 columns and go on cyclically', () => {
    const starts = new Set<number>();
    for (const { reads, round, instruction } of orders.filter(({ instruction: { op } }) => op === 'PWA')) {
      const columns = reads.filter((_, n) => n % 4 === 0).map((row) => row >> 2);
      const first = columns[0] as number;
      starts.add(first);
      expect([round, instruction.op]).toEqual([0, 'PWA']);
      expect(columns).toEqual(columns.map((_, n) => (first + n) % 16));
    }
    expect(starts.size).toBeGreaterThan(4);
  });

  test('of norm checks take pairs of rows cyclically, either row first', () => {
    for (const { reads } of orders.filter(({ instruction: { op } }) => op === 'NORMCHK')) {
      const pairs = reads.map((row) => row >> 1);
      expect(pairs).toEqual(pairs.map((_, n) => ((pairs[0] as number) + (n >> 1)) % 32));
    }
  });
});

const ringOf = (bits: number): ShareRing => (bits === MASK_BITS ? MLDSA_SHARES : MLKEM_SHARES);

/** What each signal of a masked instruction is, from the polynomials in memory before it. */
function expectedSignal(event: SharesEvent, a: Int32Array, b: Int32Array, c: Int32Array, q: Prime): number {
  const { signal, stage, coefficient: i } = event;
  const low = i & ~1;
  const gamma = twiddles(MLKEM_Q).zetas[128 + (low >> 1)] as number;
  const at = (poly: Int32Array, k: number): number => poly[k] as number;
  const product = (x: number, y: number): number => (stage === 'product' ? x * y : mulMod(x, y, q));
  const pair = (): number =>
    i === low
      ? addMod(mulMod(at(a, i), at(b, i), q), mulMod(at(a, i + 1), mulMod(gamma, at(b, i + 1), q), q), q)
      : addMod(mulMod(at(a, low), at(b, i), q), mulMod(at(a, i), at(b, low), q), q);
  switch (signal) {
    case 'a':
      return at(a, i);
    case 'b':
      return at(b, i);
    case 'zeta':
      return gamma;
    case 'a0b0':
      return product(at(a, i), at(b, i));
    case 'a0b1':
      return product(at(a, i), at(b, i + 1));
    case 'a1b0':
      return product(at(a, i + 1), at(b, i));
    case 'zeta b1':
      return product(gamma, at(b, i + 1));
    case 'a1 zeta b1':
      return product(at(a, i + 1), mulMod(gamma, at(b, i + 1), q));
    case 'ab':
      return q === MLKEM_Q ? pair() : product(at(a, i), at(b, i));
    default:
      return addMod(q === MLKEM_Q ? pair() : mulMod(at(a, i), at(b, i), q), at(c, i), q);
  }
}

describe('recombined shares are the unmasked signals', () => {
  /** Runs a command with a check of each event against the memory before its instruction. */
  function check(command: Command, inputs: Inputs, seen: (event: SharesEvent, before: CoeffMemory) => void): void {
    const state = new AcceleratorState();
    for (const [name, value] of Object.entries(inputs)) state.set(name as Value, value);
    const masking = new Masking({ shares: (event) => seen(event, state.memory) });
    const running = execute(state, command, { masking });
    while (!running.next().done);
  }

  test.each([
    ['MLDSA_SIGN', { privateKey: keys.secretKey, message: MESSAGE }, MLDSA_Q, ['a', 'b', 'ab']],
    [
      'MLKEM_DECAPS',
      { decapsulationKey: kem.secretKey, ciphertext: sealed.cipherText },
      MLKEM_Q,
      ['a', 'b', 'zeta', 'a0b0', 'a0b1', 'a1b0', 'zeta b1', 'a1 zeta b1', 'ab', 'ab+c'],
    ],
  ] as const)('products of %s', (command, inputs, q, signals) => {
    const counts: Record<string, number> = {};
    let wrong = 0;
    const seen = (event: SharesEvent, memory: CoeffMemory): void => {
      const { op, src1, src2, dst } = event.instruction;
      if (!op.includes('MASKED_PWM') || op.includes('REJS')) return;
      const got = recombine(ringOf(event.bits), event.shares);
      const expected = expectedSignal(event, memory.view(src1), memory.view(src2), memory.view(dst), q);
      counts[event.signal] = (counts[event.signal] ?? 0) + 1;
      if (got !== expected) wrong++;
    };
    fc.assert(
      fc.property(bytes(64), (entropy) => check(command, { ...inputs, entropy }, seen)),
      { numRuns: 2 },
    );
    expect(wrong).toBe(0);
    expect(Object.keys(counts).sort()).toEqual([...signals].sort());
  });

  test.each([
    ['MLDSA_SIGN', { privateKey: keys.secretKey, message: MESSAGE }, MLDSA_Q],
    ['MLKEM_DECAPS', { decapsulationKey: kem.secretKey, ciphertext: sealed.cipherText }, MLKEM_Q],
  ] as const)('butterflies of %s', (command, inputs, q) => {
    const distance = q === MLDSA_Q ? 1 : 2;
    let count = 0;
    let wrong = 0;
    let w = 0;
    check(
      command,
      { ...inputs, entropy: MESSAGE },
      ({ instruction, coefficient, signal, stage, shares, bits }, memory) => {
        if (!instruction.op.endsWith('MASKED_INTT')) return;
        const poly = memory.view(instruction.src1);
        const got = recombine(ringOf(bits), shares);
        const low = signal === 'u+v' ? coefficient : coefficient - distance;
        const [u, v] = [poly[low] as number, poly[low + distance] as number];
        const factor = twiddles(q).inverse[3 * (coefficient >> 2) + (q === MLDSA_Q ? (coefficient >> 1) & 1 : 2)];
        if (signal === 'w') w = got;
        const difference = subMod(u, v, q);
        const product = stage === 'product' ? difference * w : mulMod(difference, w, q);
        const expected = { w: factor, 'u+v': addMod(u, v, q), 'u-v': difference, '(u-v)w': product }[signal];
        count++;
        if (got !== expected) wrong++;
      },
    );
    expect(wrong).toBe(0);
    expect(count).toBeGreaterThan(5 * 128);
  });
});

describe('products whose factor comes from a sampler', () => {
  test('have masks of zero, also in bank 3', () => {
    let events = 0;
    let unmasked = 0;
    const shares = ({ instruction: { op }, shares: [, share1], cycle }: SharesEvent): void => {
      if (!op.includes('REJS')) return;
      events++;
      if (share1 === 0 && cycle === undefined) unmasked++;
    };
    const inputs = { encapsulationKey: kem.publicKey, kemMessage: SEED, entropy: MESSAGE };
    run('MLKEM_ENCAPS', inputs, new Masking({ shares }));
    expect([events > 10_000, unmasked]).toEqual([true, events]);
  });
});

describe('bank 3', () => {
  const inputs = { decapsulationKey: kem.secretKey, ciphertext: sealed.cipherText, entropy: MESSAGE };

  test('holds the shares of what the coefficient memory has there', () => {
    const masking = new Masking();
    let compared = 0;
    const { outcome } = run('MLKEM_DECAPS', inputs, masking, (memory) => {
      const [values, pairs] = [memory.view(3 << 11, 1), masking.shareMemory.row(0)];
      if (pairs.every(([, share1]) => share1 !== 0))
        for (const [i, pair] of pairs.entries()) {
          compared += Number(recombine(MLKEM_SHARES, pair) === values[i]);
        }
    });
    expect(outcome.accepted).toBe(true);
    expect(compared).toBeGreaterThan(0);
  });

  test('takes a change of the coefficient memory as the unmasked model does', () => {
    const faulty = (masking?: Masking) =>
      run('MLKEM_DECAPS', inputs, masking, (memory) => {
        const cells = memory.view(3 << 11, 1);
        cells[0] = addMod(cells[0] as number, 1, MLKEM_Q);
      });
    const [plain, masked] = [faulty(), faulty(new Masking())];
    expect(plain.outcome.accepted).toBe(false);
    expect(masked.outcome).toEqual(plain.outcome);
    expect(masked.state.get('sharedKey')).toEqual(plain.state.get('sharedKey'));
  });

  test('has 64 rows', () => expect(() => new Masking().shareMemory.row(64)).toThrow(RangeError));
});
