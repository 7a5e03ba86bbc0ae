import { describe, expect, test } from '@jest/globals';
import { hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import {
  BASE_COMID,
  encodeTokens,
  frame,
  METHOD,
  type MemorySubsystem,
  parseTokens,
  type TcgItem,
  type TcgValue,
  TOKEN,
  TokenError,
  UID,
} from '@rootcap/drive/nvme';
import fc from 'fast-check';
import { memorySubsystem, setup } from './helpers.ts';
import { ADMIN1, GLOBAL_KEY, GLOBAL_RANGE, lockingFlags, OpalHost, STATUS, USER1 } from './opal-host.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('tokens', () => {
  // As TCG Storage Core 2.01, section 3.2.2.3.1, has the forms of atoms.
  test.each([
    ['a tiny integer', [0x3f], 63n],
    ['a short integer', [0x81, 0x40], 64n],
    ['a longer one', [0x84, 0x12, 0x34, 0x56, 0x78], 0x1234_5678n],
    ['short bytes', [0xa2, 1, 2], Uint8Array.of(1, 2)],
    ['no bytes', [0xa0], new Uint8Array(0)],
    ['medium bytes', [0xd0, 16, ...Array(16).fill(7)], new Uint8Array(16).fill(7)],
    ['a list', [0xf0, 0x01, 0xf0, 0xf1, 0xf1], [1n, []]],
    ['a name', [0xf2, 0x03, 0xa1, 9, 0xf3], { name: 3n, value: Uint8Array.of(9) }],
  ] as const)('%s', (_, bytes, value) => {
    expect(parseTokens(Uint8Array.from(bytes))).toEqual([{ value }]);
    expect([...encodeTokens([{ value: value as TcgValue }])]).toEqual([...bytes]);
  });

  test('empty atoms are passed over', () => {
    expect(parseTokens(Uint8Array.of(0xff, 0xf8, 0xff, 0xff, 0x05, 0xff))).toEqual([{ control: 0xf8 }, { value: 5n }]);
  });

  const value = fc.letrec<{ value: TcgValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 2040, maxLength: 2056 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.record({ name: tie('value'), value: tie('value') }),
    ),
  })).value;
  const item: fc.Arbitrary<TcgItem> = fc.oneof(
    value.map((some) => ({ value: some })),
    fc.constantFrom(TOKEN.CALL, TOKEN.END_OF_DATA, TOKEN.END_OF_SESSION).map((control) => ({ control })),
  );

  test('what is encoded is read again', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), (items) => {
        const read = parseTokens(encodeTokens(items));
        expect(hex(encodeTokens(read))).toBe(hex(encodeTokens(items)));
        expect(read).toHaveLength(items.length);
      }),
    );
  });

  test('any bytes are read or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseTokens(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TokenError);
        }
      }),
    );
    expect(() => parseTokens(new Uint8Array(100_000).fill(0xf0))).toThrow(/deeper than 8/);
  });
});

const MSID = 'MSID-ROOTCAP0001';

function opal(): { drive: MemorySubsystem; host: OpalHost } {
  const drive = memorySubsystem();
  return { drive, host: new OpalHost(drive) };
}

/** A drive whose owner has a PIN, with the Locking SP activated. */
async function owned(): Promise<{ drive: MemorySubsystem; host: OpalHost }> {
  const made = opal();
  const { host } = made;
  expect(await host.start(UID.ADMIN_SP, UID.SID, MSID)).toBe(STATUS.SUCCESS);
  expect(await host.set(UID.C_PIN_SID, { 3: utf8ToBytes('owner') })).toBe(STATUS.SUCCESS);
  expect((await host.call(UID.LOCKING_SP, METHOD.ACTIVATE, [])).status).toBe(STATUS.SUCCESS);
  await host.end();
  return made;
}

