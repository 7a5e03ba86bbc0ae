import { describe, expect, test } from '@jest/globals';
import type { DiceAlgorithm } from '@rootcap/dice';
import { caliptraCryptoEngine, parseCertificate, signingKey, validateChain } from '@rootcap/dice/x509';
import { BitString, Integer, Utf8String } from 'asn1js';
import * as pkijs from 'pkijs';
import { chainOf, vendorCa } from './chains.ts';
import { provider } from './device.ts';
import { hasPack, hex } from './vectors.ts';

const engine = caliptraCryptoEngine(provider);
const read = (der: Uint8Array): pkijs.Certificate => pkijs.Certificate.fromBER(Uint8Array.from(der));

/** The path builder of pkijs itself, on our engine. */
function validate(chain: readonly Uint8Array[], trusted: Uint8Array) {
  const builder = new pkijs.CertificateChainValidationEngine({
    trustedCerts: [read(trusted)],
    certs: chain.map(read),
    checkDate: new Date('2027-01-01T00:00:00Z'),
  });
  return builder.verify({}, engine);
}

if (!hasPack('goldens')) test('left out: no goldens pack', () => {});
else
  describe('the chain engine of pkijs', () => {
    test.each(['ecdsa-p384', 'mldsa87'] as const)(
      '%s: accepts a device chain, refuses a changed one',
      async (algorithm) => {
        const [root, ...others] = chainOf('b-passive-lms', algorithm) as [Uint8Array, ...Uint8Array[]];
        const accepted = await validate(others, root);
        expect([accepted.result, accepted.resultMessage]).toEqual([true, '']);
        const changed = others.map((der, i) =>
          i === 1 ? der.with(der.length - 10, (der[der.length - 10] as number) ^ 1) : der,
        );
        expect((await validate(changed, root)).result).toBe(false);
      },
    );
  });

describe('signing through pkijs', () => {
  const keys: Readonly<Record<DiceAlgorithm, Uint8Array>> = {
    'ecdsa-p384': new Uint8Array(48).fill(4),
    mldsa87: provider.mldsa87.keygenFromSeed(new Uint8Array(32)).secretKey,
  };

  test.each(['ecdsa-p384', 'mldsa87'] as const)('%s: a certificate built and signed by pkijs', async (algorithm) => {
    const { publicKey } = parseCertificate(vendorCa(algorithm).certificate);
    const certificate = new pkijs.Certificate();
    certificate.version = 2;
    certificate.serialNumber = new Integer({ value: 1 });
    certificate.notBefore = new pkijs.Time({ type: 1, value: new Date('2026-01-01T00:00:00Z') });
    certificate.notAfter = new pkijs.Time({ type: 1, value: new Date('2027-01-01T00:00:00Z') });
    const name = new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: 'Leaf' }) });
    certificate.subject.typesAndValues.push(name);
    certificate.issuer.typesAndValues.push(name);
    certificate.subjectPublicKeyInfo = pkijs.PublicKeyInfo.fromBER(Uint8Array.from(publicKey.der));
    await certificate.sign(signingKey(algorithm, keys[algorithm]), 'SHA-384', engine);

    const parsed = parseCertificate(new Uint8Array(certificate.toSchema(true).toBER()));
    expect(parsed.subject.text).toBe('CN=Leaf');
    const signer =
      algorithm === 'mldsa87'
        ? provider.mldsa87.publicKeyOf(keys.mldsa87)
        : Uint8Array.of(4, ...provider.ecdsa384.publicKey(keys['ecdsa-p384']));
    const { findings } = validateChain([parsed], { provider, trustAnchors: [{ algorithm, publicKey: signer }] });
    expect(findings).toEqual([]);
    expect(hex(parsed.signatureAlgorithm.der)).toBe(hex(parsed.tbsSignatureAlgorithm.der));
  });
});

test('another algorithm goes to WebCrypto, and our own validation calls it unsupported', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = new pkijs.Certificate();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ value: 7 });
  certificate.notBefore = new pkijs.Time({ type: 1, value: new Date('2026-01-01T00:00:00Z') });
  certificate.notAfter = new pkijs.Time({ type: 1, value: new Date('2027-01-01T00:00:00Z') });
  const name = new pkijs.AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: 'P-256' }) });
  certificate.subject.typesAndValues.push(name);
  certificate.issuer.typesAndValues.push(name);
  await certificate.subjectPublicKeyInfo.importKey(publicKey, engine);
  await certificate.sign(privateKey, 'SHA-256', engine);
  expect(await certificate.verify(undefined, engine)).toBe(true);
  certificate.signatureValue = new BitString({ valueHex: new Uint8Array(70) });

  const { valid, findings } = validateChain([new Uint8Array(certificate.toSchema(true).toBER())], { provider });
  expect(valid).toBe(false);
  expect(findings.map(({ check, text }) => [check, text])).toEqual([
    ['algorithm', 'cannot be verified, unsupported: key algorithm ecdsa-p256'],
  ]);
});
