import type { MlDsaKeyPair } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import { type AbrEngine, ExpandedKeys, type MlDsaInput } from './abr-engine.ts';
import { sharedWords } from './abr-memory.ts';
import { ABR_PROFILES, type AbrProfile, type AbrProfileName } from './abr-profile.ts';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters, KV_SUCCESS, kvControl, SAVED_SLOT } from './engine.ts';
import { EngineError, type EngineFault } from './engine-error.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { type KeyDestination, type KeyOrigin, KeyUsage, type KeyVault, type SlotRef } from './key-vault.ts';
import { ABR_REG } from './registers/abr.ts';
import type { Sha512 } from './sha512.ts';
import { checkState } from './state.ts';

type Registers = (typeof ABR_REG)['registers'];

export interface AbrOptions {
  readonly engine: AbrEngine;
  readonly keyVault: KeyVault;
  readonly sha512: Sha512;
  readonly emit?: Emit;
  /** Whose register face it has. Default `emulator`. */
  readonly profile?: AbrProfileName;
}

/** Message or external mu of a signature: exactly one of them. */
export interface MlDsaMessage {
  readonly message?: Uint8Array;
  /** 64 bytes. */
  readonly mu?: Uint8Array;
}

/** Slot whose seed signs PCR quotes, whatever its use lock says. caliptra-rtl:src/keyvault/rtl/kv_defines_pkg.sv */
const MLDSA_PCR_SIGNING_SLOT = 8;

const SIGNATURE_SIZE = 4627;
const ZERO_RND = new Uint8Array(32);

/** Bits of `MLDSA_STATUS`. */
const READY = 1;
const VALID = 2;
const STREAM_READY = 4;
const MLDSA_ERROR = 8;
const MLKEM_ERROR = 4;

const VERIFY = 3;

/** Bits that software can write of a port's control register: the others are reserved, or of other engines. */
const READ_PORT_MASK = 0x3f;
const WRITE_PORT_MASK = 0x7fff;

/** Words of a private key that are in the scratch register; the others are in the private-key RAM. */
const SCRATCH_WORDS = 32;

/** What a register write needs: the accelerator idle, and no vault data in its place. */
const INPUTS: ReadonlySet<keyof Registers> = new Set<keyof Registers>([
  'ABR_ENTROPY',
  'MLDSA_SEED',
  'MLDSA_SIGN_RND',
  'MLDSA_MSG',
  'MLDSA_EXTERNAL_MU',
  'MLDSA_CTX_CONFIG',
  'MLDSA_CTX',
  'MLDSA_PUBKEY',
  'MLDSA_SIGNATURE',
  'MLDSA_PRIVKEY_IN',
  'MLKEM_SEED_D',
  'MLKEM_SEED_Z',
  'MLKEM_MSG',
  'MLKEM_DECAPS_KEY',
  'MLKEM_ENCAPS_KEY',
  'MLKEM_CIPHERTEXT',
]);

/** Results, and the status whose VALID opens them. */
const RESULTS: Partial<Record<keyof Registers, 'MLDSA_STATUS' | 'MLKEM_STATUS'>> = {
  MLDSA_PUBKEY: 'MLDSA_STATUS',
  MLDSA_SIGNATURE: 'MLDSA_STATUS',
  MLDSA_PRIVKEY_OUT: 'MLDSA_STATUS',
  MLKEM_SHARED_KEY: 'MLKEM_STATUS',
  MLKEM_DECAPS_KEY: 'MLKEM_STATUS',
  MLKEM_ENCAPS_KEY: 'MLKEM_STATUS',
  MLKEM_CIPHERTEXT: 'MLKEM_STATUS',
};

/** Read ports: control, status, use, and the registers they fill (32 bytes each, in slot order). */
const READ_PORTS = {
  KV_MLDSA_SEED_RD_CTRL: { status: 'KV_MLDSA_SEED_RD_STATUS', usage: KeyUsage.MLDSA_SEED, into: ['MLDSA_SEED'] },
  KV_MLKEM_SEED_RD_CTRL: {
    status: 'KV_MLKEM_SEED_RD_STATUS',
    usage: KeyUsage.MLKEM_SEED,
    into: ['MLKEM_SEED_D', 'MLKEM_SEED_Z'],
  },
  KV_MLKEM_MSG_RD_CTRL: { status: 'KV_MLKEM_MSG_RD_STATUS', usage: KeyUsage.MLKEM_MSG, into: ['MLKEM_MSG'] },
} as const;
type ReadPort = keyof typeof READ_PORTS;

