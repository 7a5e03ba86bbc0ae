import type { Candidates } from '../cycles/sampler-cycles.ts';
import type { Masking } from '../masking/masking.ts';
import { type Mnemonic, OPCODES } from '../program/opcodes.ts';
import type { Instruction } from '../program/program.ts';
import { DESTINATIONS, type DestinationName, SOURCES, type SourceName } from '../program/registers.ts';
import type { Sequencer } from '../program/sequencer.ts';
import { Keccak, type KeccakMode, type RoundFlip } from '../units/keccak.ts';
import { MLDSA_Q, N, type Poly } from '../units/modular.ts';
import { pairwm, pwm } from '../units/pointwise.ts';
import { type ByteSource, type Misjudged, type Sampled, withFlippedBits } from '../units/samplers/byte-source.ts';
import { rejBounded, rejNtt, rejNttMlkem } from '../units/samplers/rejection.ts';
import { sampleInBall } from '../units/samplers/sample-in-ball.ts';
import { cbd, expandMask } from '../units/samplers/uniform.ts';
import type { Effect } from './effect.ts';
import type { SamplerFaults } from './intercept.ts';
import type { AcceleratorState } from './state.ts';

const DIGEST_BYTES = 128;
/** Address of the challenge, the only polynomial in the memory of SampleInBall. */
const CHALLENGE = 4 << 11;

const HASHES: Readonly<Record<string, KeccakMode>> = {
  SHAKE128: 'SHAKE128',
  SHAKE256: 'SHAKE256',
  SHA256: 'SHA3-256',
  SHA512: 'SHA3-512',
};

const byNumber = <T extends string>(names: Readonly<Record<T, number>>): ReadonlyMap<number, T> =>
  new Map(Object.entries(names).map(([name, value]) => [value as number, name as T]));
const SOURCE_NAMES = byNumber<SourceName>(SOURCES);
const DESTINATION_NAMES = byNumber<DestinationName>(DESTINATIONS);

/** Samplers whose polynomial goes to memory. */
const SAMPLERS: Partial<Record<Mnemonic, (source: ByteSource, misjudged?: Misjudged) => Poly | Sampled>> = {
  REJB: rejBounded,
  EXP_MASK: expandMask,
  CBD: cbd,
  SIB: sampleInBall,
};

/** The hash unit with the samplers behind it: what is absorbed stays until something is squeezed. */
export class HashUnit {
  readonly #state: AcceleratorState;
  readonly #sequencer: Sequencer;
  readonly #masking: Masking | undefined;
  #sponge: Keccak | undefined;
  /** Of the sampler of the instruction at `pc`. */
  #faults: (Required<SamplerFaults> & { readonly pc: number }) | undefined;

  constructor(state: AcceleratorState, sequencer: Sequencer, masking?: Masking) {
    this.#state = state;
    this.#sequencer = sequencer;
    this.#masking = masking;
  }

  /** Takes in what an auxiliary unit gives. */
  absorb(bytes: Uint8Array): void {
    this.#sponge?.absorb(bytes);
  }

  /** Inverts a bit of the state of the hash under way, or of the one that the instruction begins. */
  flip(instruction: Instruction, bit: number): void {
    this.#underWay(instruction)?.flip(bit);
  }

  /** Inverts a bit of it inside a permutation to come. */
  flipInRound(instruction: Instruction, flip: RoundFlip): void {
    this.#underWay(instruction)?.flipInRound(flip);
  }

