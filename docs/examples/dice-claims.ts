import { describe, parseCertificate } from '@rootcap/dice/x509';
import { createDevice } from 'rootcap';

const device = createDevice().boot();
const [, fmcAlias] = device.certificateChain('ecdsa-p384') as [Uint8Array, Uint8Array];
console.log(describe(parseCertificate(fmcAlias)));
