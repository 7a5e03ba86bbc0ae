import type { CryptoProvider, HpkeKemId } from '@rootcap/crypto';
import { endorseHpkeKey } from '@rootcap/dice';
import { parseCertificate } from '@rootcap/dice/x509';
import { DERIVE_CONTEXT_FLAGS as FLAGS } from '@rootcap/dpe';
import type { Device } from 'rootcap';

/** A CA of the drive's controller below the device: an exported CDI of its DPE. */
export interface Endorser {
  /** DER of its certificate. */
  readonly certificate: Uint8Array;
  /** @returns DER of the certificate of an HPKE key */
  endorse(kemId: HpkeKemId, publicKey: Uint8Array): Uint8Array;
}

/**
 * Gets the controller its CA: once in each boot, the root of trust keeps one exported CDI.
 *
 * @see OCP LOCK 1.1 "HPKE public key endorsement"
 */
export function exportEndorser(device: Device, provider: CryptoProvider): Endorser {
  const exported = device.dpe.call('DeriveContext', {
    data: new Uint8Array(48),
    flags: FLAGS.EXPORT_CDI | FLAGS.CREATE_CERTIFICATE | FLAGS.RETAIN_PARENT_CONTEXT,
  }) as unknown as { readonly exported_cdi: Uint8Array; readonly new_certificate: Uint8Array };
  const { exported_cdi, new_certificate } = exported;
  const { decoded, subject } = parseCertificate(new_certificate);
  const issuer = {
    algorithm: 'ecdsa-p384',
    subject: subject.der,
    keyIdentifier: decoded.subjectKeyIdentifier as Uint8Array,
  } as const;
  const sign = (tbs: Uint8Array): Uint8Array => {
    const { signature_r, signature_s } = device.mailbox.call('SIGN_WITH_EXPORTED_ECDSA', {
      exported_cdi_handle: exported_cdi,
      tbs: provider.hashes.digest('sha384', tbs),
    });
    const signature = new Uint8Array(96);
    signature.set(signature_r);
    signature.set(signature_s, 48);
    return signature;
  };
  return {
    certificate: new_certificate,
    endorse: (kemId, publicKey) => endorseHpkeKey(provider, { kemId, publicKey, issuer }, sign),
  };
}
