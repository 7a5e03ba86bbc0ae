import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import {
  AcceleratorState,
  buildProgram,
  type Command,
  execute,
  FaultInjector,
  type FaultOptions,
  parseFault,
  publicKeyOf,
  runToEnd,
  tryFaults,
  type Value,
} from '@rootcap/adams-bridge';

const SEED = new Uint8Array(32).fill(7);
const keys = ml_dsa87.keygen(SEED);
const message = (n: number): Uint8Array => Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? n : 0));
const program = buildProgram();
/** Norm checks of the third polynomial of z and of r0. */
const Z_CHECK = 'MLDSA_SIGN_VALID_S+4';

function loaded(inputs: Readonly<Partial<Record<Value, Uint8Array>>>): AcceleratorState {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  return state;
}

const signer = (n: number): AcceleratorState => loaded({ privateKey: keys.secretKey, message: message(n) });
const attempt = (state: AcceleratorState, command: Command, specs: readonly string[], options?: FaultOptions) =>
  tryFaults(
    state,
    command,
    specs.map((spec) => parseFault(spec)),
    options,
  );
const nobleAccepts = (signature: Uint8Array, n: number): boolean =>
  ml_dsa87.verify(signature, message(n), keys.publicKey);

describe('verdicts on signatures, as noble sees them', () => {
  test('correct: a mask bit flipped before it is overwritten, and no fault at all', () => {
    expect(attempt(signer(4), 'MLDSA_SIGN', []).verdict).toBe('correct');
    const { verdict, fired } = attempt(signer(4), 'MLDSA_SIGN', ['MLDSA_SIGN_MAKE_Y_S:coeff=y[0].3.5']);
    expect([verdict, fired.length]).toEqual(['correct', 1]);
  });

  test('other-valid: a good pass is rejected, a later one is taken', () => {
    // A wrong bound of z: the r0 bound, which a good z exceeds.
    const { verdict, state, outcome, reference } = attempt(signer(4), 'MLDSA_SIGN', [`${Z_CHECK}/1:imm=1`]);
    expect(verdict).toBe('other-valid');
    expect(outcome?.passes).toBeGreaterThan(reference.passes);
    expect(nobleAccepts(state.get('signature'), 4)).toBe(true);
    expect(state.get('signature')).not.toEqual(ml_dsa87.sign(message(4), keys.secretKey, { extraEntropy: false }));
  });

  test('wrong-but-valid: a pass that the r0 check rejects is taken', () => {
    // The only check that fails in pass 3 of this message is the one at pc 279.
    const { verdict, state, outcome } = attempt(signer(1), 'MLDSA_SIGN', ['279/3:skip']);
    expect([verdict, outcome?.passes]).toEqual(['wrong-but-valid', 3]);
    expect(nobleAccepts(state.get('signature'), 1)).toBe(true);
  });

  test('invalid: a norm check of z is left out', () => {
    const { verdict, state, outcome } = attempt(signer(0), 'MLDSA_SIGN', [`${Z_CHECK}:skip`]);
    expect([verdict, outcome?.passes]).toEqual(['invalid', 8]);
    expect(nobleAccepts(state.get('signature'), 0)).toBe(false);
  });

  test('invalid: a bit of Keccak flips before the challenge is squeezed', () => {
    const { verdict, fired } = attempt(signer(4), 'MLDSA_SIGN', ['MLDSA_SIGN_MAKE_C:hash=1599']);
    expect([verdict, fired[0]?.pass]).toEqual(['invalid', 1]);
  });

  test('error: a symbol of s1 is no longer one', () => {
    expect(attempt(signer(4), 'MLDSA_SIGN', ['MLDSA_SIGN_INIT_S:reg=keyRam.0.2']).verdict).toBe('error');
  });

  test('endless: every pass is rejected', () => {
    const { verdict, outcome, fired } = attempt(signer(4), 'MLDSA_SIGN', [`${Z_CHECK}:imm=1`], { maxPasses: 3 });
    expect([verdict, outcome, fired.length]).toEqual(['endless', undefined, 3]);
  });

  test('the same with μ from outside', () => {
    const state = loaded({ privateKey: keys.secretKey, mu: message(5) });
    expect(attempt(state, 'MLDSA_SIGN', ['MLDSA_SIGN_MAKE_C:hash=0'], { externalMu: true }).verdict).toBe('invalid');
    expect(attempt(state, 'MLDSA_SIGN', [], { externalMu: true }).verdict).toBe('correct');
  });
});

