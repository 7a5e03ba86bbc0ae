import { createDevice } from 'rootcap';

const device = createDevice({ adamsBridge: 'model', abrProfile: 'rtl-2.0.3' }).boot();
const { abr } = device.chip;
const [READY, VALID] = [1, 2];
const cyclesUntil = (flag: number): number =>
  device.clock.step({ cycles: 100_000, until: () => (abr.get('MLDSA_STATUS') & flag) !== 0 }).ran;

abr.set('MLDSA_CTRL', 8); // ZEROIZE
console.log('READY after', cyclesUntil(READY));
abr.set('MLDSA_CTRL', 1); // KEYGEN of a seed of zeros
console.log('VALID after', cyclesUntil(VALID), 'public key', abr.get('MLDSA_PUBKEY').toString(16));