export interface AbrState extends RegisterFileState {
  /** Slot whose contents a read port has taken, or -1, in the order of the ports. */
  readonly portSlots: readonly number[];
  /** Command that waits for its message, and the part that has come. */
  readonly stream?: { readonly command: number; readonly message: readonly number[] };
}

/**
 * Adams Bridge: ML-DSA-87 and ML-KEM-1024 behind one register block. The arithmetic is the injected engine's.
 *
 * All values are natural bytes, except that a value from the key vault is taken in full byte reversal: the vault's
 * words are big-endian, the accelerator's little-endian. `entropy` seeds the masking and never changes a result.
 *
 * The register face takes no time; where the software emulator's differs from the RTL's, see {@link ABR_PROFILES}.
 *
 * @see adams-bridge:src/abr_top/rtl/abr_ctrl.sv
 */
export class Abr extends EngineRegisters<Registers> {
  readonly #engine: AbrEngine;
  readonly #keyVault: KeyVault;
  readonly #sha512: Sha512;
  readonly #emit: Emit;
  readonly #keys: ExpandedKeys;
  readonly #profile: AbrProfile;
  #portSlots: Record<ReadPort, number> = NO_SLOTS;
  #stream: { command: number; chunks: number[] } | undefined;

  constructor({ engine, keyVault, sha512, emit = ignoreEvents, profile = 'emulator' }: AbrOptions) {
    const { version } = ABR_PROFILES[profile];
    super(ABR_REG, {
      MLDSA_NAME: [0x4453_4d4c, 0x3837_412d],
      MLDSA_VERSION: version,
      MLDSA_STATUS: [READY],
      MLKEM_NAME: [0x4d2d_4b45, 0x3234_3130],
      MLKEM_VERSION: version,
      MLKEM_STATUS: [READY],
      KV_MLDSA_SEED_RD_STATUS: [READY],
      KV_MLKEM_SEED_RD_STATUS: [READY],
      KV_MLKEM_MSG_RD_STATUS: [READY],
      KV_MLKEM_SHAREDKEY_WR_STATUS: [READY],
    });
    this.#profile = ABR_PROFILES[profile];
    this.#engine = engine;
    this.#keyVault = keyVault;
    this.#sha512 = sha512;
    this.#emit = emit;
    this.#keys = new ExpandedKeys((seed) => engine.mldsaKeygen(seed));
    keyVault.onSlotChange((slot) => this.#keys.forgetSlot(slot));
  }

  /**
   * Public key of a seed, 2592 bytes.
   *
   * @param o.seed - 32 bytes, or a slot
   * @throws EngineError `seed-read`
   */
  mldsaKeygen(o: { readonly seed: Uint8Array | SlotRef; readonly entropy?: Uint8Array }): Uint8Array {
    return this.#expand(o.seed).publicKey.slice();
  }

  /**
   * Signature under the key of a seed, 4627 bytes.
   *
   * @param o.rnd - 32 bytes; default zeros, the deterministic variant
   * @throws EngineError `seed-read`
   */
  mldsaSign(
    o: MlDsaMessage & {
      readonly seed: Uint8Array | SlotRef;
      readonly rnd?: Uint8Array;
      readonly entropy?: Uint8Array;
    },
  ): Uint8Array {
    return this.#sign(this.#expand(o.seed).secretKey, inputOf(o), o.rnd ?? ZERO_RND, 'message');
  }

  /** As {@link mldsaSign} with an expanded secret key of 4896 bytes. @throws EngineError `invalid-input` if malformed */
  mldsaSignWithKey(o: MlDsaMessage & { readonly secretKey: Uint8Array; readonly rnd?: Uint8Array }): Uint8Array {
    return this.#sign(o.secretKey, inputOf(o), o.rnd ?? ZERO_RND, 'message');
  }

  /** @param o.signature - 4627 bytes, or 4628 with the padding byte that manifests and mailbox messages carry */
  mldsaVerify(o: MlDsaMessage & { readonly publicKey: Uint8Array; readonly signature: Uint8Array }): boolean {
    const { length } = o.signature;
    if (length !== SIGNATURE_SIZE && length !== SIGNATURE_SIZE + 1)
      throw new RangeError(`signature: expected ${SIGNATURE_SIZE} or ${SIGNATURE_SIZE + 1} bytes, got ${length}`);
    return this.#engine.mldsaVerify(o.publicKey, o.signature.subarray(0, SIGNATURE_SIZE), inputOf(o));
  }

  /**
   * Signs the engine-kept PCR hash, all 64 bytes of it last byte first, with the seed of slot 8, locked against use or
   * not.
   */
  mldsaSignPcr(_entropy?: Uint8Array): Uint8Array {
    const seed = reversed(this.#keyVault.inspect(MLDSA_PCR_SIGNING_SLOT).subarray(0, 32));
    const { secretKey } = this.#keys.get(seed, MLDSA_PCR_SIGNING_SLOT);
    return this.#sign(secretKey, { message: reversed(this.#sha512.pcrHash) }, ZERO_RND, 'pcr');
  }

  /**
   * ML-KEM key pair. From a slot (`MLKEM_SEED`): d from its first 32 bytes, z from the last, each reversed.
   *
   * @returns encapsulation key 1568 bytes; decapsulation key 3168 bytes, absent if the seed came from a slot
   */
  mlkemKeygen(o: { readonly seed: { readonly d: Uint8Array; readonly z: Uint8Array } | SlotRef }): {
    encapsulationKey: Uint8Array;
    decapsulationKey?: Uint8Array;
  } {
    if (!('slot' in o.seed)) return this.#engine.mlkemKeygen(o.seed.d, o.seed.z);
    return { encapsulationKey: this.#kemPair(o.seed).encapsulationKey };
  }

  /**
   * @param o.message - 32 bytes, or a slot that allows `MLKEM_MSG`
   * @returns ciphertext 1568 bytes; shared secret 32 bytes, absent if it went into the vault or its message came from it
   * @throws EngineError `block-read`, `key-write`, or `invalid-input` for a malformed key
   */
  mlkemEncapsulate(o: {
    readonly encapsulationKey: Uint8Array;
    readonly message: Uint8Array | SlotRef;
    readonly destination?: KeyDestination;
  }): { ciphertext: Uint8Array; sharedSecret?: Uint8Array } {
    const own = o.message instanceof Uint8Array;
    const m = o.message instanceof Uint8Array ? o.message : this.#fromSlot(o.message, KeyUsage.MLKEM_MSG, 'block-read');
    const { ciphertext, sharedSecret } = refusing(() => this.#engine.mlkemEncapsulate(o.encapsulationKey, m));
    if (own && o.destination === undefined) return { ciphertext, sharedSecret };
    this.#toVault(o.destination, sharedSecret, o.message);
    return { ciphertext };
  }

  /**
   * @param o.key - decapsulation key of 3168 bytes, the seeds of one, or a slot that holds them
   * @returns shared secret 32 bytes; undefined if it went into the vault or the key came from it
   * @throws EngineError `seed-read`, `key-write`, or `invalid-input` for a malformed key
   */
  mlkemDecapsulate(o: {
    readonly key: Uint8Array | { readonly d: Uint8Array; readonly z: Uint8Array } | SlotRef;
    readonly ciphertext: Uint8Array;
    readonly destination?: KeyDestination;
  }): Uint8Array | undefined {
    const key = o.key instanceof Uint8Array ? o.key : this.#kemPair(o.key).decapsulationKey;
    const secret = refusing(() => this.#engine.mlkemDecapsulate(key, o.ciphertext));
    const fromSlot = 'slot' in o.key;
    if (!fromSlot && o.destination === undefined) return secret;
    this.#toVault(o.destination, secret, o.key);
    return undefined;
  }

  #expand(seed: Uint8Array | SlotRef): MlDsaKeyPair {
    if (seed instanceof Uint8Array) return this.#keys.get(seed, -1);
    return this.#keys.get(this.#fromSlot(seed, KeyUsage.MLDSA_SEED, 'seed-read'), seed.slot);
  }

  #sign(secretKey: Uint8Array, input: MlDsaInput, rnd: Uint8Array, purpose: 'message' | 'pcr'): Uint8Array {
    const signature = refusing(() => this.#engine.mldsaSign(secretKey, input, rnd));
    this.#emit({ kind: 'signature', algorithm: 'ml-dsa-87', purpose });
    return signature;
  }

  #kemPair(seed: { readonly d: Uint8Array; readonly z: Uint8Array } | SlotRef) {
    if (!('slot' in seed)) return this.#engine.mlkemKeygen(seed.d, seed.z);
    const secret = this.#keyVault.read(seed.slot, KeyUsage.MLKEM_SEED, 'seed-read');
    return this.#engine.mlkemKeygen(reversed(secret.subarray(0, 32)), reversed(secret.subarray(32)));
  }

  #fromSlot({ slot }: SlotRef, usage: number, fault: EngineFault): Uint8Array {
    return reversed(this.#keyVault.read(slot, usage, fault).subarray(0, 32));
  }

  #toVault(to: KeyDestination | undefined, secret: Uint8Array, source: object): void {
    const origin: KeyOrigin = { engine: 'mlkem', slots: 'slot' in source ? [(source as SlotRef).slot] : [] };
    if (to !== undefined) this.#keyVault.write(to.slot, reversed(secret), to.usage, origin);
    secret.fill(0);
  }

  /** Aborts whatever is under way and forgets all operands and results, expanded keys too. */
  zeroize(): void {
    for (const name of [...INPUTS, ...(Object.keys(RESULTS) as (keyof Registers)[])]) this.clearWords(name);
    this.clearWords('MLDSA_VERIFY_RES', 'MLDSA_MSG_STROBE', 'MLDSA_CTRL');
    this.store('KV_MLKEM_SHAREDKEY_WR_CTRL', (this.stored('KV_MLKEM_SHAREDKEY_WR_CTRL') & ~1) >>> 0);
    this.store('MLDSA_STATUS', READY);
    this.store('MLKEM_STATUS', READY);
    for (const { status } of Object.values(READ_PORTS)) this.kvZeroize(status);
    this.kvZeroize('KV_MLKEM_SHAREDKEY_WR_STATUS');
    this.#forget();
  }

  #forget(): void {
    this.#portSlots = NO_SLOTS;
    this.#stream = undefined;
    this.#keys.wipe();
  }

  // ---- register face ----

  protected override onRead(name: keyof Registers, _index: number, stored: number): number {
    if (name === 'MLKEM_MSG') return 0;
    if (name === 'KV_MLKEM_SHAREDKEY_WR_CTRL') return (stored & ~1) >>> 0;
    const status = RESULTS[name];
    return status === undefined || (this.stored(status) & VALID) !== 0 ? stored : 0;
  }

  protected override onWrite(name: keyof Registers, index: number, next: number, write: RegisterWrite): number {
    if (name === 'MLDSA_CTRL') return this.#mldsaControl(write.written);
    if (name === 'MLKEM_CTRL') return this.#mlkemControl(write.written);
    if (name === 'MLDSA_MSG_STROBE') return this.#stream === undefined ? write.previous : next;
    if (name === 'MLDSA_MSG' && index === 0 && this.#stream !== undefined) {
      this.#streamWord(next);
      return write.previous;
    }
    if (INPUTS.has(name)) return this.#input(name, index, next, write.previous);
    if (name in READ_PORTS) return this.#readPort(name as ReadPort, next, write.previous);
    if (name === 'KV_MLKEM_SHAREDKEY_WR_CTRL')
      return this.#isReady(name) ? (next & WRITE_PORT_MASK) >>> 0 : write.previous;
    return next;
  }

  #isReady(name: keyof Registers): boolean {
    return (this.stored(name.includes('MLKEM') ? 'MLKEM_STATUS' : 'MLDSA_STATUS') & READY) !== 0;
  }

