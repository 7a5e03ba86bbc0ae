import { nodeProvider } from '@rootcap/crypto/node';
import { createDevice } from 'rootcap';

const device = createDevice({
  provider: nodeProvider(), // OpenSSL where it gives the same bytes faster: the default under Node
  seed: 'unit 4711', // the device's own entropy
  lifecycle: 'manufacturing',
  debugLocked: false,
  profile: '2.1.2', // firmware release whose behaviour is modelled
  fuses: { firmwareSvn: 5, antiRollbackDisable: false }, // what is left out is as in the demo device
  requestCsr: true, // as a manufacturer asks for the IDevID requests
});
device.boot();
console.log(device.csrEnvelope()?.length, device.idevidCsr('mldsa87')?.length);

// Options that no device has are refused before anything is built.
try {
  createDevice({ fuses: { udsSeed: new Uint8Array(3) } }).boot();
} catch (error) {
  console.log(String(error));
}
