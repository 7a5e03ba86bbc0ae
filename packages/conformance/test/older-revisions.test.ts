import {
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  createSign,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { acvpSet, PROVIDERS, runOne } from './helpers.ts';

/** Sets in layouts that this package's own vectors do not have; the expected values come from OpenSSL. */

const MESSAGE = Buffer.from('Attestation is a claim about a claim.');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

interface EcKey {
  readonly privateKey: KeyObject;
  readonly qx: string;
  readonly qy: string;
}

function ecKey(): EcKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' }) as { x?: string; y?: string };
  return { privateKey, qx: hex(Buffer.from(x, 'base64url')), qy: hex(Buffer.from(y, 'base64url')) };
}

function sign(key: KeyObject, hash: string, dsaEncoding: 'der' | 'ieee-p1363'): Buffer {
  return createSign(hash).update(MESSAGE).sign({ key, dsaEncoding });
}

const KEY = ecKey();

/** r and s as ACVP of revision 1.0 writes them. */
function rs(signature: Buffer): { r: string; s: string } {
  return { r: hex(signature.subarray(0, 48)), s: hex(signature.subarray(48)) };
}

const shake = (name: string, message: Uint8Array, size: number): Buffer =>
  createHash(name, { outputLength: size }).update(message).digest();

/** Results of the SHAKE Monte Carlo test, in bytes throughout, as the CAVP documents of FIPS 202 put it. */
function shakeMonteCarlo(name: string, seed: Buffer, min: number, max: number, rounds: number): object[] {
  let output = seed;
  let length = max;
  return Array.from({ length: rounds }, () => {
    let used = length;
    for (let i = 0; i < 1000; i++) {
      used = length;
      output = shake(name, Buffer.concat([output, Buffer.alloc(16)]).subarray(0, 16), length);
      length = min + (output.readUInt16BE(output.length - 2) % (max - min + 1));
    }
    return { md: hex(output), outLen: 8 * used };
  });
}

