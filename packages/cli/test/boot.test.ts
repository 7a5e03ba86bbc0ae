import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createDevice } from 'rootcap';
import {
  file,
  hasPack,
  hex,
  jsonOf,
  makeBundle,
  type Ran,
  read,
  rootcap,
  temporaryDirectory,
  vectors,
} from './helpers.ts';

interface BootJson {
  readonly valid: boolean;
  readonly device: Readonly<Record<string, unknown>>;
  readonly firmware: Readonly<Record<string, unknown>>;
  readonly soc?: Readonly<Record<string, unknown>>;
  readonly bootStatuses: readonly { readonly name: string; readonly status: number }[];
  readonly keyVault: readonly { readonly slot: number; readonly usage: readonly string[]; readonly tenant?: object }[];
  readonly pcrs: readonly { readonly index: number; readonly value: string }[];
  readonly chains: Readonly<
    Record<
      string,
      {
        readonly valid: boolean;
        readonly anchor: string;
        readonly findings: readonly { readonly check: string }[];
        readonly certificates: readonly { readonly layer: string; readonly subject: string; readonly der: string }[];
      }
    >
  >;
}

const json = (out: string): BootJson => JSON.parse(out) as BootJson;
const LAYERS = ['root', 'idevid', 'ldevid', 'fmc-alias', 'rt-alias'];

/** One boot that several tests look at. */
let firstBoot: Promise<Ran> | undefined;
const booted = (): Promise<Ran> => {
  firstBoot ??= rootcap(['boot', '--json']);
  return firstBoot;
};

