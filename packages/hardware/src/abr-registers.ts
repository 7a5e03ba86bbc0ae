import type { MlDsaKeyPair } from '@rootcap/crypto';
import { unpack } from '@rootcap/struct';
import { INPUTS, READ_PORT_NAMES, READ_PORTS, RESULTS, type ReadPort } from './abr-access.ts';
import { type AbrEngine, ExpandedKeys, type MlDsaInput } from './abr-engine.ts';
import { sharedWords } from './abr-memory.ts';
import { ABR_PROFILES, type AbrProfile, type AbrProfileName } from './abr-profile.ts';
import { type AbrClock, type AbrEvent, AbrSchedule, SAVED_EVENTS } from './abr-schedule.ts';
import { ABR_COMMANDS, type AbrAlgorithm, type AbrCommand, type AbrStreamCommand } from './abr-timing.ts';
import type { RegisterFileState, RegisterWrite, ResetKind } from './block.ts';
import { EngineRegisters, KV_SUCCESS, kvControl, SAVED_SLOT } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { type Emit, ignoreEvents } from './events.ts';
import type { KeyVault } from './key-vault.ts';
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
  /** Time of the chip. Without it, nothing takes any. */
  readonly clock?: AbrClock;
}

/** Slot whose seed signs PCR quotes, whatever its use lock says. caliptra-rtl:src/keyvault/rtl/kv_defines_pkg.sv */
export const MLDSA_PCR_SIGNING_SLOT = 8;

export const SIGNATURE_SIZE = 4627;
export const ZERO_RND = new Uint8Array(32);

/** Bits of `MLDSA_STATUS`. */
const READY = 1;
const VALID = 2;
const STREAM_READY = 4;
const MLDSA_ERROR = 8;
const MLKEM_ERROR = 4;

/** From PCR_SIGN with a command that does not take it to the error state. */
const PCR_REFUSAL_CYCLES = 1;

/** Bits that software can write of a port's control register: the others are reserved, or of other engines. */
const READ_PORT_MASK = 0x3f;
const WRITE_PORT_MASK = 0x7fff;

/** Words of a private key that are in the scratch register; the others are in the private-key RAM. */
const SCRATCH_WORDS = 32;

const NO_SLOTS: Record<ReadPort, number> = {
  KV_MLDSA_SEED_RD_CTRL: -1,
  KV_MLKEM_SEED_RD_CTRL: -1,
  KV_MLKEM_MSG_RD_CTRL: -1,
};

export interface AbrState extends RegisterFileState {
  /** Slot whose contents a read port has taken, or -1, in the order of the ports. */
  readonly portSlots: readonly number[];
  /** Command that waits for its message, and the part that has come. */
  readonly stream?: { readonly command: number; readonly message: readonly number[] };
  /** What is under way, and when it ends. */
  readonly events: readonly AbrEvent[];
}

/** What a command gives that is not to be seen before its end. */
interface LateResults {
  readonly verifyResult?: Uint8Array;
  readonly sharedKey?: Uint8Array;
}

/**
 * Registers of Adams Bridge: ML-DSA-87 and ML-KEM-1024 behind one register block. The arithmetic is the injected engine's.
 *
 * All values are natural bytes, except that a value from the key vault is taken in full byte reversal: the vault's
 * words are big-endian, the accelerator's little-endian.
 *
 * What a command does to registers is done when it begins, as nothing of it can be seen before VALID; READY, VALID,
 * ERROR, the stream's readiness, transfers of the vault and what shows without VALID come when their time has passed.
 * Where the software emulator's face and time differ from the RTL's, see {@link ABR_PROFILES}.
 *
 * @see adams-bridge:src/abr_top/rtl/abr_ctrl.sv
 */
