import { CSR_ENVELOPE, type DiceAlgorithm } from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { UNPROVISIONED_CSR } from '../../memory/persistent-data.ts';
import { certificateResponse } from '../../messages/certificate-parts.ts';
import { varSizeResponse } from '../../messages/response.ts';

/** A CSR of the envelope; undefined if none was asked for at this boot. */
export function storedIdevCsr({ persistent }: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array | undefined {
  const envelope = persistent.rom.slice('idevid_csr_envelop');
  const ecc = algorithm === 'ecdsa-p384';
  const length = new DataView(envelope.buffer, envelope.byteOffset).getUint32(
    CSR_ENVELOPE.offsetOf(ecc ? 'eccCsrLength' : 'mldsaCsrLength'),
    true,
  );
  if (length === UNPROVISIONED_CSR) return undefined;
  const start = CSR_ENVELOPE.offsetOf(ecc ? 'eccCsr' : 'mldsaCsr');
  return envelope.subarray(start, start + length);
}

export function getIdevCsr(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array {
  const csr = storedIdevCsr(context, algorithm);
  if (csr === undefined) throw new RotError('FW_PROC_MAILBOX_GET_IDEV_CSR_UNPROVISIONED_CSR');
  return varSizeResponse(csr);
}

export function getLdevCert(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array {
  const response = certificateResponse(context, 'ldevid', algorithm);
  if (response === undefined) throw new RotError('GET_LDEVID_CERT_FAILED');
  return response;
}
