import { type ExecuteOptions, execute, type Outcome } from '../executor/execute.ts';
import type { Intercept } from '../executor/intercept.ts';
import type { Value } from '../executor/layout.ts';
import { AcceleratorState } from '../executor/state.ts';
import { buildProgram } from '../program/build.ts';
import type { Command } from '../program/sequencer.ts';
import type { Fault } from './fault.ts';
import { FaultInjector, type FiredFault } from './fault-injector.ts';
import { publicKeyOf } from './public-key.ts';
import { copyState } from './state-snapshot.ts';
import { runToEnd, type StepObserver } from './tracer.ts';

/**
 * What a fault came to.
 *
 * - `correct`: the result without the fault
 * - `other-valid`: a signature that the signer might have given anyway, from a later pass
 * - `wrong-but-valid`: whoever checks accepts it, but no accelerator without a fault gives it
 * - `rejected`: a good signature is refused, or a good ciphertext gives the rejection key
 * - `invalid`: whoever checks refuses it
 * - `error`: the accelerator stopped
 * - `endless`: the signing loop did not end in time
 */
export type FaultVerdict = 'correct' | 'other-valid' | 'wrong-but-valid' | 'rejected' | 'invalid' | 'error' | 'endless';

export interface FaultReport {
  readonly verdict: FaultVerdict;
  readonly fired: readonly FiredFault[];
  /** The command without and with the faults; the latter is absent if it did not end. */
  readonly reference: Outcome;
  readonly outcome?: Outcome;
  /** After the command with the faults: results may be taken from it. */
  readonly state: AcceleratorState;
}

export interface FaultOptions extends Pick<ExecuteOptions, 'program' | 'externalMu'> {
  /** Passes of the signing loop after which it counts as endless. Default: 100. */
  readonly maxPasses?: number;
  /** Are given the instructions of the command with the faults. */
  readonly observers?: readonly StepObserver[];
  /** To judge an encapsulation: without it every difference is `invalid`. */
  readonly decapsulationKey?: Uint8Array;
}

/** One side of the comparison. */
interface Run {
  readonly state: AcceleratorState;
  readonly outcome: Outcome;
}

/** What a command gives. */
const RESULTS: Readonly<Record<Command, readonly Value[]>> = {
  MLDSA_KEYGEN: ['publicKey', 'privateKey'],
  MLDSA_SIGN: ['signature'],
  MLDSA_VERIFY: ['verifyResult'],
  MLDSA_KEYGEN_SIGN: ['publicKey', 'signature'],
  MLKEM_KEYGEN: ['encapsulationKey', 'decapsulationKey'],
  MLKEM_ENCAPS: ['ciphertext', 'sharedKey'],
  MLKEM_DECAPS: ['sharedKey'],
  MLKEM_KEYGEN_DECAPS: ['sharedKey'],
};

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);
const sameValue = (a: AcceleratorState, b: AcceleratorState, value: Value): boolean =>
  sameBytes(a.get(value), b.get(value));

/** A command on an accelerator of its own, without faults. */
function fresh(
  command: Command,
  values: Readonly<Partial<Record<Value, Uint8Array>>>,
  options: ExecuteOptions = {},
): Run {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(values)) state.set(name as Value, bytes);
  return { state, outcome: runToEnd(execute(state, command, options)) };
}

/** What software does with the result of a verification: the recomputed challenge is the one of the signature. */
export function acceptsSignature(state: AcceleratorState, outcome: Outcome): boolean {
  const challenge = state.get('signature').subarray(0, 64);
  return outcome.accepted && challenge.some(Boolean) && sameBytes(state.get('verifyResult'), challenge);
}

/** Verifies a signature of the message, or of the μ, that signing had. */
function verifies(
  inputs: AcceleratorState,
  publicKey: Uint8Array,
  signature: Uint8Array,
  externalMu: boolean,
): boolean {
  const state = new AcceleratorState();
  const values = { publicKey, signature, message: inputs.get('message'), mu: inputs.get('mu') };
  for (const [name, bytes] of Object.entries(values)) state.set(name as Value, bytes);
  state.stream(inputs.streamed);
  return acceptsSignature(state, runToEnd(execute(state, 'MLDSA_VERIFY', { externalMu })));
}

/** The signature that a signer without faults gives in this pass or after it, as if the passes before had been rejected. */
function signatureFromPass(
  inputs: AcceleratorState,
  command: Command,
  pass: number,
  options: ExecuteOptions,
): Uint8Array {
  const rejectEarlier: Intercept = (moment) =>
    moment.pass < pass && moment.instruction.op === 'NORMCHK' ? { run: () => ({ finding: 'failed' }) } : undefined;
  const state = copyState(inputs);
  runToEnd(execute(state, command, { ...options, intercept: rejectEarlier }));
  return state.get('signature');
}