describe('verdicts on other commands', () => {
  const signature = ml_dsa87.sign(message(4), keys.secretKey, { extraEntropy: false });
  const verifier = (bytes: Uint8Array) => loaded({ publicKey: keys.publicKey, signature: bytes, message: message(4) });
  const kem = ml_kem1024.keygen(new Uint8Array(64).fill(3));
  const sealed = ml_kem1024.encapsulate(kem.publicKey, SEED);
  const opener = (ciphertext: Uint8Array) => loaded({ decapsulationKey: kem.secretKey, ciphertext });
  const forged = sealed.cipherText.map((byte, i) => (i === 9 ? byte ^ 1 : byte));

  test('verification: rejected, and wrong-but-valid after a forged challenge is read from the result', () => {
    expect(attempt(verifier(signature), 'MLDSA_VERIFY', []).verdict).toBe('correct');
    const flipped = attempt(verifier(signature), 'MLDSA_VERIFY', ['MLDSA_VERIFY_RES:coeff=w[0].0.22']);
    expect(flipped.verdict).toBe('rejected');
    const bad = signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte));
    const repaired = attempt(verifier(bad), 'MLDSA_VERIFY', ['MLDSA_VERIFY_S:reg=commitmentHash.3.0']);
    expect(repaired.verdict).toBe('wrong-but-valid');
  });

  test('key pairs: a flipped seed makes another good pair, a flipped t a bad one', () => {
    const state = loaded({ mldsaSeed: SEED });
    expect(attempt(state, 'MLDSA_KEYGEN', ['5:reg=mldsaSeed.0.0']).verdict).toBe('wrong-but-valid');
    expect(attempt(state, 'MLDSA_KEYGEN', ['100:coeff=t[2].7.22']).verdict).toBe('invalid');
    const seeds = loaded({ seedD: SEED, seedZ: SEED });
    expect(attempt(seeds, 'MLKEM_KEYGEN', ['MLKEM_KG_S+3:reg=seedD.0.0']).verdict).toBe('wrong-but-valid');
  });

  test('key generation and signing in one command', () => {
    const state = loaded({ mldsaSeed: SEED, message: message(4) });
    expect(attempt(state, 'MLDSA_KEYGEN_SIGN', ['5:reg=mldsaSeed.0.0']).verdict).toBe('wrong-but-valid');
    expect(attempt(state, 'MLDSA_KEYGEN_SIGN', ['MLDSA_SIGN_MAKE_C:hash=0']).verdict).toBe('invalid');
  });

  test('encapsulation: with the other key, another message is seen to be consistent', () => {
    const state = loaded({ encapsulationKey: kem.publicKey, kemMessage: SEED });
    const message = ['MLKEM_ENCAPS_S+3:reg=keyRam.4640.0'];
    expect(attempt(state, 'MLKEM_ENCAPS', message, { decapsulationKey: kem.secretKey }).verdict).toBe(
      'wrong-but-valid',
    );
    expect(attempt(state, 'MLKEM_ENCAPS', message).verdict).toBe('invalid');
  });

  test('decapsulation: the rejection key for a good ciphertext, the real one for a forged one', () => {
    expect(attempt(opener(sealed.cipherText), 'MLKEM_DECAPS', []).verdict).toBe('correct');
    const rejected = attempt(opener(sealed.cipherText), 'MLKEM_DECAPS', ['558:coeff=u[0].0.5']);
    expect(rejected.verdict).toBe('rejected');
    // Both comparisons left out: the classic attack on the Fujisaki-Okamoto transform.
    const taken = attempt(opener(forged), 'MLKEM_DECAPS', ['558:skip', '559:skip']);
    expect(taken.verdict).toBe('wrong-but-valid');
    expect(taken.state.get('sharedKey')).not.toEqual(ml_kem1024.decapsulate(forged, kem.secretKey));
  });
});

