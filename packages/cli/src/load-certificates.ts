import {
  type Certificate,
  type CertificateRequest,
  decodePem,
  parseCertificate,
  parseCertificates,
  parseCsr,
} from '@rootcap/dice/x509';
import type { Terminal } from './terminal.ts';
import { utf8Text } from './text.ts';

export function isPem(data: Uint8Array): boolean {
  return utf8Text(data.subarray(0, 1 << 16)).includes('-----BEGIN ');
}

/** Certificates of a file: PEM blocks, or DER one behind the other. @throws X509Error */
function certificatesOf(data: Uint8Array): Certificate[] {
  if (!isPem(data)) return parseCertificates(data);
  return decodePem(utf8Text(data))
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => parseCertificate(der));
}

const REQUEST_LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** As {@link certificatesOf}, requests included. */
export function certificatesAndRequestsOf(data: Uint8Array): (Certificate | CertificateRequest)[] {
  if (isPem(data))
    return decodePem(utf8Text(data)).flatMap(({ der, label }): (Certificate | CertificateRequest)[] => {
      if (label === 'CERTIFICATE') return [parseCertificate(der)];
      return REQUEST_LABELS.includes(label) ? [parseCsr(der)] : [];
    });
  try {
    return [parseCsr(data)];
  } catch {
    return parseCertificates(data);
  }
}

/** Certificates of several files, in order. @throws UsageError for an unreadable file, X509Error for its contents */
export function readCertificates(terminal: Terminal, paths: readonly string[], argument: string): Certificate[] {
  return paths.flatMap((path) => certificatesOf(terminal.read(path, argument)));
}
