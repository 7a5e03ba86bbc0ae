import { CoeffMemory } from '../memory/coeff-memory.ts';
import { type DestinationName, KEY_RAM, type SourceName } from '../program/registers.ts';
import { HINT_BYTES } from '../units/codecs/hints.ts';
import { MLDSA_BYTES, MLDSA_K } from '../units/codecs/mldsa.ts';
import { MLKEM_BYTES } from '../units/codecs/mlkem.ts';
import { checkLength } from '../units/error.ts';
import { N, type Poly } from '../units/modular.ts';

const KEY_RAM_BYTES = 1192 * 4;
const RHO_BYTES = 32;
const Z_BYTES = MLDSA_BYTES.signature - MLDSA_BYTES.commitmentHash - HINT_BYTES;
const VECTOR_BYTES = 4 * 384;
/** Bits of the seed of both LFSRs; what follows them in the digest is kept for the next seed. */
const LFSR_BITS = 236;
const MESSAGE_PREFIX = Uint8Array.of(0, 0);

/** A message that comes through the stream port, and its context. */
export interface StreamedMessage {
  readonly context: Uint8Array;
  readonly message: Uint8Array;
}

/** What {@link AcceleratorState.set} takes, with its bytes. */
const INPUT_BYTES = {
  entropy: 64,
  mldsaSeed: 32,
  signRnd: 32,
  message: 64,
  mu: 64,
  seedD: 32,
  seedZ: 32,
  kemMessage: 32,
  publicKey: MLDSA_BYTES.publicKey,
  privateKey: MLDSA_BYTES.privateKey,
  signature: MLDSA_BYTES.signature,
  encapsulationKey: MLKEM_BYTES.encapsulationKey,
  decapsulationKey: MLKEM_BYTES.decapsulationKey,
  ciphertext: MLKEM_BYTES.ciphertext,
} as const;
export type Input = keyof typeof INPUT_BYTES;

/**
 * Memories and registers of the accelerator. ML-KEM's keys share the private-key RAM with ML-DSA's, and the hash results of
 * both share the scratch register, so what one algorithm loads destroys what the other had.
 * adams-bridge:src/abr_top/rtl/abr_ctrl.sv, v2.0.3
 */
export class AcceleratorState {
  readonly memory = new CoeffMemory();
  readonly keyRam = new Uint8Array(KEY_RAM_BYTES);
  /** t1, ten bits a coefficient. */
  readonly publicKeyRam = new Uint8Array(MLDSA_BYTES.publicKey - RHO_BYTES);
  /** z, twenty bits a coefficient. */
  readonly signatureRam = new Uint8Array(Z_BYTES);
  readonly hints = new Uint8Array(HINT_BYTES);
  readonly commitmentHash = new Uint8Array(MLDSA_BYTES.commitmentHash);
  readonly verifyResult = new Uint8Array(MLDSA_BYTES.commitmentHash);
  /** High parts of w for MAKEHINT. */
  readonly w1: readonly Poly[] = Array.from({ length: MLDSA_K }, () => new Int32Array(N));
  /** ML-DSA: rho 32, K 32, tr 64, rho' 64 bytes. ML-KEM: rho 32, H(ek) 32, z 32, sigma 32, shared key 32. */
  readonly scratch = new Uint8Array(192);
  readonly mu = new Uint8Array(64);
  readonly lfsrSeed = new Uint8Array(30);
  /** Clock cycles since reset: part of every LFSR seed. */
  counter = 0;
  readonly #registers = { mldsaSeed: new Uint8Array(32), signRnd: new Uint8Array(32), seedD: new Uint8Array(32) };
  readonly #message = new Uint8Array(64);
  readonly #entropy = new Uint8Array(64);
  #seedEntropy = new Uint8Array(64);
  #stream: StreamedMessage | undefined;

