import { describe, expect, test } from '@jest/globals';
import { hexToBytes, hpkeSuite } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  DriveError,
  type DriveParts,
  Journal,
  journalRecord,
  type PartyGrant,
  PowerLossStore,
  portableEngine,
  SelfEncryptingDrive,
  XtsDataPath,
} from '@rootcap/drive';
import { METHOD, UID as OBJECT } from '@rootcap/drive/nvme';
import { createDevice, replayableEntropy } from 'rootcap';
import { ADMIN1, GLOBAL_RANGE, OpalHost, STATUS } from './nvme/opal-host.ts';
import { seeded } from './random.ts';

const provider = defaultProvider();
const UID = '0000090300000001';
const pattern = (byte: number): Uint8Array => new Uint8Array(4096).fill(byte);
const accessKey = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A drive's parts on media whose power can fail. */
async function partsOn(store: PowerLossStore): Promise<DriveParts> {
  const journal = await Journal.open(store);
  return {
    provider,
    entropy: replayableEntropy(new TextEncoder().encode('power loss'), provider),
    flash: journalRecord(journal, 'flash'),
    fuses: journalRecord(journal, 'hek-fuses'),
    medium: ({ nsid }) => store.open(`ns${nsid}`),
    keepMedia: () => store.flush(),
    pinCost: { N: 2 ** 4, r: 8, p: 1 },
    dataPath: new XtsDataPath({ engine: portableEngine(provider.xts) }),
    rootOfTrust: ({ hekSeed, keyCache }) =>
      createDevice({ ocpLock: true, hekSeed, encryptionEngine: { keyCache }, verifyOwnSignatures: false }),
  };
}

function grant(drive: SelfEncryptingDrive, keys: readonly Uint8Array[]): PartyGrant {
  const suite = hpkeSuite(provider, 0x0042);
  const key = drive.hpkeKeys().find(({ kemId }) => kemId === 0x0042);
  const info = new Uint8Array(16);
  const metadata = hexToBytes(UID);
  const sender = suite.setupSender(key?.publicKey as Uint8Array, info, new Uint8Array(suite.lengths.Nrandom).fill(7));
  return {
    kemId: 0x0042,
    info,
    enc: sender.enc,
    ciphertexts: keys.map((each) => sender.seal(each, metadata)),
    metadata,
  };
}

/** A drive with data under a party's key and data that only the drive protects, everything flushed. */
async function provisioned(): Promise<{ readonly store: PowerLossStore; readonly drive: SelfEncryptingDrive }> {
  const store = new PowerLossStore();
  const namespaces = [
    { name: 'system', blockCount: 8 },
    { name: 'data', blockCount: 8 },
  ];
  const drive = await SelfEncryptingDrive.create(await partsOn(store), { serial: 'RC1', namespaces, vendorChain: [] });
  await drive.bind(grant(drive, [accessKey(1)]));
  drive.enable(grant(drive, [accessKey(1)]));
  await drive.protect({ name: 'data', nsid: 2, parties: [UID] });
  drive.namespaces[0]?.write(1, pattern(1));
  drive.namespaces[1]?.write(1, pattern(2));
  for (const namespace of drive.namespaces) await namespace.flush();
  return { store, drive };
}

/** The first of the access keys that the drive takes. */
function enabledBy(drive: SelfEncryptingDrive, keys: readonly number[]): number | undefined {
  return keys.find((key) => {
    try {
      drive.enable(grant(drive, [accessKey(key)]));
      return true;
    } catch (error) {
      if (!(error instanceof DriveError)) throw error;
      return false;
    }
  });
}

/** Whether block 1 of a namespace is what was written. */
const reads = (drive: SelfEncryptingDrive, namespace: number, byte: number): boolean =>
  Buffer.from(drive.namespaces[namespace]?.read(1, 1) ?? []).equals(pattern(byte));

