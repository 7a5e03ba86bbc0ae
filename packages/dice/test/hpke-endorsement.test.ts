import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { HPKE_KEMS, type HpkeKemId, hpkeSuite } from '@rootcap/crypto';
import {
  type DiceAlgorithm,
  der,
  endorseHpkeKey,
  HPKE_ENDORSEMENTS,
  hpkeEndorsementTbs,
  keyIdentity,
  name,
} from '@rootcap/dice';
import {
  createVendorCa,
  describe as describeCertificate,
  endorsedHpkeKey,
  guessLayer,
  parseCertificate,
  validateChain,
  X509Error,
} from '@rootcap/dice/x509';
import { provider } from './device.ts';
import { hex, latin1 } from './vectors.ts';

const KEM_IDS = Object.values(HPKE_KEMS);
const ISSUERS: readonly DiceAlgorithm[] = ['ecdsa-p384', 'mldsa87'];
const keyOf = (kemId: HpkeKemId): Uint8Array => {
  const suite = hpkeSuite(provider, kemId);
  return suite.deriveKeyPair(new Uint8Array(suite.lengths.Nikm).fill(kemId)).publicKey;
};

/** SHA-256 of each template of caliptra-sw:x509/build/ocp_lock_*, what its firmware would fill in being 5f. */
const TEMPLATES: Readonly<Record<DiceAlgorithm, Readonly<Record<HpkeKemId, string>>>> = {
  'ecdsa-p384': {
    17: '07993087e23383377408e0ced32cd7915bc34a06eae953b1ac487b58a223b2bd',
    66: 'a5b03a96dd710c9e1744dd5a49eb78e6f2bbc61518ac7f25890a5097820f8b00',
    81: '4d48b9444062117b29d284a39a371b21b9ba8815500106cdb9c47e1ff930385e',
  },
  mldsa87: {
    17: '3b64d5685d9b512cacbef04062ce2313c2462a529d3eeedad9f82f9f91e388e5',
    66: 'c7793ab22f76c018ea4729853e976f73ecbb4fba1162b4de9d84fa5f6a0aac6d',
    81: '74c1a7e63cc59112eb8dba44e4fc166f35baf88f5269a5fb906cf1b84b7419bb',
  },
};

