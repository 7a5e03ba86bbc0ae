import { concatBytes, utf8ToBytes } from '../bytes.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { standardScalar } from './dhkem-p384.ts';
import { checkEncoded, HpkeError } from './error.ts';
import type { HpkeEncapsulation, HpkeKeyPair, Kem, KemPrimitives, ScalarOf } from './kem.ts';
import { kemSuiteId, labeledDerive } from './labeled.ts';
import { mlkemEncap } from './mlkem1024.ts';
import { decodePoint, encodePoint, POINT_LENGTH } from './point.ts';

const SUITE_ID = kemSuiteId(0x0051);
const LABEL = utf8ToBytes('MLKEM1024-P384');
/** Length of an ML-KEM-1024 encapsulation key, and of its ciphertext. */
const MLKEM_LENGTH = 1568;
const LENGTHS = {
  Nsecret: 32,
  Nenc: MLKEM_LENGTH + POINT_LENGTH,
  Npk: MLKEM_LENGTH + POINT_LENGTH,
  Nsk: 32,
  Nikm: 32,
  Nrandom: 32 + 48,
} as const;

/**
 * Candidates read from the seed's stream before it is given up. A candidate misses with probability below 2^-190, so a
 * second one is never seen; the bound keeps a faulty source from running for ever.
 */
const MAX_CANDIDATES = 256;

/** Both halves of a key or a ciphertext: ML-KEM first, then the uncompressed point. */
function halves(value: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [value.slice(0, MLKEM_LENGTH), value.slice(MLKEM_LENGTH)];
}

/** Two secrets and what binds them: `SHA3-256(ss_mlkem ‖ dh ‖ ct_p384 ‖ ek_p384 ‖ label)`. Wipes both. */
function combine(
  { hashes }: KemPrimitives,
  mlkemSecret: Uint8Array,
  dh: Uint8Array,
  point: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  const secret = hashes.digest('sha3-256', mlkemSecret, dh, point, key, LABEL);
  mlkemSecret.fill(0);
  dh.fill(0);
  return secret;
}

/** Expansion of the 32-byte seed: 64 bytes for ML-KEM, then candidates of 48 bytes for P-384, from one SHAKE256 stream. */
function expandSeed({ xof, mlkem1024 }: KemPrimitives, scalarOf: ScalarOf, seed: Uint8Array) {
  const stream = xof.create('shake256').update(seed);
  const mlkem = mlkem1024.keygenFromSeed(stream.squeeze(32), stream.squeeze(32));
  for (let i = 0; i < MAX_CANDIDATES; i++) {
    const scalar = scalarOf(stream.squeeze(48));
    if (scalar !== undefined) return { ...mlkem, scalar };
  }
  throw new HpkeError('DeriveKeyPairError', `privateKey: expected a scalar among ${MAX_CANDIDATES} candidates`);
}

/**
 * MLKEM1024-P384 of draft-irtf-cfrg-concrete-hybrid-kems-02 as a KEM of HPKE: both keys from one seed, both secrets and
 * the P-384 half of key and ciphertext into SHA3-256.
 */
export function mlkem1024P384Kem(primitives: KemPrimitives, scalarOf: ScalarOf): Kem {
  const { ecdsa384, ecdh384, mlkem1024 } = primitives;

  function keyPair(privateKey: Uint8Array): HpkeKeyPair {
    checkEncoded('privateKey', privateKey, LENGTHS.Nsk);
    const expanded = expandSeed(primitives, scalarOf, privateKey);
    const point = encodePoint(ecdsa384.publicKey(expanded.scalar));
    const seed = new SecretBytes(privateKey);
    const scalar = new SecretBytes(expanded.scalar);
    const decapsulationKey = new SecretBytes(expanded.decapsulationKey);
    return {
      publicKey: concatBytes(expanded.encapsulationKey, point),
      serialize: () => seed.expose().slice(),
      decap(enc) {
        checkEncoded('enc', enc, LENGTHS.Nenc);
        const [ciphertext, encPoint] = halves(enc);
        const dh = ecdh384.sharedSecret(scalar.expose(), decodePoint(primitives, 'enc', encPoint));
        return combine(primitives, mlkem1024.decapsulate(decapsulationKey.expose(), ciphertext), dh, encPoint, point);
      },
      wipe() {
        for (const secret of [seed, scalar, decapsulationKey]) secret.wipe();
      },
    };
  }

  function encap(publicKey: Uint8Array, random: Uint8Array): HpkeEncapsulation {
    checkEncoded('publicKey', publicKey, LENGTHS.Npk);
    const [encapsulationKey, keyPoint] = halves(publicKey);
    const peer = decodePoint(primitives, 'publicKey', keyPoint);
    const ephemeral = standardScalar(random.slice(32));
    if (ephemeral === undefined) throw new HpkeError('EncapError', 'random: expected bytes 32..79 in 1..n-1 of P-384');
    const mlkem = mlkemEncap(primitives, encapsulationKey, random.slice(0, 32));
    const point = encodePoint(ecdsa384.publicKey(ephemeral));
    const dh = ecdh384.sharedSecret(ephemeral, peer);
    ephemeral.fill(0);
    return {
      enc: concatBytes(mlkem.enc, point),
      sharedSecret: combine(primitives, mlkem.sharedSecret, dh, point, keyPoint),
    };
  }

  return {
    lengths: LENGTHS,
    deriveKeyPair: (ikm) => keyPair(labeledDerive(primitives, SUITE_ID, ikm, 'DeriveKeyPair', LENGTHS.Nsk)),
    keyPair,
    encap,
  };
}
