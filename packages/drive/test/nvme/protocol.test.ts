import { describe, expect, test } from '@jest/globals';
import {
  CompletionQueueEntry,
  ConnectData,
  DiscoveryEntry,
  encodePdu,
  FATAL_ERROR,
  FabricsCommand,
  IdentifyController,
  IdentifyNamespace,
  NvmeTarget,
  NvmeTransportError,
  PDU_TYPE,
  PDUS,
  PduReader,
  SanitizeStatusLog,
  SmartLog,
  STATUS,
  SubmissionQueueEntry,
  statusField,
  statusName,
} from '@rootcap/drive/nvme';
import fc from 'fast-check';
import { connectTo, memorySubsystem, NQN, raw, setup } from './helpers.ts';

type PduName = keyof typeof PDU_TYPE;
const NAMES = Object.keys(PDU_TYPE) as PduName[];
const ALL = new Set(NAMES);
const MAX_DATA = 4096;

/** Fields of a PDU that hold anything, by its layout. */
function anyFields(name: PduName): fc.Arbitrary<Record<string, unknown>> {
  const fields = PDUS[name].header as unknown as {
    fieldNames: string[];
    member(name: string): { field: { size: number; type: string } };
  };
  const entries = fields.fieldNames
    .filter((field) => field !== 'header')
    .map((field) => {
      const { size, type } = fields.member(field).field;
      const value = type.startsWith('bytes')
        ? fc.uint8Array({ minLength: size, maxLength: size })
        : fc.integer({ min: 0, max: 2 ** (8 * size) - 1 });
      return [field, value] as const;
    });
  return fc.record(Object.fromEntries(entries));
}

const anyPdu = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    name: fc.constant(name),
    fields: anyFields(name),
    data: PDUS[name].data ? fc.uint8Array({ maxLength: 200 }) : fc.constant(new Uint8Array(0)),
  }),
);
const anyFraming = fc.record({
  headerDigest: fc.boolean(),
  dataDigest: fc.boolean(),
  alignment: fc.constantFrom(4, 8, 64, 128),
});

function reader(framing: PduReader['framing'], maxData = MAX_DATA): PduReader {
  const made = new PduReader({ accepts: ALL, maxData });
  made.framing = framing;
  return made;
}

const bytesOf = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));

describe('layouts', () => {
  test.each([
    [SubmissionQueueEntry, 64],
    [FabricsCommand, 64],
    [CompletionQueueEntry, 16],
    [ConnectData, 1024],
    [IdentifyController, 4096],
    [IdentifyNamespace, 4096],
    [SmartLog, 512],
    [SanitizeStatusLog, 512],
    [DiscoveryEntry, 1024],
  ])('%#: as many bytes as the specification says', (layout, size) => expect(layout.size).toBe(size));

  // Offsets as the figures of NVMe Base 1.4 and NVMe over Fabrics 1.1 have them.
  test.each([
    ['cntlid', 78],
    ['cntrltype', 111],
    ['oacs', 256],
    ['kas', 320],
    ['sanicap', 328],
    ['sqes', 512],
    ['nn', 516],
    ['oncs', 520],
    ['fna', 524],
    ['sgls', 536],
    ['subnqn', 768],
    ['ioccsz', 1792],
    ['psd', 2048],
  ] as const)('Identify Controller has %s at %i', (name, offset) =>
    expect(IdentifyController.offsetOf(name)).toBe(offset),
  );
});

describe('statuses', () => {
  test('each has its own Status Field and comes back by it', () => {
    const names = Object.keys(STATUS) as (keyof typeof STATUS)[];
    expect(names.map((name) => statusName(statusField(name)))).toEqual(names);
  });

  test('Access Denied is type 2, code 86h, not to be repeated', () => {
    expect(statusField('ACCESS_DENIED')).toBe(0x8000 | (2 << 9) | (0x86 << 1));
  });
});

