import { createPublicKey, generateKeyPairSync, type KeyObject, verify as nodeVerify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { errorJson } from '@rootcap/cli';
import { nodeProvider } from '@rootcap/crypto/node';
import { COMMAND_ID } from '@rootcap/firmware';
import { ownVectors, workingCopy } from '@rootcap/vectors';
import { createDevice, type DeviceError } from 'rootcap';
import {
  file,
  hasPack,
  hex,
  jsonOf,
  makeBundle,
  pattern,
  read,
  rootcap,
  temporaryDirectory,
  vectors,
} from './helpers.ts';

const directory = temporaryDirectory();

describe('the command itself', () => {
  test('--version and --help are data', async () => {
    const version = await rootcap(['--version']);
    expect([version.code, version.out, version.err]).toEqual([0, '0.1.0\n', '']);
    const help = await rootcap(['--help']);
    expect([help.code, help.err]).toEqual([0, '']);
    expect(help.out).toContain('Exit codes: 0 done, 1 refused or failed, 2 wrong usage.');
  });

  test.each([
    [[], /Usage: rootcap/],
    [['bot'], /unknown command 'bot'\n\(Did you mean boot\?\)/],
    [['boot', '--lifecyle', 'production'], /unknown option '--lifecyle'\n\(Did you mean --lifecycle\?\)/],
    [['image', 'inspec'], /Did you mean inspect\?/],
    [['error'], /missing required argument 'code-or-symbol'/],
    [['error', '1', '2'], /too many arguments/],
    [['image', 'build'], /required option '--fmc <file>' not specified/],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, err, out } = await rootcap(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});

describe('error', () => {
  test.each(['0x000b0003', '720899', '000B0003', 'image_verifier_err_vendor_pub_key_digest_invalid'])(
    '%s',
    async (query) => {
      const { code, out } = await rootcap(['error', query]);
      expect(code).toBe(0);
      expect(out).toContain('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_INVALID');
      expect(out).toContain('0x000b0003 (720899)');
      expect(out).toContain('the vendor key hash fuse is blank');
    },
  );

  test.each([
    ['0x000b7777', 1, /reported by the image verifier/],
    ['0x33330000', 1, /no error has the code 0x33330000\n/],
    ['lms_verify_nothing', 1, /no error is called LMS_VERIFY_NOTHING/],
    ['key digest?', 2, /code-or-symbol: "key digest\?" is neither/],
  ] as const)('unknown: %s', async (query, expected, message) => {
    const { code, err, out } = await rootcap(['error', query]);
    expect([code, out]).toEqual([expected, '']);
    expect(err).toMatch(message);
  });

  if (!hasPack('caliptra', 'error-codes.json')) test('left out: no error-codes.json', () => {});
  else
    test('knows every code of the firmware', async () => {
      const { errors } = jsonOf<{ errors: { name: string; code: string }[] }>('caliptra', 'error-codes.json');
      expect(errors.length).toBeGreaterThan(500);
      for (const { code, name } of errors) {
        const ran = await rootcap(['error', '--json', code]);
        expect(JSON.parse(ran.out)).toMatchObject({ symbol: name, code: Number(code), hex: code });
      }
    });
});

describe('image', () => {
  test('build is deterministic; inspect and verify agree with it', async () => {
    const bundle = await makeBundle(directory, '--svn', '7');
    const again = await rootcap(
      [
        'image',
        'build',
        '--fmc',
        'fmc.bin',
        '--runtime',
        'runtime.bin',
        '--demo-keys',
        '--svn',
        '7',
        '-o',
        'again',
        '--json',
      ],
      { cwd: directory },
    );
    const built = JSON.parse(again.out) as { vendorPkHash: string; ownerPkHash: string; size: number };
    expect(hex(read(directory, 'again'))).toBe(hex(read(bundle)));
    expect(built.size % 256).toBe(0);
    const inspected = await rootcap(['image', 'inspect', bundle, '--json']);
    expect(JSON.parse(inspected.out)).toMatchObject({
      svn: 7,
      pqcKeyType: 'mldsa',
      tocDigestValid: true,
      vendor: { pkHash: built.vendorPkHash, eccSignature: 'valid', pqcSignature: 'valid' },
      owner: { pkHash: built.ownerPkHash, eccSignature: 'valid', pqcSignature: 'valid' },
      fmc: { entry: { size: 4000, loadAddr: 0x4000_0000 }, digestValid: true },
      runtime: { entry: { size: 8000, loadAddr: 0x4000_0fa0 }, digestValid: true },
    });
    const verified = await rootcap(['image', 'verify', bundle]);
    expect([verified.code, verified.out.split('\n')[0]]).toEqual([0, 'accepted']);
    expect(verified.err).toContain('taken from the bundle itself');
    expect((await rootcap(['image', 'inspect', bundle])).out).toContain('ECDSA P-384 valid, ML-DSA-87 valid');
  });

  test.each([
    [['--svn', '8'], 'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE', /older than the rollback fuse/],
    [['--vendor-pk-hash', 'ab'.repeat(48)], 'IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_MISMATCH', /do not hash/],
    [['--ecc-revocation', '1'], 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_REVOKED', /revoked by fuse/],
    [['--pqc-key-type', '3'], 'IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_MISMATCH', /another second signature/],
  ])('verify %j is refused', async (options, symbol, meaning) => {
    const bundle = await makeBundle(directory, '--svn', '7');
    const text = await rootcap(['image', 'verify', bundle, ...options]);
    expect([text.code, text.out]).toEqual([1, '']);
    expect(text.err).toMatch(meaning);
    const asJson = await rootcap(['image', 'verify', bundle, '--json', ...options]);
    expect(JSON.parse(asJson.out)).toMatchObject({ error: { symbol } });
  });

  test('verify against a fuse file', async () => {
    const bundle = await makeBundle(directory, '--svn', '7');
    const fuses = file(directory, 'svn.json', JSON.stringify({ firmwareSvn: 8, antiRollbackDisable: false }));
    expect((await rootcap(['image', 'verify', bundle, '--fuses', fuses])).code).toBe(1);
    expect((await rootcap(['image', 'verify', bundle, '--fuses', fuses, '--anti-rollback-disable'])).code).toBe(0);
  });

  test.each([
    [['--svn', '129'], /--svn: expected an integer in 0\.\.128, got "129"/],
    [['--revision', 'zz'], /--revision: expected hexadecimal bytes/],
    [['--owner-ecc-key', 'fmc.bin'], /--demo-keys: give either/],
    [['--vendor-not-before', '2026'], /vendorNotBefore/],
  ])('build %j is wrong usage', async (options, message) => {
    await expect(makeBundle(directory, ...options)).rejects.toThrow(message);
  });

  test('what is no bundle is refused', async () => {
    const path = file(directory, 'short', pattern(100));
    for (const command of ['inspect', 'verify']) {
      const { code, err } = await rootcap(['image', command, path]);
      expect(code).toBe(1);
      expect(err).toMatch(/ImageManifest/);
    }
  });
});

/** OpenSSL's P-384 key in PEM, and a seed of an ML-DSA-87 key in hexadecimal. */
function keyFiles(name: string): { readonly ecc: string; readonly mldsa: string; readonly publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const pem = privateKey.export({ format: 'pem', type: name.length % 2 === 0 ? 'pkcs8' : 'sec1' });
  const ecc = file(directory, `${name}.pem`, pem);
  const seed = hex(pattern(32, name.length));
  return { ecc, mldsa: file(directory, `${name}.seed`, seed), publicKey };
}

describe('key files', () => {
  test('a bundle signed with them boots a device fused for them', async () => {
    const vendor = keyFiles('vendor');
    const owner = keyFiles('owner');
    await makeBundle(directory);
    const keys = ['--vendor-ecc-key', vendor.ecc, '--vendor-mldsa-key', vendor.mldsa];
    keys.push('--owner-ecc-key', owner.ecc, '--owner-mldsa-key', owner.mldsa);
    const payloads = ['--fmc', 'fmc.bin', '--runtime', 'runtime.bin', '-o', 'own.bin', '--json'];
    const built = await rootcap(['image', 'build', ...payloads, ...keys], { cwd: directory });
    expect(built.code).toBe(0);
    const hashes = await rootcap(['fuses', 'hash', '--json', ...keys]);
    const { ownerPkHash, vendorPkHash } = JSON.parse(hashes.out) as Readonly<Record<string, string>>;
    expect(JSON.parse(built.out)).toMatchObject({ ownerPkHash, vendorPkHash });
    const fuses = file(directory, 'own.json', JSON.stringify({ ownerPkHash, vendorPkHash, firmwareSvn: 0 }));
    const booted = await rootcap(['boot', '--quiet', '--json', '--firmware', 'own.bin', '--fuses', fuses], {
      cwd: directory,
    });
    expect([booted.code, (JSON.parse(booted.out) as { valid: boolean }).valid]).toEqual([0, true]);
  });

  test('ML-DSA-87 keys in all forms of RFC 9881 are the same key', async () => {
    const seed = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
    const { secretKey } = nodeProvider().mldsa87.keygenFromSeed(seed);
    // The seed's encoding is the example of RFC 9881 appendix C.1; the other two have the lengths of the longer contents.
    const example = 'MDQCAQAwCwYJYIZIAWUDBAMTBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\nGhscHR4f\n';
    const algorithm = '020100300b0609608648016503040313';
    const expanded = Buffer.from(`30821338${algorithm}0482132404821320${hex(secretKey)}`, 'hex');
    const both = Buffer.from(`3082135e${algorithm}0482134a308213460420${hex(seed)}04821320${hex(secretKey)}`, 'hex');
    const forms = [
      file(directory, 'k1', `-----BEGIN PRIVATE KEY-----\n${example}-----END PRIVATE KEY-----\n`),
      file(directory, 'k2', expanded),
      file(directory, 'k3', both),
      file(directory, 'k4', seed),
      file(directory, 'k5', secretKey),
      file(directory, 'k6', hex(nodeProvider().mldsa87.publicKeyOf(secretKey))),
    ];
    const { ecc } = keyFiles('form');
    const hashes = await Promise.all(
      forms.map(async (path) => {
        const argv = ['--owner-ecc-key', ecc, '--owner-mldsa-key', path];
        return (await rootcap(['fuses', 'hash', ...argv])).out;
      }),
    );
    expect(hashes[0]).toMatch(/ownerPkHash {2}[0-9a-f]{96}/);
    expect(new Set(hashes).size).toBe(1);
  });

  test.each([
    [
      'P-256 key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ],
    ['no key at all', 'hello'],
  ])('%s is no P-384 key', async (_, contents) => {
    const path = file(directory, 'bad.pem', contents);
    const { code, err } = await rootcap(['fuses', 'hash', '--vendor-ecc-key', path, '--pqc', 'mldsa']);
    expect(code).toBe(2);
    expect(err).toMatch(/--vendor-ecc-key: .*bad\.pem is no ecc public key/);
  });
});

describe('fuses', () => {
  test.each([
    [['svn', '7'], 'svn   7\nfuse  0x0000007f 0x00000000 0x00000000 0x00000000\n'],
    [['svn', '0xffffffff', '1', '0', '0'], 'svn   33\nfuse  0xffffffff 0x00000001 0x00000000 0x00000000\n'],
    [['revocation', '0', '2'], 'keys     ecc\nmask     0x00000005\nrevoked  0, 2\n'],
    [['revocation', '--keys', 'lms', '--mask', '0x80000001'], 'keys     lms\nmask     0x80000001\nrevoked  0, 31\n'],
  ])('%j', async (argv, expected) => {
    const { code, err, out } = await rootcap(['fuses', ...argv]);
    expect([code, out, err]).toEqual([0, expected, '']);
  });

  test.each([
    [['svn', '129'], /svn: expected an integer in 0\.\.128, got 129/],
    [['svn', '1', '2'], /one number or 4 fuse words/],
    [['svn', 'seven'], /svn: expected an integer/],
    [['revocation', '4'], /indices: expected integers in 0\.\.3/],
    [['revocation'], /index: give key indices/],
    [['hash'], /bundle: give a bundle/],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, err, out } = await rootcap(['fuses', ...argv]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  test('view hides secrets unless asked', async () => {
    const seed = 'c5'.repeat(64);
    const path = file(directory, 'secret.json', JSON.stringify({ udsSeed: seed, firmwareSvn: [3, 0, 0, 0] }));
    const hidden = await rootcap(['fuses', 'view', path]);
    expect(hidden.out).toContain('<64 bytes, secret>');
    expect(hidden.out + hidden.err).not.toContain('c5c5');
    expect((await rootcap(['fuses', 'view', path, '--json'])).out).not.toContain('c5c5');
    const { out } = await rootcap(['fuses', 'view', path, '--json', '--show-secrets']);
    const { fuses } = JSON.parse(out) as {
      fuses: { name: string; value?: string; decoded?: string; source: string }[];
    };
    expect(fuses).toHaveLength(19);
    expect(fuses[0]).toMatchObject({ name: 'udsSeed', register: 'FUSE_UDS_SEED', value: seed, source: 'file' });
    expect(fuses.find(({ name }) => name === 'firmwareSvn')).toMatchObject({ decoded: 'SVN 2' });
    expect(fuses.find(({ name }) => name === 'hekSeed')).toMatchObject({ source: 'not burnt' });
  });

  test.each([
    ['{', /file: no JSON/],
    ['[]', /expected a JSON object of fuses/],
    ['{"udsSed":"00"}', /file: udsSed: no such fuse; known are udsSeed/],
    ['{"udsSeed":"00"}', /file: udsSeed: expected 64 bytes, got 1/],
    ['{"udsSeed":7}', /file: udsSeed: expected hexadecimal text, got number/],
    ['{"firmwareSvn":129}', /firmwareSvn: 129 is not in 0\.\.128/],
    ['{"pqcKeyType":4}', /pqcKeyType: 4 does not fit 2 bits/],
    ['{"antiRollbackDisable":1}', /expected true or false/],
    ['{"idevidCertAttr":3}', /expected a list of words/],
  ])('view refuses %s', async (contents, message) => {
    const { code, err } = await rootcap(['fuses', 'view', '-'], { stdin: Buffer.from(contents) });
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toContain('undefined');
  });

  if (!hasPack('caliptra', 'fake-keys.json')) test('left out: no fake-keys.json', () => {});
  else
    test("hash: Caliptra's fake keys give the hashes that the recorded devices have fused", async () => {
      interface Key {
        readonly x: string;
        readonly y: string;
        readonly pub: string;
      }
      type Keys = Readonly<Record<'ecc' | 'mldsa' | 'lms', readonly Key[]>>;
      const { vendor } = jsonOf<{ vendor: Keys }>('caliptra', 'fake-keys.json');
      const { fuses } = jsonOf<{ fuses: Readonly<Record<string, string>> }>(
        'caliptra',
        'goldens',
        'a-passive-mldsa',
        'config.json',
      );
      const argv = vendor.ecc.flatMap(({ x, y }, i) => ['--vendor-ecc-key', file(directory, `ecc${i}`, x + y)]);
      vendor.mldsa.forEach(({ pub }, i) => void argv.push('--vendor-mldsa-key', file(directory, `mldsa${i}`, pub)));
      const { out } = await rootcap(['fuses', 'hash', ...argv]);
      expect(out).toContain(fuses.vendor_pk_hash);
    });
});

describe('chain', () => {
  const device = temporaryDirectory();

  test('verify and show', async () => {
    await rootcap(['boot', '--quiet', '--out', device]);
    const at = { cwd: device };
    const trusted = await rootcap(['chain', 'verify', 'chain-mldsa.pem', '--root', 'vendor-root-mldsa.der'], at);
    expect([trusted.code, trusted.err]).toEqual([0, '']);
    expect(trusted.out).toMatch(/VALID: 5 certificates, a trusted root vouches for it\n$/);
    const leafFirst = ['rt-alias', 'fmc-alias', 'ldevid', 'idevid'].map((name) => `${name}-ecdsa.der`);
    const dated = await rootcap(
      ['chain', 'verify', ...leafFirst, '--root', 'vendor-root-ecdsa.pem', '--at', '2026-01-01', '--json'],
      at,
    );
    expect([dated.code, JSON.parse(dated.out)]).toMatchObject([0, { valid: true, anchor: 'trusted', findings: [] }]);
    const shown = await rootcap(['chain', 'show', 'fmc-alias-csr-mldsa.pem', 'rt-alias-ecdsa.der', '--json'], at);
    expect(JSON.parse(shown.out)).toMatchObject({
      certificates: [
        { kind: 'request', layer: 'fmc-alias', algorithm: 'mldsa87' },
        { kind: 'certificate', layer: 'rt-alias', algorithm: 'ecdsa-p384' },
      ],
    });
    expect((await rootcap(['chain', 'show', 'idevid-ecdsa.pem'], at)).out).toContain('IDevID: the device itself');
  });

  test.each([
    [['chain-ecdsa.pem', '--root', 'vendor-root-mldsa.pem'], 1, /NOT VALID/],
    [['chain-ecdsa.pem', '--at', '2020-01-01'], 1, /NOT VALID/],
    [['ldevid-ecdsa.der', 'rt-alias-ecdsa.der', '--root', 'vendor-root-ecdsa.pem'], 1, /NOT VALID/],
    [['pcr-log.bin'], 1, /certificates/],
    [['fmc-alias-csr-ecdsa.pem'], 1, /file: no certificate in it/],
    [['chain-ecdsa.pem', '--at', 'today'], 2, /--at: expected YYYY-MM-DD/],
    [['chain-ecdsa.pem', '--root', 'none'], 2, /--root: cannot read none/],
    [['none'], 2, /file: cannot read none/],
  ])('verify %j', async (argv, expected, message) => {
    const { code, err, out } = await rootcap(['chain', 'verify', ...argv], { cwd: device });
    expect(code).toBe(expected);
    expect(out + err).toMatch(message);
  });
});

describe('debug-unlock', () => {
  test('token-hash is SHA-512', async () => {
    // FIPS 180-4 of 32 zero bytes, from OpenSSL.
    const expected =
      '5046adc1dba838867b2bbbfdd0c3423e58b57970b5267a90f57960924a87f1960a6a85eaa642dac835424b5d7c8d637c00408c7a73da672b7f498521420b6dd3';
    expect((await rootcap(['debug-unlock', 'token-hash', '00'.repeat(32)])).out).toBe(`${expected}\n`);
    const { code, err } = await rootcap(['debug-unlock', 'token-hash', '00']);
    expect([code, err]).toEqual([2, 'error: token: expected 32 bytes, got 1\n']);
  });

  /** A response with header, as the wire has it. */
  function challengeFile(): string {
    const response = Buffer.alloc(92);
    response.writeUInt32LE(21, 8);
    response.set(pattern(32, 5), 12);
    response.set(pattern(48, 9), 44);
    response.writeUInt32LE(-response.reduce((sum, byte) => sum + byte, 0) >>> 0, 0);
    return file(directory, 'challenge.bin', response);
  }

  test('sign-challenge: both signatures are over UDI, level and challenge', async () => {
    const keys = keyFiles('debug');
    const argv = ['--level', '3', '--ecc-key', keys.ecc, '--mldsa-key', keys.mldsa];
    const ran = await rootcap(
      ['debug-unlock', 'sign-challenge', challengeFile(), ...argv, '-o', 'token.bin', '--json'],
      {
        cwd: directory,
      },
    );
    expect(JSON.parse(ran.out)).toEqual({ output: 'token.bin', command: 0x5044_5554, size: 7504 });
    const token = Buffer.from(read(directory, 'token.bin'));
    expect(token.readUInt32LE(4)).toBe((7504 - 4) / 4);
    expect(hex(token.subarray(8, 92))).toBe(`${hex(pattern(32, 5))}03000000${hex(pattern(48, 9))}`);
    const signature = Buffer.from(token.subarray(92 + 96 + 2592, 92 + 96 + 2592 + 96)).swap32();
    const key = createPublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }));
    expect(nodeVerify('sha384', token.subarray(8, 92), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    const inspected = await rootcap(['inspect', 'token.bin'], { cwd: directory });
    expect(inspected.out).toContain('PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN');
  });

  test('a device that has the key hash fused takes the answer to its challenge', async () => {
    const { ecc, mldsa } = keyFiles('unlock');
    const keys = ['--ecc-key', ecc, '--mldsa-key', mldsa];
    const { out } = await rootcap(['debug-unlock', 'key-hash', ...keys, '--json']);
    const device = createDevice({ subsystemMode: true, debugIntent: true, debugServiceRequest: 0b10 });
    device.chip.mci.setDebugUnlockHash(3, Buffer.from((JSON.parse(out) as { hash: string }).hash, 'hex'));
    device.burnFuses();
    device.run();
    const request = Uint8Array.of(2, 0, 0, 0, 3, 0, 0, 0);
    const { data } = device.mailbox.execute('PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request);
    const challenge = file(directory, 'real-challenge.bin', data);
    const argv = ['--level', '3', ...keys, '-o', 'answer.bin'];
    expect((await rootcap(['debug-unlock', 'sign-challenge', challenge, ...argv], { cwd: directory })).code).toBe(0);
    device.mailbox.send(0x5044_5554, read(directory, 'answer.bin'));
    expect(device.errors.fatal).toBe(0);
    expect(device.chip.soc.field('SS_DBG_SERVICE_REG_RSP', 'prod_dbg_unlock_success')).toBe(1);
    expect(device.chip.soc.get('SS_SOC_DBG_UNLOCK_LEVEL')).toBe(1 << 2);
  });

  test('key-hash takes public and private keys alike', async () => {
    const { ecc, mldsa, publicKey } = keyFiles('debug2');
    const hash = async (eccKey: string) =>
      (await rootcap(['debug-unlock', 'key-hash', '--ecc-key', eccKey, '--mldsa-key', mldsa])).out;
    const spki = file(directory, 'public.pem', publicKey.export({ format: 'pem', type: 'spki' }));
    expect(await hash(ecc)).toMatch(/^hash {3}[0-9a-f]{96}\nwords {2}(0x[0-9a-f]{8} ?){12}\n$/);
    expect(await hash(spki)).toBe(await hash(ecc));
  });

  test('a challenge with a wrong checksum is refused', async () => {
    const { ecc, mldsa } = keyFiles('debug');
    const path = file(directory, 'wrong.bin', pattern(92));
    const argv = ['--level', '1', '--ecc-key', ecc, '--mldsa-key', mldsa, '-o', 'x'];
    const { code, err } = await rootcap(['debug-unlock', 'sign-challenge', path, ...argv], { cwd: directory });
    expect([code, err]).toEqual([1, 'error: challenge: its checksum is wrong\n']);
  });
});

describe('inspect', () => {
  const device = temporaryDirectory();

  test('recognises what boot writes', async () => {
    await rootcap(['boot', '--quiet', '--out', device]);
    const kinds = await Promise.all(
      [
        'chain-mldsa.pem',
        'ldevid-ecdsa.der',
        'fmc-alias-csr-mldsa.der',
        'idevid-csr-envelope.bin',
        'pcr-log.bin',
        'fuse-log.bin',
      ].map(async (name) => {
        const { code, out } = await rootcap(['inspect', name, '--json'], { cwd: device });
        return [code, (JSON.parse(out) as { kind: string }).kind];
      }),
    );
    expect(kinds).toEqual(
      ['pem', 'certificate', 'request', 'csr-envelope', 'pcr-log', 'fuse-log'].map((kind) => [0, kind]),
    );
  });

  test('fields have offset, size and value', async () => {
    const { out } = await rootcap(['inspect', 'idevid-csr-envelope.bin', '--json'], { cwd: device });
    const { sections } = JSON.parse(out) as {
      sections: { fields: { field: string; offset: number; size: number }[] }[];
    };
    expect(sections[0]?.fields.map(({ field, offset, size }) => [field, offset, size])).toEqual([
      ['marker', 0, 4],
      ['size', 4, 4],
      ['eccCsrLength', 8, 4],
      ['eccCsr', 12, 512],
      ['mldsaCsrLength', 524, 4],
      ['mldsaCsr', 528, 8192],
      ['mac', 8720, 64],
    ]);
    const text = await rootcap(['inspect', 'pcr-log.bin'], { cwd: device });
    expect(text.out).toContain('VendorPubKeyInfoHash');
  });

  test('bundle, manifest, fuse file, forced layout', async () => {
    const bundle = await makeBundle(directory);
    const text = await rootcap(['inspect', bundle]);
    expect(text.out).toMatch(/^ {2}000000 {5}4 {2}marker +\d+ \(0x324e4d43 "CMN2"\)$/m);
    const manifest = file(directory, 'manifest', read(bundle).slice(0, 16956));
    expect((await rootcap(['inspect', manifest])).out).toMatch(/^manifest:/);
    const fuses = file(directory, 'f.json', '{"udsSeed":null,"firmwareSvn":3}');
    expect((await rootcap(['inspect', fuses])).out).toContain('<64 bytes, secret>');
    const forced = await rootcap(['inspect', manifest, '--as', 'ImageHeader', '--offset', '16588', '--json']);
    expect(forced.code).toBe(0);
    const list = await rootcap(['inspect', '--list', '--json']);
    expect((JSON.parse(list.out) as { layouts: string[] }).layouts).toEqual(
      expect.arrayContaining(['DataVault', 'FirmwareHandoffTable', 'ImageManifest', 'QuotePcrsMldsa87Resp']),
    );
  });

  test('mailbox messages, handoff table and snapshot of a running device', async () => {
    const running = createDevice().boot();
    const look = async (data: Uint8Array) => {
      const { code, out } = await rootcap(['inspect', '-', '--json'], { stdin: data });
      expect(code).toBe(0);
      const { kind, sections } = JSON.parse(out) as { kind: string; sections: { title: string }[] };
      return [kind, ...sections.map(({ title }) => title)];
    };
    const execute = (name: 'FW_INFO' | 'GET_LDEV_MLDSA87_CERT' | 'GET_IDEV_ECC384_INFO') =>
      look(running.mailbox.execute(name).data);
    expect(await execute('GET_LDEV_MLDSA87_CERT')).toEqual(['response', 'MailboxRespHeaderVarSize', 'certificate 0']);
    expect(await execute('GET_IDEV_ECC384_INFO')).toEqual([
      'response',
      'GetIdevEcc384InfoResp',
      'CmEcdsaPublicKeyResp',
      'CmEcdsaSignResp',
    ]);
    expect(await execute('FW_INFO')).toEqual(['response', 'FwInfoResp']);
    expect((await look(running.context.persistent.rom.slice('fht').slice()))[0]).toBe('fht');
    expect((await look(Buffer.from(JSON.stringify(running.snapshot()))))[0]).toBe('snapshot');
    // VERSION without arguments: checksum = -(0x46 + 0x50 + 0x56 + 0x52).
    expect(await look(Uint8Array.of(0xc2, 0xfe, 0xff, 0xff))).toEqual(['command', 'VERSION']);
  });

  test('a private key is not shown', async () => {
    const { ecc } = keyFiles('quiet');
    const { out } = await rootcap(['inspect', ecc]);
    expect(out).toContain('not shown');
  });

  test.each([
    [['nothing'], 1, /nothing known looks like/],
    [['nothing', '--as', 'Nothing'], 2, /--as: nothing is called Nothing/],
    [['nothing', '--as', 'ImageManifest'], 1, /ImageManifest/],
    [['nothing', '--as', 'certificate'], 1, /certificate/],
    [[], 2, /file: missing/],
  ])('%j', async (argv, expected, message) => {
    file(directory, 'nothing', pattern(33));
    const { code, err, out } = await rootcap(['inspect', ...argv], { cwd: directory });
    expect([code, out]).toEqual([expected, '']);
    expect(err).toMatch(message);
  });

  if (!hasPack('caliptra', 'goldens')) test('left out: no goldens pack', () => {});
  else
    test('recorded structures of the real firmware', async () => {
      const inspect = async (...path: string[]) => {
        const { out } = await rootcap(['inspect', vectors('caliptra', 'goldens', 'b-passive-lms', ...path), '--json']);
        return (JSON.parse(out) as { kind: string; sections: object[] }) ?? {};
      };
      expect(await inspect('idevid_csr_envelope.bin')).toMatchObject({ kind: 'csr-envelope' });
      expect(await inspect('boot-certs', 'fmc_alias_csr_ecc.der')).toMatchObject({ kind: 'request' });
      const chain = await inspect('boot-certs', 'dpe_cert_chain_mldsa.bin');
      expect(chain).toMatchObject({ kind: 'certificate' });
      expect(chain.sections.length).toBeGreaterThanOrEqual(3);
    });
});

describe('conformance', () => {
  test.each([
    [['no-such-directory'], 2, /directory: no-such-directory is no directory/],
    [['.'], 1, /none was found/],
    [['.', '--only', '('], 2, /--only: "\(" is no regular expression/],
    [['.', '--sample', 'x'], 1, /none was found/],
  ])('%j', async (argv, expected, message) => {
    const { code, err, out } = await rootcap(['conformance', ...argv], { cwd: temporary });
    expect([code, out]).toEqual([expected, '']);
    expect(err).toMatch(message);
  });
  const temporary = temporaryDirectory();

  test.each([
    ['', /ROOTCAP_VECTORS: expected a directory of vector packs, got an empty text/],
    ['nowhere', /ROOTCAP_VECTORS: .*nowhere is none/],
  ])('a variable that names nothing is wrong usage: "%s"', async (value, message) => {
    const { code, err, out } = await rootcap(['conformance'], { cwd: temporary, env: { ROOTCAP_VECTORS: value } });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  test('the vectors of the project', async () => {
    const { code, out } = await rootcap(['conformance', ownVectors(workingCopy() as string), '--only', 'identity']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ok {3}identity {2}10 passed, 0 failed, 0 not run/);
  });

  if (!hasPack('wycheproof')) test('left out: no wycheproof pack', () => {});
  else
    test.each(['node', 'portable'])('a sample with provider %s, --json is exactly one object', async (provider) => {
      const argv = ['conformance', vectors('wycheproof'), '--only', 'hmac_sha384|mlkem_1024_encaps', '--sample', '5'];
      const text = await rootcap([...argv, '--provider', provider]);
      expect([text.code, text.err]).toEqual([0, '']);
      expect(text.out.trimEnd().split('\n')).toHaveLength(3);
      const { code, err, out } = await rootcap([...argv, '--provider', provider, '--json']);
      expect([code, err]).toEqual([0, '']);
      const report = JSON.parse(out) as { suites: object[] };
      expect(Object.keys(report)).toEqual(['suites', 'passed', 'failed', 'notRun']);
      expect(report).toMatchObject({ passed: 10, failed: 0 });
      for (const suite of report.suites)
        expect(Object.keys(suite)).toEqual(['name', 'source', 'passed', 'failed', 'notRun']);
    });

  test('a wrong answer fails, with its details on stderr', async () => {
    const cases = [{ tcId: 1, key: '00'.repeat(48), msg: '', tag: 'ff'.repeat(48), result: 'valid', flags: [] }];
    const group = { type: 'MacTest', keySize: 384, tagSize: 384, tests: cases };
    const set = { algorithm: 'HMACSHA384', schema: 'mac_test_schema_v1.json', numberOfTests: 1, testGroups: [group] };
    file(temporary, 'wrong_test.json', JSON.stringify(set));
    const { code, err, out } = await rootcap(['conformance', temporary]);
    expect(code).toBe(1);
    expect(out).toMatch(/^FAIL .*0 passed, 1 failed, 0 not run/);
    expect(err).toMatch(/failed .*wrong.* 1: /);
  });
});

describe('errors as JSON', () => {
  test('a call that the device cannot take names code, operation and state', () => {
    const thrown = (): DeviceError => {
      try {
        createDevice().certificateChain('mldsa87');
      } catch (error) {
        return error as DeviceError;
      }
      throw new TypeError('nothing was thrown');
    };
    expect(errorJson(thrown())).toMatchObject({
      kind: 'DeviceError',
      code: 'wrong-state',
      operation: 'certificateChain',
      state: 'awaiting-fuses',
    });
  });
});

describe('commands', () => {
  test('all of them with layouts, stages and status; by a part of the name, by code, by status', async () => {
    const all = JSON.parse((await rootcap(['commands', '--json'])).out) as {
      readonly commands: readonly { readonly name: string; readonly status: string; readonly request: object | null }[];
    };
    expect(all.commands).toHaveLength(Object.keys(COMMAND_ID).length);
    expect(all.commands.find(({ name }) => name === 'EXTEND_PCR')).toMatchObject({
      hex: '0x50435245',
      code: 'PCRE',
      rom: null,
      runtime: { length: 'exact' },
      request: {
        name: 'ExtendPcrReq',
        size: 56,
        fields: [{ path: 'hdr.chksum' }, { path: 'pcr_idx', offset: 4 }, { path: 'data' }],
      },
      status: 'exact',
    });
    const { out, err } = await rootcap(['commands', 'PCRE']);
    expect([out.split('\n').length, err]).toEqual([3, '1 commands: 1 exact, 0 modelled, 0 absent\n']);
    const modelled = await rootcap(['commands', '--status', 'modelled']);
    expect(modelled.out).toContain('PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN');
    expect(await rootcap(['commands', 'nothing'])).toMatchObject({ code: 1, out: '' });
  });
});
