import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DpeError } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import { COMMAND_ID, type CommandName, commandCatalogue, encodeRequest, sizeNameOf } from '@rootcap/firmware';
import { StructError } from '@rootcap/struct';
import fc from 'fast-check';
import { createDevice, type Device } from 'rootcap';

const booted = createDevice().boot();
const rom = createDevice().bootToRom();
const device = (): Device => booted.fork();
const PCR_ZERO = Buffer.alloc(48);

describe('mailbox.call', () => {
  test('encodes the fields and returns those of the response', () => {
    const { chip, mailbox } = device();
    const data = new Uint8Array(48).fill(7);
    expect(mailbox.call('EXTEND_PCR', { pcr_idx: 4, data })).toEqual({ fips_status: 0 });
    const expected = createHash('sha384').update(PCR_ZERO).update(data).digest('hex');
    expect(Buffer.from(chip.pcrBank.read(4)).toString('hex')).toBe(expected);
  });

  test('data goes in and comes out cut to its size; a key goes from one command into the next', () => {
    const { mailbox } = device();
    const key = new Uint8Array(48).fill(1);
    const { cmk } = mailbox.call('CM_IMPORT', { key_usage: 1, input: key });
    const { data_len, mac } = mailbox.call('CM_HMAC', {
      cmk,
      hash_algorithm: 1,
      data: new TextEncoder().encode('abc'),
    });
    expect([data_len, Buffer.from(mac)]).toEqual([48, createHmac('sha384', key).update('abc').digest()]);
    expect(mailbox.call('CM_RANDOM_GENERATE', { size: 5 }).data).toHaveLength(5);
    const chunk = mailbox.call('CERTIFY_KEY_CHUNKS', {
      flags: 0,
      max_size: 16,
      offset: 0,
      certify_key_req: new Uint8Array(72),
    });
    expect([chunk.chunk_len, chunk.certify_key_resp.length]).toEqual([16, 16]);
  });

  test('hands out the certificates that the device issued', () => {
    const own = device();
    const [runtime] = own.certificateChain('mldsa87');
    expect(own.mailbox.call('GET_RT_ALIAS_MLDSA87_CERT').data).toEqual(runtime);
  });

  test('a refusal is the code of the firmware', () => {
    const own = device();
    const refused = () => own.mailbox.call('EXTEND_PCR', { pcr_idx: 40, data: new Uint8Array(48) });
    expect(refused).toThrow(RotError);
    expect(refused).toThrow(/^EXTEND_PCR: RUNTIME_PCR_INVALID_INDEX|RUNTIME_PCR_INVALID_INDEX/);
    expect(own.state).toBe('runtime');
    expect(() => own.mailbox.call('OCP_LOCK_GET_STATUS')).toThrow(/RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND/);
  });

  test('a failure without a code is a DeviceError', () => {
    const { mailbox } = rom.fork();
    expect(() => mailbox.call('CM_RANDOM_GENERATE', { size: 0xffff_ffff })).toThrow(
      expect.objectContaining({ name: 'DeviceError', code: 'no-reason', operation: 'mailbox.call' }),
    );
  });

  test.each([
    ['a size that does not fit', { pcr_idx: 4, data: new Uint8Array(4) }, 'ExtendPcrReq.data'],
    ['a field that does not exist', { pcr: 4 }, 'ExtendPcrReq.pcr'],
    ['a number that does not fit', { pcr_idx: 2 ** 32, data: new Uint8Array(48) }, 'ExtendPcrReq.pcr_idx'],
  ])('%s is refused before anything is sent, and named', (_, fields, path) => {
    const { mailbox, chip } = booted;
    expect(() => mailbox.call('EXTEND_PCR', fields as never)).toThrow(StructError);
    expect(() => mailbox.call('EXTEND_PCR', fields as never)).toThrow(path);
    expect(chip.mailbox.owner).toBe('none');
  });

  test('before the core runs, and for a name that is none', () => {
    expect(() => createDevice().mailbox.call('VERSION')).toThrow(expect.objectContaining({ code: 'wrong-state' }));
    expect(() => booted.mailbox.call('NOTHING' as 'VERSION')).toThrow(RangeError);
  });

  test('in ROM requests have the length that ROM wants', () => {
    const { mailbox } = rom.fork();
    expect(mailbox.call('CM_SHA', { hash_algorithm: 1, input: new Uint8Array(3) }).hash).toHaveLength(48);
    expect(mailbox.call('STASH_MEASUREMENT', measurement()).dpe_result).toBe(0);
  });
});

const measurement = () => ({
  metadata: Uint8Array.of(9, 0, 0, 0),
  measurement: new Uint8Array(48).fill(3),
  context: new Uint8Array(48),
  svn: 1,
});

