import type { CryptoProvider, MlDsa, MlKem } from '@rootcap/crypto';
import { ABR_REG, type Abr, UC_ACCESS } from '@rootcap/hardware';

type RegisterName = keyof (typeof ABR_REG)['registers'] & string;

const [KEYGEN, SIGN, VERIFY] = [1, 2, 3];
const [ENCAPS, DECAPS] = [2, 3];
const [ZEROIZE, EXTERNAL_MU, STREAM] = [8, 0x20, 0x40];
const [VALID, STREAM_READY] = [2, 4];
const MESSAGE_BYTES = 64;
const SIGNATURE_BYTES = 4627;
const EMPTY = new Uint8Array(0);

type Subject = { readonly message: Uint8Array; readonly context: Uint8Array } | { readonly mu: Uint8Array };

/** How often each command was given, and how often it ended in the error state. */
export type CommandCounts = Map<string, { runs: number; errors: number }>;

/** Drives the accelerator as a driver of firmware does: word by word at its offsets, with ZEROIZE around each command. */
export class RegisterDriver {
  readonly counts: CommandCounts = new Map();
  readonly #abr: Abr;

  constructor(abr: Abr) {
    this.#abr = abr;
  }

  #word(name: RegisterName, index = 0): number {
    return this.#abr.readRegister(ABR_REG.registers[name].offset + 4 * index, UC_ACCESS);
  }

  #setWord(name: RegisterName, value: number, index = 0): void {
    this.#abr.writeRegister(ABR_REG.registers[name].offset + 4 * index, value >>> 0, UC_ACCESS);
  }

  /** Writes bytes as little-endian words. @throws RangeError if they are not as many as the register has */
  #write(name: RegisterName, bytes: Uint8Array, length = bytes.length): void {
    if (bytes.length !== length) throw new RangeError(`${name}: ${bytes.length} bytes, not ${length}`);
    for (let i = 0; i < bytes.length; i += 4) this.#setWord(name, littleWord(bytes.subarray(i, i + 4)), i / 4);
  }

  #read(name: RegisterName, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, this.#word(name, i / 4), true);
    return bytes.subarray(0, length);
  }

  /** One command between two ZEROIZEs. @throws RangeError if it ends in the error state */
  #run<T>(name: string, load: () => void, command: () => number, results: () => T): T {
    this.#setWord('MLDSA_CTRL', ZEROIZE);
    load();
    const status = command();
    const count = this.counts.get(name) ?? { runs: 0, errors: 0 };
    this.counts.set(name, count);
    count.runs++;
    try {
      if ((status & VALID) !== 0) return results();
      count.errors++;
      throw new RangeError(`${name}: the accelerator is in its error state`);
    } finally {
      this.#setWord('MLDSA_CTRL', ZEROIZE);
    }
  }

  #mldsa(command: number, subject?: Subject): number {
    if (subject === undefined) this.#setWord('MLDSA_CTRL', command);
    else if ('mu' in subject) {
      this.#write('MLDSA_EXTERNAL_MU', subject.mu, 64);
      this.#setWord('MLDSA_CTRL', command | EXTERNAL_MU);
    } else if (subject.message.length === MESSAGE_BYTES && subject.context.length === 0) {
      this.#write('MLDSA_MSG', subject.message);
      this.#setWord('MLDSA_CTRL', command);
    } else this.#stream(command, subject.message, subject.context);
    return this.#word('MLDSA_STATUS');
  }

  #stream(command: number, message: Uint8Array, context: Uint8Array): void {
    if (context.length > 255) throw new RangeError(`MLDSA_CTX: ${context.length} bytes, more than 255`);
    this.#write('MLDSA_CTX', context);
    this.#setWord('MLDSA_CTX_CONFIG', context.length);
    this.#setWord('MLDSA_CTRL', command | STREAM);
    // A verification may end before it needs the message.
    if ((this.#word('MLDSA_STATUS') & STREAM_READY) === 0) return;
    const whole = message.length & ~3;
    this.#setWord('MLDSA_MSG_STROBE', 0xf);
    for (let i = 0; i < whole; i += 4) this.#setWord('MLDSA_MSG', littleWord(message.subarray(i, i + 4)));
    this.#setWord('MLDSA_MSG_STROBE', (1 << (message.length - whole)) - 1);
    this.#setWord('MLDSA_MSG', littleWord(message.subarray(whole)));
  }

  mldsaKeygen(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array } {
    return this.#run(
      'ML-DSA key generation',
      () => this.#write('MLDSA_SEED', seed, 32),
      () => this.#mldsa(KEYGEN),
      () => ({ publicKey: this.#read('MLDSA_PUBKEY', 2592), secretKey: this.#read('MLDSA_PRIVKEY_OUT', 4896) }),
    );
  }

  mldsaSign(secretKey: Uint8Array, subject: Subject, rnd: Uint8Array): Uint8Array {
    return this.#run(
      `ML-DSA signature, ${kindOf(subject)}`,
      () => {
        this.#write('MLDSA_PRIVKEY_IN', secretKey, 4896);
        this.#write('MLDSA_SIGN_RND', rnd, 32);
      },
      () => this.#mldsa(SIGN, subject),
      () => this.#read('MLDSA_SIGNATURE', SIGNATURE_BYTES),
    );
  }

  /** Compares VERIFY_RES with the signature, of which it refuses one with a commitment hash of zeros. */
  mldsaVerify(publicKey: Uint8Array, subject: Subject, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    const result = this.#run(
      `ML-DSA verification, ${kindOf(subject)}`,
      () => {
        this.#write('MLDSA_PUBKEY', publicKey, 2592);
        this.#write('MLDSA_SIGNATURE', signature);
      },
      () => this.#mldsa(VERIFY, subject),
      () => this.#read('MLDSA_VERIFY_RES', 64),
    );
    return result.some((byte) => byte !== 0) && result.every((byte, i) => byte === signature[i]);
  }

  #mlkem(command: number): number {
    this.#setWord('MLKEM_CTRL', command);
    return this.#word('MLKEM_STATUS');
  }

  mlkemKeygen(d: Uint8Array, z: Uint8Array) {
    return this.#run(
      'ML-KEM key generation',
      () => {
        this.#write('MLKEM_SEED_D', d, 32);
        this.#write('MLKEM_SEED_Z', z, 32);
      },
      () => this.#mlkem(KEYGEN),
      () => ({
        encapsulationKey: this.#read('MLKEM_ENCAPS_KEY', 1568),
        decapsulationKey: this.#read('MLKEM_DECAPS_KEY', 3168),
      }),
    );
  }

  mlkemEncapsulate(encapsulationKey: Uint8Array, m: Uint8Array) {
    return this.#run(
      'ML-KEM encapsulation',
      () => {
        this.#write('MLKEM_ENCAPS_KEY', encapsulationKey, 1568);
        this.#write('MLKEM_MSG', m, 32);
      },
      () => this.#mlkem(ENCAPS),
      () => ({ ciphertext: this.#read('MLKEM_CIPHERTEXT', 1568), sharedSecret: this.#read('MLKEM_SHARED_KEY', 32) }),
    );
  }

  mlkemDecapsulate(decapsulationKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    return this.#run(
      'ML-KEM decapsulation',
      () => {
        this.#write('MLKEM_DECAPS_KEY', decapsulationKey, 3168);
        this.#write('MLKEM_CIPHERTEXT', ciphertext, 1568);
      },
      () => this.#mlkem(DECAPS),
      () => this.#read('MLKEM_SHARED_KEY', 32),
    );
  }
}

