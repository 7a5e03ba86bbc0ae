import { type CryptoProvider, ecc384KeyFromSeed, isP384Scalar } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters, KV_SUCCESS, kvControl, SAVED_SLOT } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type Emit, ignoreEvents } from './events.ts';
import { type KeyDestination, type KeyOrigin, KeyUsage, type KeyVault, type SlotRef } from './key-vault.ts';
import { ECC_REG } from './registers/ecc.ts';
import type { Sha512 } from './sha512.ts';
import { checkState } from './state.ts';

type Registers = (typeof ECC_REG)['registers'];

export interface EccOptions {
  readonly provider: Pick<CryptoProvider, 'hmac' | 'ecdsa384' | 'ecdh384'>;
  readonly keyVault: KeyVault;
  readonly sha512: Sha512;
  readonly emit?: Emit;
}

export interface EccState extends RegisterFileState {
  /** Slot whose seed is in the seed register, or -1; likewise for the private key. */
  readonly seedSlot: number;
  readonly keySlot: number;
  readonly failed: boolean;
}

/** Slot whose key signs PCR quotes, whatever its use lock says. caliptra-rtl:src/keyvault/rtl/kv_defines_pkg.sv */
const ECC_PCR_SIGNING_SLOT = 7;

const READY = 1;
const VALID = 2;
const SIZE = 48;

/**
 * P-384 engine: key generation, deterministic ECDSA (RFC 6979 with SHA-384), verification, ECDH.
 *
 * Scalars are 48 bytes big-endian, public keys X ‖ Y, signatures r ‖ s. A private key or shared secret that comes from
 * the key vault goes back into the vault, or nowhere. `iv` seeds the masking and never changes a result.
 *
 * @see caliptra-rtl:src/ecc
 */
export class Ecc extends EngineRegisters<Registers> {
  readonly #provider: EccOptions['provider'];
  readonly #keyVault: KeyVault;
  readonly #sha512: Sha512;
  readonly #emit: Emit;
  #seedSlot = -1;
  #keySlot = -1;
  /** An error stops the engine until it is zeroized. */
  #failed = false;

  constructor({ provider, keyVault, sha512, emit = ignoreEvents }: EccOptions) {
    super(ECC_REG, {
      ECC_NAME: [0x6370_7365, 0x3834_2d33],
      ECC_VERSION: [0x3030_312e, 0],
      ECC_STATUS: [READY],
      ECC_KV_RD_PKEY_STATUS: [READY],
      ECC_KV_RD_SEED_STATUS: [READY],
      ECC_KV_WR_PKEY_STATUS: [READY],
    });
    this.#provider = provider;
    this.#keyVault = keyVault;
    this.#sha512 = sha512;
    this.#emit = emit;
  }

