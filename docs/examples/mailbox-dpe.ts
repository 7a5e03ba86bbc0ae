import { createDevice } from 'rootcap';
import { DpeError } from 'rootcap/extend';

const { dpe } = createDevice().boot();
const label = new Uint8Array(48);
for (const algorithm of ['ecdsa-p384', 'mldsa87'] as const) {
  const { cert } = dpe.call('CertifyKey', { format: 0, label }, { algorithm });
  console.log(algorithm, cert.length, 'bytes,', dpe.certificateChain({ algorithm }).length, 'bytes of chain');
}

try {
  dpe.call('DestroyContext', { handle: new Uint8Array(16).fill(9) });
} catch (error) {
  if (error instanceof DpeError) console.log(error.status);
}
