import { describe, expect, test } from '@jest/globals';
import { HPKE_KEMS, HpkeError, hpkeSuite, seededEntropy } from '@rootcap/crypto';
import { MESSAGE_LAYOUTS } from '@rootcap/firmware';
import { accessKeyDigest, METHOD_UIDS, OPERATIONS, sealAccessKeys } from '@rootcap/kms';
import { sealedAccessKey } from '@rootcap/ocp-lock';
import { provider } from './device.ts';

const entropy = seededEntropy(new Uint8Array(32));
const layout = MESSAGE_LAYOUTS.get('SealedAccessKey');

describe.each(Object.entries(HPKE_KEMS))('%s', (_, kemId) => {
  const suite = hpkeSuite(provider, kemId);
  const keyPair = suite.deriveKeyPair(entropy.bytes(suite.lengths.Nikm));
  const accessKeys = [entropy.bytes(32), entropy.bytes(32)];
  const info = new Uint8Array(16).fill(1);
  const metadata = new Uint8Array(8).fill(2);
  const request = { kemId, publicKey: keyPair.publicKey, info, metadata, accessKeys };

  test('the fields are those of the mailbox: the device opens sequence 0 and 1 of one context', () => {
    const sealed = sealAccessKeys(provider, entropy, request);
    const fields = sealedAccessKey(sealed, 7);
    const bytes = layout?.encode(fields) ?? new Uint8Array();
    expect([bytes.length, bytes[0], bytes[8]]).toEqual([1988, 7, 32]);
    const receiver = suite.setupReceiver(keyPair, bytes.slice(272, 272 + suite.lengths.Nenc), bytes.slice(16, 32));
    expect(receiver.open(bytes.slice(1940), metadata)).toEqual(accessKeys[0]);
    expect(receiver.open(sealed.ciphertexts[1] as Uint8Array, metadata)).toEqual(accessKeys[1]);
  });

  test('a public key that is none, and nothing sealed', () => {
    expect(() => sealAccessKeys(provider, entropy, { ...request, publicKey: new Uint8Array(3) })).toThrow(HpkeError);
    expect(() => sealedAccessKey({ kemId, info, enc: info, ciphertexts: [] }, 1)).toThrow('ciphertexts');
  });
});

test('the digest is SHA-384 of metadata, key and nonce', () => {
  const [metadata, key, nonce] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
  expect(accessKeyDigest(provider, metadata, key, nonce)).toEqual(
    provider.hashes.digest('sha384', Uint8Array.of(1, 2, 3)),
  );
});

test('each operation has a method UID of its own', () => {
  const uids = Object.values(METHOD_UIDS).map((uid) => uid.join());
  expect([new Set(uids).size, Object.values(METHOD_UIDS).every((uid) => uid.length === 8)]).toEqual([4, true]);
  expect(Object.keys(METHOD_UIDS)).toEqual(Object.keys(OPERATIONS));
});
