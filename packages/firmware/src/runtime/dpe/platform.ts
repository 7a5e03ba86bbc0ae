import { type DiceAlgorithm, layerCommonName, name } from '@rootcap/dice';
import type { DpePlatform } from '@rootcap/dpe';
import type { FirmwareContext } from '../../context.ts';
import type { LayerKey } from '../../dice-layer.ts';
import { deviceUeid } from '../../fuses.ts';
import { certificateValidity } from '../../rom/load-firmware.ts';
import type { InvokeOptions } from './invoke.ts';

/** "CTRA", most significant byte first: vendor and SKU alike. */
const VENDOR = 0x4354_5241;
/** DMTF's device information (DSP0274). */
const DMTF_OID = '1.3.6.1.4.1.412.274.1';

/**
 * What DPE certificates say of the platform.
 *
 * @see caliptra-sw:runtime/src/dpe_platform.rs
 */
export function runtimeDpePlatform(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  alias: LayerKey,
  { withUeid, deviceInfo }: Pick<InvokeOptions, 'withUeid' | 'deviceInfo'>,
): DpePlatform {
  const { runtime } = context.state;
  return {
    vendorId: VENDOR,
    vendorSku: VENDOR,
    certificateChain: algorithm === 'ecdsa-p384' ? runtime.eccCertChain : runtime.mldsaCertChain,
    issuerName: name(layerCommonName(context.profile.templates, algorithm, 'rt-alias'), alias.subjectSerialNumber),
    issuerKeyIdentifier: alias.subjectKeyIdentifier,
    signerIdentifier: { subjectKeyIdentifier: alias.subjectKeyIdentifier },
    validity: certificateValidity({ header: context.persistent.manifest.get('header') }),
    ...(withUeid ? { ueid: deviceUeid(context.chip.soc) } : {}),
    ...(deviceInfo === undefined ? {} : { subjectAltName: { oid: DMTF_OID, value: deviceInfo } }),
  };
}
