import { TCB_TYPE } from '../layer-tcb.ts';
import type { Layer } from '../layers.ts';
import { OID } from '../oids.ts';
import type { TcbInfo } from '../tcb-info.ts';
import type { Certificate, CertificateRequest } from './certificate.ts';
import { decodeUtf8 } from './der-reader.ts';
import { tcbInfosOf } from './extensions.ts';
import { attributeOf } from './name.ts';

/** Where in a DICE chain a certificate seems to stand. */
export type LayerGuess = Layer | 'dpe-leaf' | 'dpe-exported-cdi' | 'hpke-endorsement' | 'root' | 'ca' | 'end-entity';

export interface GuessedLayer {
  readonly layer: LayerGuess;
  /** What the guess rests on. */
  readonly basis: 'common name' | 'TCB type' | 'purposes' | 'basic constraints';
  /** Caliptra generation in the common name, such as `2.1`. */
  readonly generation?: string;
}

const BY_TITLE: Readonly<Record<string, Layer>> = {
  IDevID: 'idevid',
  LDevID: 'ldevid',
  'FMC Alias': 'fmc-alias',
  'Rt Alias': 'rt-alias',
};

const BY_TCB_TYPE: Readonly<Record<string, Layer>> = {
  [TCB_TYPE.fmc]: 'fmc-alias',
  [TCB_TYPE.fmc20]: 'fmc-alias',
  [TCB_TYPE.rt]: 'rt-alias',
  [TCB_TYPE.rt20]: 'rt-alias',
};

/** Type of a TcbInfo as text, if it is text. */
export function tcbTypeText({ type }: TcbInfo): string | undefined {
  const text = type === undefined ? undefined : decodeUtf8(type);
  return text !== undefined && /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}

function byName(commonName: string): GuessedLayer | undefined {
  const match = /^Caliptra (\d+\.\d+) (?:Ecc384|MlDsa87) (IDevID|LDevID|FMC Alias|Rt Alias)$/.exec(commonName);
  const [, generation, title] = match ?? [];
  const layer = BY_TITLE[title ?? ''];
  if (layer !== undefined && generation !== undefined) return { layer, basis: 'common name', generation };
  if (commonName === 'DPE Leaf') return { layer: 'dpe-leaf', basis: 'common name' };
  if (commonName.startsWith('OCP LOCK HPKE Endorsement ')) return { layer: 'hpke-endorsement', basis: 'common name' };
  return commonName === 'DPE Exported CDI' ? { layer: 'dpe-exported-cdi', basis: 'common name' } : undefined;
}

/** Layer by common name, else by TCB type, else by purposes, else only whether it is a CA. A guess: names prove nothing. */
export function guessLayer(certificate: Certificate | CertificateRequest): GuessedLayer {
  const named = byName(attributeOf(certificate.subject, OID.commonName) ?? '');
  if (named !== undefined) return named;
  for (const tcb of tcbInfosOf(certificate.decoded)) {
    const layer = BY_TCB_TYPE[tcbTypeText(tcb) ?? ''];
    if (layer !== undefined) return { layer, basis: 'TCB type' };
  }
  const { extendedKeyUsage = [], basicConstraints } = certificate.decoded;
  if (extendedKeyUsage.includes(OID.tcgDiceKpIdentityInit)) return { layer: 'idevid', basis: 'purposes' };
  if (extendedKeyUsage.includes(OID.tcgDiceKpIdentityLoc)) return { layer: 'ldevid', basis: 'purposes' };
  if (!basicConstraints?.ca) return { layer: 'end-entity', basis: 'basic constraints' };
  const root = certificate.kind === 'certificate' && certificate.issuer.text === certificate.subject.text;
  return { layer: root ? 'root' : 'ca', basis: 'basic constraints' };
}
