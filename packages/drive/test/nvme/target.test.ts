import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { LockedRangeError, MediumError } from '@rootcap/drive';
import { ADMIN_OPCODE, DISCOVERY_NQN, DiscoveryEntry, IO_OPCODE, NvmeHost, NvmeTarget } from '@rootcap/drive/nvme';
import { BLOCK, connectTo, memorySubsystem, NQN, settled, setup, wired } from './helpers.ts';

const data = (count: number): Uint8Array => new Uint8Array(randomBytes(count * BLOCK));
const status = (name: string) => expect.objectContaining({ name: 'NvmeStatusError', status: name });

describe('connecting', () => {
  test('identifies the controller and its namespaces', async () => {
    const { host } = await setup();
    const { sn, mn, subnqn, cntlid, sqes, cqes, kas, ioccsz, oacs, oncs, mdts } = await host.identifyController();
    expect({ sn, mn, subnqn, cntlid, sqes, cqes, kas, ioccsz, oacs, oncs, mdts }).toEqual({
      sn: 'ROOTCAP0001',
      mn: 'Rootcap memory drive',
      subnqn: NQN,
      cntlid: host.cntlid,
      sqes: 0x66,
      cqes: 0x44,
      kas: 10,
      ioccsz: 516,
      oacs: 3,
      oncs: 0x0d,
      mdts: 8,
    });
    expect(await host.namespaces()).toEqual([1, 2]);
    const { nsze, lbaf, flbas } = await host.identifyNamespace(1);
    expect([nsze, lbaf[0]?.lbads, flbas]).toEqual([1024n, 12, 0]);
  });

  test('the discovery subsystem tells the way', async () => {
    const { target } = await setup({ address: { family: 'ipv4', address: '127.0.0.1', port: 4421 } });
    const host = NvmeHost.connect(() => wired(target), { nqn: DISCOVERY_NQN });
    // No I/O queues there: the small host's second connection is refused.
    await expect(host).rejects.toEqual(status('CONNECT_INVALID_PARAMETERS'));
    const log = new Uint8Array(2048);
    log.set(await discoveryLog(target));
    const { subnqn, traddr, trsvcid, trtype } = DiscoveryEntry.decode(log.subarray(1024));
    expect({ subnqn, traddr, trsvcid, trtype }).toEqual({
      subnqn: NQN,
      traddr: '127.0.0.1',
      trsvcid: '4421',
      trtype: 3,
    });
  });

  test.each([
    ['an unknown subsystem', { nqn: 'nqn.2026-01.org.example:other' }, 'CONNECT_INVALID_PARAMETERS'],
    ['a host that is not listed', { hostNqn: 'nqn.2026-01.org.example:stranger' }, 'CONNECT_INVALID_HOST'],
  ])('refuses %s', async (_, options, code) => {
    const target = new NvmeTarget({ subsystem: memorySubsystem(), nqn: NQN, hosts: ['nqn.2026-01.org.example:host'] });
    await expect(connectTo(target, options)).rejects.toEqual(status(code));
    expect(target.controllers).toBe(0);
  });

  test('has as many controllers as it may, and takes a host again when one has gone', async () => {
    const { target, host } = await setup({ maxControllers: 1 });
    await expect(connectTo(target)).rejects.toEqual(status('CONNECT_CONTROLLER_BUSY'));
    host.close();
    await settled();
    expect(target.controllers).toBe(0);
    await (await connectTo(target)).identifyController();
  });

  test("nobody joins another host's controller", async () => {
    const { target, host } = await setup();
    const stranger = wired(target);
    const { ConnectCommand, ConnectData, FCTYPE } = await import('@rootcap/drive/nvme');
    const common = { reserved2: new Uint8Array(12) };
    const specific = ConnectCommand.encode({
      recfmt: 0,
      qid: 2,
      sqsize: 31,
      cattr: 0,
      reserved: 0,
      kato: 0,
      ...common,
    });
    const parameters = ConnectData.encode({
      hostid: new Uint8Array(16),
      cntlid: host.cntlid,
      reserved: new Uint8Array(238),
      subnqn: NQN,
      hostnqn: 'nqn.2026-01.org.example:stranger',
      reserved2: new Uint8Array(256),
    });
    const refused = (await stranger).fabrics(FCTYPE.CONNECT, specific, parameters);
    await expect(refused).rejects.toEqual(status('CONNECT_INVALID_PARAMETERS'));
  });

  test('a silent host is let go after its keep-alive timeout, others stay', async () => {
    let now = 0;
    const { target, host } = await setup({ now: () => now });
    const silent = await connectTo(target, { keepAliveTimeout: 5000 });
    now = 10_001;
    target.tick();
    await settled();
    await expect(silent.flush(1)).rejects.toThrow('the connection was closed');
    await host.flush(1);
  });

  test('a connection that never becomes a queue is ended', async () => {
    let now = 0;
    const { target, host } = await setup({ now: () => now });
    const idle = await wired(target);
    now = 10_001;
    target.tick();
    await settled();
    await expect(idle.command({ opcode: 0 })).rejects.toThrow('the connection was closed');
    await host.flush(1);
  });
});

