import {
  concatBytes,
  hpkeKeySchedule,
  kemSuiteId,
  labeledDerive,
  labeledExpand,
  labeledExtract,
  utf8ToBytes,
} from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { HPKE_SUITES, type HpkeKey, type HpkeSuiteName } from './hpke-keys.ts';
import type { HpkePrimitives, LockPort, MlKemSeed } from './port.ts';
import type { AccessKeyCiphertext } from './sealed-access-key.ts';

/**
 * HPKE in base mode, receiver's side, in the steps and with the primitives of the firmware, so that a chip underneath
 * spends its entropy as the real one does. P-384 keys are made by the ECC engine, so the same IKM gives another key than
 * in the drafts; on the wire everything is standard.
 *
 * @see draft-ietf-hpke-hpke-02, draft-ietf-hpke-pq-03, draft-irtf-cfrg-hybrid-kems-08; caliptra-sw:drivers/src/hpke
 */

const EMPTY = new Uint8Array(0);
const HASH_SIZE = 48;
const NONCE_SIZE = 12;
const MLKEM_SIZE = 1568;
const SEED_SIZE = 32;
const P384_SEED_SIZE = 48;
const COMBINER_LABEL = utf8ToBytes('MLKEM1024-P384');
/** KDF HKDF-SHA384, then AEAD AES-256-GCM. */
const KDF_AND_AEAD = Uint8Array.of(0, 2, 0, 2);

const hpkeSuiteId = (kemId: number): Uint8Array =>
  concatBytes(utf8ToBytes('HPKE'), Uint8Array.of(kemId >>> 8, kemId & 0xff), KDF_AND_AEAD);

/** The engine's HMAC for the functions of HPKE. A shorter key is filled up with zeros, as the key register is. */
function macOf({ hmac384 }: Pick<HpkePrimitives, 'hmac384'>) {
  return {
    hmac: {
      mac(_name: unknown, key: Uint8Array, ...parts: readonly Uint8Array[]) {
        const whole = new Uint8Array(HASH_SIZE);
        whole.set(key);
        return hmac384(whole, concatBytes(...parts));
      },
    },
  };
}

/** One-stage derivation of the post-quantum KEMs. */
function deriveSeed({ shake256 }: HpkePrimitives, kemId: number, ikm: Uint8Array, length: number): Uint8Array {
  const digest = (_name: unknown, size: number, ...parts: readonly Uint8Array[]) =>
    shake256(size, concatBytes(...parts));
  return labeledDerive({ xof: { digest } }, kemSuiteId(kemId), ikm, 'DeriveKeyPair', length);
}

/** A KEM key pair at work. */
interface Kem {
  /** Encoded as on the wire. */
  publicKey(): Uint8Array;
  /** @param enc - as long as the suite says. @returns the shared secret */
  decapsulate(enc: Uint8Array): Uint8Array;
}

const mlkemSeed = (bytes: Uint8Array): MlKemSeed => ({
  d: bytes.subarray(0, SEED_SIZE),
  z: bytes.subarray(SEED_SIZE, 2 * SEED_SIZE),
});

function mlkemKem(primitives: HpkePrimitives, ikm: Uint8Array): Kem {
  const { kemId } = HPKE_SUITES.mlkem1024;
  const seed = mlkemSeed(deriveSeed(primitives, kemId, ikm, 2 * SEED_SIZE));
  return {
    publicKey: () => primitives.mlkemPublicKey(seed),
    decapsulate: (enc) => primitives.mlkemDecapsulate(seed, enc),
  };
}

/** A point without its format byte, whatever that is. */
const pointOf = (encoded: Uint8Array): Uint8Array => encoded.subarray(1);
const encodePoint = (point: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(4), point);

function p384Kem(primitives: HpkePrimitives, ikm: Uint8Array): Kem {
  const suite = kemSuiteId(HPKE_SUITES.p384.kemId);
  const mac = macOf(primitives);
  const prk = labeledExtract(mac, suite, EMPTY, 'dkp_prk', ikm);
  // The engine rejects candidates by itself, so the counter stays 0.
  const seed = labeledExpand(mac, suite, prk, 'candidate', Uint8Array.of(0), P384_SEED_SIZE);
  const { privateKey, publicKey } = primitives.p384KeyPair(seed);
  const encoded = encodePoint(publicKey);
  return {
    publicKey: () => encoded,
    decapsulate(enc) {
      const dh = primitives.p384SharedSecret(privateKey, pointOf(enc));
      const eaePrk = labeledExtract(mac, suite, EMPTY, 'eae_prk', dh);
      return labeledExpand(mac, suite, eaePrk, 'shared_secret', concatBytes(enc, encoded), HASH_SIZE);
    },
  };
}

