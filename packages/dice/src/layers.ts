import { ALGORITHMS, type DiceAlgorithm } from './algorithm.ts';
import type { KeyUsage } from './extensions.ts';
import { OID } from './oids.ts';

/** The certificate templates of Caliptra 2.0.x and of 2.1.x. */
export type TemplateGeneration = '2.0' | '2.1';

/** DICE layers, from the hardware up. */
export type Layer = 'idevid' | 'ldevid' | 'fmc-alias' | 'rt-alias';

/** What the template of one layer fixes. */
export interface LayerTemplate {
  /** End of the common name. */
  readonly title: string;
  readonly pathLen: number;
  readonly keyUsage: readonly KeyUsage[];
  /** Purposes in order; without any there is no extendedKeyUsage extension. */
  readonly extendedKeyUsage: readonly string[];
  readonly tcb: 'none' | 'TcbInfo' | 'MultiTcbInfo';
}

type Generation = Readonly<Record<Layer, LayerTemplate>>;

const CALIPTRA_2_1: Generation = {
  idevid: {
    title: 'IDevID',
    pathLen: 7,
    keyUsage: ['keyCertSign'],
    extendedKeyUsage: [OID.tcgDiceKpIdentityInit, OID.tcgDiceKpEca],
    tcb: 'none',
  },
  ldevid: {
    title: 'LDevID',
    pathLen: 6,
    keyUsage: ['keyCertSign'],
    extendedKeyUsage: [OID.tcgDiceKpIdentityLoc, OID.tcgDiceKpEca],
    tcb: 'none',
  },
  'fmc-alias': {
    title: 'FMC Alias',
    pathLen: 5,
    keyUsage: ['keyCertSign'],
    extendedKeyUsage: [OID.tcgDiceKpEca, OID.tcgDiceKpAttestLoc],
    tcb: 'MultiTcbInfo',
  },
  'rt-alias': {
    title: 'Rt Alias',
    pathLen: 4,
    keyUsage: ['digitalSignature', 'keyCertSign'],
    extendedKeyUsage: [OID.tcgDiceKpEca],
    tcb: 'TcbInfo',
  },
};

const older = (template: LayerTemplate): LayerTemplate => ({
  ...template,
  pathLen: template.pathLen - 2,
  extendedKeyUsage: [],
});

/** Templates by generation and layer. caliptra-sw:x509/gen/src/main.rs, tags rom-2.0.0 and main */
export const LAYERS: Readonly<Record<TemplateGeneration, Generation>> = {
  '2.0': {
    idevid: older(CALIPTRA_2_1.idevid),
    ldevid: older(CALIPTRA_2_1.ldevid),
    'fmc-alias': older(CALIPTRA_2_1['fmc-alias']),
    'rt-alias': older(CALIPTRA_2_1['rt-alias']),
  },
  '2.1': CALIPTRA_2_1,
};

/** Common name of a layer, such as `Caliptra 2.1 Ecc384 LDevID`. */
export function layerCommonName(generation: TemplateGeneration, algorithm: DiceAlgorithm, layer: Layer): string {
  return `Caliptra ${generation} ${ALGORITHMS[algorithm].label} ${LAYERS[generation][layer].title}`;
}
