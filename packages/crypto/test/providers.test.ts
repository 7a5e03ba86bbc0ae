import { describe, expect, test } from '@jest/globals';
import {
  type Capabilities,
  type CryptoProvider,
  checked,
  compose,
  expandKeyCache,
  type MlDsa,
  ProviderMismatchError,
  portableProvider,
  selfTest,
} from '@rootcap/crypto';
import { PROVIDERS } from './vectors.ts';

const zero = (length: number) => new Uint8Array(length);

/** The portable provider with one capability changed. */
function broken(change: Partial<Capabilities>): CryptoProvider {
  return { ...portableProvider, ...change, name: 'broken' };
}

const wrongHash = broken({ hashes: { ...portableProvider.hashes, digest: () => zero(48) } });

describe('compose', () => {
  test('takes what is preferred and fills in the rest', () => {
    const hashes = wrongHash.hashes;
    const provider = compose({ name: 'mine', hashes }, portableProvider);
    expect(provider.name).toBe('mine+portable');
    expect(provider.hashes).toBe(hashes);
    expect({ ...provider, name: '', hashes }).toEqual({ ...portableProvider, name: '', hashes });
  });
});

describe('selfTest', () => {
  test.each(PROVIDERS)('$name passes every known answer', (provider) => {
    const results = selfTest(provider);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(new Set(results.map(({ primitive }) => primitive)).size).toBe(results.length);
    expect(results.length).toBeGreaterThanOrEqual(30);
  });
  test('finds a wrong result and survives a throwing primitive', () => {
    const xts = {
      encrypt: () => {
        throw new Error('stuck');
      },
      decrypt: () => zero(1),
    };
    const failed = selfTest(broken({ xts, hashes: wrongHash.hashes })).filter(({ passed }) => !passed);
    expect(failed.map(({ primitive }) => primitive)).toEqual(
      expect.arrayContaining(['aes-xts', 'sha384', 'ml-dsa-87 keygen']),
    );
    expect(failed.map(({ primitive }) => primitive)).not.toContain('aes-gcm encrypt');
  });
});

describe('checked', () => {
  test('offers every operation of every capability', () => {
    const both = checked(portableProvider, portableProvider);
    expect(both.name).toBe('checked(portable,portable)');
    for (const [capability, operations] of Object.entries(portableProvider))
      if (typeof operations === 'object')
        expect(Object.keys(both[capability as keyof Capabilities]).sort()).toEqual(Object.keys(operations).sort());
  });

  const { hashes, hmac, xof, mldsa87, aead } = portableProvider;
  const differ = /: portable and broken give different results/;
  test.each<[string, Partial<Capabilities>, (provider: CryptoProvider) => unknown, RegExp]>([
    [
      'bytes',
      { hashes: wrongHash.hashes },
      (p) => p.hashes.digest('sha384', zero(1)),
      /^hashes\.digest: portable and broken give/,
    ],
    [
      'a running hash',
      { hashes: { ...hashes, create: () => hashes.create('sha512') } },
      (p) => p.hashes.create('sha384').update(zero(1)).digest(),
      /^hashes\.create\(\)\.digest: portable/,
    ],
    [
      'a clone',
      { hmac: { ...hmac, create: () => hmac.create('sha512', zero(1)) } },
      (p) => p.hmac.create('sha512', zero(2).fill(1)).clone().digest(),
      /^hmac\.create\(\)\.digest: portable/,
    ],
    [
      'a stream',
      { xof: { ...xof, create: () => xof.create('shake256') } },
      (p) => p.xof.create('shake128').update(zero(1)).squeeze(3),
      /^xof\.create\(\)\.squeeze: portable/,
    ],
    [
      'a verdict',
      { aead: { ...aead, gcmOpen: () => zero(0) } },
      (p) => p.aead.gcmOpen(zero(16), zero(12), zero(16)),
      differ,
    ],
    [
      'a key pair',
      { mldsa87: { ...mldsa87, keygenFromSeed: () => ({ publicKey: zero(1), secretKey: zero(1) }) } },
      (p) => p.mldsa87.keygenFromSeed(zero(32)),
      differ,
    ],
    [
      'throwing',
      {
        hashes: {
          ...hashes,
          digest: () => {
            throw new TypeError('no');
          },
        },
      },
      (p) => p.hashes.digest('sha384'),
      /portable answered, broken threw TypeError/,
    ],
    [
      'the kind of error',
      {
        hashes: {
          ...hashes,
          digest: () => {
            throw new TypeError('no');
          },
        },
      },
      (p) => p.hashes.digest('md5' as never),
      /portable threw RangeError, broken threw TypeError/,
    ],
  ])('finds a difference in %s', (_, change, run, message) => {
    const provider = checked(portableProvider, broken(change));
    expect(() => run(provider)).toThrow(ProviderMismatchError);
    expect(() => run(provider)).toThrow(message);
  });
  test('a size that differs is found at once', () => {
    expect(() => checked(portableProvider, broken({ mldsa87: { ...mldsa87, signatureSize: 1 } }))).toThrow(
      /mldsa87\.signatureSize/,
    );
  });
  test('names capability and operation', () => {
    let caught: unknown;
    try {
      checked(portableProvider, wrongHash).hashes.digest('sha384');
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ capability: 'hashes', operation: 'digest' });
  });
});

