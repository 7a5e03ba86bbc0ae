import type { CryptoProvider } from '@rootcap/crypto';
import { bytes, StructError, struct, u32 } from '@rootcap/struct';
import { requireLength } from './checks.ts';

/**
 * What a device in manufacturing hands out through its mailbox: both IDevID requests under a MAC.
 *
 * @see caliptra-sw:drivers/src/persistent.rs (InitDevIdCsrEnvelope)
 */
export const CSR_ENVELOPE = struct('InitDevIdCsrEnvelope', {
  marker: u32,
  size: u32,
  eccCsrLength: u32,
  eccCsr: bytes(512),
  mldsaCsrLength: u32,
  mldsaCsr: bytes(8192),
  mac: bytes(64),
});

/** Bytes 'R','S','C',0 in memory. */
export const CSR_ENVELOPE_MARKER = 0x0043_5352;

/** Length that stands for "no request was made". */
export const UNPROVISIONED_CSR = 0xffff_ffff;

const MAC_OFFSET = CSR_ENVELOPE.offsetOf('mac');

/** The requests of an envelope, DER; absent where the device made none. */
export interface IdevidCsrs {
  readonly eccCsr?: Uint8Array;
  readonly mldsaCsr?: Uint8Array;
}

export interface CsrEnvelope extends IdevidCsrs {
  /** 64 bytes. */
  readonly mac: Uint8Array;
}

type HmacProvider = Pick<CryptoProvider, 'hmac'>;

function mac(provider: HmacProvider, csrHmacKey: Uint8Array, envelope: Uint8Array): Uint8Array {
  requireLength(csrHmacKey, 64, 'csrHmacKey');
  return provider.hmac.mac('sha512', csrHmacKey, envelope.subarray(0, MAC_OFFSET));
}

function padded(csr: Uint8Array | undefined, size: number, argument: string): Uint8Array {
  const output = new Uint8Array(size);
  if (csr === undefined) return output;
  if (csr.length > size) throw new RangeError(`${argument}: ${csr.length} bytes, at most ${size} expected`);
  output.set(csr);
  return output;
}

/**
 * Envelope of 8784 bytes, its MAC `HMAC-SHA-512(csrHmacKey, envelope[0, 8720))`.
 *
 * @param csrHmacKey - 64 bytes: the key that the integrator put into the hardware
 * @throws RangeError if a request is longer than its buffer (512 and 8192 bytes)
 */
export function buildCsrEnvelope(provider: HmacProvider, csrHmacKey: Uint8Array, csrs: IdevidCsrs): Uint8Array {
  const envelope = CSR_ENVELOPE.encode({
    marker: CSR_ENVELOPE_MARKER,
    size: CSR_ENVELOPE.size,
    eccCsrLength: csrs.eccCsr?.length ?? UNPROVISIONED_CSR,
    eccCsr: padded(csrs.eccCsr, 512, 'eccCsr'),
    mldsaCsrLength: csrs.mldsaCsr?.length ?? UNPROVISIONED_CSR,
    mldsaCsr: padded(csrs.mldsaCsr, 8192, 'mldsaCsr'),
    mac: new Uint8Array(64),
  });
  envelope.set(mac(provider, csrHmacKey, envelope), MAC_OFFSET);
  return envelope;
}

function csrOf(field: 'eccCsr' | 'mldsaCsr', buffer: Uint8Array, length: number): Uint8Array | undefined {
  if (length === UNPROVISIONED_CSR) return undefined;
  if (length === 0 || length > buffer.length) {
    const path = `${CSR_ENVELOPE.name}.${field}Length`;
    throw new StructError(path, CSR_ENVELOPE.offsetOf(`${field}Length`), `${length} is not in 1..${buffer.length}`);
  }
  return buffer.slice(0, length);
}

/** Takes an envelope apart, its MAC unverified. @throws StructError for a wrong size, marker or length */
export function parseCsrEnvelope(envelope: Uint8Array): CsrEnvelope {
  const fields = CSR_ENVELOPE.decode(envelope);
  if (fields.marker !== CSR_ENVELOPE_MARKER)
    throw new StructError(`${CSR_ENVELOPE.name}.marker`, 0, `0x${fields.marker.toString(16)}, not 0x435352`);
  if (fields.size !== CSR_ENVELOPE.size)
    throw new StructError(`${CSR_ENVELOPE.name}.size`, 4, `${fields.size}, not ${CSR_ENVELOPE.size}`);
  const eccCsr = csrOf('eccCsr', fields.eccCsr, fields.eccCsrLength);
  const mldsaCsr = csrOf('mldsaCsr', fields.mldsaCsr, fields.mldsaCsrLength);
  return {
    ...(eccCsr === undefined ? {} : { eccCsr }),
    ...(mldsaCsr === undefined ? {} : { mldsaCsr }),
    mac: fields.mac,
  };
}

/** Whether the MAC of an envelope of 8784 bytes is right. @throws StructError for any other size */
export function verifyCsrEnvelope(provider: HmacProvider, csrHmacKey: Uint8Array, envelope: Uint8Array): boolean {
  const expected = mac(provider, csrHmacKey, envelope);
  const { mac: got } = CSR_ENVELOPE.decode(envelope);
  // All bytes are looked at, so that time does not tell how many were right.
  let difference = 0;
  for (let i = 0; i < 64; i++) difference |= (got[i] as number) ^ (expected[i] as number);
  return difference === 0;
}