  /**
   * Loads an input as software does.
   *
   * @throws AbrError `LENGTH`
   */
  set(input: Input, bytes: Uint8Array): void {
    checkLength(bytes, INPUT_BYTES[input], input);
    switch (input) {
      case 'entropy':
        return this.#entropy.set(bytes);
      case 'message':
        return this.#message.set(bytes);
      case 'mu':
        return this.mu.set(bytes);
      case 'seedZ':
        return this.scratch.set(bytes, 64);
      case 'kemMessage':
        return this.#setKey(KEY_RAM.MLKEM_MSG, bytes);
      case 'publicKey':
        this.scratch.set(bytes.subarray(0, RHO_BYTES));
        return this.publicKeyRam.set(bytes.subarray(RHO_BYTES));
      case 'privateKey':
        this.scratch.set(bytes.subarray(0, 128));
        return this.#setKey(KEY_RAM.MLDSA_S1, bytes.subarray(128));
      case 'signature':
        return this.#setSignature(bytes);
      case 'encapsulationKey':
        return this.#setEncapsulationKey(bytes);
      case 'decapsulationKey':
        this.#setKey(KEY_RAM.MLKEM_DK, bytes.subarray(0, VECTOR_BYTES));
        this.#setEncapsulationKey(bytes.subarray(VECTOR_BYTES));
        return this.scratch.set(bytes.subarray(VECTOR_BYTES + MLKEM_BYTES.encapsulationKey), 32);
      case 'ciphertext':
        return this.#setKey(KEY_RAM.MLKEM_C1, bytes);
      default:
        this.#registers[input].set(bytes);
    }
  }

  /** The next message comes through the stream port; without an argument, from its register again. */
  stream(message?: StreamedMessage): void {
    this.#stream = message;
  }

  get streamed(): StreamedMessage | undefined {
    return this.#stream;
  }

  /** What a command that reseeds does when it begins: the entropy register goes into what the last seed left. */
  mixEntropy(): void {
    this.#seedEntropy = this.#seedEntropy.map((byte, i) => byte ^ (this.#entropy[i] as number));
  }

  publicKey(): Uint8Array {
    return this.source('MLDSA_PK');
  }

  privateKey(): Uint8Array {
    const bytes = new Uint8Array(MLDSA_BYTES.privateKey);
    bytes.set(this.scratch.subarray(0, 128));
    bytes.set(this.keyRam, 128);
    return bytes;
  }

  signature(): Uint8Array {
    return join(this.commitmentHash, this.signatureRam, this.hints);
  }

  encapsulationKey(): Uint8Array {
    return this.source('MLKEM_EK');
  }

