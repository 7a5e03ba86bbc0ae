import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type DiceAlgorithm, parseCsrEnvelope } from '@rootcap/dice';
import {
  createVendorCa,
  decodePem,
  encodePem,
  issueIdevidCertificate,
  parseCertificate,
  parseCsr,
  validateChain,
  X509Error,
} from '@rootcap/dice/x509';
import { StructError } from '@rootcap/struct';
import { ALL_DEVICES, attributesOf, idevidCertificate, vendorCa } from './chains.ts';
import { provider } from './device.ts';
import { bytesOf, hasPack, hex, jsonOf, unhex } from './vectors.ts';

const ALGORITHMS = ['ecdsa-p384', 'mldsa87'] as const;
const DEVICE = 'b-passive-lms';

describe('createVendorCa', () => {
  test.each(ALGORITHMS)('%s: a self-signed root, the same every time', (algorithm) => {
    const seed = new Uint8Array(algorithm === 'mldsa87' ? 32 : 48).fill(9);
    const make = () => createVendorCa({ provider, algorithm, name: 'Root', seed });
    const { certificate, publicKey, keyIdentifier } = make();
    expect(hex(make().certificate)).toBe(hex(certificate));
    const { decoded, subject, publicKey: read } = parseCertificate(certificate);
    expect(subject.text).toBe('CN=Root');
    expect(hex(read.bytes)).toBe(hex(publicKey));
    expect(decoded.basicConstraints).toEqual({ ca: true });
    expect(decoded.keyUsage).toEqual(['keyCertSign', 'cRLSign']);
    expect(hex(decoded.subjectKeyIdentifier as Uint8Array)).toBe(hex(keyIdentifier));
    expect(validateChain([certificate], { provider }).anchor).toBe('self-signed');
  });

  test('Node accepts the P-384 root', () => {
    const node = new X509Certificate(vendorCa('ecdsa-p384').certificate);
    expect([node.ca, node.verify(node.publicKey), node.subject]).toEqual([true, true, 'CN=Test Vendor Root']);
  });

  test('a private key serves as well as the seed it comes from', () => {
    const seed = new Uint8Array(32).fill(5);
    const options = { provider, algorithm: 'mldsa87', name: 'Root' } as const;
    const { secretKey } = provider.mldsa87.keygenFromSeed(seed);
    expect(hex(createVendorCa({ ...options, privateKey: secretKey }).certificate)).toBe(
      hex(createVendorCa({ ...options, seed }).certificate),
    );
    const scalar = new Uint8Array(48).fill(3);
    const { publicKey } = createVendorCa({ ...options, algorithm: 'ecdsa-p384', privateKey: scalar });
    expect(hex(publicKey)).toBe(`04${hex(provider.ecdsa384.publicKey(scalar))}`);
  });

  test('refuses options that do not fit', () => {
    const options = { provider, algorithm: 'ecdsa-p384', name: 'Root' } as const;
    expect(() => createVendorCa(options)).toThrow(TypeError);
    expect(() => createVendorCa({ ...options, seed: new Uint8Array(48), privateKey: new Uint8Array(48) })).toThrow(
      TypeError,
    );
    expect(() => createVendorCa({ ...options, seed: new Uint8Array(32) })).toThrow(RangeError);
    expect(() => createVendorCa({ ...options, privateKey: new Uint8Array(47) })).toThrow(RangeError);
  });
});

