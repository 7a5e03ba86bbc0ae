import { describe, expect, test } from '@jest/globals';
import { aesCmac, bytesToHex, cmacKdf, hexToBytes } from '@rootcap/crypto';
import { HPKE_SUITES, type HpkeSuiteName, hpkePublicKey, hpkeReceiver } from '@rootcap/ocp-lock';
import { bench, provider, readVectors, withPack } from './support.ts';

interface HpkeRecord {
  readonly kem_id: number;
  readonly info: string;
  readonly ikmR: string;
  readonly pkRm: string;
  readonly enc: string;
  readonly encryptions: readonly { readonly aad: string; readonly ct: string; readonly pt: string }[];
}

const nameOf = (kemId: number) =>
  (Object.keys(HPKE_SUITES) as HpkeSuiteName[]).find((name) => HPKE_SUITES[name].kemId === kemId) as HpkeSuiteName;

withPack(() => {
  const records = readVectors<readonly HpkeRecord[]>('hpke-lock-suites').map((record) => ({
    name: nameOf(record.kem_id),
    record,
  }));

  // The vectors' P-384 keys are the drafts'; the ECC engine makes others of the same material.
  const port = {
    ...bench().lock.port,
    hpke: {
      ...bench().lock.port.hpke,
      p384KeyPair: (seed: Uint8Array) => ({ privateKey: seed, publicKey: provider.ecdsa384.publicKey(seed) }),
    },
  };

  describe.each(records)('$name', ({ name, record }) => {
    const key = { suite: name, handle: 1, ikm: hexToBytes(record.ikmR) };

    test('public key', () => expect(bytesToHex(hpkePublicKey(port, key))).toBe(record.pkRm));

    test('every message opens', () => {
      const receiver = hpkeReceiver(port, key, hexToBytes(record.enc), hexToBytes(record.info));
      for (const { aad, ct, pt } of record.encryptions) {
        const sealed = hexToBytes(ct);
        const opened = receiver.open({ ciphertext: sealed.slice(0, -16), tag: sealed.slice(-16) }, hexToBytes(aad));
        expect(bytesToHex(opened)).toBe(pt);
      }
    });
  });

  test('CMAC-KDF', () => {
    const { cmac_kdf, cmac_empty } = readVectors<{
      readonly cmac_kdf: Readonly<Record<'key' | 'fixed_input' | 'out', string>>;
      readonly cmac_empty: Readonly<Record<'key' | 'out', string>>;
    }>('kdf');
    const out = cmacKdf(provider, hexToBytes(cmac_kdf.key), hexToBytes(cmac_kdf.fixed_input), undefined, 4);
    expect(bytesToHex(out)).toBe(cmac_kdf.out);
    expect(bytesToHex(aesCmac(provider, hexToBytes(cmac_empty.key)))).toBe(cmac_empty.out);
  });
});
