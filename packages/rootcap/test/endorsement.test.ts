import { describe, expect, test } from '@jest/globals';
import { HPKE_KEMS, hpkeSuite } from '@rootcap/crypto';
import { endorsedHpkeKey, parseCertificate, validateChain } from '@rootcap/dice/x509';
import { CHAIN_ALGORITHMS } from 'rootcap';
import { hpkeEndorser } from 'rootcap/endorsement';
import { manufacture } from 'rootcap/manufacture';

describe.each(CHAIN_ALGORITHMS)('an HPKE key endorsed by the DPE, %s', (algorithm) => {
  test('chains to the vendor; the runtime keeps one exported CDI', () => {
    const { chain, device } = manufacture();
    const [root = new Uint8Array(), idevid = new Uint8Array()] = chain(algorithm);
    const { provider } = device.options;
    const endorser = hpkeEndorser(device, { algorithm });
    for (const kemId of Object.values(HPKE_KEMS)) {
      const suite = hpkeSuite(provider, kemId);
      const { publicKey } = suite.deriveKeyPair(new Uint8Array(suite.lengths.Nikm).fill(1));
      const evidence = [...endorser.evidence(kemId, publicKey), idevid];
      expect(validateChain(evidence, { provider, trustAnchors: [root] })).toMatchObject({ valid: true, findings: [] });
      expect(endorsedHpkeKey(parseCertificate(evidence[0] as Uint8Array))).toEqual({ kemId, publicKey });
    }
    expect(() => hpkeEndorser(device, { algorithm })).toThrow('ExportedCdiHandleDuplicateCdi');
    endorser.revoke();
    expect(() => endorser.endorse(0x0011, new Uint8Array(97).fill(4))).toThrow('RUNTIME_');
    expect(hpkeEndorser(device, { algorithm }).certificate).toEqual(endorser.certificate);
  });
});