describe('boot', () => {
  test('--json is one object: a device at its runtime with two valid chains', async () => {
    const { code, err, out } = await booted();
    expect([code, err]).toEqual([0, '']);
    const { bootStatuses, chains, device, firmware, pcrs, valid } = json(out);
    expect(valid).toBe(true);
    expect(device).toMatchObject({ state: 'runtime', profile: '2.1.3', lifecycle: 'production', debugLocked: true });
    expect(firmware).toMatchObject({ svn: 5, fuseSvn: 3, pqcKeyType: 'mldsa' });
    expect(bootStatuses.at(-1)).toEqual({ name: 'RtReadyForCommands', status: 0x600 });
    expect(pcrs).toHaveLength(32);
    expect(Object.keys(chains)).toEqual(['ecdsa-p384', 'mldsa87']);
    for (const chain of Object.values(chains)) {
      expect(chain).toMatchObject({ valid: true, anchor: 'trusted', findings: [] });
      expect(chain.certificates.map(({ layer }) => layer)).toEqual(LAYERS);
    }
  });

  test('the same options print the same bytes; another seed gives the same identity', async () => {
    const first = await booted();
    expect((await rootcap(['boot', '--json'])).out).toBe(first.out);
    const other = json((await rootcap(['boot', '--json', '--seed', 'other'])).out);
    const subjects = (of: BootJson) => of.chains.mldsa87?.certificates.map(({ subject }) => subject);
    expect(subjects(other)).toEqual(subjects(json(first.out)));
  });

  test('no secret is printed', async () => {
    const runs = await Promise.all([rootcap(['boot']), booted()]);
    const device = createDevice().boot();
    const { fieldEntropy, udsSeed } = device.options.fuses;
    const secrets = [udsSeed, fieldEntropy, device.options.obfuscationKey, device.options.csrHmacKey].map((bytes) =>
      hex(bytes ?? new Uint8Array(0)),
    );
    for (let slot = 0; slot < 24; slot++) secrets.push(hex(device.chip.keyVault.inspect(slot)).slice(0, 64));
    const telling = secrets.filter((secret) => /[^0]/.test(secret));
    expect(telling.length).toBeGreaterThan(12);
    for (const { err, out } of runs) for (const secret of telling) expect(out + err).not.toContain(secret);
  });

  test('key slots say whose key they hold', async () => {
    const { keyVault } = json((await booted()).out);
    const bySlot = (slot: number) => keyVault.find((entry) => entry.slot === slot);
    expect(bySlot(4)).toMatchObject({ tenant: { layer: 'RT alias', role: 'CDI' }, bytes: 64, lockUse: false });
    expect(bySlot(7)).toMatchObject({
      tenant: { layer: 'FMC alias', role: 'ECDSA P-384 private key' },
      usage: ['ECC_PKEY'],
      bytes: 48,
      lockUse: true,
      earlier: [{ layer: 'IDevID' }],
    });
    expect(bySlot(3)).not.toHaveProperty('tenant');
  });

  test('text: progress on stderr, everything else on stdout', async () => {
    const { code, err, out } = await rootcap(['boot']);
    expect(code).toBe(0);
    expect(err.split('\n').filter((line) => /^(ROM|FMC|runtime) /.test(line))).toHaveLength(42);
    for (const control of ['\u001b', '\r']) expect(err + out).not.toContain(control);
    expect(out.match(/^VALID: 5 certificates, a trusted root vouches for it$/gm)).toHaveLength(2);
    expect(out).toContain('RT alias: the running firmware');
    expect((await rootcap(['boot', '--quiet'])).err).toBe('');
  });

  test('a terminal sees one line drawn over, in colour unless NO_COLOR is set', async () => {
    const coloured = await rootcap(['boot'], { tty: true });
    expect(coloured.err).toContain('\r\u001b[K');
    expect(coloured.out).toContain('\u001b[');
    expect((await rootcap(['boot'], { tty: true, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b[');
  });

  test.each([
    [['--lifecycle', 'manufacturing'], { lifecycle: 'manufacturing' }],
    [['--lifecycle', 'unprovisioned'], { lifecycle: 'unprovisioned' }],
    [['--profile', '2.0'], { profile: '2.0' }],
    [['--profile', '2.1.2'], { profile: '2.1.2' }],
    [['--subsystem'], { subsystemMode: true }],
    [['--subsystem', '--encrypted-mcu-firmware'], { subsystemMode: true }],
    [['--no-self-verify', '--request-csr'], {}],
  ])('%j boots and its chains are valid', async (options, expected) => {
    const { code, out } = await rootcap(['boot', '--json', ...options]);
    const { device, valid } = json(out);
    expect([code, valid]).toEqual([0, true]);
    expect(device).toMatchObject(expected);
  });

  test('--pqc lms', async () => {
    const { code, out } = await rootcap(['boot', '--json', '--pqc', 'lms']);
    expect([code, json(out).firmware.pqcKeyType, json(out).valid]).toEqual([0, 'lms', true]);
  });

  test('a device with debug unlocked has lost its secrets, so its chains do not reach the factory', async () => {
    const { code, err, out } = await rootcap(['boot', '--json', '--debug-unlocked']);
    expect(code).toBe(1);
    expect(json(out).chains.mldsa87).toMatchObject({ valid: false, findings: [{}, {}, { check: 'signature' }] });
    expect(err).toContain('secrets are gone');
  });
});

describe('boot --firmware', () => {
  const directory = temporaryDirectory();

  test('a bundle of the demo vendor boots', async () => {
    const bundle = await makeBundle(directory, '--svn', '9');
    const { code, out } = await rootcap(['boot', '--json', '--firmware', bundle]);
    expect([code, json(out).firmware.svn]).toEqual([0, 9]);
  });

  test('one of a stranger is refused with the code of ROM, unless the device is his', async () => {
    const bundle = await makeBundle(directory, '--pqc', 'lms', '--svn', '4');
    const refused = await rootcap(['boot', '--firmware', bundle, '--quiet']);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_MISMATCH (0x000b005c)');
    expect(refused.err).not.toContain(' at ');
    const asJson = await rootcap(['boot', '--firmware', bundle, '--json']);
    expect(JSON.parse(asJson.out)).toMatchObject({
      error: { kind: 'RotError', symbol: 'IMAGE_VERIFIER_ERR_PQC_KEY_TYPE_MISMATCH', code: '0x000b005c' },
    });
    expect((await rootcap(['boot', '--firmware', bundle, '--adopt-firmware', '--quiet'])).code).toBe(0);
  });

  test('a stack comes with DEBUG=rootcap only', async () => {
    const bundle = await makeBundle(directory, '--svn', '1');
    const { code, err } = await rootcap(['boot', '--quiet', '--firmware', bundle], { env: { DEBUG: 'rootcap' } });
    expect(code).toBe(1);
    expect(err).toContain('IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE');
    expect(err).toMatch(/\n {4}at /);
  });

  test.each([
    [['--firmware', 'no-such-file'], /--firmware: cannot read no-such-file: no such file/],
    [['--fuses', 'no-such-file'], /--fuses: cannot read/],
    [['--adopt-firmware'], /--adopt-firmware: needs a bundle/],
    [['--firmware', 'x', '--pqc', 'lms'], /--pqc: chooses the demo firmware/],
    [['--soc-manifest', 'x'], /--soc-manifest: only a subsystem/],
    [['--mcu-firmware', 'x'], /--mcu-firmware: only a subsystem/],
    [['--encrypted-mcu-firmware'], /--mcu-firmware: only a subsystem/],
    [['--profile', '3.0'], /Allowed choices are 2\.0, 2\.1\.2, 2\.1\.3/],
  ])('%j is wrong usage', async (options, message) => {
    const { code, err, out } = await rootcap(['boot', ...options]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});

describe('boot --subsystem', () => {
  const directory = temporaryDirectory();

  test.each([
    [[], true],
    [['--encrypted-mcu-firmware'], false],
  ])('with a demo manifest and firmware of the MCU, %j', async (options, mcuRuns) => {
    const { code, out } = await rootcap(['boot', '--json', '--subsystem', ...options]);
    expect([code, json(out).soc]).toEqual([0, { manifestSvn: 0, images: 1, mcuRuns }]);
  });

  test('or with others', async () => {
    const mcu = file(directory, 'mcu.bin', 'firmware of the MCU.');
    const images = file(directory, 'images.json', JSON.stringify([{ fwId: 2, image: 'mcu.bin', execBit: 2 }]));
    const build = ['image', 'manifest', 'build', '--images', images, '--svn', '7', '--demo-keys', '-o', 'manifest.bin'];
    expect((await rootcap(build, { cwd: directory })).code).toBe(0);
    const options = ['--subsystem', '--soc-manifest', join(directory, 'manifest.bin')];
    const booted = await rootcap(['boot', '--quiet', ...options, '--mcu-firmware', mcu]);
    expect([booted.code, booted.out]).toEqual([0, expect.stringContaining('manifest of SVN 7, 1 image; the MCU runs')]);
    const odd = await rootcap(['boot', ...options, '--mcu-firmware', file(directory, 'odd.bin', 'odd')]);
    expect([odd.code, odd.err]).toEqual([2, expect.stringContaining('--mcu-firmware: 3 bytes')]);
    const refused = await rootcap(['boot', '--quiet', ...options]);
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringContaining('IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH'),
    ]);
  });
});

describe('boot --out', () => {
  const directory = temporaryDirectory();

  test("Node's own parser accepts the whole P-384 chain", async () => {
    const { code } = await rootcap(['boot', '--quiet', '--out', 'device'], { cwd: directory });
    expect(code).toBe(0);
    const names = ['vendor-root', 'idevid', 'ldevid', 'fmc-alias', 'rt-alias'];
    const chain = names.map((name) => new X509Certificate(read(directory, 'device', `${name}-ecdsa.pem`)));
    chain.forEach((certificate, i) => {
      const issuer = chain[Math.max(0, i - 1)] as X509Certificate;
      expect([certificate.checkIssued(issuer), certificate.verify(issuer.publicKey)]).toEqual([true, true]);
    });
    const bundle = readFileSync(join(directory, 'device', 'chain-ecdsa.pem'), 'utf8');
    expect(bundle.match(/BEGIN CERTIFICATE/g)).toHaveLength(5);
    for (const name of names)
      expect(new X509Certificate(read(directory, 'device', `${name}-mldsa.der`)).raw.length).toBeGreaterThan(7500);
  });

  test('sizes of envelope and logs are those of the firmware', async () => {
    await rootcap(['boot', '--quiet', '--out', directory]);
    const size = (name: string) => read(directory, name).length;
    expect(size('idevid-csr-envelope.bin')).toBe(8784);
    expect(size('pcr-log.bin')).toBe(5 * 56);
    expect(size('fuse-log.bin')).toBe(10 * 16);
    expect(size('measurement-log.bin')).toBe(0);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['fmc-alias-csr-mldsa.der', 'pcrs.json']));
  });

  test('a directory that cannot be written is named', async () => {
    file(directory, 'taken', 'x');
    const { code, err } = await rootcap(['boot', '--quiet', '--out', 'taken/device'], { cwd: directory });
    expect(code).toBe(2);
    expect(err).toMatch(/--out: cannot write taken/);
  });
});

const RECORDED = ['a-passive-mldsa', 'b-passive-lms'] as const;
if (!hasPack('caliptra', 'goldens')) test('left out: no goldens pack', () => {});
else
  describe('boot --fuses with the fuses of a recorded device', () => {
    const root = temporaryDirectory();
    interface Config {
      readonly obf_key: string;
      readonly csr_hmac_key: string;
      readonly fuses: Readonly<Record<string, string>>;
    }
    const words = (text = '') => (text.match(/.{8}/g) ?? []).map((word) => `0x${word}`);

    test.each(RECORDED)('%s: requests, envelope and LDevID certificates are the recorded ones', async (name) => {
      const directory = join(root, name);
      mkdirSync(directory);
      const config = jsonOf<Config>('caliptra', 'goldens', name, 'config.json');
      const fuses = {
        udsSeed: config.fuses.uds_seed,
        fieldEntropy: config.fuses.field_entropy,
        idevidCertAttr: words(config.fuses.idevid_cert_attr),
        obfuscationKey: config.obf_key,
        csrHmacKey: config.csr_hmac_key,
      };
      const path = file(directory, 'fuses.json', JSON.stringify(fuses));
      expect((await rootcap(['boot', '--quiet', '--fuses', path, '--out', directory])).code).toBe(0);
      const recorded = (...at: string[]) => hex(read(vectors('caliptra', 'goldens', name, ...at)));
      for (const [ours, theirs] of [
        ['ecdsa', 'ecc'],
        ['mldsa', 'mldsa'],
      ] as const) {
        expect(hex(read(directory, `ldevid-${ours}.der`))).toBe(recorded('boot-certs', `ldevid_${theirs}.der`));
        expect(hex(read(directory, `idevid-csr-${ours}.der`))).toBe(recorded('boot-certs', `idevid_csr_${theirs}.der`));
      }
      expect(hex(read(directory, 'idevid-csr-envelope.bin'))).toBe(recorded('idevid_csr_envelope.bin'));
    });
  });
