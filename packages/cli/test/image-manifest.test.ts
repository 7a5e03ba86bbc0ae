import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { file, hex, makeBundle, pattern, read, rootcap, temporaryDirectory } from './helpers.ts';

const directory = temporaryDirectory();
const IMAGES = [
  { fwId: 9, digest: 'ab'.repeat(48), ignoreAuthCheck: true, imageSource: 'stagingAddress', imageStagingAddress: 4096 },
  { fwId: 2, image: 'mcu.bin', execBit: 2, componentId: '0x10', classification: 3, imageLoadAddress: '0x121c00000' },
];
file(directory, 'mcu.bin', pattern(100));
file(directory, 'images.json', JSON.stringify(IMAGES));

const manifest = (...argv: readonly string[]) => rootcap(['image', 'manifest', ...argv], { cwd: directory });
const build = (output: string, ...options: readonly string[]) =>
  manifest('build', '--images', 'images.json', '-o', output, ...options);

describe('image manifest', () => {
  test('inspect shows what build was given', async () => {
    expect((await build('a.bin', '--demo-keys', '--svn', '7')).code).toBe(0);
    const { out } = await manifest('inspect', 'a.bin', '--json');
    const parsed = JSON.parse(out) as { images: { digest: string }[] };
    expect(parsed).toMatchObject({
      kind: 'authorization',
      svn: 7,
      images: [
        { fwId: 9, digest: 'ab'.repeat(48), ignoreAuthCheck: true, imageSource: 'stagingAddress', execBit: 0 },
        { fwId: 2, execBit: 2, componentId: 16, classification: 3, imageLoadAddress: String(0x1_21c0_0000) },
      ],
    });
    expect(parsed.images[1]?.digest).toHaveLength(96);
    const text = await manifest('inspect', 'a.bin');
    expect(text.out).toContain('digest NOT compared');
    expect(text.out).toContain("not checked, ML-DSA-87 not checked: vendor's firmware key");
    const any = await rootcap(['inspect', 'a.bin'], { cwd: directory });
    expect(any.out).toMatch(/^soc-manifest: SoC manifest.*30696 bytes/);
    expect(any.out).toMatch(/005f08 +48 {2}digest/);
  });

  test.each([[['--demo-keys']], [['--demo-keys', '--pqc', 'lms']], [['--demo-keys', '--owner-only']]])(
    'build, verify, and the same by requests: %j',
    async (options) => {
      const pqc = options.includes('lms') ? ['--pqc', 'lms'] : [];
      const bundle = await makeBundle(directory, ...pqc);
      const built = await build('b.bin', ...options);
      expect([built.code, built.err]).toEqual([0, expect.stringContaining('never for production')]);
      const verified = await manifest('verify', 'b.bin', '--firmware', bundle, '--json');
      expect(JSON.parse(verified.out)).toMatchObject({ accepted: true, fwIds: [2, 9] });
      const requests = ['--images', 'images.json', '-o', 'unsigned.bin', '--requests', 'requests.json'];
      expect((await manifest('sign-requests', ...requests, ...options)).code).toBe(0);
      const signed = await manifest('sign', 'requests.json', '--demo-keys', '-o', 'signatures.json');
      expect(signed.out).toContain('ownerManifest');
      await manifest('attach', 'unsigned.bin', '--signatures', 'signatures.json', '-o', 'c.bin');
      expect(hex(read(directory, 'c.bin'))).toBe(hex(read(directory, 'b.bin')));
    },
  );

  test('key files of each party', async () => {
    const keys = (name: string) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
      const ecc = file(directory, `${name}.pem`, privateKey.export({ format: 'pem', type: 'pkcs8' }));
      return { ecc, mldsa: file(directory, `${name}.seed`, hex(pattern(32, name.length))) };
    };
    const [vendor, owner, manifestOwner] = [keys('vendor'), keys('owner'), keys('manifest-owner')];
    const payloads = ['--fmc', 'mcu.bin', '--runtime', 'mcu.bin', '-o', 'own-bundle.bin'];
    const party = (name: string, { ecc, mldsa }: typeof owner) => [
      `--${name}-ecc-key`,
      ecc,
      `--${name}-mldsa-key`,
      mldsa,
    ];
    await rootcap(['image', 'build', ...payloads, ...party('vendor', vendor), ...party('owner', owner)], {
      cwd: directory,
    });
    const parties = [...party('vendor-firmware', vendor), ...party('owner-firmware', owner)];
    expect((await build('own.bin', ...parties, ...party('owner-manifest', manifestOwner))).code).toBe(0);
    expect((await manifest('verify', 'own.bin', '--firmware', 'own-bundle.bin')).code).toBe(0);
    const inspected = await manifest('inspect', 'own.bin', '--firmware', 'own-bundle.bin');
    expect(inspected.out).toContain("ECDSA P-384 none, ML-DSA-87 none: vendor's manifest key");
    // The owner's manifest key did not sign as the vendor.
    const wrong = await build(
      'wrong.bin',
      ...party('vendor-firmware', owner),
      ...party('owner-firmware', owner),
      ...party('owner-manifest', owner),
    );
    expect(wrong.code).toBe(0);
    const refused = await manifest('verify', 'wrong.bin', '--firmware', 'own-bundle.bin', '--json');
    expect(JSON.parse(refused.out)).toMatchObject({
      error: { symbol: 'RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', code: '0x000e0047' },
    });
    expect(refused.err).toMatch(/vendor's ECC signature does not fit/);
  });

  test.each([
    [['--svn', '8'], /older than its rollback fuse/],
    [['--max-svn', '6'], /above 128 or above its maximum fuse/],
    [['--pqc-key-type', '3'], /another second signature algorithm than the fuse/],
    [['--beside', 'owner.bin'], /lists a firmware id twice, or one that the owner/],
  ])('verify %j is refused', async (options, meaning) => {
    const bundle = await makeBundle(directory);
    await build('d.bin', '--demo-keys', '--svn', '7');
    await build('owner.bin', '--demo-keys', '--owner-only');
    const { code, err, out } = await manifest('verify', 'd.bin', '--firmware', bundle, ...options);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(meaning);
  });

  test.each<[string, unknown, RegExp]>([
    ['no list', {}, /--images: expected a JSON array/],
    ['an unknown name', [{ fwId: 1, digest: 'ab'.repeat(48), adress: 1 }], /\[0\]: nothing is called adress/],
    ['no digest', [{ fwId: 1 }], /\[0\]: expected either digest or image/],
    ['a short digest', [{ fwId: 1, digest: 'ab' }], /\[0\]\.digest: expected 48 bytes/],
    ['no file', [{ fwId: 1, image: 'none.bin' }], /\[0\]\.image: cannot read none\.bin/],
    ['a source', [{ fwId: 1, image: 'mcu.bin', imageSource: 'moon' }], /imageSource: expected one of inRequest/],
    ['an address', [{ fwId: 1, image: 'mcu.bin', imageLoadAddress: -1 }], /imageLoadAddress: expected an address/],
    ['a flag', [{ fwId: 1, image: 'mcu.bin', ignoreAuthCheck: 1 }], /ignoreAuthCheck: expected true or false/],
    [
      'an id twice',
      [
        { fwId: 1, image: 'mcu.bin' },
        { fwId: 1, image: 'mcu.bin' },
      ],
      /1 is there twice/,
    ],
  ])('a list of images with %s is wrong usage', async (_, images, message) => {
    file(directory, 'bad.json', JSON.stringify(images));
    const { code, err } = await manifest('build', '--images', 'bad.json', '--demo-keys', '-o', 'x.bin');
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test.each([
    [['build', '--images', 'images.json', '-o', 'x'], /--demo-keys: missing, or --owner-firmware-ecc-key/],
    [['build', '--images', 'images.json', '-o', 'x', '--demo-keys', '--owner-manifest-ecc-key', 'y'], /give either/],
    [
      ['build', '--images', 'images.json', '-o', 'x', '--owner-manifest-ecc-key', 'y'],
      /--owner-manifest-mldsa-key: missing/,
    ],
    [['build', '--images', 'images.json', '-o', 'x', '--pqc', 'lms'], /spends a leaf/],
    [['sign', 'images.json', '--demo-keys', '-o', 'x'], /expected a JSON object of signing requests/],
    [['sign', 'requests.json', '-o', 'x'], /none of the keys given/],
    [['sign', 'requests.json', '--as', 'me', '-o', 'x'], /--as: expected one of/],
    [['attach', 'mcu.bin', '--signatures', 'empty.json', '-o', 'x'], /expected the preamble of a SoC manifest/],
  ])('%j is wrong usage', async (argv, message) => {
    file(directory, 'empty.json', '{}');
    await manifest('sign-requests', '--images', 'images.json', '-o', 'u', '--requests', 'requests.json', '--demo-keys');
    const { code, err } = await manifest(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test('what is no SoC manifest is refused', async () => {
    const { code, err } = await manifest('inspect', 'mcu.bin');
    expect(code).toBe(1);
    expect(err).toMatch(/RUNTIME_INVALID_AUTH_MANIFEST_MARKER/);
  });
});