async function discoveryLog(target: NvmeTarget): Promise<Uint8Array> {
  const { ConnectCommand, ConnectData, FCTYPE, PropertyCommand } = await import('@rootcap/drive/nvme');
  const queue = await wired(target);
  const reserved2 = new Uint8Array(12);
  const connect = ConnectCommand.encode({ recfmt: 0, qid: 0, sqsize: 31, cattr: 0, reserved: 0, kato: 0, reserved2 });
  const parameters = ConnectData.encode({
    hostid: new Uint8Array(16),
    cntlid: 0xffff,
    reserved: new Uint8Array(238),
    subnqn: DISCOVERY_NQN,
    hostnqn: 'nqn.2026-01.org.example:host',
    reserved2: new Uint8Array(256),
  });
  await queue.fabrics(FCTYPE.CONNECT, connect, parameters);
  const enable = { attrib: 0, reserved: new Uint8Array(3), offset: 0x14, value: 0x0046_0001n };
  await queue.fabrics(FCTYPE.PROPERTY_SET, PropertyCommand.encode({ ...enable, reserved2: new Uint8Array(8) }));
  const numd = 2048 / 4 - 1;
  const log = await queue.command({ opcode: ADMIN_OPCODE.GET_LOG_PAGE, cdw10: 0x70 + 2 ** 16 * numd, length: 2048 });
  return log.data;
}

describe.each([
  ['whole pieces', {}, undefined],
  ['pieces of 1,000 bytes', {}, 1000],
  ['header digests', { headerDigest: true }, undefined],
  ['data digests', { dataDigest: true }, undefined],
  ['both digests in pieces of 7,777 bytes', { headerDigest: true, dataDigest: true }, 7777],
])('reading and writing with %s', (_, digests, cut) => {
  test.each([1, 2, 3, 64, 256])('%i blocks', async (count) => {
    const { target } = await setup();
    const host = await connectTo(target, digests, cut);
    const written = data(count);
    await host.write(1, 17, written);
    await host.flush(1);
    expect(
      createHash('sha256')
        .update(await host.read(1, 17, count))
        .digest('hex'),
    ).toBe(createHash('sha256').update(written).digest('hex'));
  });

  test('many at once', async () => {
    const { target } = await setup();
    const host = await connectTo(target, digests, cut);
    const written = Array.from({ length: 24 }, (_, i) => data(1 + (i % 5)));
    await Promise.all(written.map((blocks, i) => host.write(1, 10 * i, blocks)));
    const read = await Promise.all(written.map((blocks, i) => host.read(1, 10 * i, blocks.length / BLOCK)));
    expect(read.map((blocks) => Buffer.from(blocks).toString('base64'))).toEqual(
      written.map((blocks) => Buffer.from(blocks).toString('base64')),
    );
  });
});

