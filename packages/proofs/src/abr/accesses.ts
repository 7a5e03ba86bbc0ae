import { portableProvider } from '@rootcap/crypto';
import {
  ABR_REG,
  type Abr,
  type AbrProfileName,
  type KeyVault,
  providerAbrEngine,
  registerWords,
  UC_ACCESS,
} from '@rootcap/hardware';
import { caseRandom, type Random } from '../fuzz/random.ts';
import { createAbrBench } from './bench.ts';

const WORDS = registerWords(ABR_REG);
const offsetOf = (name: keyof (typeof ABR_REG)['registers']): number => ABR_REG.registers[name].offset;
const MLDSA_CTRL = offsetOf('MLDSA_CTRL');
const MLKEM_CTRL = offsetOf('MLKEM_CTRL');
const MLDSA_STATUS = offsetOf('MLDSA_STATUS');
const [KEYGEN, ZEROIZE] = [1, 8];
const VALID = 2;
/** Slots that hold secrets; the others are empty. Slot 8 signs PCR hashes, 17 is one of OCP LOCK's. */
const FILLED = [1, 2, 8, 17];
/** In OCP LOCK, what only DMA may take and only AES may write. */
const RELEASE_SLOT = 23;
const READ_PORTS = [
  offsetOf('KV_MLDSA_SEED_RD_CTRL'),
  offsetOf('KV_MLKEM_SEED_RD_CTRL'),
  offsetOf('KV_MLKEM_MSG_RD_CTRL'),
];
const WRITE_PORT = offsetOf('KV_MLKEM_SHAREDKEY_WR_CTRL');

export interface AccessFindings {
  readonly accesses: number;
  readonly commands: number;
  readonly scans: number;
  readonly slowestMilliseconds: number;
  /** What went wrong, with the number of the access. */
  readonly violations: readonly string[];
}

const swap = (word: number): number =>
  ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff_0000) | (word << 24)) >>> 0;

/** Two words of a secret in a row, in each order of bytes and words. */
class SecretPairs {
  readonly #pairs = new Set<string>();

  add(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i + 8 <= bytes.length; i += 4) {
      const [a, b] = [view.getUint32(i, true), view.getUint32(i + 4, true)];
      for (const [x, y] of [
        [a, b],
        [b, a],
        [swap(a), swap(b)],
        [swap(b), swap(a)],
      ] as const)
        this.#pairs.add(`${x},${y}`);
    }
  }

  has(first: number, second: number): boolean {
    return this.#pairs.has(`${first},${second}`);
  }
}

/** Everything that comes of the vault's contents and may not be read: seeds, private keys, shared secrets. */
function secretsOf(keyVault: KeyVault): SecretPairs {
  const pairs = new SecretPairs();
  const engine = providerAbrEngine(portableProvider);
  for (const slot of [...FILLED, RELEASE_SLOT]) {
    const bytes = keyVault.inspect(slot);
    pairs.add(bytes);
    const wordwise = bytes.map((_, i) => bytes[i ^ 3] as number);
    for (const order of [(part: Uint8Array) => part.slice().reverse(), undefined]) {
      const of = (from: number) =>
        order === undefined ? wordwise.slice(from, from + 32) : order(bytes.subarray(from, from + 32));
      const { secretKey } = engine.mldsaKeygen(of(0));
      // rho and tr are public.
      pairs.add(secretKey.slice(32, 64));
      pairs.add(secretKey.slice(128));
      const { decapsulationKey } = engine.mlkemKeygen(of(0), of(32));
      pairs.add(decapsulationKey.slice(0, 1536));
      pairs.add(decapsulationKey.slice(3136));
    }
  }
  return pairs;
}

/** A control word: any command, now and then for PCR signing, with mu or with a stream. */
function command(random: Random): number {
  const flag = (bit: number, probability: number): number => (random.chance(probability) ? bit : 0);
  return random.below(6) | flag(0x10, 0.15) | flag(0x20, 0.15) | flag(0x40, 0.15);
}

/** A write that goes somewhere: commands, ports, words of inputs; or anything anywhere in the 64 KiB. */
function write(random: Random): readonly [offset: number, value: number] {
  const roll = random.below(100);
  if (roll < 4) return [random.pick([MLDSA_CTRL, MLKEM_CTRL]), command(random)];
  if (roll < 9) return [random.pick([MLDSA_CTRL, MLKEM_CTRL]), ZEROIZE];
  if (roll < 12) return [random.pick(READ_PORTS), 1 | (random.pick([...FILLED, RELEASE_SLOT, random.below(32)]) << 1)];
  if (roll < 14) return [WRITE_PORT, random.u32() & 0x7fff];
  if (roll < 70) return [random.pick(WORDS).offset, random.edge()];
  return [random.below(0x1_0000) & ~3, random.u32()];
}

/**
 * Random accesses to the registers of an accelerator on the model, with secrets in its key vault. After each command and
 * now and then, everything that can be read is searched for secrets.
 *
 * @param options - `ocpLock`: LOCK_IN_PROGRESS; `bench`: default a new one
 */
