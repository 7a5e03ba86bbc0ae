import { X509Certificate } from 'node:crypto';
import { manufacture } from 'rootcap/manufacture';

// OpenSSL, as it comes with Node, reads and verifies the P-384 chain.
const chain = manufacture()
  .chain('ecdsa-p384')
  .map((der) => new X509Certificate(der));

for (const [i, certificate] of chain.entries()) {
  const issuer = chain[Math.max(i - 1, 0)] as X509Certificate; // the root is its own
  console.log(certificate.checkIssued(issuer), certificate.verify(issuer.publicKey), certificate.ca);
}
