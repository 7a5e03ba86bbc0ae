import { type CryptoProvider, concatBytes, type HpkeKemId } from '@rootcap/crypto';
import { endorseHpkeKey, type Validity } from '@rootcap/dice';
import { parseCertificate } from '@rootcap/dice/x509';
import { DERIVE_CONTEXT_FLAGS } from '@rootcap/dpe';
import type { ChainAlgorithm, Device } from './device.ts';

/**
 * The drive firmware's side of HPKE key endorsement, as a sub-path of its own because it brings a certificate library with it.
 */

export interface EndorserOptions {
  /** Default `ecdsa-p384`. */
  readonly algorithm?: ChainAlgorithm;
  /** Measurement of the firmware that endorses, 48 bytes; default zeros. */
  readonly measurement?: Uint8Array;
  /** Type of that measurement. Default `LOCK`. */
  readonly tciType?: number;
}

/** A key of the device's DPE that endorses HPKE keys. It lives until the next reset. */
export interface HpkeEndorser {
  readonly algorithm: ChainAlgorithm;
  /** Certificate of its CDI, DER. */
  readonly certificate: Uint8Array;
  /**
   * @param publicKey - as HPKE serialises it
   * @returns DER
   * @throws RotError once the CDI is gone, RangeError for a key of a wrong length
   */
  endorse(kemId: HpkeKemId, publicKey: Uint8Array, validity?: Validity): Uint8Array;
  /** The endorsement and what stands above it: endorsement, exported CDI, RT alias, FMC alias, LDevID. DER */
  evidence(kemId: HpkeKemId, publicKey: Uint8Array, validity?: Validity): Uint8Array[];
  /** Destroys the CDI. */
  revoke(): void;
}

const TYPE_LOCK = 0x4c4f_434b;
const FLAGS =
  DERIVE_CONTEXT_FLAGS.RETAIN_PARENT_CONTEXT |
  DERIVE_CONTEXT_FLAGS.EXPORT_CDI |
  DERIVE_CONTEXT_FLAGS.CREATE_CERTIFICATE;
/** `sign_type` of SIGN_WITH_EXPORTED_MLDSA. */
const SIGN_MU = 0;

/** External mu of FIPS 204 §5.2 with an empty context string. */
function muOf({ xof }: Pick<CryptoProvider, 'xof'>, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return xof.digest('shake256', 64, xof.digest('shake256', 64, publicKey), new Uint8Array(2), message);
}

function signerOf(device: Device, algorithm: ChainAlgorithm, handle: Uint8Array, publicKey: Uint8Array) {
  const { mailbox, options } = device;
  const { provider } = options;
  return (tbs: Uint8Array): Uint8Array => {
    if (algorithm === 'ecdsa-p384') {
      const { signature_r, signature_s } = mailbox.call('SIGN_WITH_EXPORTED_ECDSA', {
        exported_cdi_handle: handle,
        tbs: provider.hashes.digest('sha384', tbs),
      });
      return concatBytes(signature_r, signature_s);
    }
    const { signature } = mailbox.call('SIGN_WITH_EXPORTED_MLDSA', {
      exported_cdi_handle: handle,
      sign_type: SIGN_MU,
      tbs_size: 64,
      tbs: concatBytes(muOf(provider, publicKey, tbs), new Uint8Array(1024 - 64)),
    });
    return signature;
  };
}

/**
 * Exports a CDI of the runtime's DPE, whose certificate may issue others, and endorses HPKE keys with it: what OCP LOCK asks of
 * the firmware of a drive. The runtime has room for one exported CDI: another endorser needs {@link HpkeEndorser.revoke} first.
 *
 * @param device - at runtime, without an exported CDI
 * @throws DpeError ExportedCdiHandleDuplicateCdi if there is one, or what else the runtime refuses with
 */
export function hpkeEndorser(device: Device, options: EndorserOptions = {}): HpkeEndorser {
  const { algorithm = 'ecdsa-p384', measurement = new Uint8Array(48), tciType = TYPE_LOCK } = options;
  const { provider } = device.options;
  const fields = { data: measurement, tci_type: tciType, flags: FLAGS };
  const derived = device.dpe.call('DeriveContext', fields, { algorithm });
  const certificate = derived.new_certificate as Uint8Array;
  const handle = derived.exported_cdi as Uint8Array;
  const { subject, publicKey, decoded } = parseCertificate(certificate);
  const issuer = {
    algorithm,
    subject: subject.der,
    keyIdentifier: decoded.subjectKeyIdentifier as Uint8Array,
  };
  const sign = signerOf(device, algorithm, handle, publicKey.bytes);

  function endorse(kemId: HpkeKemId, hpkeKey: Uint8Array, validity?: Validity): Uint8Array {
    const params = { kemId, publicKey: hpkeKey, issuer, ...(validity === undefined ? {} : { validity }) };
    return endorseHpkeKey(provider, params, sign);
  }

  return {
    algorithm,
    certificate,
    endorse,
    evidence: (kemId, hpkeKey, validity) => [
      endorse(kemId, hpkeKey, validity),
      certificate,
      ...device.certificateChain(algorithm),
    ],
    revoke: () => void device.mailbox.call('REVOKE_EXPORTED_CDI_HANDLE', { exported_cdi_handle: handle }),
  };
}
