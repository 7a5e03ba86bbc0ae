import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  aliasValidity,
  assembleCertificate,
  assembledSize,
  assembleInto,
  DEFAULT_VALIDITY,
  der,
  deviceFlags,
  idevidCsrTbs,
  idevidKeyIdentifier,
  keyIdentity,
  keyUsage,
  LAYERS,
  layerCommonName,
  measuredGeneration,
  OID,
  oidName,
  rtTcbInfo,
  ueid,
} from '@rootcap/dice';
import { Boolean as Asn1Boolean, BitString, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import fc from 'fast-check';
import { provider } from './device.ts';
import { hex } from './vectors.ts';

const ber = (node: { toBER(): ArrayBuffer }): string => hex(new Uint8Array(node.toBER()));
const unsigned = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);

describe('DER writer against asn1js', () => {
  test('integers', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(hex(der.integer(value))).toBe(ber(Integer.fromBigInt(BigInt(value))));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (value) => {
        expect(hex(der.integer(value))).toBe(ber(Integer.fromBigInt(unsigned(value))));
      }),
    );
    for (const value of [-1, 0.5, 2 ** 53]) expect(() => der.integer(value)).toThrow(RangeError);
    expect(() => der.integer(new Uint8Array(0))).toThrow(RangeError);
  });

  test('object identifiers', () => {
    const arc = fc.nat(2 ** 28);
    const dotted = fc.oneof(
      fc.tuple(fc.nat(1), fc.nat(39), fc.array(arc, { minLength: 1, maxLength: 6 })),
      fc.tuple(fc.constant(2), fc.nat(39), fc.array(arc, { minLength: 1, maxLength: 6 })),
    );
    fc.assert(
      fc.property(dotted, ([first, second, others]) => {
        const value = [first, second, ...others].join('.');
        expect(hex(der.oid(value))).toBe(ber(new ObjectIdentifier({ value })));
      }),
    );
    for (const value of ['', '1', '3.1', '1.40', '1.2.x', '1..2', '1.-2'])
      expect(() => der.oid(value)).toThrow(RangeError);
  });

  test.each([0, 1, 127, 128, 255, 256, 4627, 65_535, 65_536])('an OCTET STRING of %i bytes', (length) => {
    const value = new Uint8Array(length).fill(3);
    expect(hex(der.octetString(value))).toBe(ber(new OctetString({ valueHex: value.buffer })));
  });

  test('booleans and bit strings', () => {
    expect(hex(der.boolean(true))).toBe(ber(new Asn1Boolean({ value: true })));
    expect(hex(der.bitString(Uint8Array.of(1, 2)))).toBe(ber(new BitString({ valueHex: Uint8Array.of(1, 2).buffer })));
    expect(() => der.bitStringContents({ bytes: Uint8Array.of(1), unusedBits: 1 })).toThrow(RangeError);
    expect(() => der.bitStringContents({ bytes: new Uint8Array(0), unusedBits: 1 })).toThrow(RangeError);
  });

  test('SET OF is sorted', () => {
    expect(hex(der.setOf(der.integer(2), der.integer(1), der.boolean(true)))).toBe('31090101ff020101020102');
  });

  test('texts outside their alphabet', () => {
    expect(() => der.printableString('a*b')).toThrow(RangeError);
    expect(() => der.ascii('é')).toThrow(RangeError);
  });
});

describe('assembling', () => {
  const tbs = der.sequence(der.integer(1));

  test('ECDSA: r and s as DER integers, however short they are', () => {
    const scalar = fc.oneof(
      fc.uint8Array({ minLength: 48, maxLength: 48 }),
      // Leading zeros down to nothing but zeros.
      fc.nat(48).map((zeros) => new Uint8Array(48).fill(0x80, zeros)),
      fc.nat(48).map((zeros) => new Uint8Array(48).fill(0x7f, zeros)),
    );
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        const value = new Sequence({ value: [r, s].map((bytes) => Integer.fromBigInt(unsigned(bytes))) });
        const algorithm = new Sequence({ value: [new ObjectIdentifier({ value: OID.ecdsaWithSha384 })] });
        const expected = new Sequence({
          value: [
            new Sequence({ value: [new Integer({ value: 1 })] }),
            algorithm,
            new BitString({ valueHex: value.toBER() }),
          ],
        });
        expect(hex(assembleCertificate('ecdsa-p384', tbs, Uint8Array.of(...r, ...s)))).toBe(ber(expected));
      }),
    );
  });

  test('refuses wrong lengths and full buffers', () => {
    const signature = new Uint8Array(96);
    const size = assembledSize('ecdsa-p384', tbs.length, signature);
    expect(assembleInto(new Uint8Array(size + 3), 3, 'ecdsa-p384', tbs, signature)).toBe(size);
    expect(() => assembleInto(new Uint8Array(size + 3), 4, 'ecdsa-p384', tbs, signature)).toThrow(RangeError);
    expect(() => assembleInto(new Uint8Array(size), -1, 'ecdsa-p384', tbs, signature)).toThrow(RangeError);
    expect(() => assembleCertificate('ecdsa-p384', tbs, new Uint8Array(95))).toThrow(
      'signature: 95 bytes, 96 expected',
    );
    expect(() => assembleCertificate('mldsa87', tbs, new Uint8Array(4628))).toThrow(RangeError);
  });
});