describe('discovery', () => {
  test('lists the protocols', () => {
    expect([...memorySubsystem().security.receive(0, 0, 512)]).toEqual([0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2]);
  });

  test('Level 0 has TPer, Locking, Geometry and Opal v2, each of its length', () => {
    const answer = Buffer.from(memorySubsystem().security.receive(1, 1, 2048));
    expect(answer.readUInt32BE(0)).toBe(answer.length - 4);
    const features: number[] = [];
    for (let at = 48; at < answer.length; at += 4 + (answer[at + 3] as number)) features.push(answer.readUInt16BE(at));
    expect(features).toEqual([1, 2, 3, 0x203]);
  });

  test('Locking shows the state of the drive', async () => {
    const { drive, host } = await owned();
    expect(lockingFlags(drive)).toBe(0b1011);
    drive.lock();
    expect(lockingFlags(drive)).toBe(0b1111);
    drive.unlock();
    await host.start(UID.LOCKING_SP, ADMIN1, 'owner');
    expect(await host.set(UID.MBR_CONTROL, { 1: 1n, 2: 1n })).toBe(STATUS.SUCCESS);
    expect(lockingFlags(drive)).toBe(0b11_1011);
  });

  test.each([
    [3, 1],
    [1, 2],
    [2, 1],
    [0xef, 0],
  ])('protocol %i, ComID %i is none', (protocol, comId) => {
    expect(() => memorySubsystem().security.receive(protocol, comId, 512)).toThrow(RangeError);
  });

  test('over NVMe: with padding up to AL, and a refusal for what is none', async () => {
    const { host } = await setup();
    const answer = await host.securityReceive(1, 1, 2048);
    expect([answer.length, answer[3]]).toEqual([2048, 48 + 16 + 16 + 32 + 20 - 4]);
    const refusal = expect.objectContaining({ status: 'INVALID_FIELD_IN_COMMAND' });
    await expect(host.securityReceive(0xef, 0, 512)).rejects.toEqual(refusal);
    await expect(host.securitySend(1, 7, new Uint8Array(512))).rejects.toEqual(refusal);
  });
});

describe('sessions', () => {
  test('Properties tells what a host may send', async () => {
    const { host } = opal();
    const mine = { name: 0n, value: [{ name: utf8ToBytes('MaxPackets'), value: 1n }] };
    const { status, values } = await host.call(UID.SESSION_MANAGER, METHOD.PROPERTIES, [mine]);
    expect(status).toBe(STATUS.SUCCESS);
    expect(values).toHaveLength(2);
    expect(values[1]).toEqual(mine);
  });

  test('there is one at a time', async () => {
    const { host } = opal();
    expect(await host.start(UID.ADMIN_SP)).toBe(STATUS.SUCCESS);
    expect(await host.start(UID.ADMIN_SP)).toBe(STATUS.SP_BUSY);
  });

  test('a stack reset ends one that was left open', async () => {
    const { drive, host } = opal();
    await host.start(UID.ADMIN_SP);
    await drive.security.send(2, BASE_COMID, Uint8Array.of(0x10, 0, 0, 0, 0, 0, 0, 2));
    expect(hex(drive.security.receive(2, BASE_COMID, 512))).toBe('10000000000000020000000400000000');
    expect(await host.start(UID.ADMIN_SP)).toBe(STATUS.SUCCESS);
  });

  test('the Locking SP has none before it is activated', async () => {
    expect(await opal().host.start(UID.LOCKING_SP, ADMIN1, MSID)).toBe(STATUS.INVALID_PARAMETER);
  });

  test('a message that is none ends the session that it came in, and no other', async () => {
    const { host } = opal();
    await host.start(UID.ADMIN_SP);
    expect(await host.exchange([{ value: 1n }], { tsn: 0, hsn: 0 })).toBeUndefined();
    expect(await host.exchange([{ value: 1n }])).toEqual([{ control: TOKEN.END_OF_SESSION }]);
    expect(await host.start(UID.ADMIN_SP)).toBe(STATUS.SUCCESS);
  });

  test('a response that does not fit says how long it is', async () => {
    const { drive, host } = opal();
    await host.exchange([]);
    const items: TcgItem[] = [
      { control: TOKEN.CALL },
      { value: hexToBytes(UID.SESSION_MANAGER) },
      { value: hexToBytes(METHOD.PROPERTIES) },
      { value: [] },
      { control: TOKEN.END_OF_DATA },
      { value: [0n, 0n, 0n] },
    ];
    const payload = encodeTokens(items);
    await drive.security.send(1, BASE_COMID, frame({ comId: BASE_COMID, tsn: 0, hsn: 0, payload }));
    const short = Buffer.from(drive.security.receive(1, BASE_COMID, 64));
    expect(short).toHaveLength(20);
    const whole = drive.security.receive(1, BASE_COMID, 2048);
    expect([short.readUInt32BE(8), short.readUInt32BE(12)]).toEqual([whole.length, whole.length]);
    expect(drive.security.receive(1, BASE_COMID, 2048)).toHaveLength(20);
  });

  test('nothing that is sent makes it throw', async () => {
    const { drive } = await owned();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), fc.boolean(), async (bytes, framed) => {
        const message = framed ? frame({ comId: BASE_COMID, tsn: 0, hsn: 0, payload: bytes }) : bytes;
        await drive.security.send(1, BASE_COMID, message);
        drive.security.receive(1, BASE_COMID, 2048);
      }),
    );
    expect(drive.locked).toBe(false);
  });
});