function xts(key: Buffer, unit: number, data: Buffer): Buffer {
  const tweak = Buffer.alloc(16);
  tweak.writeUInt32LE(unit);
  const cipher = createCipheriv('aes-256-xts', key, tweak);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

const XTS_KEY = createHash('sha512').update('key').digest();
const XTS_DATA = Buffer.from(Array.from({ length: 37 }, (_, i) => i));

const ACVP_SETS = {
  'ECDSA-SigGen-1.0': acvpSet('s', { algorithm: 'ECDSA', mode: 'sigGen', revision: '1.0' }, [
    {
      group: { curve: 'P-384', hashAlg: 'SHA2-512', componentTest: false },
      answerGroup: { qx: KEY.qx, qy: KEY.qy },
      tests: [{ input: { message: hex(MESSAGE) }, answer: rs(sign(KEY.privateKey, 'sha512', 'ieee-p1363')) }],
    },
    {
      group: { curve: 'P-384', hashAlg: 'SHA2-384', componentTest: true },
      answerGroup: { qx: KEY.qx, qy: KEY.qy },
      tests: [
        {
          input: { message: createHash('sha384').update(MESSAGE).digest('hex') },
          answer: rs(sign(KEY.privateKey, 'sha384', 'ieee-p1363')),
        },
      ],
    },
  ]),
  'ECDSA-SigVer-1.0': acvpSet('s', { algorithm: 'ECDSA', mode: 'sigVer', revision: '1.0' }, [
    {
      group: { curve: 'P-384', hashAlg: 'SHA2-256' },
      tests: [
        {
          input: { message: hex(MESSAGE), qx: KEY.qx, qy: KEY.qy, ...rs(sign(KEY.privateKey, 'sha256', 'ieee-p1363')) },
          answer: { testPassed: true },
        },
        {
          input: { message: hex(MESSAGE), qx: KEY.qx, qy: KEY.qy, ...rs(sign(KEY.privateKey, 'sha384', 'ieee-p1363')) },
          answer: { testPassed: false },
        },
        {
          input: { message: hex(MESSAGE), qx: KEY.qx, qy: KEY.qy, r: '00', s: '01' },
          answer: { testPassed: false },
        },
      ],
    },
  ]),
  'ECDSA-KeyVer-1.0': acvpSet('s', { algorithm: 'ECDSA', mode: 'keyVer', revision: '1.0' }, [
    {
      group: { curve: 'P-384' },
      tests: [
        { input: { qx: KEY.qx, qy: KEY.qy }, answer: { testPassed: true } },
        { input: { qx: KEY.qx, qy: KEY.qx }, answer: { testPassed: false } },
        { input: { qx: `01${KEY.qx}`, qy: KEY.qy }, answer: { testPassed: false } },
      ],
    },
  ]),
  'HMAC-SHA3-384-1.0': acvpSet('s', { algorithm: 'HMAC-SHA3-384', revision: '1.0' }, [
    {
      group: { keyLen: 16, msgLen: 8 * MESSAGE.length, macLen: 64 },
      tests: [
        {
          input: { key: '0B0B', msg: hex(MESSAGE) },
          answer: {
            mac: hex(createHmac('sha3-384', Buffer.from('0b0b', 'hex')).update(MESSAGE).digest().subarray(0, 8)),
          },
        },
      ],
    },
  ]),
  'SHAKE-128-1.0': acvpSet('s', { algorithm: 'SHAKE-128', revision: '1.0' }, [
    {
      group: { inBit: false, outBit: false },
      tests: [{ input: { msg: '00', len: 0 }, answer: { md: hex(shake('shake128', Buffer.alloc(0), 16)) } }],
    },
    {
      group: { testType: 'VOT' },
      tests: [
        {
          input: { msg: hex(MESSAGE), len: 8 * MESSAGE.length, outLen: 424 },
          answer: { md: hex(shake('shake128', MESSAGE, 53)), outLen: 424 },
        },
      ],
    },
    {
      group: { testType: 'MCT', minOutLen: 16, maxOutLen: 1024 },
      tests: [
        {
          input: { msg: hex(MESSAGE.subarray(0, 16)), len: 128 },
          answer: { resultsArray: shakeMonteCarlo('shake128', MESSAGE.subarray(0, 16), 2, 128, 3) },
        },
      ],
    },
  ]),
  'ACVP-AES-XTS-1.0': acvpSet('s', { algorithm: 'ACVP-AES-XTS', revision: '1.0' }, [
    {
      group: { direction: 'encrypt', keyLen: 256, tweakMode: 'number', payloadLen: 296 },
      tests: [
        {
          input: { key: hex(XTS_KEY), pt: hex(XTS_DATA), sequenceNumber: 200 },
          answer: { ct: hex(xts(XTS_KEY, 200, XTS_DATA)) },
        },
      ],
    },
    {
      group: { direction: 'decrypt', keyLen: 256, tweakMode: 'hex', payloadLen: 296 },
      tests: [
        {
          input: { key: hex(XTS_KEY), ct: hex(xts(XTS_KEY, 0x0102, XTS_DATA)), tweakValue: `0201${'00'.repeat(14)}` },
          answer: { pt: hex(XTS_DATA) },
        },
      ],
    },
  ]),
};

const WYCHEPROOF_FILES = {
  ecdsa_secp384r1_sha512_p1363: {
    algorithm: 'ECDSA',
    schema: 'ecdsa_p1363_verify_schema_v1.json',
    testGroups: [
      {
        type: 'EcdsaP1363Verify',
        publicKey: { curve: 'secp384r1', uncompressed: `04${KEY.qx}${KEY.qy}` },
        sha: 'SHA-512',
        tests: [
          { tcId: 1, msg: hex(MESSAGE), sig: hex(sign(KEY.privateKey, 'sha512', 'ieee-p1363')), result: 'valid' },
          { tcId: 2, msg: hex(MESSAGE), sig: hex(sign(KEY.privateKey, 'sha512', 'der')), result: 'invalid' },
          { tcId: 3, msg: '', sig: hex(sign(KEY.privateKey, 'sha512', 'ieee-p1363')), result: 'invalid' },
        ],
      },
    ],
  },
  ecdsa_secp384r1_sha3_384: {
    algorithm: 'ECDSA',
    schema: 'ecdsa_verify_schema_v1.json',
    testGroups: [
      {
        type: 'EcdsaVerify',
        publicKey: { curve: 'secp384r1', uncompressed: `04${KEY.qx}${KEY.qy}` },
        sha: 'SHA3-384',
        tests: [
          { tcId: 1, msg: hex(MESSAGE), sig: hex(sign(KEY.privateKey, 'sha3-384', 'der')), result: 'valid' },
          { tcId: 2, msg: hex(MESSAGE), sig: `${hex(sign(KEY.privateKey, 'sha3-384', 'der'))}00`, result: 'invalid' },
        ],
      },
    ],
  },
  ecdh_secp384r1_ecpoint: ecdhPoints(),
  hkdf_sha512: {
    algorithm: 'HKDF-SHA-512',
    schema: 'hkdf_test_schema_v1.json',
    testGroups: [
      {
        type: 'HkdfTest',
        tests: [
          {
            tcId: 1,
            ikm: hex(MESSAGE),
            salt: 'aa',
            info: 'bb',
            size: 100,
            okm: hex(
              new Uint8Array(hkdfSync('sha512', MESSAGE, Buffer.from('aa', 'hex'), Buffer.from('bb', 'hex'), 100)),
            ),
            result: 'valid',
          },
          { tcId: 2, ikm: hex(MESSAGE), salt: '', info: '', size: 255 * 64 + 1, okm: '', result: 'invalid' },
        ],
      },
    ],
  },
  hmac_sha3_384: {
    algorithm: 'HMACSHA3-384',
    schema: 'mac_test_schema_v1.json',
    testGroups: [
      {
        type: 'MacTest',
        tagSize: 384,
        tests: [
          {
            tcId: 1,
            key: '01',
            msg: hex(MESSAGE),
            tag: createHmac('sha3-384', Buffer.of(1)).update(MESSAGE).digest('hex'),
            result: 'valid',
          },
        ],
      },
    ],
  },
};

/** Shared secrets with a point in both forms, and with one that is on no curve. */
function ecdhPoints(): object {
  const [ours, theirs] = [createECDH('secp384r1'), createECDH('secp384r1')];
  ours.generateKeys();
  theirs.generateKeys();
  const shared = ours.computeSecret(theirs.getPublicKey()).toString('hex');
  const test = (tcId: number, point: string, result: string) => ({
    tcId,
    public: point,
    private: `00${ours.getPrivateKey('hex')}`,
    shared: result === 'valid' ? shared : '',
    result,
  });
  return {
    algorithm: 'ECDH',
    schema: 'ecdh_ecpoint_test_schema_v1.json',
    testGroups: [
      {
        type: 'EcdhEcpointTest',
        curve: 'secp384r1',
        encoding: 'ecpoint',
        tests: [
          test(1, theirs.getPublicKey('hex', 'uncompressed'), 'valid'),
          test(2, theirs.getPublicKey('hex', 'compressed'), 'valid'),
          test(3, `02${'ff'.repeat(48)}`, 'invalid'),
          test(4, `04${'01'.repeat(96)}`, 'invalid'),
          test(5, '', 'invalid'),
        ],
      },
    ],
  };
}

describe.each(PROVIDERS)('unseen sets, $id', ({ provider }) => {
  test.each(Object.entries(ACVP_SETS))('%s', (_, files) => {
    const { failures = [], notRun, passed } = runOne(files, { provider });
    expect({ failures, notRun }).toEqual({ failures: [], notRun: [] });
    expect(passed).toBeGreaterThan(0);
  });

  test.each(Object.entries(WYCHEPROOF_FILES))('%s', (name, file) => {
    const { failures = [], notRun, passed } = runOne({ [`${name}_test.json`]: file }, { provider });
    expect({ failures, notRun }).toEqual({ failures: [], notRun: [] });
    expect(passed).toBeGreaterThan(0);
  });
});

/** Messages of 5 bits: RFC 6234 §8.5 (TEST5 to TEST7 of each hash), SHA3-256 from NIST's FIPS 202 examples. */
const FIVE_BITS = [
  ['SHA-1', '98', '29826b003b906e660eff4027ce98af3531ac75ba'],
  ['SHA2-224', '68', 'e3b048552c3c387bcab37f6eb06bb79b96a4aee5ff27f51531a9551c'],
  ['SHA2-256', '68', 'd6d3e02a31a84a8caa9718ed6c2057be09db45e7823eb5079ce7a573a3760f95'],
  [
    'SHA2-384',
    '10',
    '8d17be79e32b6718e07d8a603eb84ba0478f7fcfd1bb93995f7d1149e09143ac1ffcfc56820e469f3878d957a15a3fe4',
  ],
  [
    'SHA2-512',
    'b0',
    'd4ee29a9e90985446b913cf1d1376c836f4be2c1cf3cada0720a6bf4857d886a7ecb3c4e4c0fa8c7f95214e41dc1b0d21b22a84cc03bf8ce4845f34dd5bdbad4',
  ],
  ['SHA3-256', '98', '7b0047cf5a456882363cbf0fb05322cf65f4b7059a46365e830132e3b5d957af'],
] as const;

describe('messages that are not whole bytes', () => {
  const set = (algorithm: string, msg: string, md: string) =>
    acvpSet('s', { algorithm, revision: '1.0' }, [{ tests: [{ input: { msg, len: 5 }, answer: { md } }] }]);

  test.each(FIVE_BITS)('%s of 5 bits', (algorithm, msg, md) => {
    expect(runOne(set(algorithm, msg, md))).toMatchObject({ passed: 1, failed: 0, notRun: [] });
  });

  test('are left out on request', () => {
    const [[algorithm, msg, md]] = FIVE_BITS;
    const { provider } = PROVIDERS[0];
    expect(runOne(set(algorithm, msg, md), { provider, bitMessages: false })).toMatchObject({
      passed: 0,
      notRun: [{ reason: 'messages that are not whole bytes', count: 1 }],
    });
  });
});

describe('large messages', () => {
  const [content, size] = ['0123456789abcdef', 3_000_000];
  const md = createHash('sha384')
    .update(Buffer.alloc(size, Buffer.from(content, 'hex')))
    .digest('hex');
  const largeMsg = { content, contentLength: 64, fullLength: 8 * size, expansionTechnique: 'repeating' };
  const set = acvpSet('s', { algorithm: 'SHA2-384', revision: '1.0' }, [
    { group: { testType: 'LDT' }, tests: [{ input: { largeMsg }, answer: { md } }] },
  ]);

  test.each(PROVIDERS)('are fed in pieces, $id', ({ provider }) => {
    expect(runOne(set, { provider })).toMatchObject({ passed: 1, failed: 0, notRun: [] });
  });

  test('above the limit they are not run', () => {
    const { provider } = PROVIDERS[0];
    expect(runOne(set, { provider, limits: { messageBytes: 2 ** 20 } }).notRun).toEqual([
      { reason: 'large-data test above 1 MiB', count: 1 },
    ]);
  });
});
