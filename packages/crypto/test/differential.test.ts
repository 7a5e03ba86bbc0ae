import * as nodeCrypto from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { checked, concatBytes, type HashName, ProviderMismatchError, portableProvider } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import fc from 'fast-check';

const node = nodeProvider();
/** Throws as soon as the two disagree: every property below is "they agree", plus what the assertion says. */
const both = checked(node, portableProvider);

const HASHES: readonly HashName[] = [
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'sha512-224',
  'sha512-256',
  'sha3-224',
  'sha3-256',
  'sha3-384',
  'sha3-512',
];

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const hashName = fc.constantFrom(...HASHES);
const data = bytes(0, 400);
const aesKey = fc.oneof(bytes(16), bytes(24), bytes(32));
const blocks = fc.array(bytes(16), { maxLength: 8 }).map((parts) => concatBytes(...parts));

describe('nodeProvider', () => {
  test('takes from OpenSSL what this Node has', () => {
    const native = Object.keys(portableProvider).filter(
      (name) => node[name as keyof typeof node] !== portableProvider[name as keyof typeof node],
    );
    const always = ['name', 'hashes', 'hmac', 'xof', 'blockCipher', 'aead', 'xts', 'ecdsa384', 'ecdh384'];
    expect(native).toEqual('decapsulate' in nodeCrypto ? [...always, 'mldsa87', 'mlkem1024'] : always);
    expect(nodeProvider()).toBe(node);
  });
});

