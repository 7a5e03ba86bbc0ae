import { der } from '@rootcap/dice';
import type { DpeEnvironment } from './environment.ts';
import { measurementDigest } from './measurement.ts';
import type { DpeKeyPair } from './port.ts';

const DPE = der.ascii('DPE');

/** Key pair of a context and a label: what CertifyKey certifies and Sign signs with. */
export function derivedKey(env: DpeEnvironment, index: number, label: Uint8Array): DpeKeyPair {
  return env.crypto.deriveCdi(measurementDigest(env, index), DPE).deriveKeyPair(label, env.profile.keyInfo);
}
