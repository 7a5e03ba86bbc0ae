import { portableProvider } from '@rootcap/crypto';
import { caliptraCryptoEngine } from '@rootcap/dice/x509';
import { Certificate, CertificateChainValidationEngine } from 'pkijs';
import { manufacture } from 'rootcap/manufacture';

// PKI.js does the path validation; ML-DSA-87 it learns from this engine, which is set nowhere globally.
const engine = caliptraCryptoEngine(portableProvider);
const read = (der: Uint8Array) => Certificate.fromBER(Uint8Array.from(der));

const device = manufacture();
for (const algorithm of ['ecdsa-p384', 'mldsa87'] as const) {
  const [root, ...others] = device.chain(algorithm).map(read) as [Certificate, ...Certificate[]];
  const validation = new CertificateChainValidationEngine({
    trustedCerts: [root],
    certs: others,
    checkDate: new Date('2026-01-01'),
  });
  const { result } = await validation.verify({}, engine);
  console.log(algorithm, result);
}