  #underWay({ op }: Instruction): Keccak | undefined {
    const { keccak, sampler } = OPCODES[op];
    if (keccak || sampler) this.#sponge ??= new Keccak(hashMode(op));
    return this.#sponge;
  }

  /** Lets the sampler of an instruction that is about to run go wrong. */
  disturb({ pc }: Instruction, { misjudged = [], flippedBits = [] }: SamplerFaults): void {
    const before = this.#faults?.pc === pc ? this.#faults : { misjudged: [], flippedBits: [] };
    this.#faults = {
      pc,
      misjudged: [...before.misjudged, ...misjudged],
      flippedBits: [...before.flippedBits, ...flippedBits],
    };
  }

  run(instruction: Instruction): Effect {
    const { keccak, sampler } = OPCODES[instruction.op];
    const mode = hashMode(instruction.op);
    this.#sponge ??= new Keccak(mode);
    if (keccak) this.#sponge.absorb(this.#message(instruction));
    if (!sampler) return {};
    const sponge = this.#sponge;
    const faults = this.#faults?.pc === instruction.pc ? this.#faults : undefined;
    this.#sponge = undefined;
    this.#faults = undefined;
    const source = faults === undefined ? sponge : withFlippedBits(sponge, faults.flippedBits);
    return this.#squeeze(instruction, source, faults && new Set(faults.misjudged));
  }

  #squeeze(instruction: Instruction, source: ByteSource, misjudged: Misjudged | undefined): Effect {
    const { op, dst } = instruction;
    if (OPCODES[op].ntt) return this.#product(instruction, source, misjudged);
    const sample = SAMPLERS[op];
    if (sample === undefined) return this.#digest(dst, source);
    const sampled = sample(source, misjudged);
    const [poly, report] = 'poly' in sampled ? [sampled.poly, sampled] : [sampled, undefined];
    this.#state.memory.setPoly(op === 'SIB' ? CHALLENGE : dst, poly);
    return effectOf(report);
  }

  #digest(dst: number, source: ByteSource): Effect {
    const name = DESTINATION_NAMES.get(dst);
    if (name === undefined) return {};
    const digest = source.squeeze(DIGEST_BYTES);
    const { decapsulating, valid } = this.#sequencer;
    if (name === 'MLKEM_TR' && decapsulating) {
      const expected = this.#state.source('MLKEM_TR');
      if (expected.some((byte, i) => byte !== digest[i])) return { finding: 'error', index: 0 };
    }
    // Implicit rejection: the hash of z and c replaces the key only after a mismatch.
    if (name !== 'MLKEM_K' || (decapsulating && !valid)) this.#state.storeDigest(name, digest);
    return {};
  }

  /** A sampled polynomial times one from memory, added to the product so far if the opcode accumulates. */
  #product(instruction: Instruction, source: ByteSource, misjudged: Misjudged | undefined): Effect {
    const { op, src2, dst } = instruction;
    const { memory } = this.#state;
    const mlkem = op.startsWith('MLKEM');
    const sampled = mlkem ? rejNttMlkem(source, misjudged) : rejNtt(source, misjudged);
    if (this.#masking !== undefined && OPCODES[op].masking) {
      this.#masking.sampledProduct(memory, instruction, sampled.poly);
      return effectOf(sampled);
    }
    const target = memory.view(dst);
    const factor = memory.view(src2);
    const product = op.endsWith('PWMA') ? target : new Int32Array(N);
    target.set(mlkem ? pairwm(sampled.poly, factor, product) : pwm(sampled.poly, factor, MLDSA_Q, product));
    return effectOf(sampled);
  }

  /** The register, then the bytes of `imm`, cut to the instruction's length; a streamed message has its own. */
  #message({ src1, imm, len }: Instruction): Uint8Array {
    const name = SOURCE_NAMES.get(src1);
    if (name === undefined) return new Uint8Array(len);
    const register = this.#state.source(name);
    if (name === 'MLDSA_MSG' && this.#state.streamed !== undefined) return register;
    const nonce = name === 'MLDSA_RHO_P_KAPPA' ? (this.#sequencer.kappa + (imm & 7)) & 0xffff : imm;
    const message = new Uint8Array(len);
    message.set(register.subarray(0, len));
    for (let i = register.length; i < len; i++) message[i] = nonce >> (8 * (i - register.length));
    return message;
  }
}

function hashMode(op: Mnemonic): KeccakMode {
  const { mode, ntt } = OPCODES[op];
  return HASHES[mode] ?? (ntt ? 'SHAKE128' : 'SHAKE256');
}

const effectOf = (sampled: Candidates | undefined): Effect => (sampled === undefined ? {} : { sampled });
