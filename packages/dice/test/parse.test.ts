import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { encodeMultiTcbInfo, encodeTcbInfo, OID, type TcbInfo, der as writer } from '@rootcap/dice';
import {
  type Certificate,
  decodeMultiTcbInfo,
  decodeTcbInfo,
  parseCertificate,
  parseCertificates,
  parseCsr,
  X509Error,
} from '@rootcap/dice/x509';
import { fromBER } from 'asn1js';
import fc from 'fast-check';
import { bytesOf, exists, hasPack, hex, unhex } from './vectors.ts';

const DEVICE = 'a-passive-mldsa';
const boot = (file: string): Uint8Array => bytesOf('goldens', DEVICE, 'boot-certs', file);

function thrown(action: () => unknown): X509Error {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(X509Error);
    return error as X509Error;
  }
  throw new Error('nothing was thrown');
}

/** Date of a Node certificate as `YYYYMMDDHHMMSSZ`. */
const dateText = (text: string): string => `${new Date(text).toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`;

if (!hasPack('goldens')) test('left out: no goldens pack', () => {});
else {
  describe('parseCertificate reads what Node reads', () => {
    const files = ['ldevid', 'fmc_alias', 'rt_alias'].flatMap((layer) => [`${layer}_ecc.der`, `${layer}_mldsa.der`]);

    test.each(files)('%s', (file) => {
      const der = boot(file);
      const node = new X509Certificate(der);
      const certificate = parseCertificate(der);
      const reversed = (text: string): string => text.replaceAll('\n', ', ');
      expect(certificate.subject.text).toBe(reversed(node.subject));
      expect(certificate.issuer.text).toBe(reversed(node.issuer));
      expect(hex(certificate.serialNumber).toUpperCase()).toBe(node.serialNumber);
      expect(certificate.validity.notBefore).toBe(dateText(node.validFrom));
      expect(certificate.validity.notAfter).toBe(dateText(node.validTo));
      expect(certificate.decoded.basicConstraints?.ca).toBe(node.ca);
      expect(certificate.version).toBe(3);
      expect(hex(certificate.der)).toBe(node.raw.toString('hex'));
    });

    test('a DPE leaf, with its critical purposes and integrity registers', () => {
      const { decoded } = parseCertificate(bytesOf('goldens', DEVICE, 'dpe-ecc', 'leaf_default_ecc.der'));
      expect(decoded.basicConstraints).toEqual({ ca: false });
      expect(decoded.keyUsage).toEqual(['digitalSignature']);
      expect(decoded.extendedKeyUsage).toEqual([OID.tcgDiceKpAttestLoc]);
      expect(decoded.multiTcbInfo?.map(({ type }) => Buffer.from(type as Uint8Array).toString())).toEqual([
        'RMTR',
        'VICC',
      ]);
      expect(decoded.multiTcbInfo?.[0]?.integrityRegisters?.[0]?.registerNum).toBe(0);
    });
  });

  test('claims of an FMC alias certificate', () => {
    const { decoded } = parseCertificate(boot('fmc_alias_ecc.der'));
    const text = decoded.multiTcbInfo?.map(({ svn, type }) => [svn, Buffer.from(type as Uint8Array).toString()]);
    expect(text).toEqual([
      [undefined, 'CALIPTRA_2_X_FUSE_OWNER_INFO'],
      [undefined, 'CALIPTRA_2_X_FUSE_VENDOR_INFO'],
      [0x109, 'CALIPTRA_2_X_FMC_FIRMWARE_INFO'],
    ]);
  });

  test('parseCsr reads the requests of all layers', () => {
    for (const algorithm of ['ecc', 'mldsa'] as const) {
      const idevid = parseCsr(boot(`idevid_csr_${algorithm}.der`));
      expect(idevid.decoded.basicConstraints).toEqual({ ca: true, pathLen: 7 });
      expect(idevid.publicKey.algorithm).toBe(algorithm === 'ecc' ? 'ecdsa-p384' : 'mldsa87');
      expect(parseCsr(boot(`fmc_alias_csr_${algorithm}.der`)).decoded.multiTcbInfo).toHaveLength(3);
    }
  });

  test('a DPE chain comes apart into its certificates', () => {
    for (const algorithm of ['ecc', 'mldsa'] as const) {
      const chain = parseCertificates(boot(`dpe_cert_chain_${algorithm}.bin`));
      const files = ['ldevid', 'fmc_alias', 'rt_alias'].map((layer) => hex(boot(`${layer}_${algorithm}.der`)));
      expect(chain.map(({ der }) => hex(der))).toEqual(files);
    }
  });

  test('the result holds a copy', () => {
    const der = boot('ldevid_ecc.der');
    const certificate = parseCertificate(der);
    const before = hex(certificate.tbs);
    der.fill(0);
    expect(hex(certificate.tbs)).toBe(before);
  });

  test('leaves that the firmware itself encodes wrongly (SVN above 127) are refused with an offset', () => {
    if (!exists('goldens', DEVICE, 'misc', 'leaf_after_stash_ecc.der')) return;
    const leaf = bytesOf('goldens', DEVICE, 'misc', 'leaf_after_stash_ecc.der');
    expect(thrown(() => parseCertificate(leaf)).offset).toBe(1067);
  });

  describe('anything but DER is refused', () => {
    const der = boot('ldevid_ecc.der');

    test('a length in four bytes', () => {
      const long = Uint8Array.of(0x30, 0x83, 0, ...der.subarray(2));
      expect(thrown(() => parseCertificate(long)).offset).toBe(1);
    });

    test.each([
      ['308103020101', 'length not in its shortest form'],
      ['300402020001', 'INTEGER not in its shortest form'],
      ['3003010101', 'BOOLEAN is not 00 or FF'],
      ['300403020101', 'BIT STRING with an unused bit set'],
      ['30800201010000', 'indefinite length'],
      ['3106020102020101', 'SET OF out of order'],
      ['300313012a', 'PrintableString with a character it cannot have'],
      ['30030c01ff', 'not UTF-8'],
    ])('%s, which asn1js takes and writes back unchanged', (text, reason) => {
      expect(hex(new Uint8Array(fromBER(unhex(text)).result.toBER()))).toBe(text);
      expect(thrown(() => decodeTcbInfo(unhex(text))).reason).toBe(reason);
    });

    test('every truncation', () => {
      for (let length = 0; length < der.length; length += 7) thrown(() => parseCertificate(der.subarray(0, length)));
    });

    test('a byte behind the end', () => {
      expect(thrown(() => parseCertificate(Uint8Array.of(...der, 0))).offset).toBe(der.length);
    });

    test('a request where a certificate is expected, and the other way round', () => {
      expect(thrown(() => parseCertificate(boot('idevid_csr_ecc.der'))).path).toContain('tbsCertificate');
      expect(thrown(() => parseCsr(der)).path).toContain('certificationRequestInfo.version');
    });

    test('nesting without end', () => {
      let deep = writer.sequence();
      for (let i = 0; i < 40; i++) deep = writer.sequence(deep);
      expect(thrown(() => parseCertificate(deep)).reason).toBe('nested deeper than 32');
    });
  });

  describe('random input gives X509Error and nothing else', () => {
    const certificates = ['ldevid_ecc.der', 'fmc_alias_ecc.der', 'rt_alias_mldsa.der'].map(boot);
    const outcome = (parse: () => Certificate | unknown): void => {
      try {
        parse();
      } catch (error) {
        if (!(error instanceof X509Error)) throw error;
      }
    };

    test('bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          for (const parse of [parseCertificate, parseCsr, decodeTcbInfo, decodeMultiTcbInfo])
            outcome(() => parse(bytes));
        }),
      );
    });

    test('certificates with some bytes overwritten', () => {
      const change = fc.tuple(fc.nat(), fc.nat(255));
      fc.assert(
        fc.property(
          fc.constantFrom(...certificates),
          fc.array(change, { minLength: 1, maxLength: 4 }),
          (der, changes) => {
            const changed = der.slice();
            for (const [at, value] of changes) changed[at % changed.length] = value;
            outcome(() => parseCertificate(changed));
          },
        ),
        { numRuns: 300 },
      );
    });
  });
}