describe('I/O commands', () => {
  const io = (opcode: number, fields: object) => ({ opcode, nsid: 1, ...fields });

  test.each([
    ['beyond the end', { cdw10: 1024, cdw12: 0, length: BLOCK }, 'LBA_OUT_OF_RANGE'],
    ['across the end', { cdw10: 1023, cdw12: 1, length: 2 * BLOCK }, 'LBA_OUT_OF_RANGE'],
    ['at an LBA of 64 bits', { cdw11: 0xffff_ffff, length: BLOCK }, 'LBA_OUT_OF_RANGE'],
    ['with another length in its SGL', { length: 512 }, 'DATA_SGL_LENGTH_INVALID'],
    ['above MDTS', { cdw12: 256, length: 257 * BLOCK }, 'DATA_SGL_LENGTH_INVALID'],
    ['of a namespace that is not there', { nsid: 3, length: BLOCK }, 'INVALID_NAMESPACE_OR_FORMAT'],
    ['of all namespaces', { nsid: 0xffff_ffff, length: BLOCK }, 'INVALID_NAMESPACE_OR_FORMAT'],
    ['with protection information', { cdw12: 1 << 29, length: BLOCK }, 'INVALID_FIELD_IN_COMMAND'],
  ])('a read %s is refused', async (_, fields, code) => {
    const { host } = await setup();
    await expect(host.io.command(io(IO_OPCODE.READ, fields))).rejects.toEqual(status(code));
    await host.read(1, 0, 1);
  });

  test('an opcode that is none is refused', async () => {
    const { host } = await setup();
    await expect(host.io.command(io(0x70, {}))).rejects.toEqual(status('INVALID_COMMAND_OPCODE'));
    await expect(host.admin.command({ opcode: 0x70 })).rejects.toEqual(status('INVALID_COMMAND_OPCODE'));
  });

  test('Write Zeroes and Dataset Management leave zeros', async () => {
    const { host, subsystem } = await setup();
    await host.write(1, 0, data(8));
    await host.io.command(io(IO_OPCODE.WRITE_ZEROES, { cdw10: 1, cdw12: 1 }));
    await host.io.command(io(IO_OPCODE.WRITE_ZEROES, { cdw10: 3, cdw12: 1 << 25 }));
    const ranges = Buffer.alloc(32);
    ranges.writeUInt32LE(1, 4);
    ranges.writeBigUInt64LE(5n, 8);
    ranges.writeUInt32LE(1, 20);
    ranges.writeBigUInt64LE(7n, 24);
    await host.io.command(io(IO_OPCODE.DATASET_MANAGEMENT, { cdw10: 1, cdw11: 4, data: new Uint8Array(ranges) }));
    const zero = await Promise.all(
      Array.from({ length: 8 }, async (_, lba) => (await host.read(1, lba, 1)).every((byte) => byte === 0)),
    );
    expect(zero).toEqual([false, true, true, true, false, true, false, true]);
    expect(subsystem.namespaces[0]?.allocation(5, 1).allocated).toBe(false);
  });

  test('Dataset Management with one range beyond the end touches none', async () => {
    const { host } = await setup();
    const written = data(1);
    await host.write(1, 0, written);
    const ranges = Buffer.alloc(32);
    ranges.writeUInt32LE(1, 4);
    ranges.writeUInt32LE(1, 20);
    ranges.writeBigUInt64LE(1024n, 24);
    const command = io(IO_OPCODE.DATASET_MANAGEMENT, { cdw10: 1, cdw11: 4, data: new Uint8Array(ranges) });
    await expect(host.io.command(command)).rejects.toEqual(status('LBA_OUT_OF_RANGE'));
    expect(await host.read(1, 0, 1)).toEqual(written);
  });

  test('Compare tells equal from different', async () => {
    const { host } = await setup();
    const written = data(1);
    await host.write(1, 4, written);
    await host.io.command(io(IO_OPCODE.COMPARE, { cdw10: 4, data: written }));
    const other = Uint8Array.from(written, (byte, i) => (i === 4095 ? byte ^ 1 : byte));
    const different = host.io.command(io(IO_OPCODE.COMPARE, { cdw10: 4, data: other }));
    await expect(different).rejects.toEqual(status('COMPARE_FAILURE'));
  });

  test('a locked range is denied, and the connection lives on', async () => {
    const { host, subsystem } = await setup();
    const written = data(3);
    await host.write(1, 0, written);
    subsystem.lock();
    await expect(host.read(1, 0, 3)).rejects.toEqual(status('ACCESS_DENIED'));
    await expect(host.write(1, 0, data(3))).rejects.toEqual(status('ACCESS_DENIED'));
    const zeroes = host.io.command(io(IO_OPCODE.WRITE_ZEROES, {}));
    await expect(zeroes).rejects.toEqual(status('ACCESS_DENIED'));
    subsystem.unlock();
    expect(await host.read(1, 0, 3)).toEqual(written);
  });

  test.each([
    ['IO', 'UNRECOVERED_READ_ERROR', 'WRITE_FAULT'],
    ['CORRUPT', 'UNRECOVERED_READ_ERROR', 'WRITE_FAULT'],
    ['CLOSED', 'INTERNAL_ERROR', 'INTERNAL_ERROR'],
  ] as const)('a medium that fails with %s', async (code, reading, writing) => {
    const { host, subsystem } = await setup();
    await host.identifyNamespace(1);
    const fail = (): never => {
      throw new MediumError(code, 'broken');
    };
    Object.assign(subsystem.namespaces[0] as object, { read: fail, write: fail });
    await expect(host.read(1, 0, 1)).rejects.toEqual(status(reading));
    await expect(host.write(1, 0, data(1))).rejects.toEqual(status(writing));
    await host.read(2, 0, 1);
  });

  test('force unit access flushes before it answers, and so does a cache that is off', async () => {
    const { host, subsystem } = await setup();
    let flushes = 0;
    Object.assign(subsystem.namespaces[0] as object, { flush: async () => flushes++ });
    await host.write(1, 0, data(1));
    expect(flushes).toBe(0);
    await host.io.command(io(IO_OPCODE.WRITE, { cdw12: 2 ** 30, data: data(1) }));
    expect(flushes).toBe(1);
    await host.admin.command({ opcode: ADMIN_OPCODE.SET_FEATURES, cdw10: 6, cdw11: 0 });
    await host.write(1, 0, data(1));
    expect(flushes).toBe(2);
  });
});