describe('expandKeyCache', () => {
  /** Counts key generations of a fake that is quick and different for every seed. */
  function counting() {
    const made: Uint8Array[] = [];
    const mldsa: MlDsa = {
      ...portableProvider.mldsa87,
      keygenFromSeed(seed) {
        const secretKey = seed.slice();
        made.push(secretKey);
        return { publicKey: seed.slice(), secretKey };
      },
    };
    return { made, mldsa };
  }
  const seed = (value: number) => zero(32).fill(value);

  test('gives the bytes of the provider, for keys and signatures', () => {
    const cached = expandKeyCache(portableProvider.mldsa87, 2);
    const pair = portableProvider.mldsa87.keygenFromSeed(seed(1));
    for (let i = 0; i < 2; i++) expect(cached.keygenFromSeed(seed(1))).toEqual(pair);
    const signature = cached.sign(pair.secretKey, zero(3));
    expect(signature).toEqual(portableProvider.mldsa87.sign(pair.secretKey, zero(3)));
    expect(cached.verify(pair.publicKey, zero(3), signature)).toBe(true);
    expect(cached.publicKeyOf(pair.secretKey)).toEqual(pair.publicKey);
  });
  test('expands a seed once, forgets and wipes the one unused for longest', () => {
    const { made, mldsa } = counting();
    const cached = expandKeyCache(mldsa, 2);
    for (const value of [1, 2, 1, 3, 1]) cached.keygenFromSeed(seed(value));
    expect(made.length).toBe(3);
    expect(made.map((key) => key[0])).toEqual([1, 0, 3]);
    cached.keygenFromSeed(seed(2));
    expect(made.map((key) => key[0])).toEqual([1, 0, 0, 2]);
  });
  test('clear wipes all', () => {
    const { made, mldsa } = counting();
    const cached = expandKeyCache(mldsa, 4);
    for (const value of [1, 2]) cached.keygenFromSeed(seed(value));
    cached.clear();
    expect(made.map((key) => key[0])).toEqual([0, 0]);
    cached.keygenFromSeed(seed(1));
    expect(made.length).toBe(3);
  });
  test('callers get copies: wiping theirs leaves the cache whole', () => {
    const { mldsa } = counting();
    const cached = expandKeyCache(mldsa, 1);
    cached.keygenFromSeed(seed(7)).secretKey.fill(0);
    expect(cached.keygenFromSeed(seed(7)).secretKey).toEqual(seed(7));
  });
  test.each([0, 1.5, 1025])('refuses %p entries', (entries) => {
    expect(() => expandKeyCache(portableProvider.mldsa87, entries)).toThrow(RangeError);
  });
});
