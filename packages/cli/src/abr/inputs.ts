import { AcceleratorState, type Command, MLDSA_BYTES, MLKEM_BYTES, type Value } from '@rootcap/adams-bridge';
import { defaultProvider } from '@rootcap/crypto/default';
import { UsageError } from '../errors.ts';
import { readMlDsaKey, readPublicKey } from '../keys.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';
import { isHex, parseHex } from '../values.ts';

/** An accelerator with its inputs, and what it is asked for. */
export interface Task {
  readonly command: Command;
  readonly state: AcceleratorState;
  readonly externalMu: boolean;
  /** Values that the command gives: those that may be shown, and those that go to files only. */
  readonly results: readonly Value[];
  readonly secrets: readonly Value[];
}

/** Hexadecimal, or `@file`. @throws UsageError naming `argument` */
function bytesOf(terminal: Terminal, text: string, argument: string): Uint8Array {
  return text.startsWith('@') ? terminal.read(text.slice(1), argument) : parseHex(text, argument);
}

/** The same of a fixed size; a file may also hold hexadecimal text. @throws UsageError naming `argument` */
function sized(terminal: Terminal, text: string, size: number, argument: string): Uint8Array {
  const bytes = bytesOf(terminal, text, argument);
  if (bytes.length === size) return bytes;
  const inside = text.startsWith('@') ? utf8Text(bytes).trim() : '';
  if (inside !== '' && isHex(inside)) return parseHex(inside, argument, size);
  throw new UsageError(`${argument}: expected ${size} bytes, got ${bytes.length}`);
}

function accelerator(terminal: Terminal, entropy: string | undefined): AcceleratorState {
  const state = new AcceleratorState();
  if (entropy !== undefined) state.set('entropy', sized(terminal, entropy, 64, '--entropy'));
  return state;
}

interface EntropyArguments {
  readonly entropy?: string;
}

export interface KeygenArguments extends EntropyArguments {
  readonly seed?: string;
  readonly seedD?: string;
  readonly seedZ?: string;
}

export function keygenTask(terminal: Terminal, { entropy, seed, seedD, seedZ }: KeygenArguments): Task {
  const state = accelerator(terminal, entropy);
  const common = { state, externalMu: false };
  if (seed !== undefined && seedD === undefined && seedZ === undefined) {
    state.set('mldsaSeed', sized(terminal, seed, 32, '--seed'));
    return { ...common, command: 'MLDSA_KEYGEN', results: ['publicKey'], secrets: ['privateKey'] };
  }
  if (seed !== undefined || seedD === undefined || seedZ === undefined)
    throw new UsageError('--seed: give --seed for ML-DSA-87, or --seed-d and --seed-z for ML-KEM-1024');
  state.set('seedD', sized(terminal, seedD, 32, '--seed-d'));
  state.set('seedZ', sized(terminal, seedZ, 32, '--seed-z'));
  return { ...common, command: 'MLKEM_KEYGEN', results: ['encapsulationKey'], secrets: ['decapsulationKey'] };
}

interface MessageArguments {
  readonly message?: string;
  readonly context?: string;
  readonly mu?: string;
}

/** @returns whether μ was given instead of a message */
function loadMessage(terminal: Terminal, state: AcceleratorState, args: MessageArguments): boolean {
  if ((args.message === undefined) === (args.mu === undefined))
    throw new UsageError('--message: give a message, or --mu');
  if (args.mu !== undefined) {
    if (args.context !== undefined) throw new UsageError('--context: --mu stands for message and context');
    return state.loadSubject({ mu: sized(terminal, args.mu, 64, '--mu') });
  }
  const message = bytesOf(terminal, args.message as string, '--message');
  const context = args.context === undefined ? {} : { context: bytesOf(terminal, args.context, '--context') };
  return state.loadSubject({ message, ...context });
}

export interface SignArguments extends EntropyArguments, MessageArguments {
  readonly privateKey: string;
  readonly rnd?: string;
}

export function signTask(terminal: Terminal, args: SignArguments): Task {
  const state = accelerator(terminal, args.entropy);
  const { secretKey } = readMlDsaKey(terminal, defaultProvider(), args.privateKey, '--private-key');
  state.set('privateKey', secretKey);
  if (args.rnd !== undefined) state.set('signRnd', sized(terminal, args.rnd, 32, '--rnd'));
  const externalMu = loadMessage(terminal, state, args);
  return { command: 'MLDSA_SIGN', state, externalMu, results: ['signature'], secrets: [] };
}

export interface VerifyArguments extends MessageArguments {
  readonly publicKey: string;
  readonly signature: string;
}

export function verifyTask(terminal: Terminal, args: VerifyArguments): Task {
  const state = accelerator(terminal, undefined);
  state.set('publicKey', readPublicKey(terminal, defaultProvider(), 'mldsa', args.publicKey, '--public-key'));
  state.set('signature', sized(terminal, args.signature, MLDSA_BYTES.signature, '--signature'));
  const externalMu = loadMessage(terminal, state, args);
  return { command: 'MLDSA_VERIFY', state, externalMu, results: ['verifyResult'], secrets: [] };
}

export interface EncapsArguments extends EntropyArguments {
  readonly encapsulationKey: string;
  readonly message: string;
}

export function encapsTask(terminal: Terminal, args: EncapsArguments): Task {
  const state = accelerator(terminal, args.entropy);
  state.set(
    'encapsulationKey',
    sized(terminal, args.encapsulationKey, MLKEM_BYTES.encapsulationKey, '--encapsulation-key'),
  );
  state.set('kemMessage', sized(terminal, args.message, 32, '--message'));
  return { command: 'MLKEM_ENCAPS', state, externalMu: false, results: ['ciphertext'], secrets: ['sharedKey'] };
}

export interface DecapsArguments extends EntropyArguments {
  readonly decapsulationKey: string;
  readonly ciphertext: string;
}

export function decapsTask(terminal: Terminal, args: DecapsArguments): Task {
  const state = accelerator(terminal, args.entropy);
  state.set(
    'decapsulationKey',
    sized(terminal, args.decapsulationKey, MLKEM_BYTES.decapsulationKey, '--decapsulation-key'),
  );
  state.set('ciphertext', sized(terminal, args.ciphertext, MLKEM_BYTES.ciphertext, '--ciphertext'));
  return { command: 'MLKEM_DECAPS', state, externalMu: false, results: [], secrets: ['sharedKey'] };
}