describe('faults in a cycle of the arithmetic unit', () => {
  const endState = (specs: readonly string[]): Uint8Array => {
    const state = loaded({ mldsaSeed: SEED });
    const { intercept } = new FaultInjector(specs.map((spec) => parseFault(spec)));
    runToEnd(execute(state, 'MLDSA_KEYGEN', { intercept }));
    return state.get('publicKey');
  };

  test.each(['NTT', 'INTT', 'PWA'])(
    "%s: run cycle by cycle with a flip in a row it does not use, it gives noble's key",
    (op) => {
      const { pc } = [...program].find((instruction) => instruction.op === op) ?? { pc: 0 };
      expect(endState([`${pc}~5:coeff=0x1000.0.0`])).toEqual(keys.publicKey);
    },
  );

  test('when it happens decides what it does', () => {
    const { pc } = [...program].find((instruction) => instruction.op === 'PWA') ?? { pc: 0 };
    const early = endState([`${pc}~0:coeff=t[0].0.22`]);
    const late = endState([`${pc}~60:coeff=t[0].0.22`]);
    expect(early).toEqual(keys.publicKey);
    expect(late).not.toEqual(keys.publicKey);
  });

  test('all of one instruction happen', () => {
    const { pc } = [...program].find((instruction) => instruction.op === 'PWA') ?? { pc: 0 };
    const [first, second] = [`${pc}~60:coeff=t[0].0.22`, `${pc}~61:coeff=t[0].0.22`];
    expect(endState([first, second])).toEqual(keys.publicKey);
    // One that is left out has no cycles: the flips come in its place.
    const skipped = endState([`${pc}:skip`]);
    expect(endState([`${pc}:skip`, first, second])).toEqual(skipped);
  });
});

describe('inside the hash unit and the samplers', () => {
  test('a bit of y flips: another good signature, as noble sees it', () => {
    const { verdict, state } = attempt(signer(4), 'MLDSA_SIGN', ['MLDSA_SIGN_MAKE_Y_S/1:symbol=7.19']);
    expect(verdict).toBe('wrong-but-valid');
    expect(nobleAccepts(state.get('signature'), 4)).toBe(true);
  });

  test.each(['MLDSA_SIGN_MAKE_C:round=0.0.0', 'MLDSA_SIGN_MAKE_C+1:round=0.12.7', 'MLDSA_SIGN_MAKE_C+1:candidate=3'])(
    '%s: invalid, or thrown away',
    (spec) => {
      const { verdict, state, fired } = attempt(signer(4), 'MLDSA_SIGN', [spec]);
      expect(fired.length).toBeGreaterThan(0);
      expect(verdict).toBe('invalid');
      expect(nobleAccepts(state.get('signature'), 4)).toBe(false);
    },
  );

  test('refused candidates take time', () => {
    const { pc = 0 } = [...program].find(({ op }) => op === 'REJB') ?? {};
    const cyclesWith = (...specs: string[]): number => {
      const { intercept } = new FaultInjector(specs.map((spec) => parseFault(spec)));
      for (const step of execute(loaded({ mldsaSeed: SEED }), 'MLDSA_KEYGEN', { intercept }))
        if (step.pc === pc) return step.cycles;
      return 0;
    };
    const many = Array.from({ length: 60 }, (_, n) => `${pc}:candidate=${n}`);
    expect(cyclesWith(...many)).toBeGreaterThan(cyclesWith());
  });

  test('a secret of key generation that is no longer small makes a key pair that does not go together', () => {
    const { verdict } = attempt(loaded({ seedD: SEED, seedZ: SEED }), 'MLKEM_KEYGEN', ['447:symbol=0.0']);
    expect(['wrong-but-valid', 'invalid']).toContain(verdict);
  });

  test('a wrong candidate of the matrix in verification refuses a good signature', () => {
    const signature = ml_dsa87.sign(message(4), keys.secretKey, { extraEntropy: false });
    const verifier = loaded({ publicKey: keys.publicKey, message: message(4), signature });
    const at = [...program].find(({ pc, op }) => pc > 328 && op === 'REJS_PWM');
    const { verdict } = attempt(verifier, 'MLDSA_VERIFY', [`${at?.pc}:candidate=100`]);
    expect(verdict).toBe('rejected');
  });

  test('of a left-out instruction no other sampler hears', () => {
    const state = signer(4);
    const [skip, judged] = ['MLDSA_SIGN_MAKE_C+1:skip', 'MLDSA_SIGN_MAKE_C+1:candidate=0'];
    const skipped = attempt(state, 'MLDSA_SIGN', [skip as string], { maxPasses: 3 });
    const both = attempt(state, 'MLDSA_SIGN', [judged as string, skip as string], { maxPasses: 3 });
    expect([both.verdict, both.outcome]).toEqual([skipped.verdict, skipped.outcome]);
  });
});