function hybridKem(primitives: HpkePrimitives, ikm: Uint8Array): Kem {
  const expandSeed = (): { readonly pq: MlKemSeed; readonly traditional: Uint8Array } => {
    const seed = deriveSeed(primitives, HPKE_SUITES['mlkem1024-p384'].kemId, ikm, SEED_SIZE);
    const expanded = primitives.shake256(2 * SEED_SIZE + P384_SEED_SIZE, seed);
    return { pq: mlkemSeed(expanded), traditional: expanded.subarray(2 * SEED_SIZE) };
  };
  const { pq, traditional } = expandSeed();
  const { privateKey, publicKey } = primitives.p384KeyPair(traditional);
  const encoded = encodePoint(publicKey);
  return {
    publicKey: () => concatBytes(primitives.mlkemPublicKey(pq), encoded),
    decapsulate(enc) {
      const pqEnc = enc.subarray(0, MLKEM_SIZE);
      const traditionalEnc = enc.subarray(MLKEM_SIZE);
      const pqSecret = primitives.mlkemDecapsulate(pq, pqEnc);
      const dh = primitives.p384SharedSecret(privateKey, pointOf(traditionalEnc));
      return primitives.sha3_256(concatBytes(pqSecret, dh, traditionalEnc, encoded, COMBINER_LABEL));
    },
  };
}

const KEMS: Readonly<Record<HpkeSuiteName, (primitives: HpkePrimitives, ikm: Uint8Array) => Kem>> = {
  mlkem1024: mlkemKem,
  p384: p384Kem,
  'mlkem1024-p384': hybridKem,
};

/** Public key of a private key, as on the wire. */
export function hpkePublicKey({ hpke }: Pick<LockPort, 'hpke'>, { suite, ikm }: HpkeKey): Uint8Array {
  return KEMS[suite](hpke, ikm).publicKey();
}

/** An open HPKE context: message after message with the next nonce. */
export interface HpkeReceiver {
  /** @throws RotError RUNTIME_DRIVER_HPKE_OPEN_FAILED */
  open(sealed: AccessKeyCiphertext, aad: Uint8Array): Uint8Array;
  /** Overwrites its keys; it opens nothing more. */
  wipe(): void;
}

/**
 * Starts a context.
 *
 * @param kemCiphertext - its head, as long as the suite says, is the encapsulated key
 * @throws RotError DRIVER_ECC384_HW_ERROR for a point off the curve
 */
export function hpkeReceiver(
  port: Pick<LockPort, 'hpke' | 'keys'>,
  key: HpkeKey,
  kemCiphertext: Uint8Array,
  info: Uint8Array,
): HpkeReceiver {
  const { encSize, kemId } = HPKE_SUITES[key.suite];
  if (kemCiphertext.length < encSize) throw new RotError('RUNTIME_OCP_LOCK_DESERIALIZE_ENC_FAILURE', 'kem_ciphertext');
  const secret = KEMS[key.suite](port.hpke, key.ikm).decapsulate(kemCiphertext.subarray(0, encSize));
  const schedule = hpkeKeySchedule(macOf(port.hpke), hpkeSuiteId(kemId), secret, info);
  secret.fill(0);
  let sequence = 0;
  return {
    open(sealed, aad) {
      const opened = port.keys.gcmOpen(schedule.key, nonceOf(schedule.baseNonce, sequence), sealed, aad);
      if (opened === undefined) throw new RotError('RUNTIME_DRIVER_HPKE_OPEN_FAILED', 'ak_ciphertext');
      sequence++;
      return opened;
    },
    wipe() {
      for (const key of Object.values(schedule)) (key as Uint8Array).fill(0);
    },
  };
}

function nonceOf(baseNonce: Uint8Array, sequence: number): Uint8Array {
  const nonce = baseNonce.slice();
  const view = new DataView(nonce.buffer);
  view.setUint32(NONCE_SIZE - 4, view.getUint32(NONCE_SIZE - 4) ^ sequence);
  return nonce;
}
