import { portableProvider as provider, utf8ToBytes } from '@rootcap/crypto';
import {
  attachSignatures,
  bundleToBeSigned,
  demoKeys,
  fusesOf,
  ownerPublicKeys,
  type SigningRequest,
  vendorPublicKeys,
  verifyBundle,
} from '@rootcap/image';

// The build machine has public keys only.
const { vendor, owner } = demoKeys(provider);
const unsigned = bundleToBeSigned({
  provider,
  vendor: vendorPublicKeys(vendor),
  owner: ownerPublicKeys(owner),
  pqc: 'mldsa',
  header: { svn: 1 },
  fmc: { payload: utf8ToBytes('fmc.'), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000 },
  runtime: { payload: utf8ToBytes('rt..'), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 },
});
console.log(unsigned.vendor.message.length, unsigned.owner.message.length);

// Stand-in for two HSMs: P-384 over the digest, ML-DSA-87 over the message itself.
type Keys = { readonly ecc: { readonly privateKey: Uint8Array }; readonly mldsa: { readonly secretKey: Uint8Array } };
const sign = ({ eccDigest, pqcMessage }: SigningRequest, { ecc, mldsa }: Keys) => ({
  ecc: provider.ecdsa384.sign(ecc.privateKey, eccDigest),
  pqc: provider.mldsa87.sign(mldsa.secretKey, pqcMessage),
});
const first = { ecc: vendor.ecc[0], mldsa: vendor.mldsa?.[0] } as Keys;
const bundle = attachSignatures(unsigned.bundle, {
  vendor: sign(unsigned.vendor, first),
  owner: sign(unsigned.owner, owner as Keys),
});
console.log(verifyBundle({ provider, bundle, fuses: fusesOf(provider, bundle) }).fwSvn);
