import { SecretBytes } from '../secret-bytes.ts';
import { checkEncoded, HpkeError } from './error.ts';
import type { HpkeEncapsulation, Kem, KemPrimitives } from './kem.ts';
import { kemSuiteId, labeledDerive } from './labeled.ts';

const SUITE_ID = kemSuiteId(0x0042);
const LENGTHS = { Nsecret: 32, Nenc: 1568, Npk: 1568, Nsk: 64, Nikm: 64, Nrandom: 32 } as const;

/** Encapsulation to an ML-KEM-1024 key. @throws HpkeError `ValidationError` if the key fails the check of FIPS 203 §7.2 */
export function mlkemEncap(
  { mlkem1024 }: KemPrimitives,
  encapsulationKey: Uint8Array,
  random: Uint8Array,
): HpkeEncapsulation {
  if (!mlkem1024.checkEncapsulationKey(encapsulationKey))
    throw new HpkeError('ValidationError', 'publicKey: expected coefficients below q (FIPS 203 §7.2)');
  const { ciphertext, sharedSecret } = mlkem1024.encapsulate(encapsulationKey, random);
  return { enc: ciphertext, sharedSecret };
}

/** ML-KEM-1024 as a KEM of HPKE: its secret is the shared secret. draft-ietf-hpke-pq-03 §3 */
export function mlkem1024Kem(primitives: KemPrimitives): Kem {
  const { mlkem1024 } = primitives;

  function keyPair(privateKey: Uint8Array) {
    checkEncoded('privateKey', privateKey, LENGTHS.Nsk);
    const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(
      privateKey.slice(0, 32),
      privateKey.slice(32),
    );
    const seed = new SecretBytes(privateKey);
    const expanded = new SecretBytes(decapsulationKey);
    return {
      publicKey: encapsulationKey,
      serialize: () => seed.expose().slice(),
      decap(enc: Uint8Array) {
        checkEncoded('enc', enc, LENGTHS.Nenc);
        return mlkem1024.decapsulate(expanded.expose(), enc);
      },
      wipe() {
        seed.wipe();
        expanded.wipe();
      },
    };
  }

  return {
    lengths: LENGTHS,
    deriveKeyPair: (ikm) => keyPair(labeledDerive(primitives, SUITE_ID, ikm, 'DeriveKeyPair', LENGTHS.Nsk)),
    keyPair,
    encap(publicKey, random) {
      checkEncoded('publicKey', publicKey, LENGTHS.Npk);
      return mlkemEncap(primitives, publicKey, random);
    },
  };
}