describe('the owner', () => {
  test('takes the drive with MSID, once', async () => {
    const { host } = opal();
    await host.start(UID.ADMIN_SP);
    expect((await host.get(UID.C_PIN_MSID, 3n)).values).toEqual([[{ name: 3n, value: utf8ToBytes(MSID) }]]);
    expect(await host.set(UID.C_PIN_SID, { 3: utf8ToBytes('thief') })).toBe(STATUS.NOT_AUTHORIZED);
    await host.end();
    expect(await host.start(UID.ADMIN_SP, UID.SID, MSID)).toBe(STATUS.SUCCESS);
    expect(await host.set(UID.C_PIN_SID, { 3: utf8ToBytes('owner') })).toBe(STATUS.SUCCESS);
    await host.end();
    expect(await host.start(UID.ADMIN_SP, UID.SID, MSID)).toBe(STATUS.NOT_AUTHORIZED);
    expect(await host.start(UID.ADMIN_SP, UID.SID, 'owner')).toBe(STATUS.SUCCESS);
  });

  test('is locked out after five wrong PINs until power is lost', async () => {
    const { drive, host } = await owned();
    for (let i = 0; i < 5; i++) expect(await host.start(UID.ADMIN_SP, UID.SID, 'guess')).toBe(STATUS.NOT_AUTHORIZED);
    expect(await host.start(UID.ADMIN_SP, UID.SID, 'owner')).toBe(STATUS.AUTHORITY_LOCKED_OUT);
    drive.powerCycle();
    expect(await host.start(UID.ADMIN_SP, UID.SID, 'owner')).toBe(STATUS.SUCCESS);
  });

  test('Activate changes the life cycle, and gives Admin1 the PIN of SID', async () => {
    const { host } = opal();
    await host.start(UID.ADMIN_SP, UID.SID, MSID);
    expect((await host.get(UID.LOCKING_SP, 6n)).values).toEqual([[{ name: 6n, value: 8n }]]);
    await host.call(UID.LOCKING_SP, METHOD.ACTIVATE, []);
    expect((await host.get(UID.LOCKING_SP, 6n)).values).toEqual([[{ name: 6n, value: 9n }]]);
    await host.end();
    expect(await host.start(UID.LOCKING_SP, ADMIN1, MSID)).toBe(STATUS.SUCCESS);
  });

  test('a revert takes data, PINs and the Locking SP away', async () => {
    const { drive, host } = await owned();
    const [namespace] = drive.namespaces;
    const data = new Uint8Array(4096).fill(7);
    namespace?.write(0, data);
    await host.start(UID.ADMIN_SP, UID.SID, 'owner');
    expect((await host.call(UID.ADMIN_SP, METHOD.REVERT, [])).status).toBe(STATUS.SUCCESS);
    expect(namespace?.read(0, 1)).not.toEqual(data);
    expect(await host.start(UID.LOCKING_SP, ADMIN1, 'owner')).toBe(STATUS.INVALID_PARAMETER);
    expect(await host.start(UID.ADMIN_SP, UID.SID, MSID)).toBe(STATUS.SUCCESS);
  });
});