describe('node and portable agree', () => {
  test('hashes, in parts, cloned on the way', () => {
    fc.assert(
      fc.property(hashName, fc.array(data, { maxLength: 4 }), data, (name, parts, more) => {
        const running = both.hashes.create(name);
        for (const part of parts) running.update(part);
        const fork = running.clone();
        expect(running.digest()).toEqual(both.hashes.digest(name, ...parts));
        expect(fork.update(more).digest()).toEqual(both.hashes.digest(name, ...parts, more));
      }),
    );
  });

  test('HMAC with keys up to and beyond a block', () => {
    fc.assert(
      fc.property(hashName, bytes(0, 200), fc.array(data, { maxLength: 3 }), (name, key, parts) => {
        const running = both.hmac.create(name, key);
        for (const part of parts) running.update(part);
        const fork = running.clone();
        const tag = both.hmac.mac(name, key, ...parts);
        expect(running.digest()).toEqual(tag);
        expect(fork.digest()).toEqual(tag);
      }),
    );
  });

  test('SHAKE squeezed in any pieces gives one stream', () => {
    const pieces = fc.array(fc.nat(700), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom('shake128' as const, 'shake256' as const), data, pieces, (name, input, lengths) => {
        const state = both.xof.create(name).update(input);
        const stream = concatBytes(...lengths.map((length) => state.squeeze(length)));
        expect(stream).toEqual(both.xof.digest(name, stream.length, input));
      }),
    );
  });

  test('AES modes, and decryption undoes encryption', () => {
    fc.assert(
      fc.property(aesKey, bytes(16), blocks, data, (k, iv, whole, any) => {
        expect(both.blockCipher.ecbDecrypt(k, both.blockCipher.ecbEncrypt(k, whole))).toEqual(whole);
        expect(both.blockCipher.cbcDecrypt(k, iv, both.blockCipher.cbcEncrypt(k, iv, whole))).toEqual(whole);
        expect(both.blockCipher.ctr(k, iv, both.blockCipher.ctr(k, iv, any))).toEqual(any);
      }),
    );
  });

  test('CTR carries over all 128 bits', () => {
    const counter = new Uint8Array(16).fill(0xff);
    const stream = both.blockCipher.ctr(new Uint8Array(32), counter, new Uint8Array(32));
    expect(stream.subarray(16)).toEqual(both.blockCipher.ecbEncrypt(new Uint8Array(32), new Uint8Array(16)));
  });

  test('GCM with every IV and tag length; one flipped bit and it does not open', () => {
    const tagLength = fc.constantFrom(4, 8, 12, 13, 14, 15, 16);
    fc.assert(
      fc.property(aesKey, bytes(1, 200), data, data, tagLength, fc.nat(), (key, iv, plaintext, aad, length, flip) => {
        const whole = both.aead.gcmSeal(key, iv, plaintext, aad);
        const sealed = whole.subarray(0, plaintext.length + length);
        expect(both.aead.gcmOpen(key, iv, sealed, aad, length)).toEqual(plaintext);
        const bad = sealed.slice();
        bad[flip % bad.length] = (bad[flip % bad.length] ?? 0) ^ (1 << (flip % 8));
        expect(both.aead.gcmOpen(key, iv, bad, aad, length)).toBeUndefined();
        expect(both.aead.gcmOpen(key, iv, sealed.subarray(0, length - 1), aad, length)).toBeUndefined();
      }),
    );
  });

  test('XTS of every length, equal key halves included', () => {
    const key = fc.oneof(
      bytes(32),
      bytes(48),
      bytes(64),
      bytes(16).map((half) => concatBytes(half, half)),
    );
    fc.assert(
      fc.property(key, bytes(16), bytes(16, 600), (k, tweak, plaintext) => {
        expect(both.xts.decrypt(k, tweak, both.xts.encrypt(k, tweak, plaintext))).toEqual(plaintext);
      }),
    );
  });

  test('P-384: signatures, verdicts on right and wrong input, key agreement', () => {
    const scalar = bytes(48).map((s) =>
      Uint8Array.from(s, (byte, i) => (i === 0 ? byte & 0x7f : i === 47 ? byte | 1 : byte)),
    );
    const run = fc.property(scalar, scalar, bytes(0, 70), fc.nat(95), (a, b, digest, at) => {
      const [publicA, publicB] = [both.ecdsa384.publicKey(a), both.ecdsa384.publicKey(b)];
      expect(both.ecdh384.sharedSecret(a, publicB)).toEqual(both.ecdh384.sharedSecret(b, publicA));
      const signed = new Uint8Array(48);
      signed.set(digest.subarray(0, 48));
      const signature = both.ecdsa384.sign(a, signed);
      expect(both.ecdsa384.verify(publicA, signed, signature)).toBe(true);
      expect(both.ecdsa384.verify(publicB, signed, signature)).toBe(false);
      both.ecdsa384.verify(publicA, digest, signature);
      const bad = signature.slice();
      bad[at] = (bad[at] ?? 0) ^ 0x10;
      expect(both.ecdsa384.verify(publicA, signed, bad)).toBe(false);
    });
    fc.assert(run, { numRuns: 12 });
  });

  test('ML-DSA-87 and ML-KEM-1024: verdicts and implicit rejection', () => {
    const run = fc.property(bytes(32), bytes(32), data, bytes(0, 3), fc.nat(), (seed, m, message, context, at) => {
      const { publicKey, secretKey } = both.mldsa87.keygenFromSeed(seed);
      const signature = node.mldsa87.sign(secretKey, message, { context });
      expect(both.mldsa87.verify(publicKey, message, signature, { context })).toBe(true);
      const formatted = concatBytes(Uint8Array.of(0, context.length), context, message);
      expect(both.mldsa87.verifyInternal(publicKey, formatted, signature)).toBe(true);
      expect(both.mldsa87.verifyInternal(publicKey, formatted.subarray(0, 1), signature)).toBe(false);
      const forged = signature.slice();
      forged[at % forged.length] = (forged[at % forged.length] ?? 0) ^ 1;
      expect(both.mldsa87.verify(publicKey, message, forged, { context })).toBe(false);
      const { encapsulationKey, decapsulationKey } = both.mlkem1024.keygenFromSeed(seed, m);
      const { ciphertext, sharedSecret } = both.mlkem1024.encapsulate(encapsulationKey, m);
      expect(both.mlkem1024.decapsulate(decapsulationKey, ciphertext)).toEqual(sharedSecret);
      ciphertext[at % ciphertext.length] = (ciphertext[at % ciphertext.length] ?? 0) ^ 1;
      expect(both.mlkem1024.decapsulate(decapsulationKey, ciphertext)).not.toEqual(sharedSecret);
      // A key whose two halves do not match passes the hash check of FIPS 203 and must still be answered.
      decapsulationKey[at % 1536] = (decapsulationKey[at % 1536] ?? 0) ^ 1;
      both.mlkem1024.decapsulate(decapsulationKey, ciphertext);
    });
    fc.assert(run, { numRuns: 6 });
  });
});

