import { beforeEach, describe, expect, test } from '@jest/globals';
import { bytesToHex, utf8ToBytes } from '@rootcap/crypto';
import { type DriveParts, type FlashState, SelfEncryptingDrive } from '@rootcap/drive';
import { METHOD, UID as OBJECT } from '@rootcap/drive/nvme';
import { ADMIN1, GLOBAL_KEY, GLOBAL_RANGE, lockingFlags, OpalHost, STATUS, USER1 } from './nvme/opal-host.ts';
import { accessKey, create, grant, parts, pattern, refused } from './sed-parts.ts';

const MSID = 'MSID-RC0001';
const PARTY = '0000090300000001';
const C_PIN_ADMIN2 = '0000000b00010002';
const ADMIN2 = '0000000900010002';
const C_PIN_USER1 = '0000000b00030001';
const LOCK = { 7: 1n, 8: 1n };
const UNLOCK = { 7: 0n, 8: 0n };

let from: DriveParts;
let drive: SelfEncryptingDrive;
let host: OpalHost;
beforeEach(async () => {
  from = parts('opal');
  drive = await create(from);
  host = new OpalHost(drive);
});

/** Another process opens the drive. */
async function powerCycle(): Promise<void> {
  await drive.powerOff();
  drive = SelfEncryptingDrive.open(from);
  await drive.powerOn();
  host = new OpalHost(drive);
}

const flash = (): FlashState => from.flash.read() as FlashState;
const read = (nsid = 1): Uint8Array | undefined => drive.namespaces[nsid - 1]?.read(0, 1);

/** SID and Admin1 have the PIN `owner`, and data are written. */
async function owned(): Promise<void> {
  expect(await host.start(OBJECT.ADMIN_SP, OBJECT.SID, MSID)).toBe(STATUS.SUCCESS);
  expect(await host.set(OBJECT.C_PIN_SID, { 3: utf8ToBytes('owner') })).toBe(STATUS.SUCCESS);
  expect((await host.call(OBJECT.LOCKING_SP, METHOD.ACTIVATE, [])).status).toBe(STATUS.SUCCESS);
  await host.end();
  for (const namespace of drive.namespaces) namespace.write(0, pattern(7));
}

/** Locking is enabled too, in a session of Admin1 that goes on. */
async function enabled(): Promise<void> {
  await owned();
  expect(await host.start(OBJECT.LOCKING_SP, ADMIN1, 'owner')).toBe(STATUS.SUCCESS);
  expect(await host.set(GLOBAL_RANGE, { 5: 1n, 6: 1n })).toBe(STATUS.SUCCESS);
}

const admin = (pin = 'owner', uid = ADMIN1): Promise<number> => host.start(OBJECT.LOCKING_SP, uid, pin);

describe('Level 0 Discovery', () => {
  test('shows the state of the drive, whatever locks it', async () => {
    expect(lockingFlags(drive)).toBe(0b1001);
    await owned();
    expect(lockingFlags(drive)).toBe(0b1011);
    drive.lock('data');
    expect(lockingFlags(drive)).toBe(0b1111);
    await powerCycle();
    expect(lockingFlags(drive)).toBe(0b1011);
    await drive.powerOff();
    expect(() => drive.security).toThrow(refused('POWERED_OFF') as never);
  });
});