export class AbrRegisters extends EngineRegisters<Registers> {
  protected readonly engine: AbrEngine;
  protected readonly keyVault: KeyVault;
  protected readonly keys: ExpandedKeys;
  protected readonly profile: AbrProfile;
  protected readonly clock: AbrClock | undefined;
  readonly #sha512: Sha512;
  readonly #emit: Emit;
  readonly #schedule: AbrSchedule;
  #portSlots: Record<ReadPort, number> = NO_SLOTS;
  #stream: { command: number; chunks: number[] } | undefined;

  constructor({ engine, keyVault, sha512, emit = ignoreEvents, profile = 'emulator', clock }: AbrOptions) {
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
    this.profile = ABR_PROFILES[profile];
    this.engine = engine;
    this.keyVault = keyVault;
    this.clock = clock;
    this.#sha512 = sha512;
    this.#emit = emit;
    this.#schedule = new AbrSchedule(clock, (event) => this.#happen(event));
    this.keys = new ExpandedKeys((seed) => engine.mldsaKeygen(seed));
    keyVault.onSlotChange((slot) => this.keys.forgetSlot(slot));
  }

  /** Clock cycle at which something that is under way ends; infinite if nothing is. */
  get eventDue(): number {
    return this.#schedule.due;
  }

  /** Ends what is due at the clock's time. */
  settle(): void {
    this.#schedule.settle();
  }

  /** Slot 8 and the PCR hash as they are wired in, in the accelerator's byte order. */
  protected pcrInputs(): { readonly seed: Uint8Array; readonly message: Uint8Array } {
    return {
      seed: reversed(this.keyVault.inspect(MLDSA_PCR_SIGNING_SLOT).subarray(0, 32)),
      message: reversed(this.#sha512.pcrHash),
    };
  }

  protected sign(secretKey: Uint8Array, input: MlDsaInput, rnd: Uint8Array, purpose: 'message' | 'pcr'): Uint8Array {
    const signature = refusing(() => this.engine.mldsaSign(secretKey, input, rnd));
    this.#emit({ kind: 'signature', algorithm: 'ml-dsa-87', purpose });
    return signature;
  }

  /** Aborts whatever is under way and forgets all operands and results, expanded keys too. READY comes back later. */
  zeroize(): void {
    for (const name of [...INPUTS, ...(Object.keys(RESULTS) as (keyof Registers)[])]) this.clearWords(name);
    this.clearWords('MLDSA_VERIFY_RES', 'MLDSA_MSG_STROBE', 'MLDSA_CTRL');
    this.store('KV_MLKEM_SHAREDKEY_WR_CTRL', (this.stored('KV_MLKEM_SHAREDKEY_WR_CTRL') & ~1) >>> 0);
    for (const { status } of Object.values(READ_PORTS)) this.kvZeroize(status);
    this.kvZeroize('KV_MLKEM_SHAREDKEY_WR_STATUS');
    this.#forget();
    this.engine.zeroize?.();
    this.#setStatus(0, 0);
    this.#schedule.add(this.profile.timing.zeroize, { kind: 'ready' });
  }

  #forget(): void {
    this.#portSlots = NO_SLOTS;
    this.#stream = undefined;
    this.#schedule.clear();
    this.keys.wipe();
  }

