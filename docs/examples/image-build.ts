import { portableProvider as provider, utf8ToBytes } from '@rootcap/crypto';
import { buildBundle, demoKeys, inspectBundle } from '@rootcap/image';

const bundle = buildBundle({
  provider,
  ...demoKeys(provider), // vendor and owner, from public seeds: never for production
  pqc: 'mldsa',
  header: { svn: 9, pl0Pauser: 1, vendorNotBefore: '20250101000000Z', vendorNotAfter: '20350101000000Z' },
  fmc: { payload: utf8ToBytes('first mutable code..'), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000 },
  runtime: { payload: utf8ToBytes('runtime firmware....'), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 },
});
console.log(bundle.length);

// Says what is right and wrong, and never judges.
const { svn, pqcKeyType, vendor, owner, runtime } = inspectBundle(provider, bundle);
console.log(svn, pqcKeyType, vendor.ecc.keyHashCount, vendor.notAfter);
console.log(vendor.eccSignature, vendor.pqcSignature, owner.eccSignature, owner.pqcSignature, runtime.digestValid);