export function fuzzAccesses(
  seed: number,
  count: number,
  profile: AbrProfileName,
  {
    ocpLock = false,
    bench: { abr, keyVault } = createAbrBench(profile, {}, { ocpLock }),
  }: { readonly ocpLock?: boolean; readonly bench?: Pick<ReturnType<typeof createAbrBench>, 'abr' | 'keyVault'> } = {},
): AccessFindings {
  const setup = caseRandom(seed, -1);
  for (const slot of FILLED) {
    keyVault.write(slot, setup.bytes(64), 0x1ff);
    keyVault.lockWrite(slot);
  }
  keyVault.write(RELEASE_SLOT, setup.bytes(64), 0x1ff);
  const watch = new Watch(abr, keyVault, profile);
  const released = keyVault.inspect(RELEASE_SLOT).slice();
  for (let i = 0; i < count; i++) watch.access(i, caseRandom(seed, i));
  if (ocpLock && keyVault.inspect(RELEASE_SLOT).some((byte, i) => byte !== released[i]))
    watch.report(`the accelerator wrote slot ${RELEASE_SLOT} in OCP LOCK`);
  return watch.findings(count);
}

class Watch {
  readonly #abr: Abr;
  readonly #secrets: SecretPairs;
  readonly #profile: AbrProfileName;
  readonly #violations: string[] = [];
  #commands = 0;
  #scans = 0;
  #slowest = 0;
  /** Whether the last command may show each private key. */
  #open = { mldsa: false, mlkem: false };
  #vaultSeeds = { mldsa: false, mlkem: false };

  constructor(abr: Abr, keyVault: KeyVault, profile: AbrProfileName) {
    this.#abr = abr;
    this.#secrets = secretsOf(keyVault);
    this.#profile = profile;
  }

  findings(accesses: number): AccessFindings {
    const [commands, scans] = [this.#commands, this.#scans];
    return { accesses, commands, scans, slowestMilliseconds: this.#slowest, violations: this.#violations };
  }

  report(violation: string): void {
    this.#violations.push(violation);
  }

  access(number: number, random: Random): void {
    const start = performance.now();
    try {
      if (random.chance(0.3)) this.#read(random);
      else this.#write(number, ...write(random));
    } catch (error) {
      this.#violations.push(`access ${number} threw ${String(error)}`);
    }
    this.#slowest = Math.max(this.#slowest, performance.now() - start);
    if (number % 100 === 0) this.#scan(number);
  }

  #read(random: Random): void {
    const offset = random.chance(0.5) ? random.pick(WORDS).offset : random.below(0x1_0000) & ~3;
    const value = this.#abr.readRegister(offset, UC_ACCESS);
    if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)) throw new RangeError(`read gave ${value}`);
  }

  #status = (): number => this.#abr.readRegister(MLDSA_STATUS, UC_ACCESS);

  #write(number: number, offset: number, value: number): void {
    const before = this.#abr.save().words;
    const ready = (this.#status() & 1) !== 0;
    this.#abr.writeRegister(offset, value, UC_ACCESS);
    this.#follow(offset, value, ready);
    const isCommand = (offset === MLDSA_CTRL || offset === MLKEM_CTRL) && (value & ZEROIZE) === 0 && (value & 7) !== 0;
    if (!isCommand || this.#abr.save().words.every((word, i) => word === before[i])) return;
    this.#commands++;
    this.#scan(number);
  }

  /** Follows by the rules alone which private key may be shown. */
  #follow(offset: number, value: number, ready: boolean): void {
    if (offset === READ_PORTS[0] && (value & 1) !== 0 && ready) this.#vaultSeeds.mldsa = true;
    if (offset === READ_PORTS[1] && (value & 1) !== 0) this.#vaultSeeds.mlkem = true;
    if (offset !== MLDSA_CTRL && offset !== MLKEM_CTRL) return;
    if ((value & ZEROIZE) !== 0) {
      this.#open = { mldsa: false, mlkem: false };
      this.#vaultSeeds = { mldsa: false, mlkem: false };
      return;
    }
    if (offset === MLDSA_CTRL && ready && (value & 0x10) !== 0) this.#vaultSeeds.mldsa = true;
    const command = value & 7;
    if (command === 0 || command > 4) return;
    if (offset === MLDSA_CTRL && ready) this.#open.mldsa = command === KEYGEN && !this.#vaultSeeds.mldsa;
    if (offset === MLKEM_CTRL && (ready || this.#profile === 'emulator'))
      this.#open.mlkem = command === KEYGEN && !this.#vaultSeeds.mlkem;
  }

  #scan(number: number): void {
    this.#scans++;
    let last = 0;
    const shown = new Set<string>();
    for (const { name, offset } of WORDS) {
      const word = this.#abr.readRegister(offset, UC_ACCESS);
      if (word !== 0) shown.add(name);
      if (word !== 0 && last !== 0 && this.#secrets.has(last, word))
        this.#violations.push(`access ${number}: ${name} shows a secret of the vault`);
      last = word;
    }
    if (shown.has('MLDSA_PRIVKEY_OUT') && !(this.#open.mldsa && (this.#status() & VALID) !== 0))
      this.#violations.push(`access ${number}: MLDSA_PRIVKEY_OUT is shown while locked`);
    if (this.#profile !== 'emulator' && shown.has('MLKEM_DECAPS_KEY') && !this.#open.mlkem)
      this.#violations.push(`access ${number}: MLKEM_DECAPS_KEY is shown while locked`);
  }
}
