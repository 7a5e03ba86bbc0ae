import { ALGORITHMS, type DiceAlgorithm, subjectPublicKeyInfo } from './algorithm.ts';
import { requireLength } from './checks.ts';
import * as der from './der.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectKeyIdentifierExtension,
  ueidExtension,
} from './extensions.ts';
import { LAYERS, type Layer, type LayerTemplate, layerCommonName, type TemplateGeneration } from './layers.ts';
import { name } from './names.ts';
import { OID } from './oids.ts';
import { multiTcbInfoExtension, type TcbInfo, tcbInfoExtension } from './tcb-info.ts';
import { DEFAULT_VALIDITY, encodeValidity, type Validity } from './validity.ts';

/** What a certificate or request says of its key. */
export interface SubjectParams {
  /** Default '2.1'. */
  readonly generation?: TemplateGeneration;
  /** 04 ‖ X ‖ Y (97 bytes) or the raw ML-DSA key (2592 bytes). */
  readonly publicKey: Uint8Array;
  /** 64 upper-case hexadecimal digits. */
  readonly subjectSerialNumber: string;
  /** 17 bytes. */
  readonly ueid: Uint8Array;
}

/** What a certificate says besides: its number and its issuer. */
export interface CertificateParams extends SubjectParams {
  /** 20 bytes. */
  readonly serialNumber: Uint8Array;
  /** serialNumber attribute of the issuer: 64 upper-case hexadecimal digits. */
  readonly issuerSerialNumber: string;
  /** 20 bytes. */
  readonly subjectKeyIdentifier: Uint8Array;
  /** 20 bytes. */
  readonly authorityKeyIdentifier: Uint8Array;
}

/** Claims of the FMC alias layer: MultiTcbInfo, made by {@link fmcTcbInfos}. */
export interface FmcAliasClaims {
  readonly tcbInfos: readonly TcbInfo[];
}

/** Claim of the RT alias layer: TcbInfo, made by {@link rtTcbInfo}. */
export interface RtAliasClaims {
  readonly tcbInfo: TcbInfo;
}

/** Dates of an alias certificate; default {@link DEFAULT_VALIDITY}. */
export interface AliasValidity {
  readonly validity?: Validity;
}

/** Extensions that are the same in every certificate of a layer. */
interface FixedExtensions {
  readonly beforeUeid: readonly Uint8Array[];
  readonly afterUeid: readonly Uint8Array[];
}

const fixedExtensions = new Map<LayerTemplate, FixedExtensions>();

function fixedExtensionsOf(template: LayerTemplate): FixedExtensions {
  let fixed = fixedExtensions.get(template);
  if (fixed === undefined) {
    const { pathLen, keyUsage: usages, extendedKeyUsage: purposes } = template;
    fixed = {
      beforeUeid: [basicConstraints(pathLen), keyUsage(usages)],
      afterUeid: purposes.length === 0 ? [] : [extendedKeyUsage(purposes)],
    };
    fixedExtensions.set(template, fixed);
  }
  return fixed;
}

function layerExtensions(layer: Layer, params: SubjectParams, tcb?: Uint8Array): Uint8Array[] {
  const { beforeUeid, afterUeid } = fixedExtensionsOf(LAYERS[params.generation ?? '2.1'][layer]);
  return [...beforeUeid, ueidExtension(params.ueid), ...afterUeid, ...(tcb === undefined ? [] : [tcb])];
}

function layerName(algorithm: DiceAlgorithm, layer: Layer, params: SubjectParams, serialNumber: string): Uint8Array {
  if (serialNumber.length !== 64)
    throw new RangeError(`subjectSerialNumber: ${serialNumber.length} characters, 64 expected`);
  return name(layerCommonName(params.generation ?? '2.1', algorithm, layer), serialNumber);
}

const CSR_VERSION = der.integer(0);
const CERTIFICATE_VERSION = der.constructed(0, der.integer(2));

function csrTbs(algorithm: DiceAlgorithm, layer: Layer, params: SubjectParams, tcb?: Uint8Array): Uint8Array {
  const extensions = der.sequence(...layerExtensions(layer, params, tcb));
  return der.sequence(
    CSR_VERSION,
    layerName(algorithm, layer, params, params.subjectSerialNumber),
    subjectPublicKeyInfo(algorithm, params.publicKey),
    der.constructed(0, der.sequence(der.oid(OID.extensionRequest), der.setOf(extensions))),
  );
}

