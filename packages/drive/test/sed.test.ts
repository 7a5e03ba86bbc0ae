import { beforeAll, describe, expect, test } from '@jest/globals';
import { defaultProvider } from '@rootcap/crypto/default';
import { type DriveParts, type FlashState, MediumError, SelfEncryptingDrive } from '@rootcap/drive';
import { accessKey, create, grant, parts, pattern, refused, UID } from './sed-parts.ts';

const provider = defaultProvider();

describe('a new drive', () => {
  let from: DriveParts;
  let drive: SelfEncryptingDrive;
  beforeAll(async () => {
    from = parts();
    drive = await create(from);
  });

  test('is on, with every namespace unlocked, and nothing in its flash is a key in the clear', () => {
    const { powered, hek, ranges } = drive.status();
    expect([powered, hek.available, hek.slot, hek.slots, hek.erasuresLeft]).toEqual([true, true, 0, 8, 8]);
    expect(ranges.map(({ name, locked, erased }) => [name, locked, erased])).toEqual([
      ['system', false, false],
      ['data', false, false],
    ]);
  });

  test('keeps data over a power cycle', async () => {
    drive.namespaces[0]?.write(3, pattern(0x5a));
    await drive.powerOff();
    expect(() => drive.device).toThrow(refused('POWERED_OFF') as never);
    const again = SelfEncryptingDrive.open(from);
    await again.powerOn();
    expect(again.namespaces[0]?.read(3, 1)).toEqual(pattern(0x5a));
    await again.powerOff();
    await drive.powerOn();
  });

  test('does not make a second drive over the first', async () => {
    await expect(create(from)).rejects.toEqual(refused('EXISTS'));
  });

  test('a PIN locks a range, and only the right one unlocks it', async () => {
    await drive.protect({ name: 'data', nsid: 2, pin: '1234' });
    drive.namespaces[1]?.write(0, pattern(1));
    await drive.powerOff();
    await drive.powerOn();
    const data = drive.namespaces[1];
    expect(() => data?.read(0, 1)).toThrow(refused('LOCKED') as never);
    await expect(drive.unlock('data')).rejects.toEqual(refused('ACCESS_DENIED'));
    await expect(drive.unlock('data', '4321')).rejects.toEqual(refused('ACCESS_DENIED'));
    await drive.unlock('data', '1234');
    expect(data?.read(0, 1)).toEqual(pattern(1));
    await drive.changePin('data', '1234', '5678');
    drive.lock('data');
    await expect(drive.unlock('data', '1234')).rejects.toEqual(refused('ACCESS_DENIED'));
    await drive.unlock('data', '5678');
    expect(data?.read(0, 1)).toEqual(pattern(1));
  });

  test('can be unlocked as often as one likes in one boot', async () => {
    for (let i = 0; i < 300; i++) {
      drive.lock('system');
      await drive.unlock('system');
    }
    expect(drive.status().ranges.find(({ name }) => name === 'system')?.locked).toBe(false);
  });

  test('format of a namespace leaves the other one alone', async () => {
    drive.namespaces[0]?.write(0, pattern(2));
    drive.namespaces[1]?.write(0, pattern(3));
    await drive.cryptoErase(1);
    expect(drive.namespaces[0]?.read(0, 1)).toEqual(pattern(0));
    expect(drive.namespaces[1]?.read(0, 1)).toEqual(pattern(3));
  });
});