function judgeSignature(inputs: AcceleratorState, { state, outcome }: Run, options: FaultOptions): FaultVerdict {
  const { externalMu = false, ...rest } = options;
  const signature = state.get('signature');
  if (!verifies(inputs, publicKeyOf(inputs.get('privateKey')), signature, externalMu)) return 'invalid';
  const other = signatureFromPass(inputs, 'MLDSA_SIGN', outcome.passes, { ...rest, externalMu });
  return sameBytes(other, signature) ? 'other-valid' : 'wrong-but-valid';
}

/** Whether two halves of a pair of keys belong together. */
function pairs(command: Command, state: AcceleratorState): boolean {
  if (command === 'MLDSA_KEYGEN') {
    const signed = fresh('MLDSA_SIGN', { privateKey: state.get('privateKey') });
    return (
      signed.outcome.status === 'done' &&
      verifies(signed.state, state.get('publicKey'), signed.state.get('signature'), false)
    );
  }
  const sealed = fresh('MLKEM_ENCAPS', { encapsulationKey: state.get('encapsulationKey') });
  return sealed.outcome.status === 'done' && opens(state.get('decapsulationKey'), sealed.state);
}

/** Whether a decapsulation gives the shared key that an encapsulation has. */
function opens(decapsulationKey: Uint8Array, sealed: AcceleratorState): boolean {
  const opened = fresh('MLKEM_DECAPS', { decapsulationKey, ciphertext: sealed.get('ciphertext') });
  return opened.outcome.status === 'done' && sameValue(opened.state, sealed, 'sharedKey');
}

function judge(
  command: Command,
  inputs: AcceleratorState,
  reference: Run,
  got: Run,
  options: FaultOptions,
): FaultVerdict {
  if (got.outcome.status === 'error') return 'error';
  if (command === 'MLDSA_VERIFY') {
    const [before, now] = [reference, got].map(({ state, outcome }) => acceptsSignature(state, outcome));
    return before === now ? 'correct' : now ? 'wrong-but-valid' : 'rejected';
  }
  if (RESULTS[command].every((value) => sameValue(reference.state, got.state, value))) return 'correct';
  const valid = (holds: boolean): FaultVerdict => (holds ? 'wrong-but-valid' : 'invalid');
  switch (command) {
    case 'MLDSA_SIGN':
      return judgeSignature(inputs, got, options);
    case 'MLDSA_KEYGEN_SIGN': {
      const { externalMu = false } = options;
      return valid(verifies(inputs, got.state.get('publicKey'), got.state.get('signature'), externalMu));
    }
    case 'MLDSA_KEYGEN':
    case 'MLKEM_KEYGEN':
      return valid(pairs(command, got.state));
    case 'MLKEM_ENCAPS':
      return valid(options.decapsulationKey !== undefined && opens(options.decapsulationKey, got.state));
    default:
      // A decapsulation: whether the ciphertext was taken is what the key depends on.
      if (reference.outcome.accepted === got.outcome.accepted) return 'invalid';
      return got.outcome.accepted ? 'wrong-but-valid' : 'rejected';
  }
}

/**
 * Runs a command without and with faults and says what they came to.
 *
 * @param inputs - the accelerator with its inputs; it is not changed
 * @throws RangeError if a fault cannot happen in the program, or makes an instruction point outside the memories
 */
export function tryFaults(
  inputs: AcceleratorState,
  command: Command,
  faults: readonly Fault[],
  options: FaultOptions = {},
): FaultReport {
  const { program = buildProgram(), externalMu = false, maxPasses = 100, observers = [] } = options;
  const injector = new FaultInjector(faults, program);
  const referenceState = copyState(inputs);
  const reference = runToEnd(execute(referenceState, command, { program, externalMu }));
  const state = copyState(inputs);
  const running = execute(state, command, { program, externalMu, intercept: injector.intercept });
  let next = running.next();
  while (!next.done && next.value.pass <= maxPasses) {
    for (const observe of observers) observe(next.value);
    next = running.next();
  }
  const { fired } = injector;
  if (!next.done) return { verdict: 'endless', fired, reference, state };
  const outcome = next.value;
  const verdict = judge(
    command,
    inputs,
    { state: referenceState, outcome: reference },
    { state, outcome },
    { ...options, program },
  );
  return { verdict, fired, reference, outcome, state };
}
