import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Entropy, type HpkeKemId, hpkeSuite, seededEntropy, utf8ToBytes } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { RotError } from '@rootcap/errors';
import {
  type FieldTable,
  HPKE_SUITES,
  LOCK_COMMANDS,
  type Lock,
  type LockCommand,
  type LockCommandName,
  newLockState,
  type SealedAccessKey,
  SoftwareEngine,
  type SoftwareLockOptions,
  softwareLockPort,
  type WrappedKey,
} from '@rootcap/ocp-lock';
import type { Infer, Values } from '@rootcap/struct';
import { hasPack, packPath } from '@rootcap/vectors';

export const provider = nodeProvider();

export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(packPath('ocp-lock', `${name}.json`), 'utf8')) as T;

/** Tests that need the recorded vectors. */
export function withPack(define: () => void): void {
  if (hasPack('ocp-lock')) describe('recorded', define);
  else test('left out: no ocp-lock pack', () => expect(hasPack('ocp-lock')).toBe(false));
}

export const filled = (byte: number, size = 32): Uint8Array => new Uint8Array(size).fill(byte);

export const SEK = filled(0xab);
export const DPK = filled(0xcd);
export const METADATA = filled(0x11, 20);
export const AUX = filled(0x22);

/** Entropy that gives the wanted responses, one after the other, and then those of a seed. */
export function scripted(...responses: readonly Uint8Array[]): Entropy {
  const rest = seededEntropy(utf8ToBytes('ocp-lock'), provider);
  let next = 0;
  return {
    bytes(length) {
      const response = responses[next++];
      if (response === undefined) return rest.bytes(length);
      const whole = new Uint8Array(length);
      whole.set(response);
      return whole;
    },
  };
}

/** Responses that the three HPKE keys take. */
export const HPKE_RESPONSES = 4;

export interface Bench {
  readonly lock: Lock;
  readonly engine: SoftwareEngine;
  /** The keys in the engine, as hex. */
  call<Name extends LockCommandName>(
    name: Name,
    request: Values<(typeof LOCK_COMMANDS)[Name]['request']>,
  ): Values<(typeof LOCK_COMMANDS)[Name]['response']>;
  initialize(dpk?: Uint8Array): void;
  derive(checksum?: Uint8Array): Uint8Array;
  seal(options?: SealOptions): SealedAccessKey;
}

export interface SealOptions {
  readonly suite?: keyof typeof HPKE_SUITES;
  readonly accessKey?: Uint8Array;
  readonly metadata?: Uint8Array;
  readonly info?: Uint8Array;
}

/** A block without a chip, with a 2.1.2 HEK unless the options say otherwise. */
export function bench(options: Partial<SoftwareLockOptions> & Partial<Pick<Lock, 'conformance'>> = {}): Bench {
  const { conformance = 'firmware-2.1', ...rest } = options;
  let engine: SoftwareEngine | undefined;
  const port = softwareLockPort({
    provider,
    hek: filled(1, 64),
    mdk: filled(2, 64),
    entropy: scripted(),
    engine(takeMek) {
      engine = new SoftwareEngine(takeMek);
      return engine;
    },
    ...rest,
  });
  const lock: Lock = { port, state: newLockState(port), conformance };
  const self: Bench = {
    lock,
    engine: engine as SoftwareEngine,
    call(name, request) {
      const command = LOCK_COMMANDS[name] as unknown as LockCommand<FieldTable, FieldTable>;
      return command.handle(lock, request as never) as never;
    },
    initialize(dpk = DPK) {
      self.call('INITIALIZE_MEK_SECRET', { reserved: 0, sek: SEK, dpk });
    },
    derive(mek_checksum = new Uint8Array(16)) {
      const request = { reserved: 0, mek_checksum, metadata: METADATA, aux_metadata: AUX, cmd_timeout: 1000 };
      return self.call('DERIVE_MEK', request).mek_checksum;
    },
    seal: (sealOptions) => sealAccessKey(self, sealOptions),
  };
  return self;
}

const KEM_CIPHERTEXT_SIZE = 1665;

/** What a remote party does with one access key, or with two in one context. */
export function sealAccessKeys(
  self: Bench,
  accessKeys: readonly Uint8Array[],
  { suite = 'mlkem1024', metadata = filled(0xfe), info = utf8ToBytes('info') }: SealOptions = {},
): { readonly sealed: SealedAccessKey; readonly ciphertexts: readonly Uint8Array[] } {
  const { algorithm, kemId } = HPKE_SUITES[suite];
  const handle = self.lock.state.hpke.keys.find((key) => key.suite === suite)?.handle as number;
  const { pub_key, pub_key_len } = self.call('GET_HPKE_PUB_KEY', { reserved: 0, hpke_handle: handle });
  const hpke = hpkeSuite(provider, kemId as HpkeKemId);
  const random = seededEntropy(utf8ToBytes('sender'), provider).bytes(hpke.lengths.Nrandom);
  const sender = hpke.setupSender(pub_key.slice(0, pub_key_len), info, random);
  const ciphertexts = accessKeys.map((accessKey) => sender.seal(accessKey, metadata));
  const kem_ciphertext = new Uint8Array(KEM_CIPHERTEXT_SIZE);
  kem_ciphertext.set(sender.enc);
  const padded = new Uint8Array(256);
  padded.set(info);
  const sealed: Infer<typeof SealedAccessKey> = {
    hpke_handle: { handle, hpke_algorithm: algorithm },
    access_key_len: 32,
    info_len: info.length,
    info: padded,
    kem_ciphertext,
    _padding: new Uint8Array(3),
    ak_ciphertext: ciphertexts[0] as Uint8Array,
  };
  return { sealed, ciphertexts };
}

function sealAccessKey(self: Bench, options: SealOptions = {}): SealedAccessKey {
  return sealAccessKeys(self, [options.accessKey ?? filled(0xae)], options).sealed;
}

/** A new MPK locked under the access key. */
export function lockedMpk(self: Bench, options: SealOptions = {}): WrappedKey {
  const metadata = options.metadata ?? filled(0xfe);
  const padded = new Uint8Array(32);
  padded.set(metadata);
  return self.call('GENERATE_MPK', {
    reserved: 0,
    sek: SEK,
    metadata_len: metadata.length,
    metadata: padded,
    sealed_access_key: self.seal(options),
  }).wrapped_mek;
}

/** The symbol of a refusal, or `none`. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
  return 'none';
}