describe('TcbInfo', () => {
  const bits = fc.uint8Array({ maxLength: 5 }).map((bytes) => ({ bytes, unusedBits: 0 }));
  const fwids = fc.array(
    fc.record({
      hashAlgorithm: fc.constantFrom<string>(OID.sha256, OID.sha384, OID.sha512, '2.999.3', '1.2.840.113549.2.5'),
      digest: fc.uint8Array({ maxLength: 64 }),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const number = fc.maxSafeNat();
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const register = fc.record(
    {
      registerName: fc.string({ unit: 'grapheme-ascii', maxLength: 8 }),
      registerNum: number,
      registerDigests: fwids,
    },
    { requiredKeys: ['registerDigests'] },
  );
  const tcbInfo: fc.Arbitrary<TcbInfo> = fc.record(
    {
      vendor: text,
      model: text,
      version: text,
      svn: number,
      layer: number,
      index: number,
      fwids,
      flags: bits,
      vendorInfo: fc.uint8Array({ maxLength: 20 }),
      type: fc.uint8Array({ maxLength: 200 }),
      flagsMask: bits,
      integrityRegisters: fc.array(register, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  );

  test('what is encoded is decoded', () => {
    fc.assert(
      fc.property(tcbInfo, (tcb) => {
        expect(decodeTcbInfo(encodeTcbInfo(tcb))).toEqual(tcb);
      }),
    );
    fc.assert(
      fc.property(fc.array(tcbInfo, { minLength: 1, maxLength: 4 }), (tcbs) => {
        expect(decodeMultiTcbInfo(encodeMultiTcbInfo(tcbs))).toEqual(tcbs);
      }),
      { numRuns: 30 },
    );
  });

  if (hasPack('goldens'))
    test('recorded claims encode to the recorded bytes', () => {
      for (const file of [
        'boot-certs/fmc_alias_ecc.der',
        'boot-certs/rt_alias_ecc.der',
        'dpe-ecc/leaf_child_ecc.der',
      ]) {
        const { extensions } = parseCertificate(bytesOf('goldens', DEVICE, ...file.split('/')));
        for (const { oid, value } of extensions) {
          if (oid === OID.tcgDiceTcbInfo) expect(hex(encodeTcbInfo(decodeTcbInfo(value)))).toBe(hex(value));
          if (oid === OID.tcgDiceMultiTcbInfo)
            expect(hex(encodeMultiTcbInfo(decodeMultiTcbInfo(value)))).toBe(hex(value));
        }
      }
    });

  test.each([
    ['no SEQUENCE', '3100'],
    ['long length', '308100'],
    ['indefinite length', '30800000'],
    ['byte behind the end', '300000'],
    ['padded integer', '300483020005'],
    ['negative number', '3003830180'],
    ['number above 2^53', '3009830720000000000000'],
    ['empty number', '30028300'],
    ['fields out of order', '3006840101830101'],
    ['field twice', '3006830101830102'],
    ['unknown field', '30038c0101'],
    ['constructed number', '3005a303020101'],
    ['bit string with 8 unused bits', '300487020800'],
    ['unused bit set', '300487020101'],
    ['bad UTF-8', '30038001ff'],
    ['no digests', '3002a600'],
    ['digest without algorithm', '3006a60430020400'],
    ['padded object identifier arc', '300ea60c300a060480010203040401'],
    ['tag number above 30', '30049f200101'],
    ['application class', '3003430101'],
  ])('refuses %s', (_what, der) => {
    thrown(() => decodeTcbInfo(unhex(der)));
  });

  test('refuses to encode a number that is not one', () => {
    for (const svn of [-1, 1.5, Number.NaN, 2 ** 53]) expect(() => encodeTcbInfo({ svn })).toThrow(RangeError);
  });
});
