import { bytesToHex, hexToBytes, utf8ToBytes } from './bytes.ts';
import type { CryptoProvider, HashName } from './provider.ts';

export interface SelfTestResult {
  readonly primitive: string;
  readonly passed: boolean;
}

/** A known-answer test: the bytes computed and the bytes published, as hex. */
interface KnownAnswer {
  readonly primitive: string;
  readonly expected: string;
  compute(provider: CryptoProvider): Uint8Array | boolean;
}

/** `abc` hashed: NIST examples with intermediate values for FIPS 180-4 and FIPS 202. */
const HASHES_OF_ABC: Readonly<Record<HashName, string>> = {
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha224: '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  sha512:
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  'sha512-224': '4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa',
  'sha512-256': '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23',
  'sha3-224': 'e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf',
  'sha3-256': '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
  'sha3-384': 'ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25',
  'sha3-512':
    'b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0',
};

/** RFC 4231 §4.3: key `Jefe`, data `what do ya want for nothing?`. */
const HMACS: Partial<Readonly<Record<HashName, string>>> = {
  sha256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  sha384: 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  sha512:
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
};

/** SP 800-38A F.2.5, F.5.5: key and first plaintext block. */
const MODES_KEY = hexToBytes('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4');
const MODES_BLOCK = hexToBytes('6bc1bee22e409f96e93d7e117393172a');
const COUNTING = Uint8Array.from({ length: 32 }, (_, i) => i);

/** RFC 6979 A.2.6, P-384: SHA-384, message `sample`. */
const ECDSA = {
  privateKey: hexToBytes(
    '6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5',
  ),
  publicKey:
    'ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720',
  signature:
    '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
};

/** Wycheproof ecdh_secp384r1, test 1. */
const ECDH = {
  privateKey: hexToBytes(
    '766e61425b2da9f846c09fc3564b93a6f8603b7392c785165bf20da948c49fd1fb1dee4edd64356b9f21c588b75dfd81',
  ),
  publicKey: hexToBytes(
    '790a6e059ef9a5940163183d4a7809135d29791643fc43a2f17ee8bf677ab84f791b64a6be15969ffa012dd9185d8796d9b954baa8a75e82df711b3b56eadff6b0f668c3b26b4b1aeb308a1fcc1c680d329a6705025f1c98a0b5e5bfcb163caa',
  ),
};

const ZERO_32 = new Uint8Array(32);
const MLDSA_SEED = new Uint8Array(32).fill(0x2a);
const MLDSA_MESSAGE = utf8ToBytes('Hello world');

const sha256 = ({ hashes }: CryptoProvider, ...parts: readonly Uint8Array[]) => hashes.digest('sha256', ...parts);

