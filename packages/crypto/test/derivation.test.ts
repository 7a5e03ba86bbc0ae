import { describe, expect, test } from '@jest/globals';
import { aeskw, aeskwp } from '@noble/ciphers/aes.js';
import {
  aesCmac,
  aesKw,
  aesKwp,
  aesKwpUnwrap,
  aesKwUnwrap,
  cmacKdf,
  cmacPrf,
  cshake128,
  cshake256,
  ecc384KeyFromSeed,
  type HashName,
  HmacDrbg,
  bytesToHex as hex,
  hkdfExpand,
  hkdfExtract,
  hmacPrf,
  kdf108Counter,
  kdf384,
  kdf512,
  kmac256,
  portableProvider,
  hexToBytes as unhex,
  utf8ToBytes,
} from '@rootcap/crypto';
import fc from 'fast-check';
import { acvp, PROVIDERS, readPack, unlessRefused, withPack, wycheproof } from './vectors.ts';

const field = (value: string | undefined) => unhex(value ?? '');
const NAMES: Readonly<Record<string, HashName>> = { 'SHA2-256': 'sha256', 'SHA2-384': 'sha384', 'SHA2-512': 'sha512' };

function hashNamed(name: string | undefined): HashName {
  const found = NAMES[name ?? ''];
  if (found === undefined) throw new Error(`no hash ${String(name)}`);
  return found;
}

