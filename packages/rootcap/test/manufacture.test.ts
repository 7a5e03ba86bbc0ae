import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { CSR_ENVELOPE, verifyCsrEnvelope } from '@rootcap/dice';
import { createVendorCa, guessLayer, parseCertificate, validateChain } from '@rootcap/dice/x509';
import { manufacture } from 'rootcap/manufacture';

const ALGORITHMS = ['ecdsa-p384', 'mldsa87'] as const;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('manufacture', () => {
  const made = manufacture();
  const { provider } = made.device.options;

  test.each(ALGORITHMS)('%s: five layers that validate from the vendor root down', (algorithm) => {
    const chain = made.chain(algorithm);
    const root = made.vendorRoots[algorithm].certificate;
    const { findings, valid } = validateChain(chain, { provider, trustAnchors: [root] });
    expect([valid, findings]).toEqual([true, []]);
    expect(chain.map((der) => guessLayer(parseCertificate(der)).layer)).toEqual([
      'root',
      'idevid',
      'ldevid',
      'fmc-alias',
      'rt-alias',
    ]);
    expect(made.device.state).toBe('runtime');
  });

  test("Node's own verification agrees on the P-384 chain", () => {
    const chain = made.chain('ecdsa-p384').map((der) => new X509Certificate(der));
    for (const [i, certificate] of chain.entries())
      expect(certificate.verify((chain[Math.max(0, i - 1)] as X509Certificate).publicKey)).toBe(true);
  });

  test('the envelope is sealed with the key in silicon', () => {
    expect(made.csrEnvelope).toHaveLength(CSR_ENVELOPE.size);
    expect(verifyCsrEnvelope(provider, made.device.options.csrHmacKey, made.csrEnvelope)).toBe(true);
    expect(verifyCsrEnvelope(provider, new Uint8Array(64), made.csrEnvelope)).toBe(false);
  });

  test('the same options give the same bytes, and the device is not powered on before it is needed', () => {
    const again = manufacture();
    expect(again.device.state).toBe('awaiting-fuses');
    for (const algorithm of ALGORITHMS) expect(again.chain(algorithm).map(hex)).toEqual(made.chain(algorithm).map(hex));
  });

  test('other fuses, other identity; an idevidCertAttr of fewer words is filled up with zeros', () => {
    const other = manufacture({ fuses: { udsSeed: new Uint8Array(64), idevidCertAttr: [] } });
    const idevid = parseCertificate(other.idevidCertificates.mldsa87);
    expect(idevid.subject.text).not.toBe(parseCertificate(made.idevidCertificates.mldsa87).subject.text);
    expect(hex(idevid.decoded.ueid as Uint8Array)).toBe('00'.repeat(17));
    const chain = other.chain('mldsa87');
    expect(validateChain(chain, { provider, trustAnchors: [chain[0] as Uint8Array] }).valid).toBe(true);
  });

  test('roots and validity of the caller', () => {
    const seeds = { 'ecdsa-p384': new Uint8Array(48).fill(1), mldsa87: new Uint8Array(32).fill(1) };
    const root = (algorithm: (typeof ALGORITHMS)[number]) =>
      createVendorCa({ provider, algorithm, name: 'Own Root', seed: seeds[algorithm] });
    const vendorRoots = { 'ecdsa-p384': root('ecdsa-p384'), mldsa87: root('mldsa87') };
    const date = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
    const validity = { notBefore: date('20260102030405Z'), notAfter: date('20360102030405Z') };
    const { idevidCertificates } = manufacture({ vendorRoots, validity });
    for (const algorithm of ALGORITHMS) {
      const { issuer, validity: dates } = parseCertificate(idevidCertificates[algorithm]);
      expect([issuer.text, dates]).toEqual([
        'CN=Own Root',
        { notBefore: '20260102030405Z', notAfter: '20360102030405Z' },
      ]);
    }
  });

  test('a device in the field with debug unlocked has another identity than in the factory', () => {
    const unlocked = manufacture({ debugLocked: false });
    const { valid } = validateChain(unlocked.chain('mldsa87'), {
      provider,
      trustAnchors: [unlocked.vendorRoots.mldsa87.certificate],
    });
    expect(valid).toBe(false);
  });
});