function kindOf(subject: Subject): string {
  if ('mu' in subject) return 'external mu';
  return subject.message.length === MESSAGE_BYTES && subject.context.length === 0 ? 'message register' : 'streamed';
}

/** Up to four bytes as a word, the first one lowest. */
export const littleWord = (bytes: Uint8Array): number =>
  bytes.reduce((word, byte, i) => (word | (byte << (8 * i))) >>> 0, 0);

/**
 * A provider whose ML-DSA-87 and ML-KEM-1024 go through the registers; `base` has the rest. A message that comes already
 * formatted is hashed to mu by software, with SHAKE256 of `base`, and goes in as external mu. Checks of keys are those
 * of the commands.
 */
export function registerProvider(base: CryptoProvider, driver: RegisterDriver): CryptoProvider {
  const mu = (tr: Uint8Array, formatted: Uint8Array): { readonly mu: Uint8Array } => ({
    mu: base.xof.digest('shake256', 64, tr, formatted),
  });
  const zeros = (length: number) => new Uint8Array(length);
  const ends = (run: () => unknown): boolean => {
    try {
      run();
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
  const mldsa87: MlDsa = {
    ...base.mldsa87,
    keygenFromSeed: (seed) => driver.mldsaKeygen(seed),
    sign: (secretKey, message, { context = EMPTY, rnd = zeros(32) } = {}) =>
      driver.mldsaSign(secretKey, { message, context }, rnd),
    verify: (publicKey, message, signature, { context = EMPTY } = {}) =>
      driver.mldsaVerify(publicKey, { message, context }, signature),
    signInternal: (secretKey, formatted, rnd = zeros(32)) =>
      driver.mldsaSign(secretKey, mu(secretKey.subarray(64, 128), formatted), rnd),
    verifyInternal: (publicKey, formatted, signature) =>
      driver.mldsaVerify(publicKey, mu(base.xof.digest('shake256', 64, publicKey), formatted), signature),
    signMu: (secretKey, external, rnd = zeros(32)) => driver.mldsaSign(secretKey, { mu: external }, rnd),
    verifyMu: (publicKey, external, signature) => driver.mldsaVerify(publicKey, { mu: external }, signature),
  };
  const mlkem1024: MlKem = {
    ...base.mlkem1024,
    keygenFromSeed: (d, z) => driver.mlkemKeygen(d, z),
    encapsulate: (encapsulationKey, m) => driver.mlkemEncapsulate(encapsulationKey, m),
    decapsulate: (decapsulationKey, ciphertext) => driver.mlkemDecapsulate(decapsulationKey, ciphertext),
    checkEncapsulationKey: (key) => ends(() => driver.mlkemEncapsulate(key, zeros(32))),
    checkDecapsulationKey: (key) => ends(() => driver.mlkemDecapsulate(key, zeros(1568))),
  };
  return { ...base, mldsa87, mlkem1024 };
}
