import type { HpkeKemId } from '@rootcap/crypto';
import { compareBytes } from '../der.ts';
import { HPKE_ENDORSEMENTS } from '../hpke-endorsement.ts';
import type { Certificate } from './certificate.ts';
import { X509Error } from './error.ts';

/** An HPKE public key that a certificate endorses. Who signed the certificate is the business of `validateChain`. */
export interface EndorsedHpkeKey {
  readonly kemId: HpkeKemId;
  /** As HPKE serialises it. */
  readonly publicKey: Uint8Array;
}

/**
 * The key that a certificate endorses, if it keeps the profile: no CA, keyEncipherment and nothing else, the
 * HPKEIdentifiers of one of the three suites, and a key of that suite's algorithm and size.
 *
 * @throws X509Error naming what does not
 */
export function endorsedHpkeKey({ decoded, publicKey }: Certificate): EndorsedHpkeKey {
  const refuse = (path: string, reason: string): never => {
    throw new X509Error(`endorsement.${path}`, undefined, reason);
  };
  const { basicConstraints, keyUsage, hpkeIdentifiers } = decoded;
  if (basicConstraints?.ca) refuse('basicConstraints', 'a CA');
  if (keyUsage?.join() !== 'keyEncipherment') refuse('keyUsage', 'expected keyEncipherment alone');
  if (hpkeIdentifiers === undefined) return refuse('hpkeIdentifiers', 'missing');
  const { kemId, kdfId, aeadId } = hpkeIdentifiers;
  const suites: Readonly<Record<number, (typeof HPKE_ENDORSEMENTS)[HpkeKemId]>> = HPKE_ENDORSEMENTS;
  const template = suites[kemId];
  if (template === undefined || kdfId !== 2 || aeadId !== 2)
    return refuse('hpkeIdentifiers', `no suite of OCP LOCK: ${kemId}, ${kdfId}, ${aeadId}`);
  if (compareBytes(publicKey.identifier.der, template.keyAlgorithm) !== 0)
    refuse('publicKey', `its algorithm is not that of KEM ${kemId}`);
  if (publicKey.bytes.length !== template.publicKeySize)
    refuse('publicKey', `expected ${template.publicKeySize} bytes, got ${publicKey.bytes.length}`);
  return { kemId: kemId as HpkeKemId, publicKey: publicKey.bytes };
}
