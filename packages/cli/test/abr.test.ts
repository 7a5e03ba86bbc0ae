import { describe, expect, test } from '@jest/globals';
import { portableProvider } from '@rootcap/crypto';
import { file, hex, read, rootcap, temporaryDirectory } from './helpers.ts';

const cwd = temporaryDirectory();
const SEED = new Uint8Array(32).fill(7);
const { mldsa87, mlkem1024 } = portableProvider;
const keys = mldsa87.keygenFromSeed(SEED);
/** Its first pass is rejected, its second taken. */
const MESSAGE = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 6 : 0));
file(cwd, 'message.bin', MESSAGE);
file(cwd, 'private.bin', keys.secretKey);
file(cwd, 'public.bin', keys.publicKey);
file(cwd, 'seed.hex', `${hex(SEED)}\n`);

const abr = (...argv: string[]) => rootcap(['abr', ...argv], { cwd });
const sign = (...argv: string[]) => abr('sign', '--private-key', 'private.bin', '--message', '@message.bin', ...argv);
async function json<T>(...argv: string[]): Promise<T> {
  return JSON.parse((await abr(...argv, '--json')).out) as T;
}

interface Printed {
  readonly status: string;
  readonly accepted: boolean;
  readonly cycles: number;
  readonly passes: number;
  readonly results: Readonly<Record<string, string>>;
  readonly fault: { readonly verdict: string; readonly fired: readonly unknown[] };
  readonly golden: { readonly same: boolean; readonly index?: number };
  readonly profile: { readonly opcodes: readonly { readonly name: string; readonly cycles: number }[] };
}

describe('abr keygen', () => {
  test('writes the keys of the provider, shows the public one and never the private one', async () => {
    const { code, out, err } = await abr('keygen', '--seed', '@seed.hex', '--out', 'keys');
    expect([code, err]).toEqual([0, '']);
    expect(read(cwd, 'keys', 'private-key.bin')).toEqual(keys.secretKey);
    expect(read(cwd, 'keys', 'public-key.bin')).toEqual(keys.publicKey);
    const printed = await abr('keygen', '--seed', hex(SEED), '--json');
    for (const text of [out, printed.out]) {
      expect(text).toContain(hex(keys.publicKey.subarray(0, 16)));
      expect(text).not.toContain(hex(keys.secretKey.subarray(32, 48)));
    }
  });

  test('ML-KEM, then encapsulation and decapsulation', async () => {
    const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(SEED, SEED);
    await abr('keygen', '--seed-d', hex(SEED), '--seed-z', hex(SEED), '--out', 'kem');
    expect(read(cwd, 'kem', 'encapsulation-key.bin')).toEqual(encapsulationKey);
    expect(read(cwd, 'kem', 'decapsulation-key.bin')).toEqual(decapsulationKey);
    const sealed = mlkem1024.encapsulate(encapsulationKey, SEED);
    await abr('encaps', '--encapsulation-key', '@kem/encapsulation-key.bin', '--message', hex(SEED), '--out', 'kem');
    expect(read(cwd, 'kem', 'ciphertext.bin')).toEqual(sealed.ciphertext);
    expect(read(cwd, 'kem', 'shared-key.bin')).toEqual(sealed.sharedSecret);
    const decaps = ['decaps', '--decapsulation-key', '@kem/decapsulation-key.bin', '--ciphertext'];
    const opened = await abr(...decaps, '@kem/ciphertext.bin', '--out', 'opened');
    expect(opened.out).toContain('ciphertext accepted');
    expect(opened.out).not.toContain(hex(sealed.sharedSecret));
    expect(read(cwd, 'opened', 'shared-key.bin')).toEqual(sealed.sharedSecret);
    const forged = sealed.ciphertext.map((byte, i) => (i === 9 ? byte ^ 1 : byte));
    expect(await json<Printed>(...decaps, hex(forged))).toMatchObject({ status: 'done', accepted: false, results: {} });
  });

  test('an encapsulation key that the accelerator stops on', async () => {
    const key = 'ff'.repeat(1568);
    const { code, out } = await abr('encaps', '--encapsulation-key', key, '--message', hex(SEED), '--out', 'none');
    expect([code, out]).toEqual([1, expect.stringContaining('the accelerator has stopped')]);
  });
});