  #input(name: keyof Registers, index: number, word: number, previous: number): number {
    if (!this.#isReady(name) || this.#isVaultData(name)) return previous;
    if (!this.#profile.sharedMemory) return word;
    const messageInRam = name === 'MLDSA_PRIVKEY_IN' && index >= SCRATCH_WORDS && this.#isVaultData('MLKEM_MSG');
    if (messageInRam) return previous;
    for (const other of sharedWords(name, index)) this.store(other.name, word, other.index);
    return word;
  }

  #isVaultData(name: keyof Registers): boolean {
    return (Object.keys(READ_PORTS) as ReadPort[]).some(
      (port) => this.#portSlots[port] >= 0 && (READ_PORTS[port].into as readonly string[]).includes(name),
    );
  }

  #readPort(port: ReadPort, word: number, previous: number): number {
    const { enable, slot } = kvControl(word);
    if (!this.#isReady(port) || this.#portSlots[port] >= 0) return previous;
    const kept = word & READ_PORT_MASK;
    if (!enable) return kept;
    const { status, usage, into } = READ_PORTS[port];
    const data = this.kvRead(status, slot, () => this.#keyVault.read(slot, usage, 'seed-read'));
    into.forEach((name, i) => {
      this.clearWords(name);
      if (data !== undefined) this.#storeLittle(name, this.#crossed(port, data.subarray(i * 32, i * 32 + 32)));
    });
    this.#portSlots = { ...this.#portSlots, [port]: slot };
    if (this.kvError(status) !== KV_SUCCESS) this.#refusedRead(status);
    return kept & ~1;
  }

  /** A refused read keeps the whole accelerator from READY until it is zeroized. */
  #refusedRead(status: keyof Registers): void {
    if (this.#profile.waitsForZeroize) this.#setStatus(0, 0);
    else this.store(status, this.stored(status) | READY);
  }

  /** A value as it crosses the port to the vault, in either direction. */
  #crossed(port: ReadPort | 'KV_MLKEM_SHAREDKEY_WR_CTRL', bytes: Uint8Array): Uint8Array {
    return port === 'KV_MLDSA_SEED_RD_CTRL' || this.#profile.mlkemReversed ? reversed(bytes) : swapped(bytes);
  }