const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  ...Object.entries(HASHES_OF_ABC).map(([name, expected]) => ({
    primitive: name,
    expected,
    compute: ({ hashes }: CryptoProvider) => hashes.digest(name as HashName, utf8ToBytes('abc')),
  })),
  ...Object.entries(HMACS).map(([name, expected]) => ({
    primitive: `hmac-${name}`,
    expected,
    compute: ({ hmac }: CryptoProvider) =>
      hmac.mac(name as HashName, utf8ToBytes('Jefe'), utf8ToBytes('what do ya want for nothing?')),
  })),
  {
    // NIST example values for FIPS 202, empty message
    primitive: 'shake128',
    expected: '7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26',
    compute: ({ xof }) => xof.digest('shake128', 32),
  },
  {
    primitive: 'shake256',
    expected:
      '46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762fd75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be',
    compute: ({ xof }) => xof.create('shake256').squeeze(64),
  },
  {
    // FIPS 197 C.3
    primitive: 'aes-ecb encrypt',
    expected: '8ea2b7ca516745bfeafc49904b496089',
    compute: ({ blockCipher }) => blockCipher.ecbEncrypt(COUNTING, hexToBytes('00112233445566778899aabbccddeeff')),
  },
  {
    primitive: 'aes-ecb decrypt',
    expected: '00112233445566778899aabbccddeeff',
    compute: ({ blockCipher }) => blockCipher.ecbDecrypt(COUNTING, hexToBytes('8ea2b7ca516745bfeafc49904b496089')),
  },
  {
    primitive: 'aes-cbc encrypt',
    expected: 'f58c4c04d6e5f1ba779eabfb5f7bfbd6',
    compute: ({ blockCipher }) => blockCipher.cbcEncrypt(MODES_KEY, COUNTING.subarray(0, 16), MODES_BLOCK),
  },
  {
    primitive: 'aes-cbc decrypt',
    expected: '6bc1bee22e409f96e93d7e117393172a',
    compute: ({ blockCipher }) =>
      blockCipher.cbcDecrypt(MODES_KEY, COUNTING.subarray(0, 16), hexToBytes('f58c4c04d6e5f1ba779eabfb5f7bfbd6')),
  },
  {
    primitive: 'aes-ctr',
    expected: '601ec313775789a5b7a7f504bbf3d228',
    compute: ({ blockCipher }) =>
      blockCipher.ctr(MODES_KEY, hexToBytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), MODES_BLOCK),
  },
  {
    // McGrew, Viega: The Galois/Counter Mode of Operation, test case 14
    primitive: 'aes-gcm encrypt',
    expected: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    compute: ({ aead }) => aead.gcmSeal(ZERO_32, new Uint8Array(12), new Uint8Array(16)),
  },
  {
    primitive: 'aes-gcm decrypt',
    expected: '00000000000000000000000000000000',
    compute: ({ aead }) =>
      aead.gcmOpen(
        ZERO_32,
        new Uint8Array(12),
        hexToBytes('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919'),
      ) ?? false,
  },
  {
    // IEEE 1619-2018 Annex B, vector 15: 17 bytes, so the ciphertext is stolen
    primitive: 'aes-xts',
    expected: '6c1625db4671522d3d7599601de7ca09ed',
    compute: ({ xts }) =>
      xts.encrypt(
        hexToBytes('fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0'),
        hexToBytes('9a785634120000000000000000000000'),
        COUNTING.subarray(0, 17),
      ),
  },
  {
    primitive: 'ecdsa-p384 public key',
    expected: ECDSA.publicKey,
    compute: ({ ecdsa384 }) => ecdsa384.publicKey(ECDSA.privateKey),
  },
  {
    primitive: 'ecdsa-p384 sign',
    expected: ECDSA.signature,
    compute: ({ ecdsa384, hashes }) => ecdsa384.sign(ECDSA.privateKey, hashes.digest('sha384', utf8ToBytes('sample'))),
  },
  {
    primitive: 'ecdsa-p384 verify',
    expected: 'true',
    compute({ ecdsa384, hashes }) {
      const verify = (message: string) =>
        ecdsa384.verify(
          hexToBytes(ECDSA.publicKey),
          hashes.digest('sha384', utf8ToBytes(message)),
          hexToBytes(ECDSA.signature),
        );
      return verify('sample') && !verify('test');
    },
  },
  {
    primitive: 'ecdh-p384',
    expected: '6461defb95d996b24296f5a1832b34db05ed031114fbe7d98d098f93859866e4de1e229da71fef0c77fe49b249190135',
    compute: ({ ecdh384 }) => ecdh384.sharedSecret(ECDH.privateKey, ECDH.publicKey),
  },
  {
    // Wycheproof mldsa_87_sign_seed, test 1; expected: SHA-256 of the published public key
    primitive: 'ml-dsa-87 keygen',
    expected: 'd43128fa8a8c785c1d44c9e7db538dbf9dd88fe6c8ad911a344bcec1017c6d54',
    compute: (provider) => sha256(provider, provider.mldsa87.keygenFromSeed(MLDSA_SEED).publicKey),
  },
  {
    // the same test; expected: SHA-256 of the published signature, which must verify, and not over another message
    primitive: 'ml-dsa-87 sign, verify',
    expected: '1ad45bd0419e694375bd38ec11d8e0c228ab9ffac2fce4adbe6218d9c949e293',
    compute(provider) {
      const { mldsa87 } = provider;
      const { publicKey, secretKey } = mldsa87.keygenFromSeed(MLDSA_SEED);
      const signature = mldsa87.sign(secretKey, MLDSA_MESSAGE);
      const verdicts =
        mldsa87.verify(publicKey, MLDSA_MESSAGE, signature) && !mldsa87.verify(publicKey, ZERO_32, signature);
      return verdicts && sha256(provider, signature);
    },
  },
  {
    // caliptra-rtl smoke_test_mlkem_all_zero_seed: d = z = m = 0; expected: SHA-256 of the published ek
    primitive: 'ml-kem-1024 keygen',
    expected: '29e3692e1c08422f548ca7e683e89015482c09a5442f8d2ead471c3931a5ee76',
    compute: (provider) => sha256(provider, provider.mlkem1024.keygenFromSeed(ZERO_32, ZERO_32).encapsulationKey),
  },
  {
    // the same test; expected: SHA-256 of the published ciphertext, which must decapsulate
    primitive: 'ml-kem-1024 encapsulate',
    expected: '542bc0ef96b3120b2561c2f10735d1ab57f639b4a7292c5b7dcfe2111278fab7',
    compute(provider) {
      const { mlkem1024 } = provider;
      return sha256(
        provider,
        mlkem1024.encapsulate(mlkem1024.keygenFromSeed(ZERO_32, ZERO_32).encapsulationKey, ZERO_32).ciphertext,
      );
    },
  },
  {
    primitive: 'ml-kem-1024 decapsulate',
    expected: '760a9793cd6c81c3cdeb8c679ae7f5741caaa97452898345fc081fef29069885',
    compute({ mlkem1024 }) {
      const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(ZERO_32, ZERO_32);
      return mlkem1024.decapsulate(decapsulationKey, mlkem1024.encapsulate(encapsulationKey, ZERO_32).ciphertext);
    },
  },
];

function passes({ expected, compute }: KnownAnswer, provider: CryptoProvider): boolean {
  try {
    const got = compute(provider);
    return (typeof got === 'boolean' ? String(got) : bytesToHex(got)) === expected;
  } catch {
    return false; // a primitive that throws on a known answer has failed its test, whatever it threw
  }
}

/** Runs one known-answer test per primitive, each from a published source. */
export function selfTest(provider: CryptoProvider): readonly SelfTestResult[] {
  return KNOWN_ANSWERS.map((answer) => ({ primitive: answer.primitive, passed: passes(answer, provider) }));
}
