import { portableProvider as provider } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { encodeSvnFuse, explainRefusal, fusesOf, VERIFIER_CHECKS, verifyBundle } from '@rootcap/image';
import { demoBundle } from 'rootcap';

const bundle = demoBundle(provider);
const fuses = fusesOf(provider, bundle); // a chip of this vendor and owner that refuses older firmware

const info = verifyBundle({ provider, bundle, fuses });
console.log(info.fwSvn, info.vendorEccPubKeyIdx);

// The fuses of a chip that has seen newer firmware.
try {
  verifyBundle({ provider, bundle, fuses: { ...fuses, fwSvn: encodeSvnFuse(6) } });
} catch (error) {
  if (!(error instanceof RotError)) throw error;
  console.log(error.message);
  for (const { step, meaning } of explainRefusal(error.symbol)) console.log(step, meaning);
}
console.log(VERIFIER_CHECKS.length, 'checks in the order of the ROM');
