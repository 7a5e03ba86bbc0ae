import { describe, expect, test } from '@jest/globals';
import * as peer from '@panva/hpke-noble';
import {
  concatBytes,
  ecc384KeyFromSeed,
  HPKE_KEMS,
  HpkeError,
  type HpkeKemId,
  type HpkeKemName,
  bytesToHex as hex,
  hpkeKeySchedule,
  hpkeSuite,
  portableProvider,
  seededEntropy,
  hexToBytes as unhex,
  utf8ToBytes,
} from '@rootcap/crypto';
import fc from 'fast-check';
import { CipherSuite } from 'hpke';
import { PROVIDERS, readPack, withPack } from './vectors.ts';

interface Record0 {
  readonly kem_id: HpkeKemId;
  readonly info: string;
  readonly ikmE: string;
  readonly ikmR: string;
  readonly skRm: string;
  readonly pkRm: string;
  readonly enc: string;
  readonly shared_secret: string;
  readonly key: string;
  readonly base_nonce: string;
  readonly exporter_secret: string;
  readonly encryptions: readonly { readonly aad: string; readonly pt: string; readonly ct: string }[];
  readonly exports?: readonly {
    readonly exporter_context: string;
    readonly L: number;
    readonly exported_value: string;
  }[];
}

const NAMES = Object.keys(HPKE_KEMS) as HpkeKemName[];
const PEERS = {
  'DHKEM(P-384, HKDF-SHA384)': peer.KEM_DHKEM_P384_HKDF_SHA384,
  'ML-KEM-1024': peer.KEM_ML_KEM_1024,
  'MLKEM1024-P384': peer.KEM_MLKEM1024_P384,
};
const peerSuite = (name: HpkeKemName) => new CipherSuite(PEERS[name], peer.KDF_HKDF_SHA384, peer.AEAD_AES_256_GCM);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HpkeError) return error.code;
    throw error;
  }
  return 'none';
}

withPack('ocp-lock', () => {
  const records = readPack<readonly Record0[]>('ocp-lock/hpke-lock-suites.json');

  describe.each(PROVIDERS)('recorded suites on $name', (provider) => {
    test.each(records)('KEM $kem_id', (record) => {
      const suite = hpkeSuite(provider, record.kem_id);
      const receiverKey = suite.deriveKeyPair(unhex(record.ikmR));
      expect(hex(receiverKey.serialize())).toBe(record.skRm);
      expect(hex(receiverKey.publicKey)).toBe(record.pkRm);
      expect(suite.keyPair(unhex(record.skRm)).publicKey).toEqual(receiverKey.publicKey);

      const shared = suite.decap(receiverKey, unhex(record.enc));
      expect(hex(shared)).toBe(record.shared_secret);
      const schedule = hpkeKeySchedule(provider, suite.suiteId, shared, unhex(record.info));
      expect([schedule.key, schedule.baseNonce, schedule.exporterSecret].map(hex)).toEqual([
        record.key,
        record.base_nonce,
        record.exporter_secret,
      ]);

      const receiver = suite.setupReceiver(receiverKey, unhex(record.enc), unhex(record.info));
      for (const { aad, pt, ct } of record.encryptions)
        expect(hex(receiver.open(unhex(ct), unhex(aad)) ?? new Uint8Array())).toBe(pt);
      expect(receiver.sequence).toBe(record.encryptions.length);
      for (const { exporter_context, L, exported_value } of record.exports ?? [])
        expect(hex(receiver.exportSecret(unhex(exporter_context), L))).toBe(exported_value);
    });

    // The record of P-384 comes from a library that does not say its ephemeral key.
    test.each(records.filter(({ ikmE }) => ikmE.length > 4))('sending with the randomness of KEM $kem_id', (record) => {
      const suite = hpkeSuite(provider, record.kem_id);
      const sender = suite.setupSender(unhex(record.pkRm), unhex(record.info), unhex(record.ikmE));
      expect(hex(sender.enc)).toBe(record.enc);
      for (const { aad, pt, ct } of record.encryptions) expect(hex(sender.seal(unhex(pt), unhex(aad)))).toBe(ct);
    });
  });
});