describe('admin commands', () => {
  test.each([0, 1, 2] as const)(
    'Format NVM with SES %i makes old data unreadable, of this namespace alone',
    async (ses) => {
      const { host } = await setup();
      const [one, two] = [data(4), data(4)];
      await host.write(1, 0, one);
      await host.write(2, 0, two);
      await host.format(1, ses);
      expect(await host.read(1, 0, 4)).not.toEqual(one);
      expect(await host.read(2, 0, 4)).toEqual(two);
    },
  );

  test('Format NVM of a drive that is locked against it is denied', async () => {
    const { host, subsystem } = await setup();
    Object.assign(subsystem, { cryptoErase: async () => Promise.reject(new LockedRangeError(1, 0)) });
    await expect(host.format(1, 2)).rejects.toEqual(status('OPERATION_DENIED'));
  });

  test('Sanitize erases all, tells how it went and reports it as an event', async () => {
    const { host } = await setup();
    const written = data(4);
    await host.write(1, 0, written);
    const event = host.admin.command({ opcode: ADMIN_OPCODE.ASYNCHRONOUS_EVENT_REQUEST });
    expect((await host.sanitizeStatus()).status).toBe(0);
    await host.sanitize(4);
    expect((await event).result).toBe(0x81_01_06n);
    expect((await host.sanitizeStatus()).status).toBe(0x101);
    expect(await host.read(1, 0, 4)).not.toEqual(written);
    // Global Data Erased, until something is written.
    await host.write(1, 0, written);
    expect((await host.sanitizeStatus()).status).toBe(1);
  });

  test('a sanitize operation that goes on or failed stops I/O', async () => {
    const { host, subsystem } = await setup();
    let fail = (_: Error): void => {};
    Object.assign(subsystem, {
      cryptoErase: () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    });
    await host.sanitize(4);
    await expect(host.read(1, 0, 1)).rejects.toEqual(status('SANITIZE_IN_PROGRESS'));
    await expect(host.sanitize(4)).rejects.toEqual(status('SANITIZE_IN_PROGRESS'));
    fail(new Error('no'));
    await settled();
    expect((await host.sanitizeStatus()).status).toBe(3);
    await expect(host.read(1, 0, 1)).rejects.toEqual(status('SANITIZE_FAILED'));
    await host.sanitize(1);
    await host.read(1, 0, 1);
  });

  test('features have their values, and only some change', async () => {
    const { host } = await setup();
    const get = async (id: number, select = 0) =>
      (await host.admin.command({ opcode: ADMIN_OPCODE.GET_FEATURES, cdw10: id | (select << 8) })).result;
    const set = (cdw10: number, cdw11 = 0) => host.admin.command({ opcode: ADMIN_OPCODE.SET_FEATURES, cdw10, cdw11 });
    expect([await get(0x06), await get(0x07), await get(0x0f)]).toEqual([1n, 0n, 0n]);
    expect([await get(0x07, 1), await get(0x06, 3), await get(0x02, 3)]).toEqual([0x7_0007n, 4n, 0n]);
    await set(0x0b, 0x100);
    expect([await get(0x0b), await get(0x0b, 1)]).toEqual([0x100n, 0n]);
    await expect(set(0x02)).rejects.toEqual(status('FEATURE_NOT_CHANGEABLE'));
    await expect(set(0x8000_0006, 0)).rejects.toEqual(status('FEATURE_IDENTIFIER_NOT_SAVEABLE'));
    await expect(set(0x7f)).rejects.toEqual(status('INVALID_FIELD_IN_COMMAND'));
    await expect(set(0x07)).rejects.toEqual(status('COMMAND_SEQUENCE_ERROR'));
  });

  test('event requests are held up to their limit, and can be aborted', async () => {
    const { host } = await setup();
    const requests = Array.from({ length: 4 }, () =>
      host.admin.command({ opcode: ADMIN_OPCODE.ASYNCHRONOUS_EVENT_REQUEST }),
    );
    const aborted = expect(requests[0]).rejects.toEqual(status('COMMAND_ABORT_REQUESTED'));
    const one = host.admin.command({ opcode: ADMIN_OPCODE.ASYNCHRONOUS_EVENT_REQUEST });
    await expect(one).rejects.toEqual(status('ASYNCHRONOUS_EVENT_REQUEST_LIMIT_EXCEEDED'));
    // Connect, Property Set, Property Get and Set Features came before.
    const abort = { opcode: ADMIN_OPCODE.ABORT, cdw10: 4 << 16 };
    expect((await host.admin.command(abort)).result).toBe(0n);
    expect((await host.admin.command(abort)).result).toBe(1n);
    await aborted;
  });

  test.each([
    [0x02, 512],
    [0x03, 512],
    [0x05, 4096],
    [0x81, 512],
  ])('log page 0x%s', async (lid, size) => {
    const { host } = await setup();
    expect(await host.logPage(lid, size)).toHaveLength(size);
    await expect(host.logPage(0xc0, 512)).rejects.toEqual(status('INVALID_LOG_PAGE'));
  });

  test('a reset of the controller stops I/O and leaves other hosts alone', async () => {
    const { host, target } = await setup();
    const other = await connectTo(target);
    const { FCTYPE, PROPERTY, PropertyCommand } = await import('@rootcap/drive/nvme');
    const configuration = (value: bigint): Uint8Array =>
      PropertyCommand.encode({
        attrib: 0,
        reserved: new Uint8Array(3),
        offset: PROPERTY.CC,
        value,
        reserved2: new Uint8Array(8),
      });
    await host.admin.fabrics(FCTYPE.PROPERTY_SET, configuration(0n));
    await expect(host.flush(1)).rejects.toEqual(status('COMMAND_SEQUENCE_ERROR'));
    await other.flush(1);
    await host.admin.fabrics(FCTYPE.PROPERTY_SET, configuration(0x0046_0001n));
    await host.flush(1);
  });
});