describe.each(PROVIDERS)('$name', (provider) => {
  withPack('caliptra', () => {
    interface Smoke {
      readonly unit_vectors: Readonly<Record<string, Readonly<Record<string, string>>>>;
    }
    const { unit_vectors: unit } = readPack<Smoke>('caliptra/smoke/vectors.json');

    test('FMC alias CDI, key seed and private key of caliptra-sw:test/src/derive.rs', () => {
      const cdi = kdf512(provider, field(unit.fmc_alias?.ldevid_cdi), 'alias_fmc_cdi', field(unit.fmc_alias?.pcr0));
      expect(hex(cdi)).toBe(unit.fmc_alias?.cdi);
      const { privateKey, publicKey } = ecc384KeyFromSeed(
        provider,
        kdf512(provider, cdi, 'alias_fmc_ecc_key').subarray(0, 48),
      );
      expect(hex(privateKey)).toBe(unit.fmc_alias?.ecc_priv);
      expect(publicKey).toEqual(provider.ecdsa384.publicKey(privateKey));
    });

    test('ECC key generation with the nonce given', () => {
      const { seed, nonce, priv } = unit.ecc_keygen_drbg ?? {};
      expect(hex(ecc384KeyFromSeed(provider, field(seed), field(nonce)).privateKey)).toBe(priv);
    });
  });

  withPack('acvp', () => {
    test('KDF-1.0: every PRF, counter width and place, also between two bits', () => {
      const vectors = acvp('KDF-1.0', 200);
      expect(new Set(vectors.map(({ group }) => group.counterLocation)).size).toBe(3);
      for (const { group, input, expected } of vectors) {
        const key = field(input.keyIn);
        const mac = group.macMode ?? '';
        const prf = mac.startsWith('CMAC') ? cmacPrf(provider, key) : hmacPrf(provider, hashNamed(mac.slice(5)), key);
        const places = { before: 'before', after: 'after', middle: Number(expected.breakLocation) } as const;
        const bits = Number(group.keyOutLength);
        const out = kdf108Counter(prf, {
          counterBits: Number(group.counterLength) as 8 | 16 | 24 | 32,
          counterAt: places[(group.counterLocation ?? '').split(' ')[0] as keyof typeof places],
          fixedData: field(expected.fixedData),
          length: Math.ceil(bits / 8),
        });
        if (bits % 8 !== 0) out[out.length - 1] = (out.at(-1) ?? 0) & (0xff << (8 - (bits % 8)));
        expect([input.tcId, hex(out)]).toEqual([input.tcId, expected.keyOut?.toLowerCase()]);
      }
    });

    test('kdf512, kdf384 and cmacKdf are the counter mode with a 32-bit counter before the label', () => {
      const vectors = acvp('KDF-1.0', 1000).filter(
        ({ group }) => group.counterLength === '32' && group.counterLocation === 'before fixed data',
      );
      const run = {
        'HMAC-SHA2-512': (key: Uint8Array, label: Uint8Array) => kdf512(provider, key, label),
        'HMAC-SHA2-384': (key: Uint8Array, label: Uint8Array) => kdf384(provider, key, label),
        'CMAC-AES256': (key: Uint8Array, label: Uint8Array) => cmacKdf(provider, key, label, undefined, 4),
      };
      let compared = 0;
      for (const { group, input, expected } of vectors) {
        const derive = run[group.macMode as keyof typeof run];
        if (derive === undefined || Number(group.keyOutLength) % 8 !== 0) continue;
        const [out, published] = [
          hex(derive(field(input.keyIn), field(expected.fixedData))),
          expected.keyOut?.toLowerCase() ?? '',
        ];
        const length = Math.min(out.length, published.length);
        expect(out.slice(0, length)).toBe(published.slice(0, length));
        compared++;
      }
      expect(compared).toBeGreaterThan(15);
    });

    test('hmacDRBG-SP800-90Ar1: reseeding, prediction resistance, additional input', () => {
      interface Step {
        readonly intendedUse: 'generate' | 'reSeed';
        readonly additionalInput: string;
        readonly entropyInput: string;
      }
      interface Drbg {
        readonly testGroups: readonly {
          readonly mode: string;
          readonly returnedBitsLen: number;
          readonly tests: readonly Readonly<
            Record<'entropyInput' | 'nonce' | 'persoString', string> & { otherInput: readonly Step[] }
          >[];
        }[];
      }
      const prompt = readPack<Drbg>('acvp/hmacDRBG-SP800-90Ar1/prompt.json.gz');
      const results = acvp('hmacDRBG-SP800-90Ar1', 1000);
      let at = 0;
      for (const group of prompt.testGroups) {
        for (const { entropyInput, nonce, persoString, otherInput } of group.tests) {
          const expected = results[at++]?.expected.returnedBits;
          if (at % 4 !== 0) continue;
          const drbg = new HmacDrbg(provider, hashNamed(group.mode), {
            entropy: unhex(entropyInput),
            nonce: unhex(nonce),
            personalization: unhex(persoString),
          });
          let out = new Uint8Array(0);
          for (const step of otherInput) {
            const [entropy, additionalInput] = [unhex(step.entropyInput), unhex(step.additionalInput)];
            if (step.intendedUse === 'reSeed') drbg.reseed(entropy, additionalInput);
            else
              out = drbg
                .generate(group.returnedBitsLen / 8, {
                  additionalInput,
                  ...(entropy.length > 0 && { predictionEntropy: entropy }),
                })
                .slice();
          }
          expect(hex(out)).toBe(expected?.toLowerCase());
        }
      }
    });

    test('CMAC-AES-1.0', () => {
      for (const { group, input, expected } of acvp('CMAC-AES-1.0', 120)) {
        const mac = hex(
          aesCmac(provider, field(input.key), field(input.message)).subarray(0, Number(group.macLen) / 8),
        );
        if (group.direction === 'gen') expect(mac).toBe(expected.mac?.toLowerCase());
        else expect(mac === input.mac?.toLowerCase()).toBe(expected.testPassed === 'true');
      }
    });
  });

  withPack('wycheproof', () => {
    test('aes_cmac, over parts', () => {
      for (const { input } of wycheproof('aes_cmac', 100)) {
        const data = field(input.msg);
        const tag = unlessRefused(() =>
          hex(aesCmac(provider, field(input.key), data.subarray(0, 5), data.subarray(5))),
        );
        expect(tag === input.tag).toBe(input.result === 'valid');
      }
    });
    test.each(['sha256', 'sha384'] as const)('hkdf_%s', (hash) => {
      for (const { input } of wycheproof(`hkdf_${hash}`, 90)) {
        const prk = hkdfExtract(provider, hash, field(input.salt), field(input.ikm));
        const okm = unlessRefused(() => hex(hkdfExpand(provider, hash, prk, field(input.info), Number(input.size))));
        expect(okm).toBe(input.result === 'valid' ? input.okm : undefined);
      }
    });
  });
});

withPack('acvp', () => {
  test('ACVP-AES-KWP-1.0: both cipher functions, both directions', () => {
    const vectors = acvp('ACVP-AES-KWP-1.0', 800);
    for (const { group, input, expected } of vectors) {
      const options = { cipher: group.kwCipher === 'inverse' ? 'inverse' : 'forward' } as const;
      if (group.direction === 'encrypt')
        expect(hex(aesKwp(field(input.key), field(input.pt), options))).toBe(expected.ct?.toLowerCase());
      else {
        const opened = aesKwpUnwrap(field(input.key), field(input.ct), options);
        expect(opened && hex(opened)).toBe(expected.testPassed === 'false' ? undefined : expected.pt?.toLowerCase());
      }
    }
  });
  test('cSHAKE-256-1.0', () => {
    const vectors = acvp('cSHAKE-256-1.0', 1000).filter(
      ({ group, input }) => group.testType === 'AFT' && Number(input.len) % 8 === 0 && Number(input.outLen) % 8 === 0,
    );
    expect(vectors.length).toBeGreaterThan(1);
    for (const { group, input, expected } of vectors) {
      const customization =
        group.hexCustomization === 'true' ? field(input.customizationHex) : utf8ToBytes(input.customization ?? '');
      const options = {
        length: Number(input.outLen) / 8,
        functionName: utf8ToBytes(input.functionName ?? ''),
        customization,
      };
      expect(hex(cshake256(input.len === '0' ? new Uint8Array(0) : field(input.msg), options))).toBe(
        expected.md?.toLowerCase(),
      );
    }
  });
});