describe.each(NAMES)('%s', (name) => {
  const suite = hpkeSuite(PROVIDERS[1] ?? portableProvider, HPKE_KEMS[name]);
  const { Nikm, Nrandom, Npk, Nenc, Nsk } = suite.lengths;
  const entropy = seededEntropy(utf8ToBytes(name));
  const keyPair = suite.deriveKeyPair(entropy.bytes(Nikm));
  const info = utf8ToBytes('method and object');
  const aad = utf8ToBytes('metadata');

  test('a second library makes the same keys, opens what we seal, and seals what we open', async () => {
    const other = peerSuite(name);
    const ikm = entropy.bytes(Nikm);
    const ours = suite.deriveKeyPair(ikm);
    const theirs = await other.DeriveKeyPair(ikm, true);
    expect(hex(ours.publicKey)).toBe(hex(await other.SerializePublicKey(theirs.publicKey)));
    expect(hex(ours.serialize())).toBe(hex(await other.SerializePrivateKey(theirs.privateKey)));

    const sender = suite.setupSender(ours.publicKey, info, entropy.bytes(Nrandom));
    const recipient = await other.SetupRecipient(theirs, sender.enc, { info });
    for (const text of ['current', 'new', ''])
      expect(hex(await recipient.Open(sender.seal(utf8ToBytes(text), aad), aad))).toBe(hex(utf8ToBytes(text)));
    expect(hex(await recipient.Export(aad, 77))).toBe(hex(sender.exportSecret(aad, 77)));

    const { encapsulatedSecret, ctx } = await other.SetupSender(theirs.publicKey, { info });
    const receiver = suite.setupReceiver(ours, encapsulatedSecret, info);
    for (const text of ['current', 'new', ''])
      expect(receiver.open(await ctx.Seal(utf8ToBytes(text), aad), aad)).toEqual(utf8ToBytes(text));
  });

  test('the portable provider gives the same bytes', () => {
    const random = entropy.bytes(Nrandom);
    const portable = hpkeSuite(portableProvider, HPKE_KEMS[name]).encap(keyPair.publicKey, random);
    expect(suite.encap(keyPair.publicKey, random)).toEqual(portable);
    expect(suite.decap(keyPair, portable.enc)).toEqual(portable.sharedSecret);
  });

  test('a wrong byte anywhere opens nothing, and the count of messages stays', () => {
    const sender = suite.setupSender(keyPair.publicKey, info, entropy.bytes(Nrandom));
    const sealed = sender.seal(utf8ToBytes('access key'), aad);
    const opened = (enc: Uint8Array, ciphertext: Uint8Array, withInfo = info, withAad = aad) =>
      suite.setupReceiver(keyPair, enc, withInfo).open(ciphertext, withAad);
    const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    expect(opened(sender.enc, sealed)).toEqual(utf8ToBytes('access key'));
    expect(opened(sender.enc, sealed, flipped(info, 0))).toBeUndefined();
    expect(opened(sender.enc, sealed, info, flipped(aad, 0))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), (at) => opened(sender.enc, flipped(sealed, at)) === undefined),
      { numRuns: 5 },
    );
    const receiver = suite.setupReceiver(keyPair, sender.enc, info);
    expect(receiver.open(sealed.subarray(0, 15), aad)).toBeUndefined();
    expect(receiver.open(flipped(sealed, 3), aad)).toBeUndefined();
    expect(receiver.sequence).toBe(0);
    expect(receiver.open(sealed, aad)).toEqual(utf8ToBytes('access key'));
    expect(receiver.open(sealed, aad)).toBeUndefined();
  });

  test('malformed input is refused by its name', () => {
    const random = entropy.bytes(Nrandom);
    expect(refusal(() => suite.encap(keyPair.publicKey.subarray(1), random))).toBe('DeserializeError');
    expect(refusal(() => suite.decap(keyPair, new Uint8Array(Nenc + 1)))).toBe('DeserializeError');
    expect(refusal(() => suite.keyPair(new Uint8Array(Nsk - 1)))).toBe('DeserializeError');
    expect(refusal(() => suite.encap(new Uint8Array(Npk).fill(0xff), random))).toMatch(/Error$/);
    expect(() => suite.encap(keyPair.publicKey, random.subarray(1))).toThrow('random: expected');
    expect(() => suite.deriveKeyPair(random.subarray(1))).toThrow('ikm: expected');
    expect(() => suite.setupSender(keyPair.publicKey, '' as never, random)).toThrow('info: expected Uint8Array');
  });

  test('a count at its limit refuses the next message', () => {
    const sequence = Number.MAX_SAFE_INTEGER;
    const { enc } = suite.encap(keyPair.publicKey, entropy.bytes(Nrandom));
    const receiver = suite.setupReceiver(keyPair, enc, info, { sequence });
    expect(refusal(() => receiver.open(new Uint8Array(16)))).toBe('MessageLimitReachedError');
  });

  test('what is wiped is gone, and a key prints as its public half', () => {
    const own = suite.deriveKeyPair(entropy.bytes(Nikm));
    const secret = hex(own.serialize());
    expect(JSON.stringify(own)).not.toContain(secret);
    const sender = suite.setupSender(own.publicKey, info, entropy.bytes(Nrandom));
    const receiver = suite.setupReceiver(own, sender.enc, info);
    sender.wipe();
    receiver.wipe();
    receiver.wipe();
    own.wipe();
    expect(() => sender.seal(aad)).toThrow('wiped');
    expect(() => receiver.open(new Uint8Array(16))).toThrow('wiped');
    expect(() => receiver.exportSecret(aad, 32)).toThrow('wiped');
    expect(() => own.serialize()).toThrow('wiped');
    expect(() => own.decap(sender.enc)).toThrow('wiped');
  });
});