  #mldsaControl(word: number): number {
    const { ctrl, zeroize, pcr_sign, external_mu, stream_msg } = unpack(ABR_REG.registers.MLDSA_CTRL, word);
    if (zeroize === 1) {
      this.zeroize();
      return 0;
    }
    if (!this.#isReady('MLDSA_CTRL')) return this.stored('MLDSA_CTRL');
    if (pcr_sign === 1) this.#loadPcrSigning(external_mu === 0);
    if (ctrl >= 1 && ctrl <= 4) {
      if (pcr_sign === 1) this.#command('mldsa', () => this.#signPcrByRegister(ctrl, external_mu === 1));
      else if (stream_msg === 1 && external_mu === 0 && ctrl !== 1) this.#beginStream(ctrl);
      else this.#command('mldsa', () => this.#mldsaByRegister(ctrl, this.#registerInput(external_mu === 1)));
    }
    return stream_msg << 6;
  }

  /** PCR_SIGN brings the wired seed and PCR hash, with or without a command; from then on they are vault data. */
  #loadPcrSigning(withMessage: boolean): void {
    const seed = reversed(this.#keyVault.inspect(MLDSA_PCR_SIGNING_SLOT).subarray(0, 32));
    this.#storeLittle('MLDSA_SEED', seed);
    if (withMessage) this.#storeLittle('MLDSA_MSG', reversed(this.#sha512.pcrHash));
    this.#portSlots = { ...this.#portSlots, KV_MLDSA_SEED_RD_CTRL: MLDSA_PCR_SIGNING_SLOT };
  }