/** The TBS with these byte strings replaced by 5f. */
function masked(tbs: Uint8Array, fields: readonly Uint8Array[]): Uint8Array {
  let text = latin1(tbs);
  for (const field of fields) text = text.split(latin1(field)).join('_'.repeat(field.length));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

describe.each(ISSUERS)('endorsed by a key of %s', (algorithm) => {
  const seed = new Uint8Array(algorithm === 'mldsa87' ? 32 : 48).fill(5);
  const ca = createVendorCa({ provider, algorithm, name: 'Endorser', seed });

  test.each(KEM_IDS)('KEM %i: the template of caliptra-sw', (kemId) => {
    const publicKey = keyOf(kemId);
    const label = algorithm === 'mldsa87' ? 'MlDsa87' : 'Ecc384';
    const issuerNumber = 'A'.repeat(64);
    const keyIdentifier = new Uint8Array(20).fill(0xc3);
    const commonFirst = name(`Caliptra 2.1 ${label} Rt Alias`, issuerNumber);
    // The generator of the hybrid templates writes names the other way round: both RDNs, 75 bytes the second.
    const subject =
      kemId === 0x0051 ? der.sequence(commonFirst.subarray(-75), commonFirst.subarray(2, -75)) : commonFirst;
    const tbs = hpkeEndorsementTbs(provider, {
      kemId,
      publicKey,
      issuer: { algorithm, subject, keyIdentifier },
      template: 'caliptra-sw',
    });
    const names = keyIdentity(provider, publicKey);
    const filled = [
      publicKey,
      names.certificateSerialNumber,
      names.subjectKeyIdentifier,
      keyIdentifier,
      ...[names.subjectSerialNumber, issuerNumber, '20230101000000Z', '99991231235959Z'].map(der.ascii),
    ];
    expect(hex(provider.hashes.digest('sha256', masked(tbs, filled)))).toBe(TEMPLATES[algorithm][kemId]);
  });

  test.each(KEM_IDS)('KEM %i: read again, in a valid chain, with no path length', (kemId) => {
    const publicKey = keyOf(kemId);
    const issuer = { algorithm, subject: ca.subject, keyIdentifier: ca.keyIdentifier };
    const encoded = endorseHpkeKey(provider, { kemId, publicKey, issuer }, ca.sign);
    const certificate = parseCertificate(encoded);
    expect(endorsedHpkeKey(certificate)).toEqual({ kemId, publicKey });
    expect(guessLayer(certificate).layer).toBe('hpke-endorsement');
    expect(describeCertificate(certificate)).toContain(`HPKE suite: KEM ${kemId} (`);
    expect(certificate.decoded.basicConstraints).toEqual({ ca: false });
    expect(validateChain([ca.certificate, encoded], { provider, trustAnchors: [ca.certificate] })).toMatchObject({
      valid: true,
      findings: [],
    });
    // The one remark about the other template.
    const odd = endorseHpkeKey(provider, { kemId, publicKey, issuer, template: 'caliptra-sw' }, ca.sign);
    const { valid, findings } = validateChain([ca.certificate, odd], { provider, trustAnchors: [ca.certificate] });
    expect([valid, findings.map(({ severity, check }) => [severity, check])]).toEqual([
      true,
      [['warning', 'basic-constraints']],
    ]);
    expect(endorsedHpkeKey(parseCertificate(odd))).toEqual({ kemId, publicKey });
    if (algorithm === 'ecdsa-p384')
      expect(new X509Certificate(encoded).verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
  });
});

describe('what is no endorsement', () => {
  const ca = createVendorCa({ provider, algorithm: 'ecdsa-p384', name: 'Endorser', seed: new Uint8Array(48).fill(5) });
  const issuer = { algorithm: 'ecdsa-p384', subject: ca.subject, keyIdentifier: ca.keyIdentifier } as const;
  const certificate = parseCertificate(
    endorseHpkeKey(provider, { kemId: 0x0042, publicKey: keyOf(0x0042), issuer }, ca.sign),
  );
  const refusal = (changes: object, decoded: object = {}) => {
    try {
      return endorsedHpkeKey({ ...certificate, ...changes, decoded: { ...certificate.decoded, ...decoded } });
    } catch (error) {
      if (error instanceof X509Error) return error.path;
      throw error;
    }
  };

  test.each([
    ['endorsement.basicConstraints', {}, { basicConstraints: { ca: true } }],
    ['endorsement.keyUsage', {}, { keyUsage: ['keyEncipherment', 'keyCertSign'] }],
    ['endorsement.keyUsage', {}, { keyUsage: undefined }],
    ['endorsement.hpkeIdentifiers', {}, { hpkeIdentifiers: undefined }],
    ['endorsement.hpkeIdentifiers', {}, { hpkeIdentifiers: { kemId: 0x0042, kdfId: 1, aeadId: 2 } }],
    ['endorsement.hpkeIdentifiers', {}, { hpkeIdentifiers: { kemId: 0x0020, kdfId: 2, aeadId: 2 } }],
    ['endorsement.publicKey', {}, { hpkeIdentifiers: { kemId: 0x0051, kdfId: 2, aeadId: 2 } }],
    ['endorsement.publicKey', { publicKey: { ...certificate.publicKey, bytes: new Uint8Array(97) } }, {}],
  ])('%s', (path, changes, decoded) => expect(refusal(changes, decoded)).toBe(path));

  test('a key of another length and a KEM that is none of the three are refused when it is made', () => {
    expect(() => hpkeEndorsementTbs(provider, { kemId: 0x0042, publicKey: new Uint8Array(97), issuer })).toThrow(
      /^publicKey: 97 bytes/,
    );
    expect(() => hpkeEndorsementTbs(provider, { kemId: 1 as never, publicKey: new Uint8Array(97), issuer })).toThrow(
      /^kemId: 1 is none of 17, 66, 81/,
    );
    expect(Object.keys(HPKE_ENDORSEMENTS).map(Number)).toEqual(KEM_IDS);
  });
});
