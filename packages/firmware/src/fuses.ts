import { IDEVID_CERT_ATTR_WORDS, ueid } from '@rootcap/dice';
import type { Chip } from '@rootcap/hardware';

/** The 24 words of the fuse IDEVID_CERT_ATTR. */
export function idevidCertAttr(soc: Chip['soc']): number[] {
  return Array.from({ length: IDEVID_CERT_ATTR_WORDS }, (_, i) => soc.get('FUSE_IDEVID_CERT_ATTR', i));
}

/** Unique endpoint identifier, 17 bytes. */
export function deviceUeid(soc: Chip['soc']): Uint8Array {
  return ueid(idevidCertAttr(soc));
}