describe('locking by Opal', () => {
  test('without it being enabled the drive unlocks by itself', async () => {
    await owned();
    await powerCycle();
    expect(read()).toEqual(pattern(7));
  });

  test('locks at power-on; the PIN unlocks, and nothing else', async () => {
    await enabled();
    expect(read()).toEqual(pattern(7));
    await powerCycle();
    expect(lockingFlags(drive)).toBe(0b1111);
    expect(() => read()).toThrow(refused('LOCKED') as never);
    await expect(drive.unlock('system')).rejects.toEqual(refused('ACCESS_DENIED'));
    await expect(drive.unlock('system', 'owner')).rejects.toEqual(refused('ACCESS_DENIED'));
    await expect(drive.protect({ name: 'system', nsid: 1 })).rejects.toEqual(refused('ACCESS_DENIED'));
    await expect(drive.cryptoErase(1)).rejects.toEqual(refused('LOCKED'));
    expect(await admin('wrong')).toBe(STATUS.NOT_AUTHORIZED);
    expect(await admin()).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.SUCCESS);
    expect([read(1), read(2)]).toEqual([pattern(7), pattern(7)]);
    expect(await host.set(GLOBAL_RANGE, LOCK)).toBe(STATUS.SUCCESS);
    expect(() => read()).toThrow(refused('LOCKED') as never);
  });

  test('the flash has no PIN and no DPK that the device alone opens', async () => {
    await enabled();
    const text = JSON.stringify(flash());
    for (const pin of ['owner', MSID]) {
      expect(text).not.toContain(`"${pin}"`);
      expect(text).not.toContain(bytesToHex(utf8ToBytes(pin)));
    }
    expect(flash().ranges.map(({ dpk }) => dpk.kind)).toEqual(['opal', 'opal']);
  });

  test('ends when it is disabled', async () => {
    await enabled();
    expect(await host.set(GLOBAL_RANGE, { 5: 0n, 6: 0n })).toBe(STATUS.SUCCESS);
    await powerCycle();
    expect(read()).toEqual(pattern(7));
  });

  test('another administrator gets in with the own PIN; after a change the old one is dead', async () => {
    await enabled();
    expect(await host.set(C_PIN_ADMIN2, { 3: utf8ToBytes('second') })).toBe(STATUS.SUCCESS);
    expect(await host.set(ADMIN2, { 5: 1n })).toBe(STATUS.SUCCESS);
    expect(await host.set('0000000b00010001', { 3: utf8ToBytes('new') })).toBe(STATUS.SUCCESS);
    expect(await host.set(C_PIN_USER1, { 3: utf8ToBytes('user') })).toBe(STATUS.SUCCESS);
    expect(await host.set(USER1, { 5: 1n })).toBe(STATUS.SUCCESS);
    await powerCycle();
    expect(await admin('owner')).toBe(STATUS.NOT_AUTHORIZED);
    expect(await admin('user', USER1)).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.NOT_AUTHORIZED);
    await host.end();
    expect(await admin('second', ADMIN2)).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.SUCCESS);
    expect(read()).toEqual(pattern(7));
    await host.end();
    expect(await admin('new')).toBe(STATUS.SUCCESS);
  });

  test('a range of a party needs its access key too', async () => {
    await drive.bind(grant(drive, [accessKey(1)]));
    drive.enable(grant(drive, [accessKey(1)]));
    await drive.protect({ name: 'data', nsid: 2, parties: [PARTY] });
    await enabled();
    await powerCycle();
    expect(await admin()).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.NOT_AUTHORIZED);
    expect(drive.status().ranges.map(({ locked }) => locked)).toEqual([true, true]);
    drive.enable(grant(drive, [accessKey(1)]));
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.SUCCESS);
    expect(read(2)).toEqual(pattern(7));
  });

  test('a range with a PIN of its own is none of Opal', async () => {
    await drive.protect({ name: 'data', nsid: 2, pin: '1234' });
    await enabled();
    await powerCycle();
    await drive.unlock('data', '1234');
    expect(read(2)).toEqual(pattern(7));
    expect(() => read(1)).toThrow(refused('LOCKED') as never);
  });
});

describe('erasure by Opal', () => {
  test('GenKey: new media keys, and the old ones put back are refused', async () => {
    await enabled();
    const old = flash().ranges;
    expect((await host.call(GLOBAL_KEY, METHOD.GEN_KEY, [])).status).toBe(STATUS.SUCCESS);
    expect(read()).toEqual(pattern(0));
    const ranges = flash().ranges.map((range, i) => ({ ...range, wrappedMek: old[i]?.wrappedMek as string }));
    await drive.powerOff();
    await from.flash.write({ ...flash(), ranges });
    await powerCycle();
    expect(await admin()).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.NOT_AUTHORIZED);
    expect(() => read()).toThrow(refused('LOCKED') as never);
  });

  test('Revert: as the factory left it, without the data', async () => {
    await enabled();
    await powerCycle();
    expect(await host.start(OBJECT.ADMIN_SP, OBJECT.SID, 'owner')).toBe(STATUS.SUCCESS);
    expect((await host.call(OBJECT.ADMIN_SP, METHOD.REVERT, [])).status).toBe(STATUS.SUCCESS);
    expect(lockingFlags(drive)).toBe(0b1001);
    expect(read()).toEqual(pattern(0));
    await powerCycle();
    expect(read()).toEqual(pattern(0));
    expect(await host.start(OBJECT.ADMIN_SP, OBJECT.SID, MSID)).toBe(STATUS.SUCCESS);
  });

  test('RevertSP can keep the data', async () => {
    await enabled();
    const keep = [{ name: 0x06_0000n, value: 1n }];
    expect((await host.call(OBJECT.THIS_SP, METHOD.REVERT_SP, keep)).status).toBe(STATUS.SUCCESS);
    await powerCycle();
    expect(read()).toEqual(pattern(7));
    expect(await host.start(OBJECT.ADMIN_SP, OBJECT.SID, 'owner')).toBe(STATUS.SUCCESS);
  });

  test('Format and Sanitize leave an unlocked drive unlocked, and a locked one alone', async () => {
    await enabled();
    const old = flash().ranges;
    await drive.cryptoErase(1);
    expect([read(1), read(2)]).toEqual([pattern(0), pattern(7)]);
    expect(flash().ranges[0]?.dpk).not.toEqual(old[0]?.dpk);
    await drive.cryptoErase('all');
    expect([read(1), read(2)]).toEqual([pattern(0), pattern(0)]);
    drive.namespaces[0]?.write(0, pattern(5));
    await powerCycle();
    await expect(drive.cryptoErase('all')).rejects.toEqual(refused('LOCKED'));
    expect(await admin()).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.SUCCESS);
    expect(read(1)).toEqual(pattern(5));
  });

  test('what the controller erased, Opal unlocks anew', async () => {
    await enabled();
    await drive.softErase();
    await drive.eraseRange('data');
    expect(lockingFlags(drive)).toBe(0b1111);
    expect(await host.set(GLOBAL_RANGE, UNLOCK)).toBe(STATUS.SUCCESS);
    expect([read(1), read(2)]).toEqual([pattern(0), pattern(0)]);
  });
});
