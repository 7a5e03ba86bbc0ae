import { bytesToHex, type CryptoProvider, type Entropy, hexToBytes } from '@rootcap/crypto';
import { createDevice, type Device, type DeviceOptions } from 'rootcap';
import { manufacture } from 'rootcap/manufacture';
import type { XtsDataPath } from '../xts/data-path.ts';

/** Fuses that make one root of trust differ from another, as they were burnt: obfuscated, in hexadecimal. */
export interface Silicon {
  readonly udsSeed: string;
  readonly fieldEntropy: string;
}

/** Options of the device beside what the silicon and the drive decide. */
export type RootOfTrustOptions = Omit<DeviceOptions, 'fuses' | 'hekSeed' | 'ocpLock' | 'encryptionEngine' | 'seed'>;

export function newSilicon(entropy: Entropy): Silicon {
  return { udsSeed: bytesToHex(entropy.bytes(64)), fieldEntropy: bytesToHex(entropy.bytes(32)) };
}

function optionsOf({ udsSeed, fieldEntropy }: Silicon, options: RootOfTrustOptions): DeviceOptions {
  return { ...options, ocpLock: true, fuses: { udsSeed: hexToBytes(udsSeed), fieldEntropy: hexToBytes(fieldEntropy) } };
}

/** What the factory gives a drive on its way: vendor root and IDevID certificate, ECDSA P-384, DER. */
export function vendorChainOf(silicon: Silicon, options: RootOfTrustOptions = {}): Uint8Array[] {
  const { vendorRoots, idevidCertificates } = manufacture(optionsOf(silicon, options));
  return [vendorRoots['ecdsa-p384'].certificate, idevidCertificates['ecdsa-p384']];
}

/** Makes the root of trust of a drive at each power-on. @param entropy - of this power-on, so that no two are the same */
export function rootOfTrustOf(
  silicon: Silicon,
  { provider, entropy }: { readonly provider: CryptoProvider; readonly entropy: Entropy },
  options: RootOfTrustOptions = {},
): (parts: { readonly hekSeed: Uint8Array; readonly keyCache: XtsDataPath }) => Device {
  return ({ hekSeed, keyCache }) =>
    createDevice({
      ...optionsOf(silicon, { provider, ...options }),
      hekSeed,
      encryptionEngine: { keyCache },
      seed: entropy.bytes(32),
    });
}
