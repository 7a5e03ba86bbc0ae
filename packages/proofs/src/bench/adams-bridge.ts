import { AcceleratorState, type Command, execute, type Outcome, runToEnd, type Value } from '@rootcap/adams-bridge';
import { portableProvider } from '@rootcap/crypto';
import { cost, milliseconds } from './statistics.ts';

/** One operation on the accelerator's model and on the portable provider. */
export interface ModelRow {
  readonly name: string;
  /** Milliseconds. */
  readonly model: number;
  readonly portable: number;
  readonly ratio: number;
  readonly cycles: number;
  /** Clock cycles that the model simulates in a second. */
  readonly cyclesPerSecond: number;
}

interface Operation {
  readonly command: Command;
  readonly inputs: Readonly<Partial<Record<Value, Uint8Array>>>;
  readonly portable: () => unknown;
}

/** Operations on the same bytes. The message is one whose signature takes three or more passes. */
function operations(): Record<string, Operation> {
  const { mldsa87, mlkem1024 } = portableProvider;
  const seed = new Uint8Array(32).fill(7);
  const message = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0));
  const { publicKey, secretKey } = mldsa87.keygenFromSeed(seed);
  const signature = mldsa87.sign(secretKey, message);
  const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(seed, seed);
  const { ciphertext } = mlkem1024.encapsulate(encapsulationKey, seed);
  return {
    'ML-DSA-87 key generation': {
      command: 'MLDSA_KEYGEN',
      inputs: { mldsaSeed: seed },
      portable: () => mldsa87.keygenFromSeed(seed),
    },
    'ML-DSA-87 signature': {
      command: 'MLDSA_SIGN',
      inputs: { privateKey: secretKey, message },
      portable: () => mldsa87.sign(secretKey, message),
    },
    'ML-DSA-87 verification': {
      command: 'MLDSA_VERIFY',
      inputs: { publicKey, message, signature },
      portable: () => mldsa87.verify(publicKey, message, signature),
    },
    'ML-KEM-1024 key generation': {
      command: 'MLKEM_KEYGEN',
      inputs: { seedD: seed, seedZ: seed },
      portable: () => mlkem1024.keygenFromSeed(seed, seed),
    },
    'ML-KEM-1024 encapsulation': {
      command: 'MLKEM_ENCAPS',
      inputs: { encapsulationKey, kemMessage: seed },
      portable: () => mlkem1024.encapsulate(encapsulationKey, seed),
    },
    'ML-KEM-1024 decapsulation': {
      command: 'MLKEM_DECAPS',
      inputs: { decapsulationKey, ciphertext },
      portable: () => mlkem1024.decapsulate(decapsulationKey, ciphertext),
    },
  };
}

/** A command on an accelerator that has just been made, without observers. */
function runModel({ command, inputs }: Operation): Outcome {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  return runToEnd(execute(state, command));
}

/** The model and the portable provider in turn, so that both see the same machine. */
export function measureModel(rounds: number): ModelRow[] {
  return Object.entries(operations()).map(([name, operation]) => {
    const { cycles } = runModel(operation);
    const [models, portables]: [number[], number[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      models.push(milliseconds(() => void runModel(operation)));
      portables.push(milliseconds(() => void operation.portable()));
    }
    const [model, portable] = [cost(models), cost(portables)];
    return { name, model, portable, ratio: model / portable, cycles, cyclesPerSecond: (1000 * cycles) / model };
  });
}
