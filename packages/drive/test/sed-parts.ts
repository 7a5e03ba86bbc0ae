import { expect } from '@jest/globals';
import { type Entropy, type HpkeKemId, hexToBytes, hpkeSuite } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  type DriveParts,
  MemoryMedium,
  memoryRecord,
  type PartyGrant,
  portableEngine,
  SelfEncryptingDrive,
  XtsDataPath,
} from '@rootcap/drive';
import { createDevice, replayableEntropy } from 'rootcap';

const provider = defaultProvider();
export const UID = hexToBytes('0000090300000001');

/** Parts that survive a loss of power, and a drive on them. */
export function parts(seed = 'drive'): DriveParts {
  const entropy: Entropy = replayableEntropy(new TextEncoder().encode(seed), provider);
  const media = new Map<number, MemoryMedium>();
  let boots = 0;
  return {
    provider,
    entropy,
    flash: memoryRecord(),
    fuses: memoryRecord(),
    medium: ({ nsid }) => {
      const medium = media.get(nsid) ?? new MemoryMedium();
      media.set(nsid, medium);
      return medium;
    },
    pinCost: { N: 2 ** 8, r: 8, p: 1 },
    dataPath: new XtsDataPath({ engine: portableEngine(provider.xts) }),
    rootOfTrust: ({ hekSeed, keyCache }) =>
      createDevice({
        ocpLock: true,
        hekSeed,
        encryptionEngine: { keyCache },
        verifyOwnSignatures: false,
        seed: `${seed} boot ${boots++}`,
      }),
  };
}

const NAMESPACES = [
  { name: 'system', blockCount: 64 },
  { name: 'data', blockCount: 64 },
];

export const create = (from: DriveParts): Promise<SelfEncryptingDrive> =>
  SelfEncryptingDrive.create(from, { serial: 'RC0001', namespaces: NAMESPACES, vendorChain: [] });

/** What a key service does: seals access keys to the drive's HPKE key of this boot. */
export function grant(drive: SelfEncryptingDrive, keys: readonly Uint8Array[], kemId: HpkeKemId = 0x0042): PartyGrant {
  const suite = hpkeSuite(provider, kemId);
  const key = drive.hpkeKeys().find((each) => each.kemId === kemId);
  const info = new TextEncoder().encode('a method and an object');
  const sender = suite.setupSender(key?.publicKey as Uint8Array, info, new Uint8Array(suite.lengths.Nrandom).fill(7));
  return { kemId, info, enc: sender.enc, ciphertexts: keys.map((each) => sender.seal(each, UID)), metadata: UID };
}

export const accessKey = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
export const pattern = (byte: number): Uint8Array => new Uint8Array(4096).fill(byte);
export const refused = (code: string, cause?: string): ReturnType<typeof expect.objectContaining> =>
  expect.objectContaining({
    code,
    ...(cause === undefined ? {} : { cause: expect.objectContaining({ symbol: cause }) }),
  });