  decapsulationKey(): Uint8Array {
    return join(this.#key(KEY_RAM.MLKEM_DK, VECTOR_BYTES), this.source('MLKEM_EK'), this.scratch.subarray(32, 96));
  }

  ciphertext(): Uint8Array {
    return this.source('MLKEM_CIPHERTEXT');
  }

  sharedKey(): Uint8Array {
    return this.scratch.slice(128, 160);
  }

  /** Bytes that Keccak absorbs from a register or RAM, before those of `imm`. */
  source(name: SourceName): Uint8Array {
    const { scratch } = this;
    switch (name) {
      case 'MLDSA_MSG':
        return this.#messageBytes();
      case 'MLDSA_SEED':
        return this.#registers.mldsaSeed;
      case 'MLDSA_SIGN_RND':
        return this.#registers.signRnd;
      case 'MLKEM_SEED_D':
        return this.#registers.seedD;
      case 'MLDSA_RHO':
      case 'MLKEM_RHO':
        return scratch.subarray(0, 32);
      case 'MLDSA_K':
      case 'MLKEM_TR':
        return scratch.subarray(32, 64);
      case 'MLDSA_TR':
        return scratch.subarray(64, 128);
      case 'MLKEM_SEED_Z':
        return scratch.subarray(64, 96);
      case 'MLKEM_SIGMA':
      case 'MLKEM_R':
        return scratch.subarray(96, 128);
      case 'MLDSA_RHO_P':
      case 'MLDSA_RHO_P_KAPPA':
        return scratch.subarray(128, 192);
      case 'MLDSA_MU':
        return this.mu;
      case 'MLDSA_SIG_C':
        return this.commitmentHash;
      case 'MLDSA_PK':
        return join(scratch.subarray(0, 32), this.publicKeyRam);
      case 'ENTROPY':
        return this.#seedEntropy;
      case 'COUNTER':
        return counterBytes(this.counter);
      case 'MLKEM_EK':
        return join(this.#key(KEY_RAM.MLKEM_EK, VECTOR_BYTES), scratch.subarray(0, 32));
      case 'MLKEM_MSG':
        return this.#key(KEY_RAM.MLKEM_MSG, 32);
      case 'MLKEM_CIPHERTEXT':
        return this.#key(KEY_RAM.MLKEM_C1, MLKEM_BYTES.ciphertext);
    }
  }

  /** Puts a digest where its destination says. @param digest - 128 bytes of output; fewer are kept */
  store(name: DestinationName, digest: Uint8Array): void {
    const { scratch } = this;
    const put = (at: number, from: number, to: number) => scratch.set(digest.subarray(from, to), at);
    switch (name) {
      case 'MLDSA_K_RHO':
        put(0, 0, 32);
        put(128, 32, 96);
        return put(32, 96, 128);
      case 'MLDSA_MU':
        return this.mu.set(digest.subarray(0, 64));
      case 'MLDSA_RHO_P':
        return put(128, 0, 64);
      case 'MLDSA_SIG_C':
        return this.commitmentHash.set(digest.subarray(0, 64));
      case 'MLDSA_TR':
        return put(64, 0, 64);
      case 'MLDSA_VERIFY_RES':
        return this.verifyResult.set(digest.subarray(0, 64));
      case 'LFSR_SEED':
        return this.#reseed(digest);
      case 'MLKEM_RHO_SIGMA':
        put(0, 0, 32);
        return put(96, 32, 64);
      case 'MLKEM_TR':
        return put(32, 0, 32);
      case 'MLKEM_K_R':
        put(128, 0, 32);
        return put(96, 32, 64);
      case 'MLKEM_K':
        return put(128, 0, 32);
    }
  }

  #reseed(digest: Uint8Array): void {
    this.lfsrSeed.set(digest.subarray(0, 30));
    this.lfsrSeed[29] = (digest[29] as number) & 0xf;
    const first = LFSR_BITS >> 3;
    for (let i = 0; i < 64; i++)
      this.#seedEntropy[i] = ((digest[first + i] as number) >> 4) | ((digest[first + i + 1] as number) << 4);
  }

  #messageBytes(): Uint8Array {
    if (this.#stream === undefined) return join(MESSAGE_PREFIX, this.#message);
    const { context, message } = this.#stream;
    return join(Uint8Array.of(0, context.length), context, message);
  }

  #setSignature(bytes: Uint8Array): void {
    this.commitmentHash.set(bytes.subarray(0, 64));
    this.signatureRam.set(bytes.subarray(64, 64 + Z_BYTES));
    this.hints.set(bytes.subarray(64 + Z_BYTES));
  }

  #setEncapsulationKey(bytes: Uint8Array): void {
    this.#setKey(KEY_RAM.MLKEM_EK, bytes.subarray(0, VECTOR_BYTES));
    this.scratch.set(bytes.subarray(VECTOR_BYTES, VECTOR_BYTES + RHO_BYTES));
  }

  #key(dword: number, length: number): Uint8Array {
    return this.keyRam.subarray(4 * dword, 4 * dword + length);
  }

  #setKey(dword: number, bytes: Uint8Array): void {
    this.keyRam.set(bytes, 4 * dword);
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function counterBytes(counter: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, counter >>> 0, true);
  new DataView(bytes.buffer).setUint32(4, Math.floor(counter / 2 ** 32), true);
  return bytes;
}
