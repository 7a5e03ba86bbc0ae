import { type Command, MLDSA_BYTES, type SignedInput } from '@rootcap/adams-bridge';
import { compare } from '../fields.ts';
import type { Mismatch } from '../suite.ts';
import { type Inputs, loaded, type Ran, run } from './accelerator.ts';

/** What a known answer says of one key, message or ciphertext; whatever is left out is not compared. */
export interface KnownAnswer {
  readonly seed?: Uint8Array | undefined;
  readonly publicKey?: Uint8Array | undefined;
  readonly privateKey?: Uint8Array | undefined;
  readonly subject?: SignedInput | undefined;
  readonly rnd?: Uint8Array | undefined;
  readonly signature?: Uint8Array | undefined;
  readonly verifyResult?: Uint8Array | undefined;
  readonly seedD?: Uint8Array | undefined;
  readonly seedZ?: Uint8Array | undefined;
  readonly encapsulationKey?: Uint8Array | undefined;
  readonly decapsulationKey?: Uint8Array | undefined;
  readonly kemMessage?: Uint8Array | undefined;
  readonly ciphertext?: Uint8Array | undefined;
  readonly sharedKey?: Uint8Array | undefined;
}

type Results = Readonly<Partial<Record<keyof Inputs, Uint8Array | undefined>>>;

/** Signatures are kept in whole dwords, with a byte of padding, or with the message behind them. */
const fitted = (name: string, bytes: Uint8Array): Uint8Array =>
  name === 'signature' ? bytes.subarray(0, MLDSA_BYTES.signature) : bytes;

/** Runs a command and compares what is expected of it. */
function check(command: Command, inputs: Results, results: Results, subject?: SignedInput): Mismatch {
  const given = Object.entries(inputs).flatMap(([name, bytes]) => (bytes ? [[name, fitted(name, bytes)]] : []));
  const state = loaded(Object.fromEntries(given) as Inputs);
  const externalMu = subject !== undefined && state.loadSubject(subject);
  const ran: Ran = run(state, command, { externalMu });
  for (const [name, expected] of Object.entries(results)) {
    if (expected === undefined) continue;
    const got = ran.outcome.status === 'done' ? ran.state.get(name as keyof Inputs) : undefined;
    const mismatch = compare(`${command} ${name}`, got, fitted(name, expected));
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

const some = (...values: readonly unknown[]): boolean => values.some((value) => value !== undefined);
const all = (...values: readonly unknown[]): boolean => values.every((value) => value !== undefined);

/**
 * Runs every command of the accelerator whose inputs and results a known answer has.
 *
 * @returns what each gave; empty if the answer has no command's
 */
export function checkOperations(known: KnownAnswer): Mismatch[] {
  const { seed, publicKey, privateKey, subject, rnd: signRnd, signature, verifyResult } = known;
  const { seedD, seedZ, encapsulationKey, decapsulationKey, kemMessage, ciphertext, sharedKey } = known;
  const checks: Mismatch[] = [];
  if (all(seed) && some(publicKey, privateKey))
    checks.push(check('MLDSA_KEYGEN', { mldsaSeed: seed }, { publicKey, privateKey }));
  if (all(privateKey, subject, signature))
    checks.push(check('MLDSA_SIGN', { privateKey, signRnd }, { signature }, subject));
  if (all(seed, subject, signature))
    checks.push(check('MLDSA_KEYGEN_SIGN', { mldsaSeed: seed, signRnd }, { publicKey, signature }, subject));
  if (all(publicKey, subject, signature)) {
    const expected = verifyResult ?? (signature as Uint8Array).subarray(0, MLDSA_BYTES.commitmentHash);
    checks.push(check('MLDSA_VERIFY', { publicKey, signature }, { verifyResult: expected }, subject));
  }
  if (all(seedD, seedZ) && some(encapsulationKey, decapsulationKey))
    checks.push(check('MLKEM_KEYGEN', { seedD, seedZ }, { encapsulationKey, decapsulationKey }));
  if (all(encapsulationKey, kemMessage) && some(ciphertext, sharedKey))
    checks.push(check('MLKEM_ENCAPS', { encapsulationKey, kemMessage }, { ciphertext, sharedKey }));
  if (all(decapsulationKey, ciphertext, sharedKey))
    checks.push(check('MLKEM_DECAPS', { decapsulationKey, ciphertext }, { sharedKey }));
  if (all(seedD, seedZ, ciphertext, sharedKey))
    checks.push(check('MLKEM_KEYGEN_DECAPS', { seedD, seedZ, ciphertext }, { sharedKey }));
  if (all(seedD, seedZ, kemMessage, sharedKey) && !some(encapsulationKey)) {
    const { state } = run(loaded({ seedD, seedZ } as Inputs), 'MLKEM_KEYGEN');
    const made = { encapsulationKey: state.get('encapsulationKey'), kemMessage };
    checks.push(check('MLKEM_ENCAPS', made, { sharedKey }));
  }
  return checks;
}