/** Lets power fail after every operation of `change`, and looks at the drive when power comes back. */
async function atEveryLoss(
  change: (drive: SelfEncryptingDrive) => Promise<void>,
  look: (drive: SelfEncryptingDrive) => Promise<void>,
): Promise<number> {
  const { store, drive } = await provisioned();
  const from = store.operations;
  await change(drive);
  const random = seeded(1);
  for (let at = from; at <= store.operations; at++) {
    const again = SelfEncryptingDrive.open(await partsOn(store.fail({ random, at })));
    await again.powerOn();
    await look(again);
  }
  return store.operations - from;
}

describe('power fails at any operation of', () => {
  test('a rotation: the old access key or the new one, and the data', async () => {
    const seen = new Set<number | undefined>();
    await atEveryLoss(
      (drive) => drive.rotate(grant(drive, [accessKey(1), accessKey(2)])),
      async (drive) => {
        seen.add(enabledBy(drive, [1, 2]));
        await drive.unlock('data');
        expect(reads(drive, 1, 2)).toBe(true);
        expect(reads(drive, 0, 1)).toBe(true);
      },
    );
    expect([...seen]).toEqual([1, 2]);
  }, 120_000);

  test('a soft erasure: everything as before, or everything gone and the drive usable', async () => {
    const seen = new Set<number>();
    await atEveryLoss(
      (drive) => drive.softErase(),
      async (drive) => {
        const { epoch, parties } = drive.status();
        seen.add(epoch);
        expect(parties).toHaveLength(epoch === 0 ? 1 : 0);
        if (epoch === 0) {
          expect(enabledBy(drive, [1])).toBe(1);
          await drive.unlock('data');
          expect(reads(drive, 1, 2)).toBe(true);
          expect(reads(drive, 0, 1)).toBe(true);
        } else {
          await expect(drive.unlock('data')).rejects.toThrow(DriveError);
          expect(reads(drive, 0, 1)).toBe(false);
        }
      },
    );
    expect([...seen]).toEqual([0, 1]);
  }, 120_000);

  test('a hard erasure: a drive with an epoch key, whose namespaces work', async () => {
    const slots = new Set<number>();
    await atEveryLoss(
      (drive) => drive.hardErase(),
      async (drive) => {
        const { hek, ranges } = drive.status();
        slots.add(hek.slot);
        expect(hek.available).toBe(true);
        expect(ranges.find(({ name }) => name === 'system')?.locked).toBe(false);
        drive.namespaces[0]?.write(0, pattern(9));
        expect(drive.namespaces[0]?.read(0, 1)[0]).toBe(9);
      },
    );
    expect([...slots]).toEqual([0, 1]);
  }, 120_000);

  test('enabling the lock of Opal: the drive unlocks by itself, or with the PIN', async () => {
    const { ADMIN_SP, SID, LOCKING_SP } = OBJECT;
    const admin = async (drive: SelfEncryptingDrive, columns: Readonly<Record<number, bigint>>): Promise<void> => {
      const host = new OpalHost(drive);
      expect(await host.start(LOCKING_SP, ADMIN1, 'MSID-RC1')).toBe(STATUS.SUCCESS);
      expect(await host.set(GLOBAL_RANGE, columns)).toBe(STATUS.SUCCESS);
      await host.end();
    };
    const seen = new Set<boolean>();
    await atEveryLoss(
      async (drive) => {
        const host = new OpalHost(drive);
        await host.start(ADMIN_SP, SID, 'MSID-RC1');
        expect((await host.call(LOCKING_SP, METHOD.ACTIVATE, [])).status).toBe(STATUS.SUCCESS);
        await host.end();
        await admin(drive, { 5: 1n, 6: 1n });
      },
      async (drive) => {
        const locked = drive.status().ranges.some(({ name, locked }) => name === 'system' && locked);
        seen.add(locked);
        expect(enabledBy(drive, [1])).toBe(1);
        if (locked) await admin(drive, { 7: 0n, 8: 0n });
        else await drive.unlock('data');
        expect(reads(drive, 0, 1)).toBe(true);
        expect(reads(drive, 1, 2)).toBe(true);
      },
    );
    expect([...seen]).toEqual([false, true]);
  }, 120_000);
});
