import { concatBytes } from '../bytes.ts';
import type { NeedsMac } from '../hkdf.ts';
import type { Capabilities } from '../provider.ts';
import { HpkeError } from './error.ts';
import { labeledExpand, labeledExtract } from './labeled.ts';

const EMPTY = new Uint8Array(0);
const MODE_BASE = Uint8Array.of(0);
const AES_256_GCM = { Nk: 32, Nn: 12 } as const;
const NH = 48;

type ContextPrimitives = Pick<Capabilities, 'hmac' | 'aead'>;

/** What a context is made of, RFC 9180 §5.1. */
export interface HpkeKeySchedule {
  /** AES-256-GCM key, 32 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes; the nonce of message `seq` is `base_nonce XOR seq`. */
  readonly baseNonce: Uint8Array;
  /** 48 bytes. */
  readonly exporterSecret: Uint8Array;
}

/**
 * `KeySchedule` of RFC 9180 §5.1 in mode base: no PSK.
 *
 * @param suiteId - `"HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id`, 10 bytes
 */
export function keySchedule(
  provider: NeedsMac,
  suiteId: Uint8Array,
  sharedSecret: Uint8Array,
  info: Uint8Array,
): HpkeKeySchedule {
  const context = concatBytes(
    MODE_BASE,
    labeledExtract(provider, suiteId, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(provider, suiteId, EMPTY, 'info_hash', info),
  );
  const secret = labeledExtract(provider, suiteId, sharedSecret, 'secret', EMPTY);
  const expand = (label: string, length: number) => labeledExpand(provider, suiteId, secret, label, context, length);
  const schedule = {
    key: expand('key', AES_256_GCM.Nk),
    baseNonce: expand('base_nonce', AES_256_GCM.Nn),
    exporterSecret: expand('exp', NH),
  };
  secret.fill(0);
  return schedule;
}

/** What both ends of a context have. */
interface HpkeContext {
  /** Messages sealed or opened so far. */
  readonly sequence: number;
  /** `Context.Export` of RFC 9180 §5.3. @throws RangeError if `length` exceeds 255 × 48 */
  exportSecret(exporterContext: Uint8Array, length: number): Uint8Array;
  /** Overwrites the keys; every later call throws TypeError. */
  wipe(): void;
}

export interface HpkeSender extends HpkeContext {
  /** Nenc bytes that go to the receiver. */
  readonly enc: Uint8Array;
  /** `ContextS.Seal`: ciphertext ‖ 16-byte tag. @throws HpkeError `MessageLimitReachedError` */
  seal(plaintext: Uint8Array, aad?: Uint8Array): Uint8Array;
}

export interface HpkeReceiver extends HpkeContext {
  /**
   * `ContextR.Open`.
   *
   * @returns undefined if the tag is wrong; the sequence then stays where it was
   * @throws HpkeError `MessageLimitReachedError`
   */
  open(ciphertext: Uint8Array, aad?: Uint8Array): Uint8Array | undefined;
}

export interface ContextOptions {
  /** Sequence of the first message; default 0. */
  readonly sequence?: number;
}

/** `ComputeNonce` of RFC 9180 §5.2. */
function nonceAt(baseNonce: Uint8Array, sequence: number): Uint8Array {
  const nonce = baseNonce.slice();
  for (let i = nonce.length - 1, rest = sequence; rest > 0; i--, rest = Math.floor(rest / 256))
    nonce[i] = (nonce[i] ?? 0) ^ (rest & 0xff);
  return nonce;
}

/** Keys of one direction and its count of messages. */
function running(
  provider: ContextPrimitives,
  suiteId: Uint8Array,
  schedule: HpkeKeySchedule,
  { sequence: first = 0 }: ContextOptions,
) {
  let sequence = first;
  let keys: HpkeKeySchedule | undefined = schedule;

  function live(): HpkeKeySchedule {
    if (keys === undefined) throw new TypeError('context: expected a live context, got a wiped one');
    return keys;
  }

  return {
    sequence: () => sequence,
    /** Runs one message under its nonce. The count moves on unless `run` gives undefined. */
    message<T>(run: (key: Uint8Array, nonce: Uint8Array) => T): T {
      const { key, baseNonce } = live();
      if (sequence >= Number.MAX_SAFE_INTEGER)
        throw new HpkeError('MessageLimitReachedError', `sequence: expected below 2^53-1, got ${sequence}`);
      const result = run(key, nonceAt(baseNonce, sequence));
      if (result !== undefined) sequence++;
      return result;
    },
    exportSecret: (exporterContext: Uint8Array, length: number) =>
      labeledExpand(provider, suiteId, live().exporterSecret, 'sec', exporterContext, length),
    wipe(): void {
      if (keys !== undefined) for (const secret of Object.values(keys)) (secret as Uint8Array).fill(0);
      keys = undefined;
    },
  };
}

/** The sending end. */
export function hpkeSender(
  provider: ContextPrimitives,
  suiteId: Uint8Array,
  schedule: HpkeKeySchedule,
  enc: Uint8Array,
  options: ContextOptions = {},
): HpkeSender {
  const state = running(provider, suiteId, schedule, options);
  return {
    enc,
    get sequence() {
      return state.sequence();
    },
    seal: (plaintext, aad = EMPTY) => state.message((key, nonce) => provider.aead.gcmSeal(key, nonce, plaintext, aad)),
    exportSecret: state.exportSecret,
    wipe: state.wipe,
  };
}

/** The receiving end. */
export function hpkeReceiver(
  provider: ContextPrimitives,
  suiteId: Uint8Array,
  schedule: HpkeKeySchedule,
  options: ContextOptions = {},
): HpkeReceiver {
  const state = running(provider, suiteId, schedule, options);
  return {
    get sequence() {
      return state.sequence();
    },
    open: (ciphertext, aad = EMPTY) =>
      ciphertext.length < 16
        ? undefined
        : state.message((key, nonce) => provider.aead.gcmOpen(key, nonce, ciphertext, aad)),
    exportSecret: state.exportSecret,
    wipe: state.wipe,
  };
}
