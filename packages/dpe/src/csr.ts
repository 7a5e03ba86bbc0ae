import { der, OID } from '@rootcap/dice';
import {
  extensions,
  type Subject,
  signatureValue,
  signedPart,
  subjectName,
  subjectPublicKeyInfo,
} from './certificate.ts';
import { claimedTlv, exact } from './claimed-der.ts';
import type { SignerIdentifier } from './port.ts';
import type { DpeProfile } from './profiles.ts';

/** RFC 5652 */
const ID_DATA = '1.2.840.113549.1.7.1';
const ID_SIGNED_DATA = '1.2.840.113549.1.7.2';

const VERSION_0 = der.integer(0);

/** CertificationRequestInfo of a DPE leaf. caliptra-dpe:dpe/src/x509.rs encode_certification_request_info */
export function certificationRequestInfo(subject: Subject): Uint8Array {
  const attribute = claimedTlv(0x30, exact(der.oid(OID.extensionRequest)), claimedTlv(0x31, extensions(subject)));
  const fields = [VERSION_0, subjectName(subject), subjectPublicKeyInfo(subject)];
  return signedPart(subject, fields, claimedTlv(0xa0, attribute));
}

/** The SKI form is an OCTET STRING inside the [0], not in its place as RFC 5652 has it: so does the firmware. */
function signerIdentifier(signer: SignerIdentifier): { version: Uint8Array; sid: Uint8Array } {
  if ('subjectKeyIdentifier' in signer)
    return { version: der.integer(3), sid: der.primitive(0, der.octetString(signer.subjectKeyIdentifier)) };
  return { version: der.integer(1), sid: der.sequence(signer.issuer, der.integer(signer.serialNumber)) };
}

/**
 * CMS SignedData around a request, without certificates and signed attributes.
 *
 * @param signature - of the alias key over `csr`: r ‖ s, or the raw ML-DSA signature
 * @see caliptra-dpe:dpe/src/x509.rs encode_cms
 */
export function cmsSigned(
  profile: DpeProfile,
  csr: Uint8Array,
  signer: SignerIdentifier,
  signature: Uint8Array,
): Uint8Array {
  const { version, sid } = signerIdentifier(signer);
  const digestAlgorithm = der.sequence(der.oid(profile.hashOid));
  const signerInfo = der.sequence(
    version,
    sid,
    digestAlgorithm,
    profile.signatureAlgorithm,
    der.octetString(signatureValue(profile, signature)),
  );
  const signedData = der.sequence(
    version,
    der.setOf(digestAlgorithm),
    der.sequence(der.oid(ID_DATA), der.constructed(0, der.octetString(csr))),
    der.setOf(signerInfo),
  );
  return der.sequence(der.oid(ID_SIGNED_DATA), der.constructed(0, signedData));
}