describe('abr sign and verify', () => {
  test('a message in its register, and the signature is verified', async () => {
    const { code, out } = await sign('--out', 'signed');
    expect([code, out]).toEqual([0, expect.stringMatching(/^passes +2$/m)]);
    const signature = read(cwd, 'signed', 'signature.bin');
    expect(signature).toEqual(mldsa87.sign(keys.secretKey, MESSAGE));
    const verify = ['verify', '--public-key', 'public.bin', '--signature', '@signed/signature.bin', '--message'];
    expect((await abr(...verify, '@message.bin')).code).toBe(0);
    const refused = await abr(...verify, '00');
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('signature refused')]);
  });

  test('a message and context through the stream port, from a seed', async () => {
    file(cwd, 'seed.bin', SEED);
    const argv = ['sign', '--private-key', 'seed.bin', '--message', '0102', '--context', 'aa'];
    const { results } = await json<Printed>(...argv);
    const options = { context: Uint8Array.of(0xaa) };
    const signature = Uint8Array.from(Buffer.from(results.signature ?? '', 'hex'));
    expect(mldsa87.verify(keys.publicKey, Uint8Array.of(1, 2), signature, options)).toBe(true);
  });

  test('traces in three formats; a golden trace is compared', async () => {
    for (const ending of ['jsonl', 'csv', 'vcd']) expect((await sign('--trace', `t.${ending}`)).code).toBe(0);
    expect(Buffer.from(read(cwd, 't.vcd')).toString()).toMatch(
      /^\$comment[\s\S]*\$enddefinitions \$end\n#0\n\$dumpvars/,
    );
    for (const golden of ['t.jsonl', 't.csv']) {
      const { code, out } = await sign('--golden', golden);
      expect([code, out]).toEqual([0, expect.stringContaining('same program counters and cycles')]);
    }
    file(cwd, 'other.jsonl', '[106, 13]\n[107, 31]\n');
    const { code, out } = await sign('--golden', 'other.jsonl');
    expect([code, out]).toEqual([1, expect.stringContaining('differs at instruction 1, cycle 13')]);
  });

  test('a fault, with its verdict and a profile', async () => {
    const spec = 'MLDSA_SIGN_MAKE_C/2:hash=0';
    const printed = await json<Printed>(
      'sign',
      '--private-key',
      'private.bin',
      '--message',
      '@message.bin',
      '--fault',
      spec,
      '--profile',
    );
    expect(printed.fault).toMatchObject({ verdict: 'invalid', fired: [{ pass: 2 }] });
    expect(printed.profile.opcodes.reduce((sum, { cycles }) => sum + cycles, 0)).toBe(printed.cycles);
    const inside = await json<Printed>(
      'sign',
      '--private-key',
      'private.bin',
      '--message',
      '@message.bin',
      '--fault',
      'MLDSA_SIGN_MAKE_C:round=0.23.0',
      '--fault',
      '142:symbol=7.19',
    );
    expect([inside.fault.verdict, inside.fault.fired.length > 2]).toEqual(['invalid', true]);
    const endless = await sign('--fault', 'MLDSA_SIGN_VALID_S+4:imm=1');
    expect([endless.code, endless.out]).toEqual([0, expect.stringMatching(/does not end[\s\S]*endless/)]);
    const never = await sign('--fault', '3:skip');
    expect(never.err).toContain('no fault has happened');
  });
});

describe('wrong usage', () => {
  test.each([
    [['keygen'], /--seed: give --seed/],
    [['keygen', '--seed', '00'], /--seed: expected 32 bytes, got 1/],
    [['keygen', '--seed', hex(SEED), '--seed-d', hex(SEED)], /--seed: give --seed/],
    [['keygen', '--seed', hex(SEED), '--trace', 'x.txt'], /--trace: x.txt ends with none of .jsonl, .csv, .vcd/],
    [['keygen', '--seed', hex(SEED), '--mhz', '-1'], /--mhz: -1 is no frequency/],
    [['keygen', '--seed', hex(SEED), '--fault', 'x'], /--fault: fault "x": expected PLACE/],
    [['keygen', '--seed', hex(SEED), '--golden', 'message.bin'], /--golden: message.bin is no trace/],
    [['sign', '--private-key', 'private.bin'], /--message: give a message, or --mu/],
    [['sign', '--private-key', 'private.bin', '--mu', '00'], /--mu: expected 64 bytes/],
    [
      ['sign', '--private-key', 'message.bin', '--message', '00'],
      /--private-key: message.bin is no ML-DSA-87 private key/,
    ],
    [['sign', '--private-key', 'private.bin', '--message', '00', '--context', '00'.repeat(256)], /context: 256 bytes/],
  ])('%j', async (argv, message) => {
    const { code, err, out } = await abr(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});
