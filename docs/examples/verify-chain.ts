import { portableProvider as provider } from '@rootcap/crypto';
import { validateChain } from '@rootcap/dice/x509';
import { manufacture } from 'rootcap/manufacture';

// A device from the factory: the demo vendor's CAs have issued its IDevID certificates.
const { vendorRoots, chain } = manufacture();

// What a relying party does: it knows the vendor's root, and is handed five certificates.
const result = validateChain(chain('mldsa87'), {
  provider,
  trustAnchors: [vendorRoots.mldsa87.certificate],
  at: '2026-01-01',
});
console.log(result.valid, result.anchor, result.findings);
for (const { subject } of result.chain) console.log(subject.text.split(',')[0]);

// The same with one wrong bit in the FMC alias certificate.
const [root, idevid, ldevid, fmc, rt] = chain('mldsa87') as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const changed = fmc.with(-10, (fmc.at(-10) as number) ^ 1);
const refused = validateChain([root, idevid, ldevid, changed, rt], { provider, trustAnchors: [root] });
console.log(refused.valid);
for (const { certificate, check, text } of refused.findings) console.log(certificate, check, text);