  /** Something that was under way has ended. */
  #happen(event: AbrEvent): void {
    switch (event.kind) {
      case 'ready':
        this.#setStatus(READY, READY);
        return;
      case 'stream':
        this.#stream = { command: event.command, chunks: [] };
        this.store('MLDSA_STATUS', STREAM_READY);
        return;
      case 'vault':
        this.#takeFromVault(READ_PORT_NAMES[event.port] as ReadPort, event.slot);
        return;
      case 'command':
        this.#end(event);
    }
  }

  // ---- accesses ----

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
    if (!this.profile.sharedMemory) return word;
    const messageInRam = name === 'MLDSA_PRIVKEY_IN' && index >= SCRATCH_WORDS && this.#isVaultData('MLKEM_MSG');
    if (messageInRam) return previous;
    for (const other of sharedWords(name, index)) this.store(other.name, word, other.index);
    return word;
  }

  #isVaultData(name: keyof Registers): boolean {
    return READ_PORT_NAMES.some(
      (port) => this.#portSlots[port] >= 0 && (READ_PORTS[port].into as readonly string[]).includes(name),
    );
  }

  // ---- key vault ----

  #readPort(port: ReadPort, word: number, previous: number): number {
    const { enable, slot } = kvControl(word);
    if (!this.#isReady(port) || this.#portSlots[port] >= 0) return previous;
    const kept = word & READ_PORT_MASK;
    if (!enable) return kept;
    const { status, into } = READ_PORTS[port];
    this.#portSlots = { ...this.#portSlots, [port]: slot };
    this.store(status, 0);
    if (this.profile.waitsForZeroize) this.#setStatus(0, 0);
    const { fixed, perWord } = this.profile.timing.vaultRead;
    const cycles = fixed + perWord * 8 * into.length;
    this.#schedule.add(cycles, { kind: 'vault', port: READ_PORT_NAMES.indexOf(port), slot });
    return kept & ~1;
  }

  /** A refused read keeps the whole RTL from READY until it is zeroized. */
  #takeFromVault(port: ReadPort, slot: number): void {
    const { status, usage, into } = READ_PORTS[port];
    const data = this.kvRead(status, slot, () => this.keyVault.read(slot, usage, 'seed-read'));
    into.forEach((name, i) => {
      this.clearWords(name);
      if (data !== undefined) this.#storeLittle(name, this.#crossed(port, data.subarray(i * 32, i * 32 + 32)));
    });
    const refused = this.kvError(status) !== KV_SUCCESS;
    if (this.profile.waitsForZeroize) this.#setStatus(refused ? 0 : READY, refused ? 0 : READY);
    else if (refused) this.store(status, this.stored(status) | READY);
  }

  /** A value as it crosses the port to the vault, in either direction. */
  #crossed(port: ReadPort | 'KV_MLKEM_SHAREDKEY_WR_CTRL', bytes: Uint8Array): Uint8Array {
    return port === 'KV_MLDSA_SEED_RD_CTRL' || this.profile.mlkemReversed ? reversed(bytes) : swapped(bytes);
  }

  /** Software sees it only if neither the seed nor the message port has been used, even if this command needs neither. */
  #publishSharedKey(secret: Uint8Array): void {
    const { KV_MLKEM_SEED_RD_CTRL: seedSlot, KV_MLKEM_MSG_RD_CTRL: messageSlot } = this.#portSlots;
    const slots = [seedSlot, messageSlot].filter((slot) => slot >= 0);
    if ((this.stored('KV_MLKEM_SHAREDKEY_WR_CTRL') & 1) !== 0)
      this.kvWrite('KV_MLKEM_SHAREDKEY_WR_CTRL', 'KV_MLKEM_SHAREDKEY_WR_STATUS', (slot, usage) =>
        this.keyVault.write(slot, this.#crossed('KV_MLKEM_SHAREDKEY_WR_CTRL', secret), usage, {
          engine: 'mlkem',
          slots,
        }),
      );
    else if (slots.length === 0) this.#storeLittle('MLKEM_SHARED_KEY', secret);
  }

  // ---- ML-DSA ----

  #mldsaControl(word: number): number {
    const { ctrl, zeroize, pcr_sign, external_mu, stream_msg } = unpack(ABR_REG.registers.MLDSA_CTRL, word);
    if (zeroize === 1) {
      this.zeroize();
      return 0;
    }
    if (!this.#isReady('MLDSA_CTRL')) return this.stored('MLDSA_CTRL');
    if (pcr_sign === 1) this.#loadPcrSigning(external_mu === 0);
    const command = ABR_COMMANDS.mldsa[ctrl - 1];
    if (command === undefined) return stream_msg << 6;
    const input = this.#registerInput(external_mu === 1);
    if (pcr_sign === 1 && command !== 'MLDSA_KEYGEN_SIGN') this.#run('mldsa', command, refusePcr, PCR_REFUSAL_CYCLES);
    else if (pcr_sign === 0 && stream_msg === 1 && external_mu === 0 && command !== 'MLDSA_KEYGEN')
      this.#beginStream(command, ctrl);
    else this.#run('mldsa', command, () => this.#mldsaByRegister(command, input, pcr_sign === 1 ? 'pcr' : 'message'));
    return stream_msg << 6;
  }

  /** PCR_SIGN brings the wired seed and PCR hash, with or without a command; from then on they are vault data. */
  #loadPcrSigning(withMessage: boolean): void {
    const { seed, message } = this.pcrInputs();
    this.#storeLittle('MLDSA_SEED', seed);
    if (withMessage) this.#storeLittle('MLDSA_MSG', message);
    this.#portSlots = { ...this.#portSlots, KV_MLDSA_SEED_RD_CTRL: MLDSA_PCR_SIGNING_SLOT };
  }

  #registerInput(externalMu: boolean): MlDsaInput {
    return externalMu ? { mu: this.#little('MLDSA_EXTERNAL_MU') } : { message: this.#little('MLDSA_MSG') };
  }

  #signature(): Uint8Array {
    return this.#little('MLDSA_SIGNATURE').subarray(0, SIGNATURE_SIZE);
  }

  #beginStream(command: AbrStreamCommand, code: number): void {
    this.clearWords('MLDSA_PRIVKEY_OUT');
    const { waitsForZeroize, timing } = this.profile;
    if (command === 'MLDSA_VERIFY' && waitsForZeroize && this.engine.mldsaRejectsEarly?.(this.#signature())) {
      this.#run('mldsa', command, () => ({ verifyResult: new Uint8Array(64) }), timing.earlyReject);
      return;
    }
    this.#busy('mldsa');
    this.#schedule.add(this.#streamReadyCycles(command), { kind: 'stream', command: code });
  }

  #context(): Uint8Array {
    return this.#little('MLDSA_CTX').slice(0, this.stored('MLDSA_CTX_CONFIG') & this.profile.contextSize);
  }

  #streamReadyCycles(command: AbrStreamCommand): number {
    const { fixed, perWord } = this.profile.timing.streamReady[command];
    return fixed + perWord * (this.#context().length >> 2);
  }

  /** A word of a streamed message; a strobe other than 1111 says how many bytes end it. */
  #streamWord(word: number): void {
    const stream = this.#stream as { command: number; chunks: number[] };
    const strobe = this.stored('MLDSA_MSG_STROBE');
    for (let i = 0; i < 4 && ((strobe >>> i) & 1) !== 0; i++) stream.chunks.push((word >>> (8 * i)) & 0xff);
    if (strobe === 0xf) return;
    this.#stream = undefined;
    const command = ABR_COMMANDS.mldsa[stream.command - 1] as AbrStreamCommand;
    const input = { message: Uint8Array.from(stream.chunks), context: this.#context() };
    const run = (): LateResults => this.#mldsaByRegister(command, input, 'message');
    this.#run('mldsa', command, run, this.profile.timing.streamRest, this.#streamReadyCycles(command));
  }

  #mldsaByRegister(command: AbrCommand, input: MlDsaInput, purpose: 'message' | 'pcr'): LateResults {
    this.clearWords('MLDSA_PRIVKEY_OUT');
    if (command === 'MLDSA_VERIFY')
      return { verifyResult: this.#verifyResult(this.#little('MLDSA_PUBKEY'), this.#signature(), input) };
    const slot = this.#portSlots.KV_MLDSA_SEED_RD_CTRL;
    if (command === 'MLDSA_SIGN') {
      this.#storeSignature(this.sign(this.#little('MLDSA_PRIVKEY_IN'), input, this.#signRnd(), purpose));
      return {};
    }
    if (command === 'MLDSA_KEYGEN') {
      const { publicKey, secretKey } = this.#keyPair(this.#little('MLDSA_SEED'), slot);
      this.#storeLittle('MLDSA_PUBKEY', publicKey);
      if (slot < 0) this.#storeLittle('MLDSA_PRIVKEY_OUT', secretKey);
      return {};
    }
    this.#keygenSign(this.#little('MLDSA_SEED'), slot, input, purpose);
    return {};
  }

  /** Key pair of a seed; an engine that counts cycles makes it anew each time. */
  #keyPair(seed: Uint8Array, slot: number): MlDsaKeyPair {
    return this.engine.takeCycles === undefined ? this.keys.get(seed, slot) : this.engine.mldsaKeygen(seed);
  }

  #keygenSign(seed: Uint8Array, slot: number, input: MlDsaInput, purpose: 'message' | 'pcr'): void {
    const rnd = this.#signRnd();
    const own = refusing(() => this.engine.mldsaKeygenSign?.(seed, input, rnd));
    const publicKey = own?.publicKey ?? this.#keyPair(seed, slot).publicKey;
    this.#storeLittle('MLDSA_PUBKEY', publicKey);
    if (own === undefined) {
      this.#storeSignature(this.sign(this.#keyPair(seed, slot).secretKey, input, rnd, purpose));
      return;
    }
    this.#storeSignature(own.signature);
    this.#emit({ kind: 'signature', algorithm: 'ml-dsa-87', purpose });
  }

  #verifyResult(publicKey: Uint8Array, signature: Uint8Array, input: MlDsaInput): Uint8Array {
    const computed =
      this.profile.verifyResult === 'computed'
        ? this.engine.mldsaVerifyResult?.(publicKey, signature, input)
        : undefined;
    if (computed !== undefined) return computed;
    const right = this.engine.mldsaVerify(publicKey, signature, input);
    return right ? signature.subarray(0, 64) : new Uint8Array(64);
  }

  #signRnd(): Uint8Array {
    return this.profile.signRnd ? this.#little('MLDSA_SIGN_RND') : ZERO_RND;
  }

  #storeSignature(signature: Uint8Array): void {
    const padded = new Uint8Array(SIGNATURE_SIZE + 1);
    padded.set(signature);
    this.#storeLittle('MLDSA_SIGNATURE', padded);
  }

  // ---- ML-KEM ----

  #mlkemControl(word: number): number {
    const { ctrl, zeroize } = unpack(ABR_REG.registers.MLKEM_CTRL, word);
    const command = ABR_COMMANDS.mlkem[ctrl - 1];
    if (zeroize === 1) this.zeroize();
    else if (this.#isReady('MLKEM_CTRL') && command !== undefined)
      this.#run('mlkem', command, () => this.#mlkemByRegister(command));
    return 0;
  }

  #mlkemByRegister(command: AbrCommand): LateResults {
    const given = this.#little('MLKEM_DECAPS_KEY');
    this.clearWords('MLKEM_SHARED_KEY');
    // Its read lock opens after key generation alone.
    if (this.profile.waitsForZeroize || command === 'MLKEM_KEYGEN') this.clearWords('MLKEM_DECAPS_KEY');
    if (command === 'MLKEM_ENCAPS') {
      const { ciphertext, sharedSecret } = refusing(() =>
        this.engine.mlkemEncapsulate(this.#little('MLKEM_ENCAPS_KEY'), this.#little('MLKEM_MSG')),
      );
      this.#storeLittle('MLKEM_CIPHERTEXT', ciphertext);
      return { sharedKey: sharedSecret };
    }
    const pair =
      command === 'MLKEM_DECAPS'
        ? undefined
        : this.engine.mlkemKeygen(this.#little('MLKEM_SEED_D'), this.#little('MLKEM_SEED_Z'));
    if (command === 'MLKEM_KEYGEN' && pair !== undefined) {
      this.#storeLittle('MLKEM_ENCAPS_KEY', pair.encapsulationKey);
      if (this.#portSlots.KV_MLKEM_SEED_RD_CTRL < 0) this.#storeLittle('MLKEM_DECAPS_KEY', pair.decapsulationKey);
      return {};
    }
    const key = pair?.decapsulationKey ?? given;
    return { sharedKey: refusing(() => this.engine.mlkemDecapsulate(key, this.#little('MLKEM_CIPHERTEXT'))) };
  }

  // ---- commands in time ----

  /**
   * Runs a command, which ends when its time has passed.
   *
   * @param cycles - whatever the engine counts; default: what it counts, or the profile's
   * @param before - cycles of it that have passed
   */
  #run(algorithm: AbrAlgorithm, command: AbrCommand, run: () => LateResults, cycles?: number, before = 0): void {
    this.#busy(algorithm);
    this.engine.useEntropy?.(this.#little('ABR_ENTROPY'));
    this.engine.takeCycles?.();
    let late: LateResults | undefined;
    try {
      late = run();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
    const failed = late === undefined;
    const duration = cycles ?? Math.max(1, this.cyclesOf(command, failed) - before);
    this.#schedule.add(duration, { kind: 'command', algorithm, failed, ...late });
  }

  /** Clock cycles of a command that has run: the engine's count, or the profile's figure. */
  protected cyclesOf(command: AbrCommand, failed = false): number {
    const { counted, commands, refusals } = this.profile.timing;
    const count = this.engine.takeCycles?.() ?? 0;
    if (counted && count > 0) return count;
    return (failed ? refusals[command] : undefined) ?? commands[command];
  }

  #busy(algorithm: AbrAlgorithm): void {
    if (this.profile.waitsForZeroize) this.#setStatus(0, 0);
    else this.store(algorithm === 'mldsa' ? 'MLDSA_STATUS' : 'MLKEM_STATUS', 0);
  }

  #end({ algorithm, failed, verifyResult, sharedKey }: Extract<AbrEvent, { kind: 'command' }>): void {
    const { waitsForZeroize, interrupts } = this.profile;
    if (verifyResult !== undefined) this.#storeLittle('MLDSA_VERIFY_RES', verifyResult);
    if (sharedKey !== undefined) this.#publishSharedKey(sharedKey);
    const mldsa = algorithm === 'mldsa';
    if (failed && (waitsForZeroize || mldsa)) this.#setStatus(MLDSA_ERROR, MLKEM_ERROR);
    else if (waitsForZeroize) this.#setStatus(mldsa ? VALID : 0, mldsa ? 0 : VALID);
    else this.store(mldsa ? 'MLDSA_STATUS' : 'MLKEM_STATUS', READY | VALID | (failed ? MLKEM_ERROR : 0));
    if (interrupts) this.raise(failed ? 'error_internal' : 'notif_cmd_done');
  }

  #setStatus(mldsa: number, mlkem: number): void {
    this.store('MLDSA_STATUS', mldsa);
    this.store('MLKEM_STATUS', mlkem);
  }

  // ---- state ----

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
    const events = this.#schedule.save();
    return { ...super.save(), portSlots, events, ...(stream === undefined ? {} : { stream }) };
  }

  override restore(state: AbrState): void {
    const stream = { fields: { command: { oneOf: [2, 3, 4] }, message: { list: 'number' } } } as const;
    const portSlots = { list: SAVED_SLOT, length: READ_PORT_NAMES.length } as const;
    checkState(state, { fields: { portSlots, stream: { optional: stream }, events: SAVED_EVENTS } }, 'abr');
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
    this.#schedule.restore(state.events);
  }
}

function refusePcr(): never {
  throw new EngineError('invalid-input', 'only KEYGEN_SIGN takes PCR_SIGN');
}

/** Turns a primitive's complaint about an operand into the engine's. */
export function refusing<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof RangeError) throw new EngineError('invalid-input', error.message);
    throw error;
  }
}

export function reversed(bytes: Uint8Array): Uint8Array {
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
