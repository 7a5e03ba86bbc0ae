import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  type Certificate,
  type CertificateRequest,
  parseCertificate,
  parseCsr,
  verifySignature,
  X509Error,
} from '@rootcap/dice/x509';
import { DEFAULT_HANDLE, CERTIFY_KEY_FORMAT as FORMAT, messages, STATE_FLAGS } from '@rootcap/dpe';
import { demoIssuer, SIMULATOR_PROFILES } from '@rootcap/dpe/simulator';
import { bodyOf, certify, derive, flags, profileOf, simulator } from './helpers.ts';
import { hex, provider } from './vectors.ts';

const PROFILES = ['p256', 'p384', 'ml-dsa'] as const;
const scratch = mkdtempSync(join(tmpdir(), 'rootcap-dpe-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const pem = (der: Uint8Array, label: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

type Signed = Pick<Certificate | CertificateRequest, 'signatureAlgorithm' | 'tbs' | 'signature'>;

const verdictOf = (key: Certificate['publicKey'], { signatureAlgorithm, tbs, signature }: Signed): boolean =>
  verifySignature(provider, key, signatureAlgorithm, tbs, signature).result === 'valid';

/** node:crypto of the oldest supported version knows no ML-DSA; there the parser of dice judges alone. */
const OPENSSL_KNOWS = ['p256', 'p384'];

describe.each(PROFILES)('%s', (name) => {
  test('the demo issuer is a self-signed CA, the same every time', () => {
    const [profile] = SIMULATOR_PROFILES[name];
    const { platform } = demoIssuer(provider, profile);
    expect(demoIssuer(provider, profile).platform).toEqual(platform);
    expect(demoIssuer(provider, profile, 'another').platform.certificateChain).not.toEqual(platform.certificateChain);
    const certificate = parseCertificate(platform.certificateChain);
    expect(certificate.decoded).toMatchObject({ basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] });
    expect(certificate.decoded.subjectKeyIdentifier).toEqual(platform.issuerKeyIdentifier);
    if (!OPENSSL_KNOWS.includes(name)) return;
    const root = new X509Certificate(platform.certificateChain);
    expect([root.ca, root.verify(root.publicKey), root.checkIssued(root)]).toEqual([true, true, true]);
  });

  test('a leaf: signed by the alias key, for the key that CertifyKey returns', () => {
    const dpe = simulator({ profile: name });
    const label = new Uint8Array(profileOf(dpe).hashSize).fill(3);
    const { cert, derived_pubkey } = certify(dpe, { label });
    const leaf = parseCertificate(cert);
    const [env] = dpe.environments;
    const root = parseCertificate(env?.platform.certificateChain ?? new Uint8Array(0));
    expect(hex(leaf.publicKey.bytes)).toBe(`${name === 'ml-dsa' ? '' : '04'}${hex(derived_pubkey)}`);
    expect(leaf.issuer.der).toEqual(root.subject.der);
    expect(leaf.decoded).toMatchObject({
      ueid: label,
      basicConstraints: { ca: false },
      keyUsage: ['digitalSignature'],
      authorityKeyIdentifier: { keyIdentifier: root.decoded.subjectKeyIdentifier },
    });
    expect(leaf.extensions.filter(({ critical }) => critical).map(({ oid }) => oid)).toEqual([
      '2.5.29.19',
      '2.5.29.15',
      '2.5.29.37',
    ]);
    if (name !== 'p256') expect(verdictOf(root.publicKey, leaf)).toBe(true);
    if (OPENSSL_KNOWS.includes(name))
      expect(new X509Certificate(cert).verify(new X509Certificate(root.der).publicKey)).toBe(true);
  });

  test('MultiTcbInfo lists the path root first, with SVNs of any size', () => {
    const dpe = simulator({ profile: name });
    const svns = [0, 127, 128, 255, 256, 0x7fff, 0x8000, 0x1234_5678, 0xffff_ffff];
    for (const [i, svn] of svns.slice(1).entries())
      bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509'), tci_type: i + 1, svn }));
    const { cert } = certify(dpe);
    const { multiTcbInfo = [] } = parseCertificate(cert).decoded;
    expect(multiTcbInfo.map((tcb) => tcb.svn)).toEqual(svns);
    expect(multiTcbInfo.map((tcb) => hex(tcb.type ?? new Uint8Array(0)))).toEqual(svns.map((_, i) => `0${i}000000`));
    for (const [i, tcb] of multiTcbInfo.entries()) {
      const { tci_current, tci_cumulative } = dpe.state.read(i).tci;
      expect(tcb.fwids?.[0]?.digest).toEqual(tci_current);
      expect(tcb.integrityRegisters?.[0]?.registerDigests[0]?.digest).toEqual(tci_cumulative);
    }
  });

  test("with the reference's lengths such a certificate is malformed", () => {
    const dpe = simulator({ profile: name, compatibility: { rootSizedTcbInfos: true } });
    bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509'), svn: 127 }));
    expect(() => parseCertificate(certify(dpe).cert)).not.toThrow();
    bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509'), tci_type: 2, svn: 128 }));
    expect(() => parseCertificate(certify(dpe).cert)).toThrow(X509Error);
  });

  test('critical DICE extensions', () => {
    const dpe = simulator({ profile: name, flags: STATE_FLAGS.MARK_DICE_EXTENSIONS_CRITICAL });
    const { extensions } = parseCertificate(certify(dpe).cert);
    const dice = extensions.filter(({ oid }) => oid.startsWith('2.23.133.'));
    expect(dice.map(({ oid, critical }) => [oid, critical])).toEqual([
      ['2.23.133.5.4.5', true],
      ['2.23.133.5.4.4', true],
    ]);
  });

  test('an exported CDI is certified as a CA, with the UEID of the platform and without journeys', () => {
    const dpe = simulator({ profile: name });
    const response = derive(dpe, { flags: flags('EXPORT_CDI', 'CREATE_CERTIFICATE', 'RETAIN_PARENT_CONTEXT') });
    const exported = messages.DeriveContextExportedCdiResp(profileOf(dpe)).decode(bodyOf(response));
    const certificate = parseCertificate(exported.new_certificate);
    expect(certificate.decoded).toMatchObject({
      basicConstraints: { ca: true },
      keyUsage: ['digitalSignature', 'keyCertSign'],
      ueid: new Uint8Array(17).fill(0x0a),
    });
    expect(certificate.decoded.subjectKeyIdentifier?.length).toBe(20);
    expect(certificate.decoded.multiTcbInfo?.[0]?.integrityRegisters).toBeUndefined();
    expect(exported.certificate_size).toBe(exported.new_certificate.length);
  });

  test('a request inside CMS, verified by OpenSSL where it knows the algorithm', () => {
    const dpe = simulator({ profile: name });
    const { cert: cms } = certify(dpe, { format: FORMAT.CSR });
    const [env] = dpe.environments;
    const chain = env?.platform.certificateChain ?? new Uint8Array(0);
    if (!OPENSSL_KNOWS.includes(name)) {
      const { publicKey } = parseCertificate(chain);
      expect(provider.mldsa87.verify(publicKey.bytes, pkcs10In(cms), cms.slice(-4627))).toBe(true);
      return;
    }
    const path = (file: string): string => join(scratch, `${name}-${file}`);
    writeFileSync(path('csr.cms'), cms);
    writeFileSync(path('root.pem'), pem(chain, 'CERTIFICATE'));
    const cmsArgs = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', path('csr.cms')];
    const trust = [
      '-certfile',
      path('root.pem'),
      '-CAfile',
      path('root.pem'),
      '-purpose',
      'any',
      '-out',
      path('csr.der'),
    ];
    expect(spawnSync('openssl', [...cmsArgs, ...trust], { encoding: 'utf8' })).toMatchObject({ status: 0 });
    const verify = spawnSync('openssl', ['req', '-inform', 'DER', '-in', path('csr.der'), '-verify', '-noout'], {
      encoding: 'utf8',
    });
    expect(`${verify.stdout}${verify.stderr}`).toContain('OK');
  });

  test('the request asks for the extensions of the certificate, without key identifiers', () => {
    const dpe = simulator({ profile: name });
    const csr = parseCsr(pkcs10In(certify(dpe, { format: FORMAT.CSR }).cert));
    const leaf = parseCertificate(certify(dpe).cert);
    expect(csr.subject.der).toEqual(leaf.subject.der);
    expect(csr.publicKey.der).toEqual(leaf.publicKey.der);
    const asked = leaf.extensions.filter(({ oid }) => oid !== '2.5.29.35');
    expect(csr.extensions.map(({ oid, value }) => [oid, hex(value)])).toEqual(
      asked.map(({ oid, value }) => [oid, hex(value)]),
    );
    if (name !== 'p256') expect(verdictOf(csr.publicKey, csr)).toBe(true);
  });
});

/** The PKCS#10 request in CMS: the OCTET STRING behind id-data. */
function pkcs10In(cms: Uint8Array): Uint8Array {
  const idData = Buffer.from('06092a864886f70d010701a0', 'hex');
  const content = cms.subarray(Buffer.from(cms).indexOf(idData) + idData.length);
  // [0] 82 hi lo, OCTET STRING 82 hi lo
  const length = new DataView(content.buffer, content.byteOffset + 5).getUint16(0);
  return content.subarray(7, 7 + length);
}

test('a subject alternative name goes into certificate and request', () => {
  const [profile] = SIMULATOR_PROFILES.p384;
  const value = new TextEncoder().encode('ACME:Model:123');
  const issuer = demoIssuer(provider, profile);
  const platform = { ...issuer.platform, subjectAltName: { oid: '1.3.6.1.4.1.412.274.1', value } };
  const dpe = simulator({ issuer: () => ({ ...issuer, platform }) });
  const { cert } = certify(dpe);
  const { extensions } = parseCertificate(cert);
  const san = extensions.find(({ oid }) => oid === '2.5.29.17');
  // GeneralNames { otherName [0] { OID, [0] { UTF8String } } }
  expect(hex(san?.value ?? new Uint8Array(0))).toBe(`3020a01e060a2b06010401831c821201a0100c0e${hex(value)}`);
  expect(new X509Certificate(cert).subjectAltName).toContain('othername');
  expect(certify(dpe, { handle: DEFAULT_HANDLE, format: FORMAT.CSR }).cert.length).toBeGreaterThan(0);
});
