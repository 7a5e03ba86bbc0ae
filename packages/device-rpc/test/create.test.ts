import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Client, soc } from './helpers.ts';

function board(params: object): Client {
  const client = new Client();
  client.call('create', params);
  return client;
}

/** A ROM image as the builder of the real firmware makes it: zeros behind the table, digest over reversed words. */
function romImage({ version = 0x1043, size = 0x1_8000, damaged = false } = {}): Buffer {
  const rom = Buffer.alloc(size);
  const address = 0x1_6b00;
  for (let i = 0; i < address; i++) rom[i] = (i * 7 + 1) & 0xff;
  const digest = createHash('sha256')
    .update(Buffer.from(rom.subarray(0, address)).swap32())
    .digest()
    .swap32();
  digest.copy(rom, address);
  Buffer.from('e7dc50f2282a965281eed349fadb61c2690193ba', 'hex').copy(rom, address + 32);
  rom.writeUInt16LE(version, address + 56);
  if (damaged) rom[100] = 0;
  return rom;
}

describe('create', () => {
  test('hardware, and the options that show in CPTRA_HW_CONFIG', () => {
    expect(new Client().call('create')).toEqual({ device: 'model', hwRevId: 0x112, hwConfig: 0 });
    const all = { hardware: '2.0', subsystem: true, ocpLock: true, trng: 'internal', fuseRow64: false };
    expect(new Client().call('create', all)).toMatchObject({ hwRevId: 0x02, hwConfig: 0x63 });
    expect(new Client().call('create', { hardware: '2.2' }).hwRevId).toBe(0x22);
  });

  test('the security state is a pin', () => {
    for (const securityState of [0, 1, 3, 4, 5, 7])
      expect(board({ securityState }).read(soc('CPTRA_SECURITY_STATE'))).toBe(securityState);
  });

  test('straps', () => {
    const params = {
      subsystem: true,
      otpDaiIdleBit: 22,
      otpStatusReg: 0x1234,
      otpCommandReg: 0x90,
      stableOwnerKey: true,
    };
    const client = board({ ...params, debugIntent: true, debugService: 2, securityState: 7 });
    const straps = [0, 1, 2, 3].map((i) => client.read(soc('SS_STRAP_GENERIC', i)));
    expect(straps).toEqual([(22 << 16) | 0x1234, 0x90, 0, 1]);
    expect([client.read(soc('SS_DEBUG_INTENT')), client.read(soc('SS_DBG_SERVICE_REG_REQ'))]).toEqual([1, 2]);
  });

  test('the HEK seed that the fuse controller holds shows in its fuse register', () => {
    const hekSeed = [1, 2, 3, 4, 5, 6, 7, 0xffff_ffff];
    const client = board({ hekSeed });
    expect(hekSeed.map((_, i) => client.read(soc('FUSE_HEK_SEED', i)))).toEqual(hekSeed);
    client.call('reset', { kind: 'cold' });
    expect(client.read(soc('FUSE_HEK_SEED', 7))).toBe(0xffff_ffff);
  });

  test('debug unlock keys become hashes in the MCI', () => {
    const ecc = 'ab'.repeat(96);
    const mldsa = 'cd'.repeat(2592);
    const client = board({
      subsystem: true,
      debugUnlockKeys: [
        { ecc, mldsa },
        { ecc: '00'.repeat(96), mldsa },
      ],
    });
    const hash = createHash('sha384')
      .update(Buffer.from(ecc + mldsa, 'hex'))
      .digest();
    const base = 0x2100_0000 + client.read(soc('SS_PROD_DEBUG_UNLOCK_AUTH_PK_HASH_REG_BANK_OFFSET'));
    expect(Array.from({ length: 12 }, (_, i) => client.read(base + 4 * i))).toEqual(
      Array.from({ length: 12 }, (_, i) => hash.readUInt32BE(4 * i)),
    );
    expect(client.read(base + 48)).not.toBe(0);
  });

  test('memory of benches that start below a ROM', () => {
    const client = board({ iccm: '01020304', dccm: '05060708', testSram: '090a', testAccess: true });
    const start = (region: string) => client.call('memory', { region, length: 4 }).data;
    expect(['iccm', 'dccm', 'testSram'].map(start)).toEqual(['01020304', '05060708', '090a0000']);
  });

  test('what firmware says of its ROM is in the image', () => {
    const rom = romImage();
    const client = board({ rom: rom.toString('hex'), securityState: 7 });
    client.fuses().go();
    client.step(2 ** 24);
    client.load();
    const info = Buffer.from(client.command('FW_INFO')).toString('hex');
    expect(info).toContain('e7dc50f2282a965281eed349fadb61c2690193ba');
    expect(info).toContain(rom.subarray(0x1_6b00, 0x1_6b20).toString('hex'));
    expect(client.read(soc('CPTRA_FW_REV_ID')) & 0xffff).toBe(0x1043);
  });

  test.each([
    [0x1000, 0x1000],
    [0x1041, 0x1041],
    [0x1043, 0x1043],
  ])('a ROM of version 0x%s shows in CPTRA_FW_REV_ID', (version, shown) => {
    const client = board({ rom: romImage({ version }).toString('hex'), securityState: 7 });
    client.fuses().go();
    client.step(2 ** 24);
    expect(client.read(soc('CPTRA_FW_REV_ID')) & 0xffff).toBe(shown);
  });

  test('a damaged ROM does not pass its own integrity test', () => {
    const client = board({ rom: romImage({ damaged: true }).toString('hex'), securityState: 7 });
    client.fuses().go();
    client.run();
    // ROM_INTEGRITY_FAILURE
    expect(client.read(soc('CPTRA_FW_ERROR_FATAL'))).toBe(0x9008_0001);
  });

  test('bytes that are no ROM image are taken for none', () => {
    for (const rom of ['', '00'.repeat(1024), 'ff'.repeat(1024)])
      expect(new Client().call('create', { rom }).device).toBe('model');
  });
});