describe('a range that a party protects', () => {
  let from: DriveParts;
  let drive: SelfEncryptingDrive;
  const uid = '0000090300000001';
  beforeAll(async () => {
    from = parts('party');
    drive = await create(from);
    await drive.bind(grant(drive, [accessKey(1)]));
    drive.enable(grant(drive, [accessKey(1)]));
    await drive.protect({ name: 'data', nsid: 2, parties: [uid] });
    drive.namespaces[1]?.write(5, pattern(9));
    drive.namespaces[0]?.write(5, pattern(8));
  });

  async function powerCycle(): Promise<void> {
    await drive.powerOff();
    await drive.powerOn();
  }
  const others = (): void => expect(drive.namespaces[0]?.read(5, 1)).toEqual(pattern(8)) as never;

  test('needs the access key at every power-on, sealed to the key of this boot', async () => {
    const stale = grant(drive, [accessKey(1)]);
    await powerCycle();
    await expect(drive.unlock('data')).rejects.toEqual(refused('ACCESS_DENIED', 'RUNTIME_DRIVER_AES_INVALID_TAG'));
    expect(() => drive.enable(stale)).toThrow(refused('ACCESS_DENIED') as never);
    expect(() => drive.enable(grant(drive, [accessKey(2)]))).toThrow(
      refused('ACCESS_DENIED', 'RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID') as never,
    );
    drive.enable(grant(drive, [accessKey(1)], 0x0051));
    await drive.unlock('data');
    expect(drive.namespaces[1]?.read(5, 1)).toEqual(pattern(9));
    others();
  });

  test('cannot be made without the parties that it needs, and nothing changes', async () => {
    const before = from.flash.read();
    await powerCycle();
    await expect(drive.protect({ name: 'system', nsid: 1, parties: [uid] })).rejects.toEqual(refused('ACCESS_DENIED'));
    await expect(drive.protect({ name: 'system', nsid: 1, parties: ['00'] })).rejects.toEqual(refused('UNKNOWN'));
    await expect(drive.protect({ name: 'more', nsid: 2, start: 60, end: 61 })).rejects.toEqual(
      refused('OUT_OF_BOUNDS'),
    );
    await expect(drive.protect({ name: 'more', nsid: 2, end: 64 })).rejects.toEqual(refused('OUT_OF_BOUNDS'));
    await expect(drive.protect({ name: 'a/b', nsid: 2 })).rejects.toThrow(/^name: /);
    await expect(drive.protect({ name: 'more', nsid: 3 })).rejects.toEqual(refused('UNKNOWN'));
    expect(from.flash.read()).toEqual(before);
    others();
  });

  test('rotation: the old access key is dead, the test proves the new one; one that was not finished changes nothing', async () => {
    grant(drive, [accessKey(1), accessKey(3)]);
    drive.enable(grant(drive, [accessKey(1)]));
    await drive.rotate(grant(drive, [accessKey(1), accessKey(4)]));
    expect(() => drive.enable(grant(drive, [accessKey(1)]))).toThrow(refused('ACCESS_DENIED') as never);
    const nonce = accessKey(0x77);
    expect(drive.test(grant(drive, [accessKey(4)]), nonce)).toEqual(
      provider.hashes.digest('sha384', UID, accessKey(4), nonce),
    );
    await powerCycle();
    drive.enable(grant(drive, [accessKey(4)], 0x0011));
    await drive.unlock('data');
    expect(drive.namespaces[1]?.read(5, 1)).toEqual(pattern(9));
    others();
  });

  /** What somebody with the flash in hand can do. */
  async function tamper(change: (flash: FlashState) => Partial<FlashState>): Promise<void> {
    const flash = from.flash.read() as FlashState;
    await drive.powerOff();
    await from.flash.write({ ...flash, ...change(flash) });
    drive = SelfEncryptingDrive.open(from);
    await drive.powerOn();
  }
  const flashNow = (): FlashState => from.flash.read() as FlashState;

  test("another device's blob does not open, even with its access key", async () => {
    const foreign = parts('other');
    const other = await create(foreign);
    await other.bind(grant(other, [accessKey(4)]));
    const { parties } = flashNow();
    await tamper(() => ({ parties: foreign.flash.read()?.parties ?? [] }));
    expect(() => drive.enable(grant(drive, [accessKey(4)]))).toThrow(
      refused('ACCESS_DENIED', 'RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID') as never,
    );
    others();
    await tamper(() => ({ parties }));
    drive.enable(grant(drive, [accessKey(4)]));
    await drive.unlock('data');
    expect(drive.namespaces[1]?.read(5, 1)).toEqual(pattern(9));
  });

  test('a soft erasure takes parties and data with it, whoever kept the old blobs', async () => {
    const { parties, ranges } = flashNow();
    await drive.softErase();
    expect([drive.status().parties, drive.status().epoch]).toEqual([[], 1]);
    expect(() => drive.namespaces[1]?.read(5, 1)).toThrow(refused('LOCKED') as never);
    expect(drive.namespaces[0]?.read(5, 1)).toEqual(pattern(0));
    const { ranges: now } = flashNow();
    await tamper(() => ({ parties, ranges }));
    expect(() => drive.enable(grant(drive, [accessKey(4)]))).toThrow(
      refused('ACCESS_DENIED', 'RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID') as never,
    );
    await expect(drive.unlock('system')).rejects.toEqual(refused('ACCESS_DENIED', 'RUNTIME_DRIVER_AES_INVALID_TAG'));
    await tamper(() => ({ parties: [], ranges: now }));
    expect(drive.status().ranges.map(({ name, locked }) => [name, locked])).toEqual([
      ['system', false],
      ['data', true],
    ]);
  });

  test('a hard erasure takes the next HEK slot; the old blobs are useless though the SEK came back', async () => {
    await drive.bind(grant(drive, [accessKey(6)]));
    const { parties, ranges, sek } = flashNow();
    await drive.hardErase();
    expect(drive.status().hek).toEqual({ available: true, slot: 1, slots: 8, erasuresLeft: 7, permaHek: false });
    await tamper(() => ({ parties, ranges, sek }));
    expect(() => drive.enable(grant(drive, [accessKey(6)]))).toThrow(
      refused('ACCESS_DENIED', 'RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID') as never,
    );
    await expect(drive.unlock('system')).rejects.toEqual(refused('ACCESS_DENIED', 'RUNTIME_DRIVER_AES_INVALID_TAG'));
  });
});

test('an erasure that lost its power before the old blobs were overwritten is finished at power-on', async () => {
  const from = parts('interrupted');
  const { flash } = from;
  let scrubs = 0;
  let fails = false;
  const drive = await create({
    ...from,
    flash: {
      ...flash,
      async scrub() {
        if (fails) throw new MediumError('IO', 'the power is gone');
        scrubs++;
      },
    },
  });
  fails = true;
  await expect(drive.eraseRange('data')).rejects.toEqual(refused('IO'));
  fails = false;
  const before = scrubs;
  await drive.powerOff();
  await drive.powerOn();
  expect(scrubs).toBe(before + 1);
  expect(drive.namespaces[1]?.read(0, 1)).toEqual(pattern(0));
});

describe('HEK seeds', () => {
  test('run out: the last erasure leaves a drive that works without them, and can be erased no more', async () => {
    const from = parts('slots');
    const drive = await SelfEncryptingDrive.create(from, {
      serial: 'RC0002',
      namespaces: [{ name: 'only', blockCount: 8 }],
      vendorChain: [],
      hekSlots: 4,
    });
    for (let left = 3; left >= 0; left--) {
      await drive.hardErase();
      expect(drive.status().hek.erasuresLeft).toBe(left);
      drive.namespaces[0]?.write(0, pattern(left));
      expect(drive.namespaces[0]?.read(0, 1)).toEqual(pattern(left));
    }
    expect(drive.status().hek).toMatchObject({ available: true, permaHek: true });
    await expect(drive.hardErase()).rejects.toEqual(refused('ACCESS_DENIED'));
  });
});