describe('requests', () => {
  const layouts = commandCatalogue().flatMap(({ name, request }) => (request === undefined ? [] : [{ name, request }]));

  test.each(layouts)('$name: no field is a request of zeros with sizes of nothing', ({ request }) => {
    const message = encodeRequest(request, {});
    expect(message).toHaveLength(request.size);
    const value = request.decode(message);
    for (const name of request.fieldNames) {
      const size = sizeNameOf(request, name);
      if (size !== undefined) expect([size, value[size]]).toEqual([size, 0]);
    }
  });

  test('data shorter than its room is filled up, and a message that may be shorter ends with it', () => {
    const { request } = layouts.find(({ name }) => name === 'CM_SHA_INIT') as (typeof layouts)[number];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (input) => {
        const cut = encodeRequest(request, { hash_algorithm: 2, input }, { length: 'shorter' });
        const whole = encodeRequest(request, { hash_algorithm: 2, input });
        expect(cut).toHaveLength(request.offsetOf('input') + input.length);
        expect(whole.subarray(0, cut.length)).toEqual(cut);
        expect(request.decode(whole)).toMatchObject({ hash_algorithm: 2, input_size: input.length });
      }),
      { numRuns: 30 },
    );
  });

  test('a size that is given is sent as it is', () => {
    const { mailbox } = device();
    expect(() => mailbox.call('CM_IMPORT', { key_usage: 1, input: new Uint8Array(4), input_size: 65 })).toThrow(
      RotError,
    );
  });
});

describe('dpe.call', () => {
  const label = new Uint8Array(48).fill(5);

  test.each(['ecdsa-p384', 'mldsa87'] as const)('%s: derives, certifies and signs', (algorithm) => {
    const { dpe } = device();
    const data = new Uint8Array(48).fill(1);
    expect(dpe.call('GetProfile', {}, { algorithm })).toMatchObject({ major_version: 0, minor_version: 13 });
    dpe.call('DeriveContext', { data, tci_type: 7, flags: 0x1200_0000 }, { algorithm });
    const { cert, cert_size } = dpe.call('CertifyKey', { format: 0, label }, { algorithm });
    expect(cert).toHaveLength(cert_size);
    const tbs = new Uint8Array(algorithm === 'mldsa87' ? 64 : 48);
    const { signature } = dpe.call('Sign', { label, tbs }, { algorithm });
    expect(signature).toHaveLength(algorithm === 'mldsa87' ? 4627 : 96);
  });

  test.each(['ecdsa-p384', 'mldsa87'] as const)(
    '%s: the chain ends with the certificates of the device',
    (algorithm) => {
      const own = device();
      const chain = Buffer.from(own.dpe.certificateChain({ algorithm }));
      for (const certificate of own.certificateChain(algorithm))
        expect(chain.includes(Buffer.from(certificate))).toBe(true);
    },
  );

  test.each(['ecdsa-p384', 'mldsa87'] as const)('%s: a status of the DPE is a DpeError', (algorithm) => {
    const { dpe } = device();
    const handle = new Uint8Array(16).fill(9);
    expect(() => dpe.call('DestroyContext', { handle }, { algorithm })).toThrow(DpeError);
    expect(() => dpe.call('DestroyContext', { handle }, { algorithm })).toThrow(
      expect.objectContaining({ status: 'InvalidHandle' }),
    );
  });

  test('an exported CDI comes with its certificate', () => {
    const { dpe } = device();
    const exported = dpe.call('DeriveContext', { data: new Uint8Array(48), tci_type: 7, flags: 0x20c0_0000 });
    expect(exported.exported_cdi).toHaveLength(32);
    expect(exported.new_certificate).toHaveLength(exported.certificate_size ?? 0);
  });

  test('what the runtime refuses is a RotError, another user has another locality, an unknown algorithm is named', () => {
    const { dpe } = device();
    expect(() => dpe.call('CertifyKey', { format: 0, label }, { axiUser: 2 })).toThrow(
      /RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL/,
    );
    expect(() => dpe.call('GetProfile', {}, { algorithm: 'rsa' as never })).toThrow(/^algorithm: rsa/);
  });
});

test('the catalogue has every command once, with the layouts and stages of the tables', () => {
  const catalogue = commandCatalogue();
  expect(catalogue.map(({ name }) => name)).toEqual(Object.keys(COMMAND_ID));
  const entry = (name: CommandName) => catalogue.find((candidate) => candidate.name === name);
  expect(entry('EXTEND_PCR')).toMatchObject({ code: 'PCRE', runtime: { length: 'exact' }, request: { size: 56 } });
  expect(entry('EXTEND_PCR')?.rom).toBeUndefined();
  expect(entry('CM_SHA')).toMatchObject({ code: 'CMSH', rom: { length: 'raw' } });
  expect(entry('STASH_MEASUREMENT')?.runtime?.pl0).toBe('first');
});

test('types follow from the name', () => {
  const check = ({ mailbox, dpe }: Device): unknown[] => [
    mailbox.call('RI_DOWNLOAD_FIRMWARE') satisfies Uint8Array,
    mailbox.call('FW_INFO').fw_svn satisfies number,
    mailbox.call('CM_AES_ENCRYPT_UPDATE', { context: label, plaintext: label }).context satisfies Uint8Array,
    // @ts-expect-error: a field is missing
    mailbox.call('EXTEND_PCR', { pcr_idx: 4 }),
    // @ts-expect-error: all fields are missing
    mailbox.call('EXTEND_PCR'),
    // @ts-expect-error: a field of another command
    mailbox.call('EXTEND_PCR', { pcr_idx: 4, data: label, nonce: label }),
    // @ts-expect-error: no such field in the response
    mailbox.call('VERSION').data,
    // @ts-expect-error: a DPE field is missing
    dpe.call('CertifyKey', { format: 0 }),
  ];
  const label = new Uint8Array(48);
  expect(check).toBeInstanceOf(Function);
});