withPack('wycheproof', () => {
  test('aes_kwp', () => {
    for (const { input } of wycheproof('aes_kwp', 300)) {
      const opened = aesKwpUnwrap(field(input.key), field(input.ct));
      if (input.result === 'valid') expect(hex(aesKwp(field(input.key), field(input.msg)))).toBe(input.ct);
      if (input.result !== 'acceptable')
        expect(opened && hex(opened)).toBe(input.result === 'valid' ? input.msg : undefined);
    }
  });
  test('kmac256_no_customization', () => {
    for (const { group, input } of wycheproof('kmac256_no_customization', 100)) {
      const tag = hex(kmac256(field(input.key), field(input.msg), { length: Number(group.tagSize) / 8 }));
      expect(tag === input.tag).toBe(input.result === 'valid');
    }
  });
});

describe('SP 800-185 samples', () => {
  const data = Uint8Array.of(0, 1, 2, 3);
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i);
  const signature = utf8ToBytes('Email Signature');
  // NIST, cSHAKE and KMAC examples with intermediate values
  test.each([
    [
      'cSHAKE128 #1',
      () => cshake128(data, { length: 32, customization: signature }),
      'c1c36925b6409a04f1b504fcbca9d82b4017277cb5ed2b2065fc1d3814d5aaf5',
    ],
    [
      'KMAC256 #4',
      () => kmac256(key, data, { length: 64, customization: utf8ToBytes('My Tagged Application') }),
      '20c570c31346f703c9ac36c61c03cb64c3970d0cfc787e9b79599d273a68d2f7f69d4cc3de9d104a351689f27cf6f5951f0103f33f4f24871024d9c27773a8dd',
    ],
    [
      'KMACXOF256 #4',
      () => kmac256(key, data, { length: 64, customization: utf8ToBytes('My Tagged Application'), xof: true }),
      '1755133f1534752aad0748f2c706fb5c784512cab835cd15676b16c0c6647fa96faa7af634a0bf8ff6df39374fa00fad9a39e322a7c92065a64eb1fb0801eb2b',
    ],
  ])('%s', (_, run, expected) => {
    expect(hex(run())).toBe(expected);
  });
  test('no output asked, none given', () => {
    expect(cshake256(data, { length: 0 })).toEqual(new Uint8Array(0));
    expect(() => kmac256(key, data, { length: 0 })).toThrow('length: expected an integer in 1..');
  });
});

describe('key wrap', () => {
  const kek = fc.oneof(...[16, 24, 32].map((length) => fc.uint8Array({ minLength: length, maxLength: length })));
  test('KW and KWP equal @noble/ciphers, and every flipped bit is noticed', () => {
    const run = fc.property(kek, fc.uint8Array({ minLength: 1, maxLength: 70 }), fc.nat(), (key, data, at) => {
      const wrapped = aesKwp(key, data);
      expect(wrapped).toEqual(aeskwp(key).encrypt(data));
      expect(aesKwpUnwrap(key, wrapped)).toEqual(data);
      wrapped[at % wrapped.length] = (wrapped[at % wrapped.length] ?? 0) ^ 4;
      expect(aesKwpUnwrap(key, wrapped)).toBeUndefined();
      const whole = new Uint8Array(16 + 8 * (data.length % 8)).fill(data[0] ?? 0);
      const kw = aesKw(key, whole);
      expect(kw).toEqual(aeskw(key).encrypt(whole));
      expect(aesKwUnwrap(key, kw)).toEqual(whole);
      const inverse = aesKw(key, whole, { cipher: 'inverse' });
      expect(aesKwUnwrap(key, inverse, { cipher: 'inverse' })).toEqual(whole);
      expect(aesKwUnwrap(key, inverse)).toBeUndefined();
    });
    fc.assert(run, { numRuns: 60 });
  });
  test.each([0, 8, 17])('KW refuses %p bytes of plaintext', (length) => {
    expect(() => aesKw(new Uint8Array(16), new Uint8Array(length))).toThrow(
      'plaintext: expected a multiple of 8 bytes',
    );
  });
  test('KWP refuses an empty plaintext; unwrapping gives no answer to lengths that no wrapping makes', () => {
    expect(() => aesKwp(new Uint8Array(16), new Uint8Array(0))).toThrow('plaintext: expected 1..2^32-1 bytes, got 0');
    expect(() => aesKwp(new Uint8Array(15), new Uint8Array(1))).toThrow('key: expected 16 or 24 or 32 bytes, got 15');
    for (const length of [0, 8, 17, 23]) {
      expect(aesKwpUnwrap(new Uint8Array(16), new Uint8Array(length))).toBeUndefined();
      expect(aesKwUnwrap(new Uint8Array(16), new Uint8Array(length))).toBeUndefined();
    }
    expect(aesKwUnwrap(new Uint8Array(16), new Uint8Array(16))).toBeUndefined();
  });
});