  /**
   * Key pair from a seed: HMAC_DRBG(seed, nonce).
   *
   * @param o.seed - 48 bytes, or the head of a slot
   * @param o.nonce - 48 bytes
   * @param o.privateKey - where the private key goes; without it, the caller gets it unless the seed came from a slot
   * @throws EngineError `seed-read` or `key-write`
   */
  keygen(o: {
    readonly seed: Uint8Array | SlotRef;
    readonly nonce: Uint8Array;
    readonly iv?: Uint8Array;
    readonly privateKey?: KeyDestination;
  }): { publicKey: Uint8Array; privateKey?: Uint8Array } {
    const own = o.seed instanceof Uint8Array;
    const seed = o.seed instanceof Uint8Array ? o.seed : this.#fromSlot(o.seed, KeyUsage.ECC_SEED, 'seed-read');
    const { publicKey, privateKey } = ecc384KeyFromSeed(this.#provider, seed, o.nonce);
    if (!own) seed.fill(0);
    if (own && o.privateKey === undefined) return { publicKey, privateKey };
    this.#toVault(o.privateKey, privateKey, o.seed);
    return { publicKey };
  }

  /**
   * @param o.digest - 48 bytes
   * @throws EngineError `key-read`, or `ecc-error` if the private key is not in 1..n-1
   */
  sign(o: {
    readonly privateKey: Uint8Array | SlotRef;
    readonly digest: Uint8Array;
    readonly iv?: Uint8Array;
  }): Uint8Array {
    return this.#sign(this.#privateKey(o.privateKey), o.digest, 'message');
  }

  /**
   * What verification computes: the r that the digest and s call for, 48 bytes. The signature is right if it equals the
   * signature's r. For a wrong signature this engine answers zeros, which no r equals.
   *
   * @throws EngineError `ecc-error` if r or s is not in 1..n-1, or the public key not on the curve
   */
  verify(o: {
    readonly publicKey: Uint8Array;
    readonly digest: Uint8Array;
    readonly signature: Uint8Array;
  }): Uint8Array {
    checkSize('digest', o.digest, SIZE);
    checkSize('signature', o.signature, 2 * SIZE);
    const r = o.signature.slice(0, SIZE);
    if (!isP384Scalar(r) || !isP384Scalar(o.signature.subarray(SIZE)))
      throw new EngineError('ecc-error', 'r or s is not in 1..n-1');
    this.#checkPoint(o.publicKey);
    const right = this.#provider.ecdsa384.verify(o.publicKey, o.digest, o.signature);
    return right ? r : new Uint8Array(SIZE);
  }

  /**
   * X coordinate of the shared point, 48 bytes.
   *
   * @returns undefined if it went into the vault, or came from it without a destination
   * @throws EngineError `key-read`, `key-write`, or `ecc-error` for a bad scalar or point
   */
  sharedSecret(o: {
    readonly privateKey: Uint8Array | SlotRef;
    readonly publicKey: Uint8Array;
    readonly iv?: Uint8Array;
    readonly destination?: KeyDestination;
  }): Uint8Array | undefined {
    const key = this.#privateKey(o.privateKey);
    this.#checkPoint(o.publicKey);
    if (!isP384Scalar(key)) throw new EngineError('ecc-error', 'the private key is not in 1..n-1');
    const secret = this.#provider.ecdh384.sharedSecret(key, o.publicKey);
    if (key === o.privateKey && o.destination === undefined) return secret;
    this.#toVault(o.destination, secret, o.privateKey);
    return undefined;
  }

  /** Signs the engine-kept PCR hash (its first 48 bytes) with the key of slot 7, locked against use or not. */
  signPcr(_iv?: Uint8Array): Uint8Array {
    const key = this.#keyVault.inspect(ECC_PCR_SIGNING_SLOT).subarray(0, SIZE);
    return this.#sign(key, this.#sha512.pcrHash.subarray(0, SIZE), 'pcr');
  }

  #sign(privateKey: Uint8Array, digest: Uint8Array, purpose: 'message' | 'pcr'): Uint8Array {
    checkSize('privateKey', privateKey, SIZE);
    if (!isP384Scalar(privateKey)) throw new EngineError('ecc-error', 'the private key is not in 1..n-1');
    const signature = this.#provider.ecdsa384.sign(privateKey, digest);
    this.#emit({ kind: 'signature', algorithm: 'ecdsa-p384', purpose });
    return signature;
  }