  #registerInput(externalMu: boolean): MlDsaInput {
    return externalMu ? { mu: this.#little('MLDSA_EXTERNAL_MU') } : { message: this.#little('MLDSA_MSG') };
  }

  #beginStream(command: number): void {
    this.clearWords('MLDSA_PRIVKEY_OUT');
    if (command === VERIFY && this.#profile.waitsForZeroize && this.#engine.mldsaRejectsEarly?.(this.#signature())) {
      this.#command('mldsa', () => this.clearWords('MLDSA_VERIFY_RES'));
      return;
    }
    this.#stream = { command, chunks: [] };
    this.#setStatus(STREAM_READY, this.#profile.waitsForZeroize ? 0 : this.stored('MLKEM_STATUS'));
  }

  #signature(): Uint8Array {
    return this.#little('MLDSA_SIGNATURE').subarray(0, SIGNATURE_SIZE);
  }

  /** A word of a streamed message; a strobe other than 1111 says how many bytes end it. */
  #streamWord(word: number): void {
    const stream = this.#stream as { command: number; chunks: number[] };
    const strobe = this.stored('MLDSA_MSG_STROBE');
    for (let i = 0; i < 4 && ((strobe >>> i) & 1) !== 0; i++) stream.chunks.push((word >>> (8 * i)) & 0xff);
    if (strobe === 0xf) return;
    this.#stream = undefined;
    const message = Uint8Array.from(stream.chunks);
    const context = this.#little('MLDSA_CTX').slice(0, this.stored('MLDSA_CTX_CONFIG') & this.#profile.contextSize);
    this.#command('mldsa', () => this.#mldsaByRegister(stream.command, { message, context }));
  }

  #mldsaByRegister(command: number, input: MlDsaInput): void {
    this.clearWords('MLDSA_PRIVKEY_OUT');
    if (command === VERIFY) {
      this.#storeLittle('MLDSA_VERIFY_RES', this.#verifyResult(this.#little('MLDSA_PUBKEY'), this.#signature(), input));
      return;
    }
    const slot = this.#portSlots.KV_MLDSA_SEED_RD_CTRL;
    const keys = command === 2 ? undefined : this.#keys.get(this.#little('MLDSA_SEED'), slot);
    if (keys !== undefined) this.#storeLittle('MLDSA_PUBKEY', keys.publicKey);
    if (keys !== undefined && command === 1 && slot < 0) this.#storeLittle('MLDSA_PRIVKEY_OUT', keys.secretKey);
    if (command === 1) return;
    const secretKey = keys?.secretKey ?? this.#little('MLDSA_PRIVKEY_IN');
    this.#storeSignature(this.#sign(secretKey, input, this.#signRnd(), 'message'));
  }

  #verifyResult(publicKey: Uint8Array, signature: Uint8Array, input: MlDsaInput): Uint8Array {
    const computed =
      this.#profile.verifyResult === 'computed'
        ? this.#engine.mldsaVerifyResult?.(publicKey, signature, input)
        : undefined;
    if (computed !== undefined) return computed;
    const right = this.#engine.mldsaVerify(publicKey, signature, input);
    return right ? signature.subarray(0, 64) : new Uint8Array(64);
  }

  #signRnd(): Uint8Array {
    return this.#profile.signRnd ? this.#little('MLDSA_SIGN_RND') : ZERO_RND;
  }

  #signPcrByRegister(command: number, externalMu: boolean): void {
    if (command !== 4) throw new EngineError('invalid-input', 'only KEYGEN_SIGN takes PCR_SIGN');
    const { publicKey, secretKey } = this.#keys.get(this.#little('MLDSA_SEED'), MLDSA_PCR_SIGNING_SLOT);
    this.#storeLittle('MLDSA_PUBKEY', publicKey);
    this.#storeSignature(this.#sign(secretKey, this.#registerInput(externalMu), this.#signRnd(), 'pcr'));
  }

  #storeSignature(signature: Uint8Array): void {
    const padded = new Uint8Array(SIGNATURE_SIZE + 1);
    padded.set(signature);
    this.#storeLittle('MLDSA_SIGNATURE', padded);
  }

  #mlkemControl(word: number): number {
    const { ctrl, zeroize } = unpack(ABR_REG.registers.MLKEM_CTRL, word);
    if (zeroize === 1) this.zeroize();
    else if (this.#isReady('MLKEM_CTRL') && ctrl >= 1 && ctrl <= 4)
      this.#command('mlkem', () => this.#mlkemByRegister(ctrl));
    return 0;
  }

  #mlkemByRegister(command: number): void {
    const { KV_MLKEM_SEED_RD_CTRL: seedSlot } = this.#portSlots;
    const given = this.#little('MLKEM_DECAPS_KEY');
    this.clearWords('MLKEM_SHARED_KEY');
    // Its read lock opens after key generation alone.
    if (this.#profile.waitsForZeroize || command === 1) this.clearWords('MLKEM_DECAPS_KEY');
    if (command === 2) {
      const { ciphertext, sharedSecret } = refusing(() =>
        this.#engine.mlkemEncapsulate(this.#little('MLKEM_ENCAPS_KEY'), this.#little('MLKEM_MSG')),
      );
      this.#storeLittle('MLKEM_CIPHERTEXT', ciphertext);
      this.#publishSharedKey(sharedSecret);
      return;
    }
    const pair =
      command === 3 ? undefined : this.#engine.mlkemKeygen(this.#little('MLKEM_SEED_D'), this.#little('MLKEM_SEED_Z'));
    if (command === 1 && pair !== undefined) {
      this.#storeLittle('MLKEM_ENCAPS_KEY', pair.encapsulationKey);
      if (seedSlot < 0) this.#storeLittle('MLKEM_DECAPS_KEY', pair.decapsulationKey);
      return;
    }
    const key = pair?.decapsulationKey ?? given;
    const ciphertext = this.#little('MLKEM_CIPHERTEXT');
    this.#publishSharedKey(refusing(() => this.#engine.mlkemDecapsulate(key, ciphertext)));
  }

  /** Software sees it only if neither the seed nor the message port has been used, even if this command needs neither. */
  #publishSharedKey(secret: Uint8Array): void {
    const { KV_MLKEM_SEED_RD_CTRL: seedSlot, KV_MLKEM_MSG_RD_CTRL: messageSlot } = this.#portSlots;
    const slots = [seedSlot, messageSlot].filter((slot) => slot >= 0);
    if ((this.stored('KV_MLKEM_SHAREDKEY_WR_CTRL') & 1) !== 0)
      this.kvWrite('KV_MLKEM_SHAREDKEY_WR_CTRL', 'KV_MLKEM_SHAREDKEY_WR_STATUS', (slot, usage) =>
        this.#keyVault.write(slot, this.#crossed('KV_MLKEM_SHAREDKEY_WR_CTRL', secret), usage, {
          engine: 'mlkem',
          slots,
        }),
      );
    else if (slots.length === 0) this.#storeLittle('MLKEM_SHARED_KEY', secret);
  }

  #command(algorithm: 'mldsa' | 'mlkem', run: () => void): void {
    const { waitsForZeroize, interrupts } = this.#profile;
    let failed = false;
    try {
      run();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failed = true;
    }
    const ownStatus = algorithm === 'mldsa' ? 'MLDSA_STATUS' : 'MLKEM_STATUS';
    if (failed && (waitsForZeroize || algorithm === 'mldsa')) this.#setStatus(MLDSA_ERROR, MLKEM_ERROR);
    else if (waitsForZeroize) this.#setStatus(algorithm === 'mldsa' ? VALID : 0, algorithm === 'mlkem' ? VALID : 0);
    else this.store(ownStatus, READY | VALID | (failed ? MLKEM_ERROR : 0));
    if (interrupts) this.raise(failed ? 'error_internal' : 'notif_cmd_done');
  }

  #setStatus(mldsa: number, mlkem: number): void {
    this.store('MLDSA_STATUS', mldsa);
    this.store('MLKEM_STATUS', mlkem);
  }

  /** A register array as natural bytes: its words are little-endian. */
  #little(name: keyof Registers): Uint8Array {
    return swapped(this.storedBytes(name));
  }

  #storeLittle(name: keyof Registers, data: Uint8Array): void {
    this.storeBytes(name, swapped(data));
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.#forget();
  }

  override save(): AbrState {
    const stream = this.#stream && { command: this.#stream.command, message: [...this.#stream.chunks] };
    const portSlots = Object.values(this.#portSlots);
    return { ...super.save(), portSlots, ...(stream === undefined ? {} : { stream }) };
  }

  override restore(state: AbrState): void {
    const stream = { fields: { command: { oneOf: [2, 3, 4] }, message: { list: 'number' } } } as const;
    const fields = { portSlots: { list: SAVED_SLOT, length: 3 }, stream: { optional: stream } } as const;
    checkState(state, { fields }, 'abr');
    super.restore(state);
    this.#forget();
    const [seed = -1, kemSeed = -1, kemMessage = -1] = state.portSlots;
    this.#portSlots = {
      KV_MLDSA_SEED_RD_CTRL: seed,
      KV_MLKEM_SEED_RD_CTRL: kemSeed,
      KV_MLKEM_MSG_RD_CTRL: kemMessage,
    };
    const { stream: saved } = state;
    if (saved !== undefined) this.#stream = { command: saved.command, chunks: [...saved.message] };
  }
}

const NO_SLOTS: Record<ReadPort, number> = {
  KV_MLDSA_SEED_RD_CTRL: -1,
  KV_MLKEM_SEED_RD_CTRL: -1,
  KV_MLKEM_MSG_RD_CTRL: -1,
};

function inputOf({ message, mu }: MlDsaMessage): MlDsaInput {
  if (mu !== undefined && message === undefined) return { mu };
  if (message !== undefined && mu === undefined) return { message };
  throw new TypeError('message: expected either message or mu');
}

/** Turns a primitive's complaint about an operand into the engine's. */
function refusing<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof RangeError) throw new EngineError('invalid-input', error.message);
    throw error;
  }
}

function reversed(bytes: Uint8Array): Uint8Array {
  return bytes.slice().reverse();
}

/** Every group of four bytes reversed. */
function swapped(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  bytes.forEach((byte, i) => {
    out[i ^ 3] = byte;
  });
  return out;
}