describe('arguments', () => {
  const p = portableProvider;
  const zero = (length: number) => new Uint8Array(length);
  test('no context and an empty context are different', () => {
    expect(kdf512(p, zero(64), 'label')).not.toEqual(kdf512(p, zero(64), 'label', zero(0)));
    expect(kdf384(p, zero(48), 'label', zero(0))).toEqual(
      kdf384(p, zero(48), Uint8Array.of(...utf8ToBytes('label'), 0)),
    );
    expect(cmacKdf(p, zero(32), 'label', zero(0), 1)).toEqual(
      cmacKdf(p, zero(32), Uint8Array.of(...utf8ToBytes('label'), 0), undefined, 1),
    );
  });
  test.each<[string, () => unknown, string]>([
    ['cmacKdf rounds', () => cmacKdf(p, zero(32), 'x', undefined, 5), 'rounds: expected an integer in 1..4, got 5'],
    [
      'kdf108 counter',
      () => kdf108Counter((d) => d, { counterBits: 12 as never, counterAt: 'before', fixedData: zero(1), length: 1 }),
      'counterBits: expected 8, 16, 24 or 32, got 12',
    ],
    [
      'kdf108 place',
      () => kdf108Counter((d) => d, { counterBits: 8, counterAt: 9, fixedData: zero(1), length: 1 }),
      'counterAt: expected an integer in 0..8, got 9',
    ],
    [
      'kdf108 length',
      () => kdf108Counter(() => zero(4), { counterBits: 8, counterAt: 'after', fixedData: zero(0), length: 1021 }),
      'length: expected at most 1020 bytes with a 8-bit counter, got 1021',
    ],
    [
      'hkdf length',
      () => hkdfExpand(p, 'sha256', zero(32), zero(0), 8161),
      'length: expected at most 8160 bytes, got 8161',
    ],
    [
      'DRBG request',
      () => new HmacDrbg(p, 'sha256', { entropy: zero(32) }).generate(65537),
      'length: expected an integer in 0..65536, got 65537',
    ],
    ['DRBG hash', () => new HmacDrbg(p, 'md5' as never, { entropy: zero(32) }), 'hash: expected one of'],
    ['ECC seed', () => ecc384KeyFromSeed(p, zero(64)), 'seed: expected 48 bytes, got 64'],
    ['label', () => kdf512(p, zero(64), 7 as never), 'label: expected Uint8Array, got number'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
  test('the longest outputs there are', () => {
    expect(
      kdf108Counter(() => zero(4), { counterBits: 8, counterAt: 'after', fixedData: zero(0), length: 1020 }).length,
    ).toBe(1020);
    expect(hkdfExpand(p, 'sha256', zero(32), zero(0), 8160).length).toBe(8160);
  });
  test('a wiped DRBG gives nothing more', () => {
    const drbg = new HmacDrbg(p, 'sha384', { entropy: zero(48) });
    drbg.wipe();
    expect(() => drbg.generate(1)).toThrow('reseed counter');
  });
  test('ECC key generation discards a candidate outside 1..n-1 and asks again', () => {
    const order = unhex(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    );
    const good = order.map((byte, i) => (i === 47 ? byte - 1 : byte));
    const candidates = [zero(48), order, zero(48).fill(255), good];
    let call = 0;
    // Seeding takes four MACs (K and V, twice), each candidate three: V itself, then K and V.
    const mac = () => (candidates[Math.floor((call++ - 4) / 3)] ?? zero(48)).slice();
    const { privateKey } = ecc384KeyFromSeed({ ...p, hmac: { ...p.hmac, mac } }, zero(48));
    expect(privateKey).toEqual(good);
    expect(call).toBe(4 + 3 * candidates.length);
  });
});
