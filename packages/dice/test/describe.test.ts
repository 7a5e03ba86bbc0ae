import { describe, expect, test } from '@jest/globals';
import { describeChain, guessLayer, parseCertificate, parseCsr, describe as words } from '@rootcap/dice/x509';
import { chainOf, forge } from './chains.ts';
import { bytesOf, hasPack } from './vectors.ts';

const wordsOf = (...path: readonly string[]): string => words(parseCertificate(bytesOf(...path)));

if (!hasPack('goldens') || !hasPack('smoke')) test('left out: no goldens or smoke pack', () => {});
else
  describe('in words', () => {
    test('an FMC alias certificate of 2.1', () => {
      expect(wordsOf('goldens', 'b-passive-lms', 'boot-certs', 'fmc_alias_ecc.der').split('\n')).toEqual([
        'certificate of Caliptra 2.1, ecdsa-p384 — FMC alias: device, owner and vendor fuses, and the first mutable code (by its common name)',
        '  subject CN=Caliptra 2.1 Ecc384 FMC Alias, serialNumber=6508C0484121AF18B8B2F27E1AD2150FBC280A5B1E42C27CFB5CC2EF6C4AED7E',
        '  issuer CN=Caliptra 2.1 Ecc384 LDevID, serialNumber=6ADB9BBF45ACD1028D882295369DF207DE6B4B223174455AFDB4B997360599C2',
        '  serial number 6508c0484121af18b8b2f27e1ad2150fbc280a5b',
        '  valid from 2026-01-01 00:00:00 UTC to 2033-01-01 00:00:00 UTC',
        '  may issue certificates, with at most 5 CAs below it',
        '  key usage: keyCertSign',
        '  purposes: embedded CA, local attestation',
        '  UEID 01efbeadde3322110077665544bbaa9988',
        expect.stringMatching(/^ {2}owner keys and owner fuses: SHA-384 [0-9a-f]{96}$/),
        expect.stringMatching(/^ {2}vendor keys, lifecycle, debug state and vendor fuses: SHA-384 [0-9a-f]{96}$/),
        '  FMC firmware: SVN 5; SHA-384 49c135c7ac8836db67aa5411f4af4966b573cadcf4b5d5713a4d9dbe93982ae7a478255cd13a0e8041d69a8d93def8cd',
        '  key identifier 6508c0484121af18b8b2f27e1ad2150fbc280a5b',
        '  issued under key 6adb9bbf45acd1028d882295369df207de6b4b22',
      ]);
    });

    test('the flags of an FMC alias certificate of 2.0', () => {
      const text = wordsOf('smoke', 'rom-2.0.0', 'fmc_alias_cert_ecc.der');
      expect(text).toMatch(
        /device state, vendor and owner keys: SVN 7; SHA-384 [0-9a-f]+; configured, secure, debug locked/,
      );
      expect(text).toContain('FMC firmware: SVN 9;');
    });

    test('a DPE leaf', () => {
      const text = wordsOf('goldens', 'a-passive-mldsa', 'dpe-mldsa', 'leaf_default_mldsa.der');
      expect(text).toContain('DPE leaf');
      expect(text).toContain('DPE measurement "RTMR": SVN 0; SHA-384');
      expect(text).toContain('may not issue certificates');
      expect(text).toContain('    register 0: SHA-384');
    });

    test('a request', () => {
      const text = words(parseCsr(bytesOf('goldens', 'a-passive-mldsa', 'boot-certs', 'idevid_csr_mldsa.der')));
      expect(text).toContain('request of Caliptra 2.1, mldsa87 — IDevID');
      expect(text).not.toContain('issuer');
    });

    test('a chain, numbered', () => {
      const lines = describeChain(chainOf('a-passive-mldsa', 'mldsa87').map(parseCertificate)).split('\n');
      const heads = lines
        .filter((line) => line.startsWith('['))
        .map((line) => line.replace(/^(\[\d\]).*— (.*?)[: (].*$/, '$1 $2'));
      expect(heads).toEqual(['[0] self-signed', '[1] IDevID', '[2] LDevID', '[3] FMC', '[4] RT']);
    });
  });

test('certificates of unknown origin', () => {
  const [root, middle, leaf] = forge({}).map(parseCertificate);
  expect([root, middle, leaf].map((certificate) => certificate && guessLayer(certificate))).toEqual([
    { layer: 'root', basis: 'basic constraints' },
    { layer: 'ca', basis: 'basic constraints' },
    { layer: 'end-entity', basis: 'basic constraints' },
  ]);
  expect(middle && words(middle)).toContain('may issue certificates, with any number of CAs below it');
  expect(leaf && words(leaf)).toContain('may not issue certificates');
});