describe('locking', () => {
  const enabled = async (): Promise<{ drive: MemorySubsystem; host: OpalHost }> => {
    const made = await owned();
    expect(await made.host.start(UID.LOCKING_SP, ADMIN1, 'owner')).toBe(STATUS.SUCCESS);
    expect(await made.host.set(GLOBAL_RANGE, { 5: 1n, 6: 1n })).toBe(STATUS.SUCCESS);
    return made;
  };

  test('a range is locked and unlocked', async () => {
    const { drive, host } = await enabled();
    expect(await host.set(GLOBAL_RANGE, { 7: 1n, 8: 1n })).toBe(STATUS.SUCCESS);
    expect(drive.locked).toBe(true);
    expect((await host.get(GLOBAL_RANGE, 3n, 8n)).values).toEqual([
      [0n, 0n, 1n, 1n, 1n, 1n].map((value, i) => ({ name: BigInt(3 + i), value })),
    ]);
    expect(await host.set(GLOBAL_RANGE, { 7: 0n, 8: 0n })).toBe(STATUS.SUCCESS);
    expect(drive.locked).toBe(false);
  });

  test('power locks it', async () => {
    const { drive, host } = await enabled();
    drive.powerCycle();
    expect(drive.locked).toBe(true);
    await host.start(UID.LOCKING_SP, ADMIN1, 'owner');
    expect(await host.set(GLOBAL_RANGE, { 7: 0n, 8: 0n })).toBe(STATUS.SUCCESS);
    expect(drive.locked).toBe(false);
  });

  test('reads and writes lock together, and the global range stays where it is', async () => {
    const { drive, host } = await enabled();
    for (const columns of [{ 8: 1n }, { 5: 0n }, { 3: 8n }, { 7: 2n }])
      expect(await host.set(GLOBAL_RANGE, columns as Record<number, bigint>)).toBe(STATUS.INVALID_PARAMETER);
    expect(drive.locked).toBe(false);
    expect(await host.set('0000080200030001', { 3: 0n, 4: 8n })).toBe(STATUS.INVALID_PARAMETER);
  });

  test('GenKey makes old data unreadable', async () => {
    const { drive, host } = await enabled();
    const data = new Uint8Array(4096).fill(7);
    drive.namespaces[0]?.write(0, data);
    expect((await host.get(GLOBAL_RANGE, 10n)).values).toEqual([[{ name: 10n, value: hexToBytes(GLOBAL_KEY) }]]);
    expect((await host.call(GLOBAL_KEY, METHOD.GEN_KEY, [])).status).toBe(STATUS.SUCCESS);
    expect(drive.namespaces[0]?.read(0, 1)).not.toEqual(data);
  });

  test('a user is let in when enabled, and may change no more than the own PIN', async () => {
    const { host } = await enabled();
    expect(await host.set('0000000b00030001', { 3: utf8ToBytes('user') })).toBe(STATUS.SUCCESS);
    await host.end();
    expect(await host.start(UID.LOCKING_SP, USER1, 'user')).toBe(STATUS.NOT_AUTHORIZED);
    await host.start(UID.LOCKING_SP, ADMIN1, 'owner');
    expect(await host.set(USER1, { 5: 1n })).toBe(STATUS.SUCCESS);
    await host.end();
    expect(await host.start(UID.LOCKING_SP, USER1, 'user')).toBe(STATUS.SUCCESS);
    expect(await host.set(GLOBAL_RANGE, { 7: 1n, 8: 1n })).toBe(STATUS.NOT_AUTHORIZED);
    expect(await host.set('0000000b00010001', { 3: utf8ToBytes('x') })).toBe(STATUS.NOT_AUTHORIZED);
    expect(await host.set('0000000b00030001', { 3: utf8ToBytes('mine') })).toBe(STATUS.SUCCESS);
    await host.end();
    expect(await host.start(UID.LOCKING_SP, USER1, 'mine')).toBe(STATUS.SUCCESS);
  });

  test('RevertSP can keep the data of an unlocked drive', async () => {
    const { drive, host } = await enabled();
    const data = new Uint8Array(4096).fill(7);
    drive.namespaces[0]?.write(0, data);
    const keep = [{ name: 0x06_0000n, value: 1n }];
    expect((await host.call(UID.THIS_SP, METHOD.REVERT_SP, keep)).status).toBe(STATUS.SUCCESS);
    expect(drive.namespaces[0]?.read(0, 1)).toEqual(data);
    expect(await host.start(UID.ADMIN_SP, UID.SID, 'owner')).toBe(STATUS.SUCCESS);
  });

  test('Random gives as many bytes as it is asked for', async () => {
    const { host } = await enabled();
    const { values } = await host.call(UID.THIS_SP, METHOD.RANDOM, [32n]);
    expect((values[0] as Uint8Array).length).toBe(32);
    expect((await host.call(UID.THIS_SP, METHOD.RANDOM, [33n])).status).toBe(STATUS.INVALID_PARAMETER);
  });
});