  #privateKey(key: Uint8Array | SlotRef): Uint8Array {
    return key instanceof Uint8Array ? key : this.#fromSlot(key, KeyUsage.ECC_PKEY, 'key-read');
  }

  #fromSlot({ slot }: SlotRef, usage: number, fault: 'seed-read' | 'key-read'): Uint8Array {
    return this.#keyVault.read(slot, usage, fault).subarray(0, SIZE);
  }

  #checkPoint(publicKey: Uint8Array): void {
    checkSize('publicKey', publicKey, 2 * SIZE);
    if (!this.#provider.ecdsa384.isPoint(publicKey))
      throw new EngineError('ecc-error', 'the public key is not a point of P-384');
  }

  /** Puts a secret into the vault, if it has a place there, and forgets it. */
  #toVault(to: KeyDestination | undefined, secret: Uint8Array, source: Uint8Array | SlotRef): void {
    const origin: KeyOrigin = { engine: 'ecc', slots: source instanceof Uint8Array ? [] : [source.slot] };
    try {
      if (to !== undefined) this.#keyVault.write(to.slot, secret, to.usage, origin);
    } finally {
      secret.fill(0);
    }
  }

  /** Forgets all operands and results. */
  zeroize(): void {
    this.clearWords('ECC_SEED', 'ECC_MSG', 'ECC_PRIVKEY_OUT', 'ECC_PUBKEY_X', 'ECC_PUBKEY_Y', 'ECC_SIGN_R');
    this.clearWords('ECC_SIGN_S', 'ECC_VERIFY_R', 'ECC_IV', 'ECC_NONCE', 'ECC_PRIVKEY_IN', 'ECC_DH_SHARED_KEY');
    this.store('ECC_STATUS', READY);
    for (const port of ['ECC_KV_RD_PKEY_STATUS', 'ECC_KV_RD_SEED_STATUS', 'ECC_KV_WR_PKEY_STATUS'] as const)
      this.kvZeroize(port);
    this.#forget();
  }

  #forget(): void {
    this.#seedSlot = -1;
    this.#keySlot = -1;
    this.#failed = false;
  }

  protected override onWrite(name: keyof Registers, _index: number, next: number, write: RegisterWrite): number {
    switch (name) {
      case 'ECC_CTRL':
        this.#control(write.written);
        return 0;
      case 'ECC_SEED':
        return this.#seedSlot >= 0 ? write.previous : next;
      case 'ECC_PRIVKEY_IN':
        return this.#keySlot >= 0 ? write.previous : next;
      case 'ECC_KV_RD_SEED_CTRL':
        return this.#seedSlot >= 0 ? write.previous : this.#readPort(next, 'seed');
      case 'ECC_KV_RD_PKEY_CTRL':
        return this.#keySlot >= 0 ? write.previous : this.#readPort(next, 'pkey');
      default:
        return next;
    }
  }

  #readPort(word: number, what: 'seed' | 'pkey'): number {
    const { enable, slot } = kvControl(word);
    if (!enable) return word;
    const [status, register] =
      what === 'seed'
        ? (['ECC_KV_RD_SEED_STATUS', 'ECC_SEED'] as const)
        : (['ECC_KV_RD_PKEY_STATUS', 'ECC_PRIVKEY_IN'] as const);
    const secret = this.kvRead(status, slot, () =>
      what === 'seed'
        ? this.#keyVault.read(slot, KeyUsage.ECC_SEED, 'seed-read')
        : this.#keyVault.read(slot, KeyUsage.ECC_PKEY, 'key-read'),
    );
    this.clearWords(register);
    if (secret !== undefined) this.storeBytes(register, secret.subarray(0, SIZE));
    if (what === 'seed') this.#seedSlot = slot;
    else this.#keySlot = slot;
    return (word & ~1) >>> 0;
  }

  #control(word: number): void {
    const { ctrl, zeroize, pcr_sign, dh_sharedkey } = unpack(ECC_REG.registers.ECC_CTRL, word);
    const portsReady =
      this.kvError('ECC_KV_RD_PKEY_STATUS') === KV_SUCCESS && this.kvError('ECC_KV_RD_SEED_STATUS') === KV_SUCCESS;
    const command = dh_sharedkey === 1 ? (ctrl === 0 ? 4 : 0) : ctrl;
    if (command !== 0 && portsReady && !this.#failed) this.#operate(command, pcr_sign === 1);
    if (zeroize === 1) this.zeroize();
  }

  #operate(command: number, pcr: boolean): void {
    try {
      if (pcr && command !== 2) throw new EngineError('ecc-error', 'only signing takes PCR_SIGN');
      if (command === 1) this.#keygenByRegister();
      else if (command === 2) this.#signByRegister(pcr);
      else if (command === 3) this.storeBytes('ECC_VERIFY_R', this.verify(this.#verifyOperands()));
      else this.#sharedSecretByRegister();
      this.store('ECC_STATUS', READY | VALID);
      this.raise('notif_cmd_done');
      this.#dropVaultOperands();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#failed = true;
      this.store('ECC_STATUS', READY);
      this.raise('error_internal');
    }
  }

  #keygenByRegister(): void {
    const [seed, nonce] = [this.storedBytes('ECC_SEED'), this.storedBytes('ECC_NONCE')];
    const { publicKey, privateKey = seed } = this.keygen({ seed, nonce });
    this.storeBytes('ECC_PUBKEY_X', publicKey.subarray(0, SIZE));
    this.storeBytes('ECC_PUBKEY_Y', publicKey.subarray(SIZE));
    this.#publish('ECC_PRIVKEY_OUT', privateKey, this.#seedSlot);
  }

  #signByRegister(pcr: boolean): void {
    const signature = pcr
      ? this.signPcr()
      : this.sign({ privateKey: this.storedBytes('ECC_PRIVKEY_IN'), digest: this.storedBytes('ECC_MSG') });
    this.storeBytes('ECC_SIGN_R', signature.subarray(0, SIZE));
    this.storeBytes('ECC_SIGN_S', signature.subarray(SIZE));
  }

  #sharedSecretByRegister(): void {
    const { publicKey } = this.#verifyOperands();
    const secret = this.sharedSecret({ privateKey: this.storedBytes('ECC_PRIVKEY_IN'), publicKey });
    this.#publish('ECC_DH_SHARED_KEY', secret as Uint8Array, this.#keySlot);
  }

  #verifyOperands(): { publicKey: Uint8Array; digest: Uint8Array; signature: Uint8Array } {
    return {
      publicKey: joined(this.storedBytes('ECC_PUBKEY_X'), this.storedBytes('ECC_PUBKEY_Y')),
      digest: this.storedBytes('ECC_MSG'),
      signature: joined(this.storedBytes('ECC_SIGN_R'), this.storedBytes('ECC_SIGN_S')),
    };
  }

  /** A secret result: into the vault if asked, else to the core unless its source was the vault. */
  #publish(register: 'ECC_PRIVKEY_OUT' | 'ECC_DH_SHARED_KEY', secret: Uint8Array, source: number): void {
    const slots = source >= 0 ? [source] : [];
    if ((this.stored('ECC_KV_WR_PKEY_CTRL') & 1) !== 0)
      this.kvWrite('ECC_KV_WR_PKEY_CTRL', 'ECC_KV_WR_PKEY_STATUS', (slot, usage) =>
        this.#keyVault.write(slot, secret, usage, { engine: 'ecc', slots }),
      );
    else if (source < 0) this.storeBytes(register, secret);
  }

  #dropVaultOperands(): void {
    if (this.#seedSlot >= 0) this.clearWords('ECC_SEED');
    if (this.#keySlot >= 0) this.clearWords('ECC_PRIVKEY_IN');
    this.#seedSlot = -1;
    this.#keySlot = -1;
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    if (kind !== 'update') this.#forget();
  }

  override save(): EccState {
    return { ...super.save(), seedSlot: this.#seedSlot, keySlot: this.#keySlot, failed: this.#failed };
  }

  override restore(state: EccState): void {
    checkState(state, { fields: { seedSlot: SAVED_SLOT, keySlot: SAVED_SLOT, failed: 'boolean' } }, 'ecc');
    super.restore(state);
    this.#seedSlot = state.seedSlot;
    this.#keySlot = state.keySlot;
    this.#failed = state.failed;
  }
}

function checkSize(name: string, value: Uint8Array, size: number): void {
  if (value.length !== size) throw new RangeError(`${name}: expected ${size} bytes, got ${value.length}`);
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const out = new Uint8Array(head.length + tail.length);
  out.set(head);
  out.set(tail, head.length);
  return out;
}
