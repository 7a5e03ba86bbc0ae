import { modelAbrEngine } from '@rootcap/adams-bridge';
import { portableProvider } from '@rootcap/crypto';
import { type AbrEngine, type MlDsaInput, providerAbrEngine } from '@rootcap/hardware';
import { caseRandom, type Random } from '../fuzz/random.ts';

/** Keys, signatures and ciphertexts that a case starts from; made by the provider. */
interface Material {
  readonly mldsa: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly mlkem: { readonly encapsulationKey: Uint8Array; readonly decapsulationKey: Uint8Array };
}

const provider = providerAbrEngine(portableProvider);

/** Bytes with, one time in two, one to three of them changed. */
function changed(random: Random, bytes: Uint8Array): Uint8Array {
  if (random.chance(0.5)) return bytes;
  const copy = bytes.slice();
  for (let n = 1 + random.below(3); n > 0; n--) copy[random.below(copy.length)] = random.u32();
  return copy;
}

function subject(random: Random): MlDsaInput {
  if (random.chance(0.3)) return { mu: random.bytes(64) };
  const message = random.bytes(random.chance(0.3) ? 64 : random.below(600));
  return random.chance(0.5) ? { message } : { message, context: random.bytes(random.below(256)) };
}

type Operation = (engine: AbrEngine) => unknown;

/** One random operation of each kind, with inputs right and wrong. */
const KINDS: Readonly<Record<string, (random: Random, material: () => Material) => Operation>> = {
  'ML-DSA key generation': (random) => {
    const seed = random.bytes(32);
    return (engine) => engine.mldsaKeygen(seed);
  },
  'ML-DSA signature': (random, material) => {
    const [input, rnd] = [subject(random), random.bytes(32)];
    const secretKey = changed(random, material().mldsa.secretKey);
    return (engine) => engine.mldsaSign(secretKey, input, rnd);
  },
  'ML-DSA verification': (random, material) => {
    const { publicKey, secretKey } = material().mldsa;
    const input = subject(random);
    const signature = changed(random, provider.mldsaSign(secretKey, input, random.bytes(32)));
    const key = random.chance(0.8) ? publicKey : changed(random, publicKey);
    return (engine) => engine.mldsaVerify(key, signature, input);
  },
  'ML-KEM key generation': (random) => {
    const [d, z] = [random.bytes(32), random.bytes(32)];
    return (engine) => engine.mlkemKeygen(d, z);
  },
  'ML-KEM encapsulation': (random, material) => {
    const encapsulationKey = changed(random, material().mlkem.encapsulationKey);
    const m = random.bytes(32);
    return (engine) => engine.mlkemEncapsulate(encapsulationKey, m);
  },
  'ML-KEM decapsulation': (random, material) => {
    const { encapsulationKey, decapsulationKey } = material().mlkem;
    const { ciphertext } = provider.mlkemEncapsulate(encapsulationKey, random.bytes(32));
    const key = random.chance(0.8) ? decapsulationKey : changed(random, decapsulationKey);
    const sent = changed(random, ciphertext);
    return (engine) => engine.mlkemDecapsulate(key, sent);
  },
};
export const OPERATION_KINDS: readonly string[] = Object.keys(KINDS);

/** One key pair serves this many cases. */
const CASES_PER_KEY = 60;

function materialOf(seed: number, index: number): Material {
  const random = caseRandom(seed, -1 - Math.floor(index / CASES_PER_KEY));
  return {
    mldsa: provider.mldsaKeygen(random.bytes(32)),
    mlkem: provider.mlkemKeygen(random.bytes(32), random.bytes(32)),
  };
}

/** What an engine answered, as text that can be compared; what it refuses, it refuses with a RangeError. */
function answerOf(engine: AbrEngine, operation: Operation): string {
  try {
    return JSON.stringify(operation(engine), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    );
  } catch (error) {
    if (error instanceof RangeError) return 'refused';
    throw error;
  }
}

export interface Agreement {
  /** By kind and by what came of it: answered, true, false, refused. */
  readonly counts: ReadonlyMap<string, number>;
  /** Numbers and kinds of the cases in which the engines differ. */
  readonly differences: readonly string[];
}

/** Random operations on the model and on the portable provider. A case depends on its number and the seed alone. */
export function compareWithProvider(
  seed: number,
  { from, to }: { readonly from: number; readonly to: number },
  onCase: (done: number) => void = () => {},
): Agreement {
  const model = modelAbrEngine();
  const counts = new Map<string, number>();
  const differences: string[] = [];
  let made: { readonly group: number; readonly material: Material } | undefined;
  const material = (index: number) => (): Material => {
    const group = Math.floor(index / CASES_PER_KEY);
    if (made?.group !== group) made = { group, material: materialOf(seed, index) };
    return made.material;
  };
  for (let index = from; index < to; index++) {
    const kind = OPERATION_KINDS[index % OPERATION_KINDS.length] as string;
    const operation = KINDS[kind]?.(caseRandom(seed, index), material(index)) as Operation;
    const [own, expected] = [answerOf(model, operation), answerOf(provider, operation)];
    if (own !== expected) differences.push(`case ${index}: ${kind}`);
    const outcome = `${kind}: ${expected.length > 8 ? 'answered' : expected}`;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    onCase(index + 1 - from);
  }
  return { counts, differences };
}
