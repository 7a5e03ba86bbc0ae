import { concatBytes, utf8ToBytes } from '../bytes.ts';
import { checkBytes } from '../checks.ts';
import type { Capabilities } from '../provider.ts';
import {
  type ContextOptions,
  type HpkeReceiver,
  type HpkeSender,
  hpkeReceiver,
  hpkeSender,
  keySchedule,
} from './context.ts';
import { dhkemP384, standardScalar } from './dhkem-p384.ts';
import type { HpkeEncapsulation, HpkeKeyPair, Kem, KemLengths, KemPrimitives, ScalarOf } from './kem.ts';
import { u16be } from './labeled.ts';
import { mlkem1024Kem } from './mlkem1024.ts';
import { mlkem1024P384Kem } from './mlkem1024-p384.ts';

/** The suites of OCP LOCK by their KEM; KDF and AEAD are the same in all three. */
export const HPKE_KEMS = {
  'DHKEM(P-384, HKDF-SHA384)': 0x0011,
  'ML-KEM-1024': 0x0042,
  'MLKEM1024-P384': 0x0051,
} as const;

export type HpkeKemName = keyof typeof HPKE_KEMS;
export type HpkeKemId = (typeof HPKE_KEMS)[HpkeKemName];

const KDF_HKDF_SHA384 = 0x0002;
const AEAD_AES_256_GCM = 0x0002;

const KEMS: Readonly<Record<HpkeKemId, (primitives: KemPrimitives, scalarOf: ScalarOf) => Kem>> = {
  17: dhkemP384,
  66: mlkem1024Kem,
  81: mlkem1024P384Kem,
};

export interface HpkeSuiteOptions {
  /** How private keys get their P-384 scalar; default: the candidate itself, as the drafts say. */
  readonly scalarOf?: ScalarOf;
}

/** HPKE in mode base with one KEM, HKDF-SHA384 and AES-256-GCM. Every call is synchronous; randomness is an argument. */
export interface HpkeSuite {
  readonly kemId: HpkeKemId;
  readonly kdfId: number;
  readonly aeadId: number;
  readonly name: HpkeKemName;
  readonly lengths: KemLengths;
  /** `"HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id`, RFC 9180 §5.1. */
  readonly suiteId: Uint8Array;
  /** `DeriveKeyPair`. @param ikm - Nikm bytes. @throws RangeError for another length */
  deriveKeyPair(ikm: Uint8Array): HpkeKeyPair;
  /** The key pair of a serialised private key, Nsk bytes. @throws HpkeError */
  keyPair(privateKey: Uint8Array): HpkeKeyPair;
  /** @param random - Nrandom bytes. @throws HpkeError for a bad public key */
  encap(publicKey: Uint8Array, random: Uint8Array): HpkeEncapsulation;
  decap(keyPair: HpkeKeyPair, enc: Uint8Array): Uint8Array;
  /** `SetupBaseS` with the randomness of its encapsulation given. @throws HpkeError for a bad public key */
  setupSender(publicKey: Uint8Array, info: Uint8Array, random: Uint8Array): HpkeSender;
  /** `SetupBaseR`. @throws HpkeError for a malformed `enc` */
  setupReceiver(keyPair: HpkeKeyPair, enc: Uint8Array, info: Uint8Array, options?: ContextOptions): HpkeReceiver;
}

function nameOf(kemId: HpkeKemId): HpkeKemName {
  const names = Object.keys(HPKE_KEMS) as HpkeKemName[];
  const name = names.find((candidate) => HPKE_KEMS[candidate] === kemId);
  if (name === undefined)
    throw new RangeError(`kemId: expected ${Object.values(HPKE_KEMS).join(', ')}, got ${String(kemId)}`);
  return name;
}

/**
 * One of the three suites of OCP LOCK (draft-ietf-hpke-hpke-02, draft-ietf-hpke-pq-03, RFC 9180).
 *
 * @throws RangeError if `kemId` is none of {@link HPKE_KEMS}
 */
export function hpkeSuite(
  provider: KemPrimitives & Pick<Capabilities, 'aead'>,
  kemId: HpkeKemId,
  { scalarOf = standardScalar }: HpkeSuiteOptions = {},
): HpkeSuite {
  const name = nameOf(kemId);
  const kem = KEMS[kemId](provider, scalarOf);
  const { lengths } = kem;
  const suiteId = concatBytes(utf8ToBytes('HPKE'), u16be(kemId), u16be(KDF_HKDF_SHA384), u16be(AEAD_AES_256_GCM));

  function encap(publicKey: Uint8Array, random: Uint8Array): HpkeEncapsulation {
    checkBytes('publicKey', publicKey);
    checkBytes('random', random, lengths.Nrandom);
    return kem.encap(publicKey, random);
  }

  function scheduleOf(sharedSecret: Uint8Array, info: Uint8Array) {
    const schedule = keySchedule(provider, suiteId, sharedSecret, info);
    sharedSecret.fill(0);
    return schedule;
  }

  return {
    kemId,
    kdfId: KDF_HKDF_SHA384,
    aeadId: AEAD_AES_256_GCM,
    name,
    lengths,
    suiteId,
    deriveKeyPair(ikm) {
      checkBytes('ikm', ikm, lengths.Nikm);
      return kem.deriveKeyPair(ikm);
    },
    keyPair(privateKey) {
      checkBytes('privateKey', privateKey);
      return kem.keyPair(privateKey);
    },
    encap,
    decap: (keyPair, enc) => keyPair.decap(enc),
    setupSender(publicKey, info, random) {
      checkBytes('info', info);
      const { enc, sharedSecret } = encap(publicKey, random);
      return hpkeSender(provider, suiteId, scheduleOf(sharedSecret, info), enc);
    },
    setupReceiver(keyPair, enc, info, options) {
      checkBytes('enc', enc);
      checkBytes('info', info);
      return hpkeReceiver(provider, suiteId, scheduleOf(keyPair.decap(enc), info), options);
    },
  };
}