describe('PDUs', () => {
  test('the digest is CRC32C', () => {
    const data = new TextEncoder().encode('123456789');
    const fields = { cccid: 0, ttag: 0, datao: 0, datal: 9, reserved: new Uint8Array(4) };
    const framing = { headerDigest: false, dataDigest: true, alignment: 4 };
    const bytes = bytesOf(encodePdu({ name: 'C2HData', fields, data }, framing));
    // The check value of CRC-32C.
    expect(Buffer.from(bytes).readUInt32LE(24 + 9)).toBe(0xe306_9283);
  });

  test('what is encoded is read again, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyPdu, { minLength: 1, maxLength: 5 }),
        anyFraming,
        fc.integer({ min: 1, max: 300 }),
        (pdus, framing, cut) => {
          const bytes = bytesOf(pdus.flatMap((pdu) => encodePdu(pdu, framing)));
          const input = reader(framing);
          const read = [];
          for (let at = 0; at < bytes.length; at += cut) read.push(...input.read(bytes.subarray(at, at + cut)));
          expect(
            read.map(({ name, data, intact }) => ({ name, data: Buffer.from(data).toString('hex'), intact })),
          ).toEqual(pdus.map(({ name, data }) => ({ name, data: Buffer.from(data).toString('hex'), intact: true })));
          for (const [i, { name, header }] of read.entries()) {
            const { header: _, ...fields } = PDUS[name].header.decode(header) as Record<string, unknown>;
            expect(fields).toEqual(pdus[i]?.fields);
          }
        },
      ),
    );
  });

  test('one wrong bit under a digest is seen', () => {
    const framing = { headerDigest: true, dataDigest: true, alignment: 4 };
    const digested = anyPdu.filter(
      ({ name, data }) => ['CapsuleCmd', 'H2CData', 'C2HData'].includes(name) && data.length > 0,
    );
    fc.assert(
      fc.property(digested, fc.nat(), (pdu, position) => {
        const bytes = bytesOf(encodePdu(pdu, framing));
        // Not in the type: a terminate request, which it may become, has no digest.
        const bit = 8 + (position % (8 * bytes.length - 8));
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        try {
          const read = [...reader(framing).read(bytes)];
          // A longer PLEN is not complete yet; a wrong byte of data or its digest is told with the PDU.
          expect(read.every(({ intact }) => !intact)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NvmeTransportError);
        }
      }),
    );
  });

  test('any bytes are read or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), anyFraming, (bytes, framing) => {
        try {
          for (const pdu of reader(framing).read(bytes)) expect(NAMES).toContain(pdu.name);
        } catch (error) {
          expect(error).toBeInstanceOf(NvmeTransportError);
        }
      }),
    );
  });

  test.each([
    ['a type that is none', [0x0a, 0, 24, 0, 24, 0, 0, 0], 0],
    ['a PDU for the other side', [0x05, 0, 24, 0, 24, 0, 0, 0], 0],
    ['a header length that is not its own', [0x04, 0, 71, 0, 72, 0, 0, 0], 2],
    ['a length below its header', [0x04, 0, 72, 0, 71, 0, 0, 0], 4],
    ['more data than may come', [0x04, 0, 72, 72, 0xff, 0xff, 0xff, 0xff], 4],
    ['data within its header', [0x04, 0, 72, 8, 80, 0, 0, 0], 3],
    ['data at an odd place', [0x04, 0, 72, 73, 80, 0, 0, 0], 3],
    ['a digest nobody agreed on', [0x04, 1, 72, 0, 76, 0, 0, 0], 1],
    ['data where there are none', [0x00, 0, 128, 0, 132, 0, 0, 0], 4],
  ])('%s: the offset of the wrong field', (_, header, offset) => {
    const accepts = new Set<PduName>(['ICReq', 'CapsuleCmd', 'H2CData', 'H2CTermReq']);
    const input = new PduReader({ accepts, maxData: MAX_DATA });
    const read = () => [...input.read(Uint8Array.from(header))];
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_PDU_HEADER_FIELD', offset }));
  });
});

const PLAIN = { headerDigest: false, dataDigest: false, alignment: 4 };
const icReq = (fields: object = {}): Uint8Array =>
  bytesOf(
    encodePdu(
      { name: 'ICReq', fields: { pfv: 0, pda: 0, dgst: 0, limit: 0, reserved: new Uint8Array(112), ...fields } },
      PLAIN,
    ),
  );
const capsule = (sqe: Uint8Array): Uint8Array => bytesOf(encodePdu({ name: 'CapsuleCmd', fields: { sqe } }, PLAIN));
const hostData = (fields: object, data: Uint8Array, flags = 4): Uint8Array =>
  bytesOf(
    encodePdu(
      {
        name: 'H2CData',
        flags,
        fields: { cccid: 0, ttag: 0, datao: 0, datal: data.length, reserved: new Uint8Array(4), ...fields },
        data,
      },
      PLAIN,
    ),
  );

/** FES of the terminate request that an answer ends with. */
const fatal = (answer: Uint8Array): number | undefined =>
  answer[0] === PDU_TYPE.C2HTermReq ? Buffer.from(answer).readUInt16LE(8) : undefined;

