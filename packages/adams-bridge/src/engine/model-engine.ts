import type { CycleModel } from '../cycles/cycle-model.ts';
import { execute, type Outcome, type Step } from '../executor/execute.ts';
import type { Value } from '../executor/layout.ts';
import { AcceleratorState, type SignedInput } from '../executor/state.ts';
import type { Masking } from '../masking/masking.ts';
import { buildProgram } from '../program/build.ts';
import type { Program } from '../program/program.ts';
import type { Command } from '../program/sequencer.ts';
import { decodeSignature } from '../units/codecs/mldsa.ts';
import { AbrError } from '../units/error.ts';
import { exceedsNorm } from '../units/norm-check.ts';

export interface ModelEngineOptions {
  /** Default: the accelerator's. */
  readonly program?: Program;
  /** Default: the measured cycles. */
  readonly cycleModel?: CycleModel;
  /** Masked instructions then work on shares and rows come in random order; bytes and cycles stay the same. */
  readonly masking?: Masking;
  /** Is told of each instruction as it has run; may look at and change the state. */
  readonly onStep?: (step: Step, state: AcceleratorState, command: Command) => void;
  /** Is told how each command ended. */
  readonly onCommand?: (command: Command, outcome: Outcome) => void;
}

/** ML-DSA-87 and ML-KEM-1024 on natural bytes: what the registers of a chip need behind them. */
export interface ModelEngine {
  /** @param seed - 32 bytes. @returns 2592 and 4896 bytes */
  mldsaKeygen(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** @param rnd - 32 bytes. @returns 4627 bytes */
  mldsaSign(secretKey: Uint8Array, input: SignedInput, rnd: Uint8Array): Uint8Array;
  mldsaVerify(publicKey: Uint8Array, signature: Uint8Array, input: SignedInput): boolean;
  /** The commitment hash that a verification computes, 64 bytes; zeros if it ends early. */
  mldsaVerifyResult(publicKey: Uint8Array, signature: Uint8Array, input: SignedInput): Uint8Array;
  /** Whether z of a signature is too large: a verification then ends before it needs the message. */
  mldsaRejectsEarly(signature: Uint8Array): boolean;
  /** The command that makes a key and signs with it. @returns 2592 and 4627 bytes */
  mldsaKeygenSign(
    seed: Uint8Array,
    input: SignedInput,
    rnd: Uint8Array,
  ): { readonly publicKey: Uint8Array; readonly signature: Uint8Array };
  /** @param d - 32 bytes. @param z - 32 bytes. @returns 1568 and 3168 bytes */
  mlkemKeygen(
    d: Uint8Array,
    z: Uint8Array,
  ): { readonly encapsulationKey: Uint8Array; readonly decapsulationKey: Uint8Array };
  /** @param m - 32 bytes. @returns 1568 and 32 bytes */
  mlkemEncapsulate(
    encapsulationKey: Uint8Array,
    m: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array };
  /** @returns 32 bytes */
  mlkemDecapsulate(decapsulationKey: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Clock cycles of the commands that have run since it was last asked. */
  takeCycles(): number;
  /** What the entropy register holds from now on. @param entropy - 64 bytes */
  useEntropy(entropy: Uint8Array): void;
  /** Clears the shares that masking keeps; counter and LFSRs go on, as in hardware. */
  zeroize(): void;
}

const ENTROPY_BYTES = 64;

type Inputs = Readonly<Partial<Record<Value, Uint8Array>>>;

/**
 * The accelerator as an engine of a chip: each call runs one command of its program from a zeroized state. The cycle
 * counter, what the last LFSR seed left, and the LFSRs outlive ZEROIZE.
 *
 * Every method throws a RangeError that names the input if its length is wrong or if the accelerator stops in its error
 * state: a symbol of s1 or s2 above 4, an encapsulation key with a value of 3329 or more, a decapsulation key without
 * the hash of its encapsulation key.
 */
export function modelAbrEngine(options: ModelEngineOptions = {}): ModelEngine {
  const { program = buildProgram(), cycleModel, masking, onStep, onCommand } = options;
  const execution = { program, ...(cycleModel && { cycleModel }), ...(masking && { masking }) };
  let last = new AcceleratorState();
  let entropy = new Uint8Array(ENTROPY_BYTES);
  let cycles = 0;

  function run(command: Command, inputs: Inputs, input?: SignedInput): { state: AcceleratorState; outcome: Outcome } {
    const state = new AcceleratorState();
    state.goOnFrom(last);
    last = state;
    const externalMu = loadInputs(state, { entropy, ...inputs }, input);
    const running = execute(state, command, { externalMu, ...execution });
    let next = running.next();
    for (; !next.done; next = running.next()) onStep?.(next.value, state, command);
    const outcome = next.value;
    cycles += outcome.cycles;
    onCommand?.(command, outcome);
    if (outcome.status === 'error') throw new RangeError(REFUSED[command] ?? `${command}: the accelerator has stopped`);
    return { state, outcome };
  }

  function mldsaVerifyResult(publicKey: Uint8Array, signature: Uint8Array, input: SignedInput): Uint8Array {
    return run('MLDSA_VERIFY', { publicKey, signature }, input).state.get('verifyResult');
  }

  return {
    mldsaKeygen(mldsaSeed) {
      const { state } = run('MLDSA_KEYGEN', { mldsaSeed });
      return { publicKey: state.get('publicKey'), secretKey: state.get('privateKey') };
    },
    mldsaSign: (privateKey, input, signRnd) => run('MLDSA_SIGN', { privateKey, signRnd }, input).state.get('signature'),
    mldsaVerifyResult,
    mldsaRejectsEarly: (signature) => decodeSignature(signature).z.some((poly) => exceedsNorm(poly, 'z')),
    mldsaVerify(publicKey, signature, input) {
      const result = mldsaVerifyResult(publicKey, signature, input);
      // The driver refuses a commitment hash of zeros: an early end leaves the same.
      return result.some((byte) => byte !== 0) && result.every((byte, i) => byte === signature[i]);
    },
    mldsaKeygenSign(mldsaSeed, input, signRnd) {
      const { state } = run('MLDSA_KEYGEN_SIGN', { mldsaSeed, signRnd }, input);
      return { publicKey: state.get('publicKey'), signature: state.get('signature') };
    },
    mlkemKeygen(seedD, seedZ) {
      const { state } = run('MLKEM_KEYGEN', { seedD, seedZ });
      return { encapsulationKey: state.get('encapsulationKey'), decapsulationKey: state.get('decapsulationKey') };
    },
    mlkemEncapsulate(encapsulationKey, kemMessage) {
      const { state } = run('MLKEM_ENCAPS', { encapsulationKey, kemMessage });
      return { ciphertext: state.get('ciphertext'), sharedSecret: state.get('sharedKey') };
    },
    mlkemDecapsulate: (decapsulationKey, ciphertext) =>
      run('MLKEM_DECAPS', { decapsulationKey, ciphertext }).state.get('sharedKey'),
    takeCycles() {
      const taken = cycles;
      cycles = 0;
      return taken;
    },
    useEntropy(bytes) {
      entropy = bytes.slice();
    },
    zeroize() {
      entropy = new Uint8Array(ENTROPY_BYTES);
      masking?.shareMemory.zeroize();
    },
  };
}

/** @returns whether the command brings μ */
function loadInputs(state: AcceleratorState, inputs: Inputs, input: SignedInput | undefined): boolean {
  try {
    for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
    return input !== undefined && state.loadSubject(input);
  } catch (error) {
    if (error instanceof AbrError) throw new RangeError(error.message);
    throw error;
  }
}

const REFUSED: Readonly<Partial<Record<Command, string>>> = {
  MLDSA_SIGN: 'privateKey: a symbol of s1 or s2 is above 4',
  MLKEM_ENCAPS: 'encapsulationKey: a value is not below 3329',
  MLKEM_DECAPS: 'decapsulationKey: not with the hash of its encapsulation key',
};
