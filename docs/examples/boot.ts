import { createDevice } from 'rootcap';

const device = createDevice(); // fuses are not written yet, the core does not run
console.log(device.state);

device.boot(); // fuses, ROM, firmware upload, FMC, runtime
console.log(device.state, device.errors);

for (const algorithm of ['ecdsa-p384', 'mldsa87'] as const) {
  const sizes = device.certificateChain(algorithm).map((certificate) => certificate.length);
  console.log(algorithm, sizes); // RT alias, FMC alias, LDevID: bytes of DER
}