describe('a connection', () => {
  const target = (): NvmeTarget => new NvmeTarget({ subsystem: memorySubsystem(), nqn: NQN });

  test('agrees on what it is asked for', () => {
    const answer = raw(target()).send(icReq({ dgst: 3, pda: 31 }));
    expect([answer.length, answer[0], answer[11]]).toEqual([128, PDU_TYPE.ICResp, 3]);
  });

  test.each([
    ['another format version', icReq({ pfv: 1 }), FATAL_ERROR.UNSUPPORTED_PARAMETER],
    ['an alignment that is none', icReq({ pda: 32 }), FATAL_ERROR.INVALID_PDU_HEADER_FIELD],
    ['a command first', capsule(new Uint8Array(64)), FATAL_ERROR.PDU_SEQUENCE_ERROR],
    ['two ICReq', bytesOf([icReq(), icReq()]), FATAL_ERROR.PDU_SEQUENCE_ERROR],
    ['data nobody asked for', bytesOf([icReq(), hostData({}, new Uint8Array(8))]), FATAL_ERROR.PDU_SEQUENCE_ERROR],
  ])('ends for %s', (_, bytes, fes) => {
    const host = raw(target());
    const answer = host.send(bytes);
    const after = answer[0] === PDU_TYPE.ICResp ? answer.subarray(128) : answer;
    expect([fatal(after), host.ended]).toEqual([fes, true]);
    expect(host.send(icReq())).toHaveLength(0);
  });

  test('without Connect every command is out of sequence', () => {
    const host = raw(target());
    host.send(icReq());
    for (const opcode of [0x00, 0x01, 0x02, 0x06, 0x18]) {
      const sqe = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? opcode : i === 39 ? 0x5a : 0));
      const answer = host.send(capsule(sqe));
      expect([answer[0], statusName(Buffer.from(answer).readUInt16LE(22))]).toEqual([
        PDU_TYPE.CapsuleResp,
        'COMMAND_SEQUENCE_ERROR',
      ]);
    }
  });

  test('more commands than its queue has entries end it', () => {
    const host = raw(target());
    host.send(icReq());
    // A command whose data are still to come takes the one entry of an unconnected queue.
    const sqe = Uint8Array.from({ length: 64 }, (_, i) => ({ 0: 0x01, 33: 16, 39: 0x5a })[i] ?? 0);
    expect(host.send(capsule(sqe))[0]).toBe(PDU_TYPE.R2T);
    expect(fatal(host.send(capsule(sqe)))).toBe(FATAL_ERROR.PDU_SEQUENCE_ERROR);
  });

  test.each([
    ['beyond what was asked for', { datao: 0 }, 8192, 4, FATAL_ERROR.DATA_TRANSFER_OUT_OF_RANGE],
    ['not in order', { datao: 512 }, 512, 0, FATAL_ERROR.DATA_TRANSFER_OUT_OF_RANGE],
    ['of another length than they say', { datal: 4 }, 512, 0, FATAL_ERROR.DATA_TRANSFER_OUT_OF_RANGE],
    ['complete without LAST_PDU', {}, 4096, 0, FATAL_ERROR.DATA_TRANSFER_OUT_OF_RANGE],
    ['incomplete with LAST_PDU', {}, 512, 4, FATAL_ERROR.DATA_TRANSFER_OUT_OF_RANGE],
    ['for another command', { cccid: 7 }, 4096, 4, FATAL_ERROR.PDU_SEQUENCE_ERROR],
    ['under another tag', { ttag: 7 }, 4096, 4, FATAL_ERROR.PDU_SEQUENCE_ERROR],
  ])('data %s end it', (_, fields, size, flags, fes) => {
    const host = raw(target());
    host.send(icReq());
    const sqe = Uint8Array.from({ length: 64 }, (_, i) => ({ 0: 0x01, 33: 16, 39: 0x5a })[i] ?? 0);
    expect(host.send(capsule(sqe))[0]).toBe(PDU_TYPE.R2T);
    expect(fatal(host.send(hostData(fields, new Uint8Array(size), flags)))).toBe(fes);
  });

  test('nothing that one sends disturbs another', async () => {
    const { target: shared, host } = await setup();
    const written = new Uint8Array(4096).fill(0x5a);
    await host.write(1, 3, written);
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }).map(capsule),
      fc.tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: 64 })).map(([ttag, data]) => hostData({ ttag }, data)),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(hostile, { maxLength: 6 }), (initialized, messages) => {
        const connection = raw(shared);
        if (initialized) connection.send(icReq());
        for (const message of messages) connection.send(message);
      }),
    );
    expect(await host.read(1, 3, 1)).toEqual(written);
  });

  test('nothing that a connected host asks for makes more than a status of it', async () => {
    const { target: shared, host, subsystem } = await setup();
    const other = await connectTo(shared);
    const dword = fc.oneof(fc.nat(15), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constant(0xffff_ffff));
    const command = fc.record({
      opcode: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 2, 5, 6, 8, 9, 10, 0x81, 0x82)),
      nsid: fc.constantFrom(0, 1, 2, 3, 0xffff_fffe, 0xffff_ffff),
      cdw10: dword,
      cdw11: dword,
      cdw12: dword,
      cdw13: dword,
      data: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ minLength: 16, maxLength: 64 })),
      length: fc.constantFrom(0, 512, 4096, 8192),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('admin', 'io'), command, async (kind, fields) => {
        const { data, length, ...dwords } = fields;
        const given = (fields.opcode & 3) === 1 ? { ...dwords, data } : { ...dwords, length };
        // Requests for events have no answer until there is one; keep-alive timeouts end the host.
        if (kind === 'admin' && (fields.opcode === 0x0c || fields.opcode === 0x09 || fields.opcode === 0x7f)) return;
        try {
          await other[kind as 'admin' | 'io'].command(given);
        } catch (error) {
          expect(error).toMatchObject({ name: 'NvmeStatusError' });
        }
      }),
    );
    expect(subsystem.locked).toBe(false);
    await host.write(1, 0, new Uint8Array(4096));
    await other.flush(1);
  });
});
