import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type DiceAlgorithm, extendedKeyUsage, extension, keyUsage, OID, der as writer } from '@rootcap/dice';
import {
  type Certificate,
  type ChainOptions,
  encodePem,
  parseCertificate,
  parseCsr,
  validateChain,
} from '@rootcap/dice/x509';
import { ALL_DEVICES, chainOf, forge, remembering, vendorCa } from './chains.ts';
import { provider } from './device.ts';
import { bytesOf, exists, hasPack, recordedPath } from './vectors.ts';

const ALGORITHMS = ['ecdsa-p384', 'mldsa87'] as const;
const SUFFIX: Readonly<Record<DiceAlgorithm, string>> = { 'ecdsa-p384': 'ecc', mldsa87: 'mldsa' };
const DEVICE = 'b-passive-lms';
const AT = '20270101000000Z';

const optionsFor = (algorithm: DiceAlgorithm): ChainOptions => ({
  provider: remembering,
  trustAnchors: [parseCertificate(vendorCa(algorithm).certificate)],
  at: AT,
});

/** Checks that failed, without repetition. */
const errorsOf = (certificates: readonly Uint8Array[], options: ChainOptions): string[] => {
  const { valid, findings } = validateChain(certificates, options);
  const errors = findings.filter(({ severity }) => severity === 'error');
  expect(valid).toBe(errors.length === 0);
  return [...new Set(errors.map(({ check }) => check))].sort();
};