describe('names of a key', () => {
  const publicKey = Uint8Array.from({ length: 97 }, (_, i) => (i === 0 ? 4 : i));
  const hashed = (algorithm: string): string => createHash(algorithm).update(publicKey).digest('hex');

  test('from its SHA-256', () => {
    const identity = keyIdentity(provider, publicKey);
    expect(identity.subjectSerialNumber).toBe(hashed('sha256').toUpperCase());
    expect(hex(identity.subjectKeyIdentifier)).toBe(hashed('sha256').slice(0, 40));
    expect((identity.certificateSerialNumber[0] as number) & 0x84).toBe(4);
    expect(hex(identity.certificateSerialNumber.subarray(1))).toBe(hashed('sha256').slice(2, 40));
  });

  /** caliptra-sw:drivers/src/fuse_bank.rs: 4, not 3, is SHA-512. */
  test.each([
    [0, 'sha1'],
    [1, 'sha256'],
    [2, 'sha384'],
    [3, undefined],
    [4, 'sha512'],
    [5, undefined],
    [6, undefined],
    [7, undefined],
  ])('IDevID key identifier by fuse value %i', (value, algorithm) => {
    const words = Array.from({ length: 24 }, (_, i) => 0x0101_0100 * i + i);
    words[0] = value | (value << 3) | 0xffff_ffc0;
    const mldsaKey = new Uint8Array(2592);
    const fromFuses = (first: number): string =>
      [0, 1, 2, 3, 4]
        .map((i) => Buffer.from(Uint32Array.of(words[first + i] as number).buffer).toString('hex'))
        .join('');
    const cut = (key: Uint8Array): string | undefined =>
      algorithm && createHash(algorithm).update(key).digest('hex').slice(0, 40);
    expect(hex(idevidKeyIdentifier(provider, 'ecdsa-p384', publicKey, words))).toBe(cut(publicKey) ?? fromFuses(1));
    expect(hex(idevidKeyIdentifier(provider, 'mldsa87', mldsaKey, words))).toBe(cut(mldsaKey) ?? fromFuses(6));
  });

  test('UEID: type, then four words', () => {
    const words = new Uint32Array(24);
    words.set([0xffff_ff02, 0x0403_0201, 0x0807_0605, 0x0c0b_0a09, 0x100f_0e0d], 11);
    expect(hex(ueid(words))).toBe('020102030405060708090a0b0c0d0e0f10');
    expect(() => ueid(new Uint32Array(23))).toThrow('idevidCertAttr: 23 words, 24 expected');
  });
});

describe('templates', () => {
  test('path lengths fall by one from layer to layer', () => {
    const lengths = (generation: '2.0' | '2.1') => Object.values(LAYERS[generation]).map(({ pathLen }) => pathLen);
    expect([lengths('2.1'), lengths('2.0')]).toEqual([
      [7, 6, 5, 4],
      [5, 4, 3, 2],
    ]);
    expect(layerCommonName('2.0', 'mldsa87', 'rt-alias')).toBe('Caliptra 2.0 MlDsa87 Rt Alias');
  });

  test('arguments are checked by name', () => {
    const good = {
      publicKey: Uint8Array.of(4, ...new Uint8Array(96)),
      subjectSerialNumber: '0'.repeat(64),
      ueid: new Uint8Array(17),
    };
    expect(idevidCsrTbs('ecdsa-p384', good)).toHaveLength(358);
    expect(() => idevidCsrTbs('mldsa87', good)).toThrow('publicKey: 97 bytes, 2592 expected');
    expect(() => idevidCsrTbs('ecdsa-p384', { ...good, publicKey: new Uint8Array(97) })).toThrow(
      'publicKey: first byte 0',
    );
    expect(() => idevidCsrTbs('ecdsa-p384', { ...good, ueid: new Uint8Array(16) })).toThrow(
      'ueid: 16 bytes, 17 expected',
    );
    expect(() => idevidCsrTbs('ecdsa-p384', { ...good, subjectSerialNumber: 'AB' })).toThrow(
      'SerialNumber: 2 characters',
    );
    expect(() => rtTcbInfo({ rtTci: new Uint8Array(48), fwSvn: 256 })).toThrow('fwSvn: 256 is not in 0..255');
    expect(() => keyUsage([])).toThrow(RangeError);
  });

  test('ROM version word → what is measured', () => {
    const words = [0x1000, 0x1003, 0x1040, 0x1042, 0x1043, 0x1080];
    expect(words.map(measuredGeneration)).toEqual(['2.0', '2.0', '2.1.0', '2.1.0', '2.1.3', '2.1.3']);
  });

  /** caliptra-sw:common/src/dice.rs at 00d3433d, make_flags: the bit-reversed word, big-endian. */
  test.each([
    [0, true, '80000001'],
    [1, true, '40000001'],
    [3, true, '00000001'],
    [3, false, '10000001'],
    [1, false, '50000001'],
  ])('flags of lifecycle %i, debug locked %p', (lifecycle, debugLocked, flags) => {
    expect(hex(deviceFlags({ lifecycle, debugLocked }).bytes)).toBe(flags);
  });

  test('dates: both of the owner, else both of the vendor, else the default', () => {
    const [none, a, b, c, d] = [0, 0x61, 0x62, 0x63, 0x64].map((byte) => new Uint8Array(15).fill(byte)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const dates = (
      vendorNotBefore: Uint8Array,
      vendorNotAfter: Uint8Array,
      ownerNotBefore: Uint8Array,
      ownerNotAfter: Uint8Array,
    ) => aliasValidity({ vendorNotBefore, vendorNotAfter, ownerNotBefore, ownerNotAfter });
    expect(dates(a, b, c, d)).toEqual({ notBefore: c, notAfter: d });
    expect(dates(a, b, c, none)).toEqual({ notBefore: a, notAfter: b });
    expect(dates(none, none, c, d)).toEqual({ notBefore: c, notAfter: d });
    expect(dates(a, none, none, d)).toBe(DEFAULT_VALIDITY);
  });

  test('identifiers have names', () => {
    expect([oidName(OID.tcgDiceKpEca), oidName('1.2.3')]).toEqual(['tcgDiceKpEca', '1.2.3']);
  });
});
