import type { CryptoProvider, HpkeKemId } from '@rootcap/crypto';
import { ALGORITHMS, type DiceAlgorithm } from './algorithm.ts';
import { assembleCertificate } from './assemble.ts';
import { requireLength } from './checks.ts';
import * as der from './der.ts';
import { authorityKeyIdentifierExtension, extension, keyUsage, subjectKeyIdentifierExtension } from './extensions.ts';
import { keyIdentity } from './identity.ts';
import { name, serialNumberFirst } from './names.ts';
import { OID } from './oids.ts';
import { DEFAULT_VALIDITY, encodeValidity, type Validity } from './validity.ts';

/** HKDF-SHA384 and AES-256-GCM, RFC 9180 §7.2 and §7.3: the same in every suite of OCP LOCK. */
const KDF_ID = 2;
const AEAD_ID = 2;

/** What an endorsement of one kind of key says. */
interface EndorsementTemplate {
  readonly commonName: string;
  /** AlgorithmIdentifier of the endorsed key. */
  readonly keyAlgorithm: Uint8Array;
  readonly publicKeySize: number;
}

/** Templates by KEM. caliptra-sw:x509/gen/src/main.rs */
export const HPKE_ENDORSEMENTS: Readonly<Record<HpkeKemId, EndorsementTemplate>> = {
  17: {
    commonName: 'OCP LOCK HPKE Endorsement ECDH P-384',
    keyAlgorithm: ALGORITHMS['ecdsa-p384'].keyAlgorithm,
    publicKeySize: 97,
  },
  66: {
    commonName: 'OCP LOCK HPKE Endorsement ML-KEM 1024',
    keyAlgorithm: der.sequence(der.oid(OID.mlKem1024)),
    publicKeySize: 1568,
  },
  81: {
    commonName: 'OCP LOCK HPKE Endorsement ML-KEM-1024-ECDH-P384',
    keyAlgorithm: der.sequence(der.oid(OID.mlKem1024EcdhP384)),
    publicKeySize: 1665,
  },
};

/** Who endorses: the key of a DPE context, or any other that may issue certificates. */
export interface EndorsementIssuer {
  readonly algorithm: DiceAlgorithm;
  /** DER of its name. */
  readonly subject: Uint8Array;
  /** 20 bytes. */
  readonly keyIdentifier: Uint8Array;
}

export interface HpkeEndorsementParams {
  readonly kemId: HpkeKemId;
  /** As HPKE serialises it: 97, 1568 or 1665 bytes. */
  readonly publicKey: Uint8Array;
  readonly issuer: EndorsementIssuer;
  /** Default {@link DEFAULT_VALIDITY}. */
  readonly validity?: Validity;
  /**
   * `caliptra-sw` writes what that repository's unused templates have: a path length of 0 in a certificate that is no CA,
   * which RFC 5280 §4.2.1.9 forbids, and for MLKEM1024-P384 the serialNumber of the subject before its common name.
   * Default `rfc5280`: no path length, one order.
   */
  readonly template?: 'rfc5280' | 'caliptra-sw';
}

/** HPKEIdentifiers of the TCG storage profile MEK-MPA §4.2.2.1.3.1: `SEQUENCE { kem_id, kdf_id, aead_id }`, not critical. */
function hpkeIdentifiersExtension(kemId: HpkeKemId): Uint8Array {
  return extension(
    OID.tcgStorageHpkeIdentifiers,
    false,
    der.sequence(der.integer(kemId), der.integer(KDF_ID), der.integer(AEAD_ID)),
  );
}

function templateOf(kemId: HpkeKemId): EndorsementTemplate {
  if (!Object.hasOwn(HPKE_ENDORSEMENTS, kemId))
    throw new RangeError(`kemId: ${String(kemId)} is none of ${Object.keys(HPKE_ENDORSEMENTS).join(', ')}`);
  return HPKE_ENDORSEMENTS[kemId];
}

/**
 * TBSCertificate that endorses the HPKE public key of a device: a leaf for keyEncipherment with the HPKEIdentifiers
 * extension. Serial numbers and key identifier come from the SHA-256 of the key.
 *
 * @throws RangeError naming what has a wrong length, or a `kemId` that is none of the three
 * @see caliptra-sw:x509/gen/src/main.rs, OCP LOCK 1.1 "HPKE public key endorsement"
 */
export function hpkeEndorsementTbs(
  provider: Pick<CryptoProvider, 'hashes'>,
  params: HpkeEndorsementParams,
): Uint8Array {
  const { kemId, publicKey, issuer, validity = DEFAULT_VALIDITY, template = 'rfc5280' } = params;
  const { commonName, keyAlgorithm, publicKeySize } = templateOf(kemId);
  requireLength(publicKey, publicKeySize, 'publicKey');
  const { certificateSerialNumber, subjectSerialNumber, subjectKeyIdentifier } = keyIdentity(provider, publicKey);
  const subjectName = template === 'caliptra-sw' && kemId === 0x0051 ? serialNumberFirst : name;
  const noCa = template === 'rfc5280' ? der.sequence() : der.sequence(der.integer(0));
  return der.sequence(
    der.constructed(0, der.integer(2)),
    der.integer(certificateSerialNumber),
    ALGORITHMS[issuer.algorithm].signatureAlgorithm,
    issuer.subject,
    encodeValidity(validity),
    subjectName(commonName, subjectSerialNumber),
    der.sequence(keyAlgorithm, der.bitString(publicKey)),
    der.constructed(
      3,
      der.sequence(
        extension(OID.basicConstraints, true, noCa),
        keyUsage(['keyEncipherment']),
        hpkeIdentifiersExtension(kemId),
        subjectKeyIdentifierExtension(subjectKeyIdentifier),
        authorityKeyIdentifierExtension(issuer.keyIdentifier),
      ),
    ),
  );
}

/**
 * Endorses an HPKE public key.
 *
 * @param sign - signs a TBSCertificate with the issuer's key: r ‖ s (96 bytes) or the ML-DSA signature (4627 bytes)
 * @returns DER
 */
export function endorseHpkeKey(
  provider: Pick<CryptoProvider, 'hashes'>,
  params: HpkeEndorsementParams,
  sign: (tbs: Uint8Array) => Uint8Array,
): Uint8Array {
  const tbs = hpkeEndorsementTbs(provider, params);
  return assembleCertificate(params.issuer.algorithm, tbs, sign(tbs));
}