describe('malformed input', () => {
  const zero = (length: number) => new Uint8Array(length);
  const { hashes, hmac, xof, blockCipher, aead, xts, ecdsa384, ecdh384, mldsa87, mlkem1024 } = both;
  const ended = () => {
    const hash = hashes.create('sha384');
    hash.digest();
    return hash;
  };
  const squeezed = () => {
    const state = xof.create('shake256');
    state.squeeze(1);
    return state;
  };

  test.each<[string, () => unknown, string]>([
    ['hash name', () => hashes.digest('md5' as HashName), 'name: expected one of sha1, sha224'],
    ['hash name, running', () => hashes.create('toString' as HashName), 'name: expected one of'],
    ['hash of a string', () => hashes.digest('sha1', 'abc' as never), ''],
    ['digest twice', () => ended().digest(), 'already ended'],
    ['update after digest', () => ended().update(zero(1)), 'already ended'],
    ['clone after digest', () => ended().clone(), 'already ended'],
    ['HMAC key', () => hmac.mac('sha256', null as never), 'key: expected Uint8Array, got null'],
    ['XOF name', () => xof.digest('sha256' as never, 1), 'name: expected shake128 or shake256'],
    ['XOF length', () => xof.digest('shake256', -1), 'length: expected an integer in 0..'],
    ['XOF absorbing after squeezing', () => squeezed().update(zero(1)), 'xof: expected an absorbing state'],
    ['AES key', () => blockCipher.ecbEncrypt(zero(17), zero(16)), 'key: expected 16 or 24 or 32 bytes, got 17'],
    [
      'partial block',
      () => blockCipher.cbcDecrypt(zero(16), zero(16), zero(15)),
      'data: expected a multiple of 16 bytes, got 15',
    ],
    ['CBC IV', () => blockCipher.cbcEncrypt(zero(16), zero(12), zero(16)), 'iv: expected 16 bytes, got 12'],
    ['CTR block', () => blockCipher.ctr(zero(16), zero(8), zero(1)), 'counter: expected 16 bytes, got 8'],
    ['empty GCM IV', () => aead.gcmSeal(zero(16), zero(0), zero(1)), 'iv: expected at least 1 byte, got 0'],
    ['GCM tag length', () => aead.gcmOpen(zero(16), zero(12), zero(16), zero(0), 5), 'tagLength: expected one of 4, 8'],
    ['XTS key', () => xts.encrypt(zero(16), zero(16), zero(16)), 'key: expected 32 or 48 or 64 bytes, got 16'],
    ['XTS tweak', () => xts.encrypt(zero(32), zero(8), zero(16)), 'tweak: expected 16 bytes, got 8'],
    ['XTS data', () => xts.decrypt(zero(32), zero(16), zero(15)), 'data: expected 16..16777216 bytes, got 15'],
    ['scalar 0', () => ecdsa384.publicKey(zero(48)), 'privateKey: expected a scalar in 1..n-1'],
    ['scalar above n', () => ecdsa384.sign(zero(48).fill(255), zero(48)), 'privateKey: expected a scalar in 1..n-1'],
    ['scalar length', () => ecdh384.sharedSecret(zero(47), zero(96)), 'privateKey: expected 48 bytes, got 47'],
    ['digest length', () => ecdsa384.sign(zero(48).fill(1), zero(32)), 'digest: expected 48 bytes, got 32'],
    ['P-384 public key', () => ecdsa384.verify(zero(97), zero(48), zero(96)), 'publicKey: expected 96 bytes, got 97'],
    ['ML-DSA seed', () => mldsa87.keygenFromSeed(zero(31)), 'seed: expected 32 bytes, got 31'],
    ['ML-DSA public key', () => mldsa87.verify(zero(1), zero(1), zero(1)), 'publicKey: expected 2592 bytes, got 1'],
    ['ML-DSA rnd', () => mldsa87.sign(zero(4896), zero(1), { rnd: zero(1) }), 'rnd: expected 32 bytes, got 1'],
    [
      'ML-DSA context',
      () => mldsa87.sign(zero(4896), zero(1), { context: zero(256) }),
      'context: expected at most 255 bytes, got 256',
    ],
    [
      'ML-DSA secret key',
      () => mldsa87.sign(zero(4896).fill(255), zero(1)),
      'secretKey: expected coefficients of s1 and s2',
    ],
    ['ML-DSA mu', () => mldsa87.signMu(zero(4896), zero(63)), 'mu: expected 64 bytes, got 63'],
    ['ML-KEM message', () => mlkem1024.encapsulate(zero(1568), zero(31)), 'm: expected 32 bytes, got 31'],
    [
      'ML-KEM modulus',
      () => mlkem1024.encapsulate(zero(1568).fill(255), zero(32)),
      'encapsulationKey: expected coefficients below q',
    ],
    ['ML-KEM key hash', () => mlkem1024.decapsulate(zero(3168), zero(1568)), 'decapsulationKey: expected the hash'],
    [
      'ML-KEM ciphertext',
      () => mlkem1024.decapsulate(zero(3168), zero(1567)),
      'ciphertext: expected 1568 bytes, got 1567',
    ],
  ])('%s is refused by both in the same way', (_, run, message) => {
    expect(run).toThrow(message);
    expect(run).not.toThrow(ProviderMismatchError);
  });

  test('keys of another length are no valid ML-KEM keys', () => {
    expect([mlkem1024.checkEncapsulationKey(zero(1567)), mlkem1024.checkDecapsulationKey(zero(3167))]).toEqual([
      false,
      false,
    ]);
  });

  test('a secret argument is not quoted', () => {
    const messages = [
      () => mldsa87.sign(zero(4896).fill(0xcd), zero(1)),
      () => ecdsa384.publicKey(zero(48).fill(0xff)),
      () => mlkem1024.decapsulate(zero(3168).fill(0xcd), zero(1568)),
    ].map((run) => {
      try {
        return run();
      } catch (error) {
        return String(error);
      }
    });
    expect(messages).toEqual([
      'RangeError: secretKey: expected coefficients of s1 and s2 in -eta..eta',
      'RangeError: privateKey: expected a scalar in 1..n-1',
      'RangeError: decapsulationKey: expected the hash of its encapsulation key inside (FIPS 203 §7.3)',
    ]);
  });
});
