import { describe, expect, test } from '@jest/globals';
import { portableProvider, seededEntropy } from '@rootcap/crypto';
import { Csrng } from '@rootcap/hardware';
import { countingEntropy, HW_CONFIG, makeChip } from './chips.ts';
import { counted, hasPack, hex, pack, unhex } from './engines.ts';

const ITRNG = { ...HW_CONFIG, itrng: true };

describe('external', () => {
  test('one response of the SoC for each request', () => {
    const chip = makeChip();
    expect([chip.trng.generate(), chip.trng.generate4(), chip.trng.responses]).toEqual([
      counted(48),
      counted(16, 48),
      2,
    ]);
  });

  test('a SoC that does not answer is a time-out of the driver', () => {
    const chip = makeChip({ entropy: undefined } as never);
    expect(() => chip.trng.generate()).toThrow('DRIVER_TRNG_EXT_TIMEOUT');
    expect(chip.soc.get('CPTRA_TRNG_STATUS')).toBe(0);
  });
});

describe('CSRNG', () => {
  // CAVP drbgtestvectors CTR_DRBG no reseed, AES-256 no df, no additional input, count 2: see csrng_kat.rs
  test('CTR_DRBG with AES-256: the known answer of SP 800-90A', () => {
    const words = '4835c677ff87f32f98662f2d5592efedb4c78ead160d1ce0869dcbe28d038018a694bca2ab7bdcd5f2f8e2c40217a8ac';
    const seed = Uint8Array.from({ length: 48 }, (_, i) => unhex(words)[44 - (i & ~3) + (i & 3)] as number);
    const csrng = new Csrng(portableProvider, undefined);
    csrng.instantiate(seed);
    const state = csrng.save();
    expect(hex(state.key)).toBe('5118225735bdd47d02186824625fcf2943a4c025cbfda08c1143d9330e3413b5');
    expect(hex(state.v)).toBe('27f2ec27afc005592e2506a13d33f3f9');
    csrng.generate(4);
    const output = csrng.generate(4);
    const natural = output.map((_, i) => output[(i & ~15) + 12 - (i & 12) + (i & 3)] as number);
    expect(hex(natural)).toBe(
      'aa36779726f52875312507fb084744d4d7f3f9468a5b246ccde316d2ab91879c2e29f5a0938a3bcd722bb718d01bbfc35831c9e64f5b6410ae908d3061f76c84',
    );
    expect(csrng.reseedCounter).toBe(2);
  });

  test('draws entropy as the hardware does', () => {
    const drawn: number[] = [];
    const entropy = {
      bytes(length: number) {
        drawn.push(length);
        return new Uint8Array(length);
      },
    };
    const csrng = new Csrng(portableProvider, entropy);
    csrng.pollHealthTests();
    csrng.enable();
    csrng.pollHealthTests();
    csrng.instantiate();
    expect(drawn).toEqual([1024]);
    csrng.pollHealthTests();
    csrng.reseed();
    csrng.disable();
    csrng.pollHealthTests();
    expect(drawn).toEqual([1024, 512, 1024]);
  });

  test('stirring changes the stream, and seeds have a size', () => {
    const [a, b] = [0, 1].map(() => new Csrng(portableProvider, countingEntropy())) as [Csrng, Csrng];
    for (const csrng of [a, b]) csrng.instantiate(counted(48));
    b.update(counted(48, 1));
    expect(a.generate(1)).not.toEqual(b.generate(1));
    expect(() => a.reseed(counted(47))).toThrow(RangeError);
  });

  test('goes on from a saved state; needs entropy only for seeds', () => {
    const chip = makeChip({ hwConfig: ITRNG });
    chip.trng.generate();
    const other = makeChip({ hwConfig: ITRNG, entropy: undefined } as never);
    expect(() => other.trng.generate()).toThrow(TypeError);
    other.restore(chip.save());
    expect([other.trng.generate(), other.trng.generate4()]).toEqual([chip.trng.generate(), chip.trng.generate4()]);
    expect(chip.trng.responses).toBe(3);
  });

  test('a warm reset disables the source, a cold one forgets the generator', () => {
    const chip = makeChip({ hwConfig: ITRNG });
    chip.trng.generate();
    chip.reset('warm');
    expect([chip.trng.csrng.enabled, chip.trng.csrng.instantiated]).toEqual([false, true]);
    chip.reset('cold');
    expect(chip.trng.csrng.instantiated).toBe(false);
  });
});

const GOLDEN = 'caliptra/goldens/f-passive-mldsa-itrng';
if (hasPack(`${GOLDEN}/config.json`)) {
  test('the recorded boot: runtime instantiates after 8192 samples; its 11th command gives the context IV', () => {
    const { trng } = pack<{ trng: { seed_hex: string } }>(`${GOLDEN}/config.json`);
    const entropy = seededEntropy(unhex(trng.seed_hex));
    entropy.bytes(8192 / 2);
    const csrng = new Csrng(portableProvider, entropy);
    csrng.enable();
    csrng.instantiate();
    for (const blocks of [3, 3, 3, 3, 3, 3, 3, 1, 3, 3]) csrng.generate(blocks);
    const iv = csrng.generate(1);
    iv[0] = (iv[0] as number) & 0x7f;
    // Firmware keeps words 0..2 as a 96-bit number and sends it little-endian, first in the first context that it seals.
    const transcript = pack<{ name: string; response_hex: string }[]>(`${GOLDEN}/crypto/transcript.json`);
    const context = transcript.find(({ name }) => name === 'CM_SHAKE256_INIT')?.response_hex.slice(16, 40);
    expect(hex(iv.slice(0, 12).reverse())).toBe(context);
  });
} else {
  test('left out: no caliptra pack', () => {});
}
