import { describe, parseCertificate } from '@rootcap/dice/x509';
import { createDevice } from 'rootcap';

const device = createDevice().boot();
const [rtAlias] = device.certificateChain('ecdsa-p384') as [Uint8Array, ...Uint8Array[]];

document.body.textContent = `${device.options.provider.name}\n${describe(parseCertificate(rtAlias))}`;