if (!hasPack('goldens')) test('left out: no goldens pack', () => {});
else {
  const recordedCsr = (algorithm: DiceAlgorithm) =>
    bytesOf('goldens', DEVICE, 'boot-certs', `idevid_csr_${algorithm === 'mldsa87' ? 'mldsa' : 'ecc'}.der`);
  const { csr_hmac_key } = jsonOf<{ csr_hmac_key: string }>('goldens', DEVICE, 'config.json');
  const csrHmacKey = unhex(csr_hmac_key);
  const envelope = bytesOf('goldens', DEVICE, 'idevid_csr_envelope.bin');

  describe('issueIdevidCertificate', () => {
    test.each(ALL_DEVICES)('%s: its key identifier is the one the LDevID certificate names', (device) => {
      for (const algorithm of ALGORITHMS) {
        const suffix = algorithm === 'mldsa87' ? 'mldsa' : 'ecc';
        const ldevid = parseCertificate(bytesOf('goldens', device, 'boot-certs', `ldevid_${suffix}.der`));
        const idevid = parseCertificate(idevidCertificate(device, algorithm));
        expect(idevid.subject.der).toEqual(ldevid.issuer.der);
        expect(hex(idevid.decoded.subjectKeyIdentifier as Uint8Array)).toBe(
          hex(ldevid.decoded.authorityKeyIdentifier?.keyIdentifier as Uint8Array),
        );
      }
    });

    test.each(ALGORITHMS)('%s: the extensions of the request, then the key identifiers', (algorithm) => {
      const request = parseCsr(recordedCsr(algorithm));
      const options = { idevidCertAttr: attributesOf(DEVICE) };
      const der = issueIdevidCertificate(vendorCa(algorithm), recordedCsr(algorithm), options);
      expect(hex(der)).toBe(hex(idevidCertificate(DEVICE, algorithm)));
      const { extensions, publicKey, decoded } = parseCertificate(der);
      expect(extensions.slice(0, -2).map((extension) => hex(extension.der))).toEqual(
        request.extensions.map((extension) => hex(extension.der)),
      );
      expect(extensions.slice(-2).map(({ oid }) => oid)).toEqual(['2.5.29.14', '2.5.29.35']);
      expect(hex(publicKey.der)).toBe(hex(request.publicKey.der));
      expect(hex(decoded.authorityKeyIdentifier?.keyIdentifier as Uint8Array)).toBe(
        hex(vendorCa(algorithm).keyIdentifier),
      );
    });

    test('fits what the runtime takes: 1024 and 8192 bytes in POPULATE_IDEV_*_CERT', () => {
      expect(idevidCertificate(DEVICE, 'ecdsa-p384').length).toBeLessThanOrEqual(1024);
      expect(idevidCertificate(DEVICE, 'mldsa87').length).toBeLessThanOrEqual(8192);
    });

    test('an ECDSA root may issue for an ML-DSA key', () => {
      const ca = vendorCa('ecdsa-p384');
      const certificate = issueIdevidCertificate(ca, recordedCsr('mldsa87'));
      expect(
        validateChain([ca.certificate, certificate], { provider, trustAnchors: [ca.certificate] }).findings,
      ).toEqual([]);
    });

    test('serial number and validity as asked', () => {
      const date = (text: string) => Buffer.from(text, 'latin1');
      const { serialNumber, validity } = parseCertificate(
        issueIdevidCertificate(vendorCa('ecdsa-p384'), recordedCsr('ecdsa-p384'), {
          serialNumber: Uint8Array.of(0x80, 1),
          validity: { notBefore: date('20260102030405Z'), notAfter: date('20360102030405Z') },
        }),
      );
      expect([hex(serialNumber), validity]).toEqual([
        '008001',
        { notBefore: '20260102030405Z', notAfter: '20360102030405Z' },
      ]);
      const tooLong = { serialNumber: new Uint8Array(21).fill(1) };
      expect(() => issueIdevidCertificate(vendorCa('ecdsa-p384'), recordedCsr('ecdsa-p384'), tooLong)).toThrow(
        RangeError,
      );
    });

    const ca = vendorCa('ecdsa-p384');
    const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);
    test.each<[string, () => unknown, string]>([
      [
        'a wrong envelope MAC',
        () => issueIdevidCertificate(ca, { envelope: flipped(envelope, 100), csrHmacKey, algorithm: 'ecdsa-p384' }),
        'envelope.mac',
      ],
      [
        'another MAC key',
        () => issueIdevidCertificate(ca, { envelope, csrHmacKey: new Uint8Array(64), algorithm: 'mldsa87' }),
        'envelope.mac',
      ],
      ['a changed key', () => issueIdevidCertificate(ca, flipped(recordedCsr('ecdsa-p384'), 200)), 'request.signature'],
      [
        'a changed signature',
        () => issueIdevidCertificate(ca, flipped(recordedCsr('mldsa87'), 5000)),
        'request.signature',
      ],
      ['a certificate', () => issueIdevidCertificate(ca, ca.certificate), 'request.certificationRequestInfo.version'],
      [
        'an alias request',
        () => issueIdevidCertificate(ca, bytesOf('goldens', DEVICE, 'boot-certs', 'fmc_alias_csr_ecc.der')),
        'request.tcgDiceMultiTcbInfo',
      ],
      [
        'fuses of another device',
        () =>
          issueIdevidCertificate(ca, recordedCsr('ecdsa-p384'), { idevidCertAttr: attributesOf('a-passive-mldsa') }),
        'request.tcgDiceUeid',
      ],
    ])('refuses %s', (_what, issue, path) => {
      expect(issue).toThrow(X509Error);
      expect(issue).toThrow(path);
    });
  });

  describe('parseCsrEnvelope', () => {
    const changed = (offset: number, value: number): Uint8Array => {
      const copy = envelope.slice();
      new DataView(copy.buffer).setUint32(offset, value, true);
      return copy;
    };

    test.each([
      ['marker', 0, 1],
      ['size', 4, 8783],
      ['eccCsrLength', 8, 513],
      ['eccCsrLength', 8, 0],
      ['mldsaCsrLength', 524, 8193],
    ])('refuses a wrong %s at byte %i', (field, offset, value) => {
      expect(() => parseCsrEnvelope(changed(offset, value))).toThrow(StructError);
      expect(() => parseCsrEnvelope(changed(offset, value))).toThrow(`InitDevIdCsrEnvelope.${field}`);
    });

    test('a request that was not made is absent', () => {
      expect(parseCsrEnvelope(changed(8, 0xffff_ffff)).eccCsr).toBeUndefined();
      expect(() => parseCsrEnvelope(envelope.subarray(1))).toThrow(StructError);
    });
  });
}

describe('PEM', () => {
  test('Node reads what is written', () => {
    const { certificate } = vendorCa('mldsa87');
    const pem = encodePem('CERTIFICATE', certificate);
    expect(new X509Certificate(pem).raw.toString('hex')).toBe(hex(certificate));
    expect(pem).toBe(new X509Certificate(certificate).toString());
  });

  test('all blocks, and nothing between them', () => {
    const [a, b] = [Uint8Array.of(1, 2, 3), Uint8Array.from({ length: 100 }, (_, i) => i)];
    const text = `subject=…\n${encodePem('CERTIFICATE', a)}\n${encodePem('CERTIFICATE REQUEST', b).replaceAll('\n', '\r\n')}`;
    expect(decodePem(text)).toEqual([
      { label: 'CERTIFICATE', der: a },
      { label: 'CERTIFICATE REQUEST', der: b },
    ]);
  });

  test.each([
    ['no block', 'CERTIFICATE'],
    ['no base64', '-----BEGIN X-----\nA*==\n-----END X-----'],
    ['half a group', '-----BEGIN X-----\nAAA\n-----END X-----'],
    ['two labels', '-----BEGIN X-----\nAAAA\n-----END Y-----'],
  ])('refuses %s', (_what, text) => {
    expect(() => decodePem(text)).toThrow(X509Error);
  });
});
