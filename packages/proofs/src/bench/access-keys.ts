import {
  type CryptoProvider,
  HPKE_KEMS,
  type HpkeKemId,
  type HpkeKemName,
  hpkeSuite,
  seededEntropy,
  utf8ToBytes,
} from '@rootcap/crypto';
import { KeyService, type KeyServicePorts, sealAccessKeys, verifyEvidence } from '@rootcap/kms';
import { hpkeEndorser } from 'rootcap/endorsement';
import { manufacture } from 'rootcap/manufacture';
import { cost, milliseconds } from './statistics.ts';

/** Access keys of one suite, a second. */
export interface AccessKeyRate {
  readonly suite: HpkeKemName;
  readonly sealed: number;
  readonly opened: number;
  /** To a device that was never seen before: chain of six certificates verified, and sealed. */
  readonly granted: number;
  /** By the service, again in the same boot: nothing of the chain is new. */
  readonly grantedAgain: number;
}

const SAMPLES = 40;
const AT = '2026-01-01T00:00:00Z';
const OBJECT = '0000080100000001';

function perSecond(work: () => unknown): number {
  for (let i = 0; i < 5; i++) work();
  return 1000 / cost(Array.from({ length: SAMPLES }, () => milliseconds(work)));
}

/** A service in memory with one binding, and the evidence of its device for each KEM. */
function fleet(provider: CryptoProvider) {
  const { device, chain } = manufacture({ provider });
  const [root = new Uint8Array(), ...below] = chain('ecdsa-p384');
  const endorser = hpkeEndorser(device);
  const lines: string[] = [];
  let text: string | undefined;
  const ports: KeyServicePorts = {
    provider,
    entropy: seededEntropy(utf8ToBytes('bench')),
    now: () => AT,
    store: {
      read: () => text,
      replace: (next) => {
        text = next;
      },
    },
    log: { read: () => lines, append: (line) => void lines.push(line) },
  };
  const service = KeyService.create({ ...ports, passphrase: 'bench', roots: [root], cost: { N: 16, r: 1, p: 1 } });
  const { name } = service.enrol({ chain: below });
  const { id: binding } = service.bind({ device: name, party: 'bench', object: OBJECT });
  const evidence = (kemId: HpkeKemId, publicKey: Uint8Array) => [
    ...below,
    endorser.certificate,
    endorser.endorse(kemId, publicKey),
  ];
  return { entropy: ports.entropy, service, root, binding, evidence };
}

/** Sealing by the service's side, opening by the device's side with a key pair that is made already. */
export function measureAccessKeys(provider: CryptoProvider): AccessKeyRate[] {
  const { entropy, service, root, binding, evidence } = fleet(provider);
  const names = Object.keys(HPKE_KEMS) as HpkeKemName[];
  return names.map((suite) => {
    const kemId = HPKE_KEMS[suite];
    const hpke = hpkeSuite(provider, kemId);
    const keyPair = hpke.deriveKeyPair(entropy.bytes(hpke.lengths.Nikm));
    const [info, metadata] = [new Uint8Array(16), new Uint8Array(8)];
    const request = {
      kemId,
      publicKey: keyPair.publicKey,
      info,
      metadata,
      accessKeys: [entropy.bytes(32)],
    };
    const { enc, ciphertexts } = sealAccessKeys(provider, entropy, request);
    const chain = evidence(kemId, keyPair.publicKey);
    return {
      suite,
      sealed: perSecond(() => sealAccessKeys(provider, entropy, request)),
      opened: perSecond(() => hpke.setupReceiver(keyPair, enc, info).open(ciphertexts[0] as Uint8Array, metadata)),
      granted: perSecond(() => {
        verifyEvidence({ provider, roots: [root], at: AT }, chain);
        return sealAccessKeys(provider, entropy, request);
      }),
      grantedAgain: perSecond(() => service.seal({ binding, chain })),
    };
  });
}
