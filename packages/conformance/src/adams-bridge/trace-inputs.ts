import type { AcceleratorState } from '@rootcap/adams-bridge';
import type { CryptoProvider } from '@rootcap/crypto';
import { loaded, type Ran, run } from './accelerator.ts';

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

function mldsaRun(what: string, { mldsa87, xof }: CryptoProvider): Ran | undefined {
  const { publicKey, secretKey } = mldsa87.keygenFromSeed(SEED);
  const signer = (n: number, entropy = ENTROPY): AcceleratorState =>
    loaded({ entropy, privateKey: secretKey, message: message(n) });
  const seeded = (): AcceleratorState => loaded({ entropy: ENTROPY, mldsaSeed: SEED, message: message(1) });
  if (what === 'keygen') return run(seeded(), 'MLDSA_KEYGEN');
  if (what === 'keygen+sign') return run(seeded(), 'MLDSA_KEYGEN_SIGN');
  if (what === 'sign extmu') {
    const state = signer(1);
    const tr = xof.digest('shake256', 64, publicKey);
    state.set('mu', xof.digest('shake256', 64, Uint8Array.of(...tr, 0, 0, ...message(1))));
    return run(state, 'MLDSA_SIGN', { externalMu: true });
  }
  if (what === 'sign bad sk') {
    const state = signer(1);
    state.set(
      'privateKey',
      secretKey.map((byte, i) => (i === 128 ? 0xff : byte)),
    );
    return run(state, 'MLDSA_SIGN');
  }
  const [, n, other] = /^sign msg(\d+)( other entropy)?$/.exec(what) ?? [];
  if (n !== undefined)
    return run(signer(Number(n), other === undefined ? ENTROPY : ENTROPY.map((byte) => byte ^ 0x5a)), 'MLDSA_SIGN');
  const [, length, context] = /^sign stream len (\d+) ctx (\d+)$/.exec(what) ?? [];
  if (length !== undefined) {
    const state = signer(0);
    state.stream({ message: counting(Number(length), 1), context: counting(Number(context), 0xa0) });
    // The bench writes the strobe in five cycles and a dword in two.
    return run(state, 'MLDSA_SIGN', { hostCycles: 5 + 2 * (Number(length) >> 2) });
  }
  const change = what.startsWith('verify') ? SIGNATURES[what.slice(7)] : undefined;
  if (change === undefined) return undefined;
  const signature = change(mldsa87.sign(secretKey, message(1)));
  return run(loaded({ entropy: ENTROPY, publicKey, signature, message: message(1) }), 'MLDSA_VERIFY');
}

function mlkemRun(what: string, { mlkem1024 }: CryptoProvider): Ran | undefined {
  const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(D, Z);
  const { ciphertext } = mlkem1024.encapsulate(encapsulationKey, M);
  const opener = (key: Uint8Array, text: Uint8Array): Ran =>
    run(loaded({ entropy: ENTROPY, decapsulationKey: key, ciphertext: text }), 'MLKEM_DECAPS');
  const sealer = (key: Uint8Array): Ran =>
    run(loaded({ entropy: ENTROPY, encapsulationKey: key, kemMessage: M }), 'MLKEM_ENCAPS');
  switch (what) {
    case 'keygen':
      return run(loaded({ entropy: ENTROPY, seedD: D, seedZ: Z }), 'MLKEM_KEYGEN');
    case 'keygen+decaps':
      return run(loaded({ entropy: ENTROPY, seedD: D, seedZ: Z, ciphertext }), 'MLKEM_KEYGEN_DECAPS');
    case 'encaps':
      return sealer(encapsulationKey);
    case 'encaps bad ek':
      return sealer(encapsulationKey.map((byte, i) => (i < 2 ? 0xff : byte)));
    case 'decaps':
      return opener(decapsulationKey, ciphertext);
    case 'decaps reject':
      return opener(decapsulationKey, flipped(ciphertext, 9));
    case 'decaps bad dk hash':
      return opener(flipped(decapsulationKey, 3104), ciphertext);
    default:
      return undefined;
  }
}

/**
 * The run that a trace has the name of, with the inputs of that bench; keys and signatures to start from are the provider's.
 *
 * @returns undefined if the name is not known
 */
export function runOfTrace(name: string, provider: CryptoProvider): Ran | undefined {
  const [family, ...words] = name.split(' ');
  if (family === 'MLDSA') return mldsaRun(words.join(' '), provider);
  return family === 'MLKEM' ? mlkemRun(words.join(' '), provider) : undefined;
}