describe('P-384 in both suites that have it', () => {
  const withPoint = ['DHKEM(P-384, HKDF-SHA384)', 'MLKEM1024-P384'] as const;

  test.each(withPoint)('%s: a compressed point and one off the curve', (name) => {
    const suite = hpkeSuite(portableProvider, HPKE_KEMS[name]);
    const keyPair = suite.deriveKeyPair(new Uint8Array(suite.lengths.Nikm).fill(7));
    const random = new Uint8Array(suite.lengths.Nrandom).fill(9);
    const at = suite.lengths.Npk - 97;
    const compressed = keyPair.publicKey.map((byte, i) => (i === at ? 2 : byte));
    const off = keyPair.publicKey.map((byte, i) => (i === at + 96 ? byte ^ 1 : byte));
    expect(refusal(() => suite.encap(compressed, random))).toBe('DeserializeError');
    expect(refusal(() => suite.encap(off, random))).toBe('ValidationError');
    const { enc } = suite.encap(keyPair.publicKey, random);
    expect(
      refusal(() =>
        suite.decap(
          keyPair,
          enc.map((byte, i) => (i === at + 96 ? byte ^ 1 : byte)),
        ),
      ),
    ).toBe('ValidationError');
  });

  test('a scalar outside 1..n-1 is no private key and no randomness', () => {
    const dhkem = hpkeSuite(portableProvider, 0x0011);
    expect(refusal(() => dhkem.keyPair(new Uint8Array(48)))).toBe('ValidationError');
    const hybrid = hpkeSuite(portableProvider, 0x0051);
    const { publicKey } = hybrid.deriveKeyPair(new Uint8Array(32));
    expect(refusal(() => hybrid.encap(publicKey, new Uint8Array(80)))).toBe('EncapError');
  });

  test.each(withPoint)("%s: a chip's key generation takes the place of the candidate", (name) => {
    const seen: Uint8Array[] = [];
    const kemId = HPKE_KEMS[name];
    const scalarOf = (candidate: Uint8Array) => {
      seen.push(candidate.slice());
      return seen.length === 1 ? undefined : ecc384KeyFromSeed(portableProvider, candidate).privateKey;
    };
    const suite = hpkeSuite(portableProvider, kemId, { scalarOf });
    const keyPair = suite.deriveKeyPair(new Uint8Array(suite.lengths.Nikm).fill(3));
    expect(seen).toHaveLength(2);
    const { publicKey } = ecc384KeyFromSeed(portableProvider, seen[1] ?? new Uint8Array());
    expect(keyPair.publicKey.slice(-97)).toEqual(concatBytes(Uint8Array.of(4), publicKey));
    // On the wire it is the standard: another suite seals to it.
    const sender = hpkeSuite(portableProvider, kemId).setupSender(
      keyPair.publicKey,
      utf8ToBytes('info'),
      new Uint8Array(suite.lengths.Nrandom).fill(5),
    );
    const receiver = suite.setupReceiver(keyPair, sender.enc, utf8ToBytes('info'));
    expect(receiver.open(sender.seal(utf8ToBytes('key')))).toEqual(utf8ToBytes('key'));
  });

  test('a source that never gives a scalar ends', () => {
    for (const name of withPoint) {
      const suite = hpkeSuite(portableProvider, HPKE_KEMS[name], { scalarOf: () => undefined });
      expect(refusal(() => suite.deriveKeyPair(new Uint8Array(suite.lengths.Nikm)))).toBe('DeriveKeyPairError');
    }
  });
});

test('a KEM that is none of the three', () => {
  expect(() => hpkeSuite(portableProvider, 0x0020 as never)).toThrow('kemId: expected 17, 66, 81, got 32');
});