if (!hasPack('goldens')) test('left out: no goldens pack', () => {});
else {
  describe.each(ALL_DEVICES)('chain of %s', (device) => {
    test.each(ALGORITHMS)('%s: root to RT alias, in both directions', (algorithm) => {
      const chain = chainOf(device, algorithm);
      for (const given of [chain, [...chain].reverse()]) {
        const result = validateChain(given, optionsFor(algorithm));
        expect(result.findings).toEqual([]);
        expect([result.valid, result.anchor, result.chain.length]).toEqual([true, 'trusted', 5]);
      }
    });

    if (exists('goldens', device, 'dpe-ecc'))
      test.each(ALGORITHMS)('%s: every DPE leaf and exported CDI below it', (algorithm) => {
        const session = `dpe-${SUFFIX[algorithm]}`;
        const files = readdirSync(recordedPath('goldens', device, session)).filter((file) =>
          /^(leaf|exported).*(?<!cms)\.der$/.test(file),
        );
        for (const file of files) {
          const chain = [...chainOf(device, algorithm), bytesOf('goldens', device, session, file)];
          expect(validateChain(chain, optionsFor(algorithm)).findings).toEqual([]);
        }
      });
  });

  describe('trust', () => {
    const chain = chainOf(DEVICE, 'ecdsa-p384');
    const { provider: verifier } = optionsFor('ecdsa-p384');

    test('without a trust anchor only the root vouches for itself', () => {
      const { valid, anchor, findings } = validateChain(chain, { provider: verifier });
      expect([valid, anchor, findings.map(({ check, severity }) => `${severity} ${check}`)]).toEqual([
        true,
        'self-signed',
        ['warning trust-anchor'],
      ]);
    });

    test('without a root nobody does', () => {
      expect(errorsOf(chain.slice(1), { provider: verifier })).toEqual(['trust-anchor']);
    });

    test.each([
      ['the root above the chain', (): ChainOptions['trustAnchors'] => [vendorCa('ecdsa-p384').certificate], 1],
      ['a certificate in the chain', (): ChainOptions['trustAnchors'] => [chain[2] as Uint8Array], 2],
      [
        'the request of the device',
        (): ChainOptions['trustAnchors'] => [parseCsr(bytesOf('goldens', DEVICE, 'boot-certs', 'idevid_csr_ecc.der'))],
        2,
      ],
      [
        'a bare key',
        (): ChainOptions['trustAnchors'] => [
          { algorithm: 'ecdsa-p384', publicKey: parseCertificate(chain[1] as Uint8Array).publicKey.bytes },
        ],
        2,
      ],
    ])('anchor: %s', (_what, trustAnchors, from) => {
      const anchors = trustAnchors() ?? [];
      const result = validateChain(chain.slice(from), { provider: verifier, trustAnchors: anchors });
      expect([result.valid, result.anchor, result.findings]).toEqual([true, 'trusted', []]);
    });

    test('an anchor that issued nothing here', () => {
      expect(errorsOf(chain, { provider: verifier, trustAnchors: [] })).toEqual(['trust-anchor']);
      expect(errorsOf(chain, { provider: verifier, trustAnchors: [vendorCa('mldsa87').certificate] })).toContain(
        'trust-anchor',
      );
    });
  });

  describe('what is wrong is named', () => {
    const chain = chainOf(DEVICE, 'ecdsa-p384');
    const options = optionsFor('ecdsa-p384');

    test('time: the aliases of this device end in 2033', () => {
      expect(errorsOf(chain, { ...options, at: '2033-01-01T00:00:00Z' })).toEqual([]);
      expect(errorsOf(chain, { ...options, at: '2033-01-01T00:00:01Z' })).toEqual(['validity']);
      expect(errorsOf(chain, { ...options, at: '2025-12-31' })).toEqual(['validity']);
      expect(() => validateChain(chain, { ...options, at: 'tomorrow' })).toThrow(RangeError);
    });

    test('a missing certificate', () => {
      expect(
        errorsOf(
          chain.filter((_, i) => i !== 2),
          options,
        ),
      ).toEqual(['issuer', 'key-identifier', 'signature']);
    });

    test('certificates of two devices', () => {
      const other = chainOf('a-passive-mldsa', 'ecdsa-p384');
      expect(errorsOf([...chain.slice(0, 4), other[4] as Uint8Array], options)).toContain('signature');
    });

    test('nothing at all, and bytes that are no certificate', () => {
      expect(errorsOf([], options)).toEqual(['encoding']);
      const { findings } = validateChain([chain[0] as Uint8Array, Uint8Array.of(1, 2, 3)], options);
      expect(findings.map(({ certificate, check }) => [certificate, check])).toEqual([[1, 'encoding']]);
    });

    const ca = [
      extension(OID.basicConstraints, true, writer.sequence(writer.boolean(true))),
      keyUsage(['keyCertSign']),
    ];
    const limited = extension(OID.basicConstraints, true, writer.sequence(writer.boolean(true), writer.integer(0)));
    test.each<[string, Parameters<typeof forge>[0], string[]]>([
      ['an ordinary CA', { middle: { extensions: ca } }, []],
      [
        'no basicConstraints',
        { middle: { extensions: [keyUsage(['digitalSignature'])] } },
        ['basic-constraints', 'key-usage'],
      ],
      ['keyCertSign without CA', { leaf: { extensions: [keyUsage(['keyCertSign'])] } }, ['key-usage']],
      [
        'no keyCertSign',
        { middle: { extensions: [ca[0] as Uint8Array, keyUsage(['digitalSignature'])] } },
        ['key-usage'],
      ],
      ['path length 0 above the last certificate', { middle: { extensions: [limited, ca[1] as Uint8Array] } }, []],
      ['path length 0 above a CA', { root: { extensions: [limited, ca[1] as Uint8Array] } }, ['path-length']],
      [
        'purposes without embedded CA',
        { middle: { extensions: [...ca, extendedKeyUsage([OID.tcgDiceKpAttestLoc])] } },
        ['extended-key-usage'],
      ],
      [
        'unknown critical extension',
        { leaf: { extensions: [extension('1.2.3.4', true, writer.integer(1))] } },
        ['critical-extension'],
      ],
      ['unknown extension', { leaf: { extensions: [extension('1.2.3.4', false, writer.integer(1))] } }, []],
      ['negative serial number', { leaf: { serialNumber: Uint8Array.of(0x80) } }, ['serial-number']],
      ['serial number 0', { leaf: { serialNumber: Uint8Array.of(0) } }, ['serial-number']],
      ['end before beginning', { leaf: { notBefore: '20300101000000Z', notAfter: '20290101000000Z' } }, ['validity']],
      ['another algorithm in the signed part', { leaf: { innerAlgorithm: OID.ecdsaWithSha256 } }, ['algorithm']],
      ['parameters behind the algorithm', { leaf: { parameters: true } }, ['signature']],
      ['another authority', { leaf: { authorityKeyIdentifier: new Uint8Array(20) } }, ['key-identifier']],
      ['another issuer name', { leaf: { issuer: 'Somebody else' } }, ['issuer']],
    ])('%s', (_what, changes, expected) => {
      const made = forge(changes);
      expect(errorsOf(made, { provider, trustAnchors: [made[0] as Uint8Array], at: AT })).toEqual(expected);
    });
  });

  describe('one flipped bit anywhere', () => {
    test.each([
      ['ecdsa-p384', 800],
      ['mldsa87', 200],
    ] as const)('%s: refused, %i times', (algorithm, count) => {
      const chain = chainOf(DEVICE, algorithm);
      const parsed = chain.map((certificate) => parseCertificate(certificate));
      const bits = chain.reduce((sum, { length }) => sum + 8 * length, 0);
      const options = optionsFor(algorithm);
      expect(validateChain(parsed, options).valid).toBe(true);
      for (let i = 0; i < count; i++) {
        // A fixed stride, prime to everything here, walks over the whole chain.
        let bit = (i * 1_000_003) % bits;
        let index = 0;
        while (bit >= 8 * (chain[index] as Uint8Array).length) bit -= 8 * (chain[index++] as Uint8Array).length;
        const changed = (chain[index] as Uint8Array).slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (0x80 >> (bit & 7));
        const given: (Uint8Array | Certificate)[] = [...parsed];
        given[index] = changed;
        const { valid } = validateChain(given, options);
        expect(`certificate ${index} bit ${bit}: ${valid}`).toBe(`certificate ${index} bit ${bit}: false`);
      }
    });
  });

  describe('other implementations accept the ECDSA chain', () => {
    const chain = chainOf(DEVICE, 'ecdsa-p384');

    test('Node: every link', () => {
      const nodes = chain.map((certificate) => new X509Certificate(certificate));
      nodes.slice(1).forEach((certificate, i) => {
        const issuer = nodes[i] as X509Certificate;
        expect(certificate.checkIssued(issuer)).toBe(true);
        expect(certificate.verify(issuer.publicKey)).toBe(true);
      });
    });

    if (spawnSync('openssl', ['version']).status === 0)
      test('OpenSSL: verify, with a DPE leaf', () => {
        const folder = mkdtempSync(join(tmpdir(), 'dice-'));
        const leaf = bytesOf('goldens', DEVICE, 'dpe-ecc', 'leaf_default_ecc.der');
        const file = (name: string, certificates: readonly Uint8Array[]): string => {
          const path = join(folder, name);
          writeFileSync(path, certificates.map((certificate) => encodePem('CERTIFICATE', certificate)).join(''));
          return path;
        };
        try {
          const files = [
            file('root', chain.slice(0, 1)),
            file('middle', chain.slice(1)),
            file('leaf', [leaf]),
          ] as const;
          const arguments_ = [
            'verify',
            '-attime',
            '1800000000',
            '-x509_strict',
            '-purpose',
            'any',
            '-CAfile',
            files[0],
            '-untrusted',
            files[1],
            files[2],
          ];
          const { status, stdout, stderr } = spawnSync('openssl', arguments_, { encoding: 'utf8' });
          expect([status, stdout.trim(), stderr]).toEqual([0, `${files[2]}: OK`, '']);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
  });
}
