import { concatBytes } from '../bytes.ts';
import { isP384Scalar } from '../p384-scalar.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { checkEncoded, HpkeError } from './error.ts';
import type { HpkeEncapsulation, HpkeKeyPair, Kem, KemPrimitives, ScalarOf } from './kem.ts';
import { kemSuiteId, labeledExpand, labeledExtract } from './labeled.ts';
import { decodePoint, encodePoint, POINT_LENGTH } from './point.ts';

const SUITE_ID = kemSuiteId(0x0011);
const EMPTY = new Uint8Array(0);
const LENGTHS = { Nsecret: 48, Nenc: POINT_LENGTH, Npk: POINT_LENGTH, Nsk: 48, Nikm: 48, Nrandom: 48 } as const;

/** `ExtractAndExpand` of RFC 9180 §4.1 over `kem_context = enc ‖ pkRm`. */
function extractAndExpand(
  primitives: KemPrimitives,
  dh: Uint8Array,
  enc: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  const prk = labeledExtract(primitives, SUITE_ID, EMPTY, 'eae_prk', dh);
  dh.fill(0);
  const secret = labeledExpand(
    primitives,
    SUITE_ID,
    prk,
    'shared_secret',
    concatBytes(enc, publicKey),
    LENGTHS.Nsecret,
  );
  prk.fill(0);
  return secret;
}

/** The scalar of `DeriveKeyPair`, RFC 9180 §7.1.3. The bit mask of P-384 is ff. */
function deriveScalar(primitives: KemPrimitives, scalarOf: ScalarOf, ikm: Uint8Array): Uint8Array {
  const prk = labeledExtract(primitives, SUITE_ID, EMPTY, 'dkp_prk', ikm);
  for (let counter = 0; counter <= 255; counter++) {
    const candidate = labeledExpand(primitives, SUITE_ID, prk, 'candidate', Uint8Array.of(counter), LENGTHS.Nsk);
    const scalar = scalarOf(candidate);
    if (scalar !== undefined) return scalar;
  }
  throw new HpkeError('DeriveKeyPairError', 'ikm: expected one of 256 candidates to be a scalar of P-384');
}

/** DHKEM(P-384, HKDF-SHA384), RFC 9180 §4.1. */
export function dhkemP384(primitives: KemPrimitives, scalarOf: ScalarOf): Kem {
  function keyPair(privateKey: Uint8Array): HpkeKeyPair {
    checkEncoded('privateKey', privateKey, LENGTHS.Nsk);
    if (!isP384Scalar(privateKey)) throw new HpkeError('ValidationError', 'privateKey: expected a scalar in 1..n-1');
    const scalar = new SecretBytes(privateKey);
    const publicKey = encodePoint(primitives.ecdsa384.publicKey(privateKey));
    return {
      publicKey,
      serialize: () => scalar.expose().slice(),
      decap(enc) {
        checkEncoded('enc', enc, LENGTHS.Nenc);
        const dh = primitives.ecdh384.sharedSecret(scalar.expose(), decodePoint(primitives, 'enc', enc));
        return extractAndExpand(primitives, dh, enc, publicKey);
      },
      wipe: () => scalar.wipe(),
    };
  }

  function encap(publicKey: Uint8Array, random: Uint8Array): HpkeEncapsulation {
    checkEncoded('publicKey', publicKey, LENGTHS.Npk);
    const point = decodePoint(primitives, 'publicKey', publicKey);
    const ephemeral = deriveScalar(primitives, standardScalar, random);
    const enc = encodePoint(primitives.ecdsa384.publicKey(ephemeral));
    const dh = primitives.ecdh384.sharedSecret(ephemeral, point);
    ephemeral.fill(0);
    return { enc, sharedSecret: extractAndExpand(primitives, dh, enc, publicKey) };
  }

  return {
    lengths: LENGTHS,
    deriveKeyPair: (ikm) => keyPair(deriveScalar(primitives, scalarOf, ikm)),
    keyPair,
    encap,
  };
}

/** Candidate bytes that are a scalar as they stand. */
export const standardScalar: ScalarOf = (candidate) => (isP384Scalar(candidate) ? candidate : undefined);
