import { type CryptoProvider, type HpkeKemId, hexToBytes, hpkeSuite, systemEntropy } from '@rootcap/crypto';
import { MemoryMedium, memoryRecord, type PartyGrant, SelfEncryptingDrive, XtsDataPath } from '@rootcap/drive';
import { nativeEngine } from '@rootcap/drive/node';
import { createDevice } from 'rootcap';
import { milliseconds, percentile } from './statistics.ts';

export interface UnlockLatency {
  readonly suite: string;
  /** Milliseconds of ENABLE_MPK, the access key being sealed already. */
  readonly enable: number;
  /** Milliseconds from the enabled MPK to the media key in the encryption engine. */
  readonly unlock: number;
}

const SUITES: Readonly<Record<string, HpkeKemId>> = {
  'P-384': 0x0011,
  'ML-KEM-1024': 0x0042,
  'MLKEM1024-P384': 0x0051,
};
const UID = '0000080100000001';
const ACCESS_KEY = new Uint8Array(32).fill(7);

function sealed(provider: CryptoProvider, drive: SelfEncryptingDrive, kemId: HpkeKemId): PartyGrant {
  const suite = hpkeSuite(provider, kemId);
  const key = drive.hpkeKeys().find((each) => each.kemId === kemId);
  const info = new Uint8Array(16);
  const random = systemEntropy().bytes(suite.lengths.Nrandom);
  const sender = suite.setupSender(key?.publicKey as Uint8Array, info, random);
  const metadata = hexToBytes(UID);
  return { kemId, info, enc: sender.enc, ciphertexts: [sender.seal(ACCESS_KEY, metadata)], metadata };
}

/** How long a range under a party's access key takes to unlock, medians. */
export async function measureUnlock(provider: CryptoProvider, rounds: number): Promise<UnlockLatency[]> {
  const drive = await SelfEncryptingDrive.create(
    {
      provider,
      entropy: systemEntropy(),
      flash: memoryRecord(),
      fuses: memoryRecord(),
      medium: () => new MemoryMedium(),
      dataPath: new XtsDataPath({ engine: nativeEngine() }),
      rootOfTrust: ({ hekSeed, keyCache }) =>
        createDevice({ provider, ocpLock: true, hekSeed, encryptionEngine: { keyCache } }),
    },
    { serial: 'bench', namespaces: [{ name: 'data', blockCount: 16 }], vendorChain: [] },
  );
  await drive.bind(sealed(provider, drive, 0x0042));
  drive.enable(sealed(provider, drive, 0x0042));
  await drive.protect({ name: 'data', nsid: 1, parties: [UID] });
  const latencies: UnlockLatency[] = [];
  for (const [suite, kemId] of Object.entries(SUITES)) {
    const [enables, unlocks]: [number[], number[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      const grant = sealed(provider, drive, kemId);
      drive.lock('data');
      enables.push(milliseconds(() => drive.enable(grant)));
      const start = performance.now();
      await drive.unlock('data');
      unlocks.push(performance.now() - start);
    }
    latencies.push({ suite, enable: percentile(enables, 0.5), unlock: percentile(unlocks, 0.5) });
  }
  return latencies;
}
