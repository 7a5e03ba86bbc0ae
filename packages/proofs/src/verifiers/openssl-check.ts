import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs under a Node that brings OpenSSL 3.5 or later, and imports nothing else. Arguments: directories of DER
 * certificates, root first by name. Prints a line for each and exits 1 if OpenSSL refuses one.
 */
function check(directory: string): boolean {
  const names = readdirSync(directory).sort();
  const chain = names.map((name) => new X509Certificate(readFileSync(join(directory, name))));
  return chain
    .map((certificate, i) => {
      const issuer = chain[Math.max(0, i - 1)] as X509Certificate;
      const signed = certificate.verify(issuer.publicKey);
      const issued = certificate.checkIssued(issuer);
      const isAuthority = i === chain.length - 1 || certificate.ca;
      const accepted = signed && issued && isAuthority;
      const algorithm = certificate.publicKey.asymmetricKeyType;
      console.log(
        `  ${accepted ? 'accepted' : 'REFUSED '} ${names[i]} (${algorithm}, ${certificate.raw.length} bytes)`,
      );
      return accepted;
    })
    .every(Boolean);
}

console.log(`OpenSSL ${process.versions.openssl} of Node ${process.version}`);
const results = process.argv.slice(2).map(check);
process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