test('the public key of a private key is the one of noble', () => {
  expect(publicKeyOf(keys.secretKey)).toEqual(keys.publicKey);
});

describe('fault syntax', () => {
  test.each([
    ['228:skip', { pc: 228, kind: 'skip' }],
    ['MLDSA_SIGN_VALID_S+4/2:skip', { pc: 228, pass: 2, kind: 'skip' }],
    ['0xe4:imm=1', { pc: 228, kind: 'operand', field: 'imm', value: 1 }],
    ['227:dst=y[2]', { pc: 227, kind: 'operand', field: 'dst', value: 0x1000 + 128 }],
    ['224~40:coeff=cNtt.255.22', { pc: 224, cycle: 40, kind: 'coefficient', address: 0x800, index: 255, bit: 22 }],
    ['MLDSA_SIGN_MAKE_C:hash=1599', { pc: 222, kind: 'hash', bit: 1599 }],
    ['222:round=1.23.1599', { pc: 222, kind: 'round', permutation: 1, round: 23, bit: 1599 }],
    ['223:candidate=17', { pc: 223, kind: 'candidate', index: 17 }],
    ['142/1:symbol=255.19', { pc: 142, pass: 1, kind: 'symbol', index: 255, bit: 19 }],
    ['156:symbol=0.23', { pc: 156, kind: 'symbol', index: 0, bit: 23 }],
    ['447:symbol=0.3', { pc: 447, kind: 'symbol', index: 0, bit: 3 }],
    ['2:reg=mldsaSeed.31.7', { pc: 2, kind: 'register', store: 'mldsaSeed', bit: 255 }],
  ])('%s', (spec, fault) => expect(parseFault(spec)).toEqual(fault));

  test.each([
    ['', /expected PLACE:skip/],
    ['228', /expected PLACE/],
    ['228:skip=1', /nothing is called skip/],
    ['1023:skip', /pc: 1023/],
    ['NOWHERE:skip', /no label NOWHERE/],
    ['228/0:skip', /pass: 0/],
    ['228~1:skip', /only coeff takes a cycle/],
    ['228~1:coeff=z.0.0', /cycle: NORMCHK at pc 228/],
    ['224~9999:coeff=z.0.0', /cycle: 9999 is not in/],
    ['228:coeff=nothing.0.0', /mldsaSign has no nothing; it has/],
    ['228:coeff=y[7].0.0', /y has 7 polynomials/],
    ['228:coeff=z.256.0', /index: 256/],
    ['228:coeff=z.0.24', /bit: 24/],
    ['228:coeff=z.0', /expected POLY.INDEX.BIT/],
    ['228:coeff=0x3fff.0.0', /address: no polynomial/],
    ['228:imm=65536', /imm: 65536/],
    ['228:hash=0', /hash: NORMCHK at pc 228 does not use it/],
    ['222:hash=1600', /bit: 1600/],
    ['228:round=0.0.0', /hash: NORMCHK at pc 228/],
    ['222:round=0.24.0', /round: 24 is not in 0..23/],
    ['222:round=0.0', /expected PERMUTATION.ROUND.BIT/],
    ['222:candidate=0', /candidate: RUN_SHAKE256 at pc 222 has no sampler/],
    ['142:candidate=0', /candidate: EXP_MASK at pc 142 takes every candidate/],
    ['223:candidate=70000', /index: 70000/],
    ['142:symbol=0.20', /bit: 20 is not in 0..19/],
    ['447:symbol=0.4', /bit: 4 is not in 0..3/],
    ['142:symbol=0', /expected INDEX.BIT/],
    ['228:reg=nothing.0.0', /no register nothing/],
    ['228:reg=toString.0.0', /no register toString/],
    ['228:reg=mu.0.8', /no bit 8/],
    ['228:reg=mu.64.0', /bit: 512/],
    ['228:reg=mu.x.0', /byte is no number/],
    ['228:len=abc', /mldsaSign has no abc/],
  ])('%s is refused', (spec, why) => {
    expect(() => parseFault(spec)).toThrow(RangeError);
    expect(() => parseFault(spec)).toThrow(why);
  });
});
