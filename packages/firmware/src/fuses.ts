import { IDEVID_CERT_ATTR_WORDS, ueid } from '@rootcap/dice';
import type { Chip } from '@rootcap/hardware';
import { bits, extract } from '@rootcap/struct';

/** The 24 words of the fuse IDEVID_CERT_ATTR. */
export function idevidCertAttr(soc: Chip['soc']): number[] {
  return Array.from({ length: IDEVID_CERT_ATTR_WORDS }, (_, i) => soc.get('FUSE_IDEVID_CERT_ATTR', i));
}

/** Unique endpoint identifier, 17 bytes. */
export function deviceUeid(soc: Chip['soc']): Uint8Array {
  return ueid(idevidCertAttr(soc));
}

/** Field of SS_STRAP_GENERIC[3]. */
const OWNER_MANIFEST_MIN_SVN = bits(15, 8);

/** A strap of subsystem mode. @see caliptra-sw:drivers/src/soc_ifc.rs (ss_owner_manifest_min_svn) */
export function ownerManifestMinSvn(soc: Chip['soc']): number {
  return extract(OWNER_MANIFEST_MIN_SVN, soc.get('SS_STRAP_GENERIC', 3));
}