function certificateTbs(
  algorithm: DiceAlgorithm,
  [issuer, subject]: readonly [Layer, Layer],
  params: CertificateParams,
  validity: Validity,
  tcb?: Uint8Array,
): Uint8Array {
  return der.sequence(
    CERTIFICATE_VERSION,
    der.integer(requireLength(params.serialNumber, 20, 'serialNumber')),
    ALGORITHMS[algorithm].signatureAlgorithm,
    layerName(algorithm, issuer, params, params.issuerSerialNumber),
    encodeValidity(validity),
    layerName(algorithm, subject, params, params.subjectSerialNumber),
    subjectPublicKeyInfo(algorithm, params.publicKey),
    der.constructed(
      3,
      der.sequence(
        ...layerExtensions(subject, params, tcb),
        subjectKeyIdentifierExtension(params.subjectKeyIdentifier),
        authorityKeyIdentifierExtension(params.authorityKeyIdentifier),
      ),
    ),
  );
}

/** CertificationRequestInfo of the IDevID layer: what the IDevID key signs. caliptra-sw:x509/build/init_dev_id_csr_tbs_* */
export function idevidCsrTbs(algorithm: DiceAlgorithm, params: SubjectParams): Uint8Array {
  return csrTbs(algorithm, 'idevid', params);
}

/** CertificationRequestInfo of the LDevID layer, for attested CSRs. caliptra-sw:x509/build/local_dev_id_csr_tbs_* */
export function ldevidCsrTbs(algorithm: DiceAlgorithm, params: SubjectParams): Uint8Array {
  return csrTbs(algorithm, 'ldevid', params);
}

/** CertificationRequestInfo of the FMC alias layer. caliptra-sw:x509/build/fmc_alias_csr_tbs_ecc_384.rs, fmc_alias_tbs_ml_dsa_87.rs */
export function fmcAliasCsrTbs(algorithm: DiceAlgorithm, params: SubjectParams & FmcAliasClaims): Uint8Array {
  return csrTbs(algorithm, 'fmc-alias', params, multiTcbInfoExtension(params.tcbInfos));
}

/** CertificationRequestInfo of the RT alias layer, for attested CSRs. caliptra-sw:x509/build/rt_alias_csr_tbs_* */
export function rtAliasCsrTbs(algorithm: DiceAlgorithm, params: SubjectParams & RtAliasClaims): Uint8Array {
  return csrTbs(algorithm, 'rt-alias', params, tcbInfoExtension(params.tcbInfo));
}

/**
 * TBSCertificate of the LDevID layer, issued by IDevID, always with {@link DEFAULT_VALIDITY}.
 *
 * @param params - its `authorityKeyIdentifier` is the one that the fuses choose: `idevidKeyIdentifier`
 * @see caliptra-sw:x509/build/local_dev_id_cert_tbs_ecc_384.rs, local_dev_id_cert_tbs_ml_dsa_87.rs
 */
export function ldevidTbs(algorithm: DiceAlgorithm, params: CertificateParams): Uint8Array {
  return certificateTbs(algorithm, ['idevid', 'ldevid'], params, DEFAULT_VALIDITY);
}

/** TBSCertificate of the FMC alias layer, issued by LDevID. caliptra-sw:x509/build/fmc_alias_cert_tbs_* */
export function fmcAliasTbs(
  algorithm: DiceAlgorithm,
  params: CertificateParams & FmcAliasClaims & AliasValidity,
): Uint8Array {
  const tcb = multiTcbInfoExtension(params.tcbInfos);
  return certificateTbs(algorithm, ['ldevid', 'fmc-alias'], params, params.validity ?? DEFAULT_VALIDITY, tcb);
}

/** TBSCertificate of the RT alias layer, issued by FMC alias. caliptra-sw:x509/build/rt_alias_cert_tbs_* */
export function rtAliasTbs(
  algorithm: DiceAlgorithm,
  params: CertificateParams & RtAliasClaims & AliasValidity,
): Uint8Array {
  const tcb = tcbInfoExtension(params.tcbInfo);
  return certificateTbs(algorithm, ['fmc-alias', 'rt-alias'], params, params.validity ?? DEFAULT_VALIDITY, tcb);
}
