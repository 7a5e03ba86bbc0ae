import type { Command, StreamedMessage, Value } from '@rootcap/adams-bridge';
import type { CryptoProvider } from '@rootcap/crypto';

/** A command of a trace, with what is loaded before it. */
export interface TraceInputs {
  readonly command: Command;
  readonly values: Readonly<Partial<Record<Value, Uint8Array>>>;
  readonly externalMu?: boolean;
  /** The message comes through the stream port, for which the bench takes so many cycles. */
  readonly stream?: StreamedMessage & { readonly hostCycles: number };
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const counting = (length: number, first = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i);
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
const message = (n: number): Uint8Array =>
  Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? n : i === 5 ? 0x63 : 0));

const ENTROPY = Uint8Array.from({ length: 64 }, (_, i) => 7 * i + 1);
const SEED = filled(32, 7);
const [D, Z, M] = [counting(32), filled(32, 3), filled(32, 5)];

/** Changes to the signature of message 1, by what the name of a verification ends with. */
const SIGNATURES: Readonly<Record<string, (signature: Uint8Array) => Uint8Array>> = {
  '': (signature) => signature,
  'bad c': (signature) => flipped(signature, 3),
  'bad z norm': (signature) => signature.map((byte, i) => (i >= 64 && i < 70 ? 0 : byte)),
  'bad hint': (signature) => signature.map((byte, i) => (i === 4626 ? 200 : byte)),
};

function mldsaInputs(what: string, { mldsa87, xof }: CryptoProvider): TraceInputs | undefined {
  const { publicKey, secretKey: privateKey } = mldsa87.keygenFromSeed(SEED);
  const sign = (values: TraceInputs['values']): TraceInputs => ({
    command: 'MLDSA_SIGN',
    values: { entropy: ENTROPY, privateKey, ...values },
  });
  const seeded = { entropy: ENTROPY, mldsaSeed: SEED, message: message(1) };
  if (what === 'keygen') return { command: 'MLDSA_KEYGEN', values: seeded };
  if (what === 'keygen+sign') return { command: 'MLDSA_KEYGEN_SIGN', values: seeded };
  const muOf = (n: number): Uint8Array => {
    const tr = xof.digest('shake256', 64, publicKey);
    return xof.digest('shake256', 64, Uint8Array.of(...tr, 0, 0, ...message(n)));
  };
  if (what === 'sign extmu') return { ...sign({ message: message(1), mu: muOf(1) }), externalMu: true };
  if (what === 'sign bad sk')
    return sign({ message: message(1), privateKey: privateKey.map((byte, i) => (i === 128 ? 0xff : byte)) });
  const [, n, other] = /^sign msg(\d+)( other entropy)?$/.exec(what) ?? [];
  if (n !== undefined) {
    const entropy = other === undefined ? ENTROPY : ENTROPY.map((byte) => byte ^ 0x5a);
    return sign({ message: message(Number(n)), entropy });
  }
  const [, length, context] = /^sign stream len (\d+) ctx (\d+)$/.exec(what) ?? [];
  if (length !== undefined) {
    // The bench writes the strobe in five cycles and a dword in two.
    const hostCycles = 5 + 2 * (Number(length) >> 2);
    const streamed = { message: counting(Number(length), 1), context: counting(Number(context), 0xa0) };
    return { ...sign({ message: message(0) }), stream: { ...streamed, hostCycles } };
  }
  if (what === 'verify extmu') {
    const signature = mldsa87.sign(privateKey, message(1));
    return {
      command: 'MLDSA_VERIFY',
      values: { entropy: ENTROPY, publicKey, signature, mu: muOf(1) },
      externalMu: true,
    };
  }
  const change = what.startsWith('verify') ? SIGNATURES[what.slice(7)] : undefined;
  if (change === undefined) return undefined;
  const signature = change(mldsa87.sign(privateKey, message(1)));
  return { command: 'MLDSA_VERIFY', values: { entropy: ENTROPY, publicKey, signature, message: message(1) } };
}

function mlkemInputs(what: string, { mlkem1024 }: CryptoProvider): TraceInputs | undefined {
  const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(D, Z);
  const { ciphertext } = mlkem1024.encapsulate(encapsulationKey, M);
  const entropy = ENTROPY;
  const decaps = (key: Uint8Array, text: Uint8Array): TraceInputs => ({
    command: 'MLKEM_DECAPS',
    values: { entropy, decapsulationKey: key, ciphertext: text },
  });
  const encaps = (key: Uint8Array): TraceInputs => ({
    command: 'MLKEM_ENCAPS',
    values: { entropy, encapsulationKey: key, kemMessage: M },
  });
  switch (what) {
    case 'keygen':
      return { command: 'MLKEM_KEYGEN', values: { entropy, seedD: D, seedZ: Z } };
    case 'keygen+decaps':
      return { command: 'MLKEM_KEYGEN_DECAPS', values: { entropy, seedD: D, seedZ: Z, ciphertext } };
    case 'encaps':
      return encaps(encapsulationKey);
    case 'encaps bad ek':
      return encaps(encapsulationKey.map((byte, i) => (i < 2 ? 0xff : byte)));
    case 'decaps':
      return decaps(decapsulationKey, ciphertext);
    case 'decaps reject':
      return decaps(decapsulationKey, flipped(ciphertext, 9));
    case 'decaps bad dk hash':
      return decaps(flipped(decapsulationKey, 3104), ciphertext);
    default:
      return undefined;
  }
}

/**
 * Inputs of the run that a trace has the name of, in that bench; keys and signatures to start from are the provider's.
 *
 * @returns undefined if the name is not known
 */
export function inputsOfTrace(name: string, provider: CryptoProvider): TraceInputs | undefined {
  const [family, ...words] = name.split(' ');
  if (family === 'MLDSA') return mldsaInputs(words.join(' '), provider);
  return family === 'MLKEM' ? mlkemInputs(words.join(' '), provider) : undefined;
}
