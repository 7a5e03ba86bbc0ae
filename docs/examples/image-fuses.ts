import { bytesToHex, portableProvider as provider } from '@rootcap/crypto';
import {
  decodeRevocation,
  decodeSvnFuse,
  demoKeys,
  encodeRevocation,
  encodeSvnFuse,
  ownerPkHash,
  ownerPublicKeys,
  vendorPkHash,
  vendorPublicKeys,
} from '@rootcap/image';

const { vendor, owner } = demoKeys(provider);
console.log(bytesToHex(vendorPkHash(provider, vendorPublicKeys(vendor), 'mldsa')).slice(0, 16));
console.log(bytesToHex(ownerPkHash(provider, ownerPublicKeys(owner), 'mldsa')).slice(0, 16));

console.log(encodeSvnFuse(7), decodeSvnFuse([0x7f, 0, 0, 0])); // a thermometer of 128 bits
console.log(encodeRevocation('ecc', [0, 2]), decodeRevocation(5));
