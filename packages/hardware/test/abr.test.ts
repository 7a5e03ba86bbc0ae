import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Abr, type AbrEngine, EngineError, KeyUsage, providerAbrEngine, type RegisterFile } from '@rootcap/hardware';
import {
  counted,
  engines,
  hasPack,
  hex,
  pack,
  provider,
  readControl,
  readLittle,
  unhex,
  writeBig,
  writeControl,
  writeLittle,
} from './engines.ts';

const { MLDSA_SEED, MLKEM_SEED, MLKEM_MSG, HMAC_KEY, AES_KEY } = KeyUsage;
const [KEYGEN, SIGN, VERIFY, KEYGEN_SIGN] = [1, 2, 3, 4];
const [ENCAPS, DECAPS, KEYGEN_DECAPS] = [2, 3, 4];
const ZEROIZE = 8;
const PCR_SIGN = 0x10;
const EXTERNAL_MU = 0x20;
const STREAM = 0x40;

const faultOf = (operation: () => unknown): unknown => {
  try {
    return operation();
  } catch (error) {
    return error instanceof EngineError ? error.fault : error;
  }
};
const reversed = (bytes: Uint8Array) => bytes.slice().reverse();
const slotted = (d: Uint8Array, z: Uint8Array = new Uint8Array(32)): Uint8Array => {
  const out = new Uint8Array(64);
  out.set(reversed(d));
  out.set(reversed(z), 32);
  return out;
};

/** Streams a message as the driver does: whole words, then the rest with its strobe. */
function stream(abr: RegisterFile, message: Uint8Array): void {
  expect(abr.get('MLDSA_STATUS')).toBe(4);
  abr.set('MLDSA_MSG_STROBE', 0xf);
  const whole = message.length & ~3;
  const word = (bytes: Uint8Array) => bytes.reduce((sum, byte, i) => (sum | (byte << (8 * i))) >>> 0, 0);
  for (let i = 0; i < whole; i += 4) abr.set('MLDSA_MSG', word(message.subarray(i, i + 4)));
  abr.set('MLDSA_MSG_STROBE', (1 << (message.length - whole)) - 1);
  abr.set('MLDSA_MSG', word(message.subarray(whole)));
}

const seed = counted(32, 3);
const typed = engines();
const publicKey = typed.abr.mldsaKeygen({ seed });
const message = counted(64);
const signature = typed.abr.mldsaSign({ seed, message });
const padded = Uint8Array.from([...signature, 0]);

describe('ML-DSA typed face', () => {
  test('verifies what it signs, with or without the padding byte', () => {
    for (const s of [signature, padded]) expect(typed.abr.mldsaVerify({ publicKey, signature: s, message })).toBe(true);
    expect(typed.abr.mldsaVerify({ publicKey, signature, message: counted(63) })).toBe(false);
    expect(() => typed.abr.mldsaVerify({ publicKey, signature: counted(64), message })).toThrow(RangeError);
  });

  test('takes the seed from a slot last byte first', () => {
    const { abr, keyVault } = engines();
    keyVault.write(8, slotted(seed), MLDSA_SEED);
    expect(hex(abr.mldsaKeygen({ seed: { slot: 8 } }))).toBe(hex(publicKey));
    expect(hex(abr.mldsaSign({ seed: { slot: 8 }, message, entropy: counted(64) }))).toBe(hex(signature));
    expect(faultOf(() => abr.mldsaKeygen({ seed: { slot: 9 } }))).toBe('seed-read');
    keyVault.lockUse(8);
    expect(faultOf(() => abr.mldsaSign({ seed: { slot: 8 }, message }))).toBe('seed-read');
  });

  test.each([{}, { message, mu: counted(64) }])('wants message or mu, not %p', (o) => {
    expect(() => typed.abr.mldsaSign({ seed, ...o })).toThrow(TypeError);
  });

  test('signs the PCR hash last byte first with slot 8, locked or not', () => {
    const { abr, keyVault, sha512 } = engines();
    keyVault.write(8, slotted(seed), MLDSA_SEED);
    keyVault.lockUse(8);
    const pcrHash = sha512.generatePcrHash('sha512', counted(32));
    const expected = hex(typed.abr.mldsaSign({ seed, message: reversed(pcrHash) }));
    expect(hex(abr.mldsaSignPcr())).toBe(expected);
    abr.set('MLDSA_CTRL', KEYGEN_SIGN | PCR_SIGN);
    expect(hex(readLittle(abr, 'MLDSA_SIGNATURE', 4628))).toBe(`${expected}00`);
  });
});

describe('expanded keys', () => {
  function counting() {
    const inner = providerAbrEngine(provider);
    const expanded: Uint8Array[] = [];
    const engine: AbrEngine = {
      ...inner,
      mldsaKeygen(s) {
        const keys = inner.mldsaKeygen(s);
        expanded.push(keys.secretKey);
        return keys;
      },
    };
    const { keyVault, sha512 } = engines();
    keyVault.write(8, slotted(seed), MLDSA_SEED);
    return { abr: new Abr({ engine, keyVault, sha512 }), keyVault, expanded };
  }

  test('are made once for key generation and signatures from a slot', () => {
    const { abr, expanded } = counting();
    abr.mldsaKeygen({ seed: { slot: 8 } });
    abr.mldsaSign({ seed: { slot: 8 }, message });
    abr.mldsaSign({ seed: { slot: 8 }, message: counted(1) });
    expect(expanded.length).toBe(1);
  });

  test.each<[string, (o: ReturnType<typeof counting>) => void]>([
    ['the slot is written', ({ keyVault }) => keyVault.write(8, slotted(seed), MLDSA_SEED)],
    ['the slot is cleared', ({ keyVault }) => keyVault.clear(8)],
    ['debug gets unlocked', ({ keyVault }) => keyVault.fillDebugValue()],
    ['the vault is reset', ({ keyVault }) => keyVault.reset('cold')],
    ['the engine is zeroized', ({ abr }) => abr.zeroize()],
    ['the engine is reset', ({ abr }) => abr.reset('warm')],
  ])('are wiped when %s', (_, event) => {
    const o = counting();
    o.abr.mldsaKeygen({ seed: { slot: 8 } });
    expect(o.expanded[0]?.some((byte) => byte !== 0)).toBe(true);
    event(o);
    expect(o.expanded[0]?.every((byte) => byte === 0)).toBe(true);
  });

  test('are at most four', () => {
    const { abr, expanded } = counting();
    for (let i = 0; i < 5; i++) abr.mldsaKeygen({ seed: counted(32, i) });
    const wiped = expanded.map((key) => key.every((byte) => byte === 0));
    expect(wiped).toEqual([true, false, false, false, false]);
  });
});

describe('ML-DSA registers', () => {
  test('key generation, and nothing more until zeroize', () => {
    const { abr } = engines();
    writeLittle(abr, 'MLDSA_SEED', seed);
    abr.set('MLDSA_CTRL', KEYGEN);
    expect([abr.get('MLDSA_STATUS'), abr.get('MLKEM_STATUS')]).toEqual([2, 0]);
    expect(hex(readLittle(abr, 'MLDSA_PUBKEY', 2592))).toBe(hex(publicKey));
    const { secretKey } = provider.mldsa87.keygenFromSeed(seed);
    expect(hex(readLittle(abr, 'MLDSA_PRIVKEY_OUT', 4896))).toBe(hex(secretKey));
    abr.set('MLDSA_PUBKEY', 0);
    abr.set('MLDSA_CTRL', VERIFY);
    expect(hex(readLittle(abr, 'MLDSA_PUBKEY', 32))).toBe(hex(publicKey.subarray(0, 32)));
    abr.set('MLDSA_CTRL', ZEROIZE);
    expect([abr.get('MLDSA_STATUS'), abr.get('MLDSA_PUBKEY'), abr.get('MLDSA_PRIVKEY_OUT')]).toEqual([1, 0, 0]);
  });

  test('signing: from a seed, with a private key, with an external mu', () => {
    const { abr } = engines();
    const secretKey = provider.mldsa87.keygenFromSeed(seed).secretKey;
    const mu = counted(64, 100);
    const muSignature = typed.abr.mldsaSign({ seed, mu });
    const runs: [() => void, number, string][] = [
      [() => writeLittle(abr, 'MLDSA_SEED', seed), KEYGEN_SIGN, hex(padded)],
      [() => writeLittle(abr, 'MLDSA_PRIVKEY_IN', secretKey), SIGN, hex(padded)],
      [() => writeLittle(abr, 'MLDSA_PRIVKEY_IN', secretKey), SIGN | EXTERNAL_MU, `${hex(muSignature)}00`],
    ];
    for (const [load, command, expected] of runs) {
      load();
      writeLittle(abr, 'MLDSA_MSG', message);
      writeLittle(abr, 'MLDSA_EXTERNAL_MU', mu);
      writeLittle(abr, 'ABR_ENTROPY', counted(64));
      abr.set('MLDSA_CTRL', command);
      expect(abr.get('MLDSA_STATUS')).toBe(2);
      expect(hex(readLittle(abr, 'MLDSA_SIGNATURE', 4628))).toBe(expected);
      expect(abr.get('MLDSA_PRIVKEY_OUT')).toBe(0);
      abr.set('MLDSA_CTRL', ZEROIZE);
    }
  });

  test.each([0, 1, 2, 3, 4, 7, 200])('a streamed message of %p bytes', (length) => {
    const { abr } = engines();
    const text = counted(length, 9);
    writeLittle(abr, 'MLDSA_SEED', seed);
    abr.set('MLDSA_CTRL', KEYGEN_SIGN | STREAM);
    stream(abr, text);
    const made = readLittle(abr, 'MLDSA_SIGNATURE', 4628);
    expect(typed.abr.mldsaVerify({ publicKey, signature: made, message: text })).toBe(true);
    abr.set('MLDSA_CTRL', ZEROIZE);
    writeLittle(abr, 'MLDSA_PUBKEY', publicKey);
    writeLittle(abr, 'MLDSA_SIGNATURE', made);
    abr.set('MLDSA_CTRL', VERIFY | STREAM);
    stream(abr, text);
    expect(hex(readLittle(abr, 'MLDSA_VERIFY_RES', 64))).toBe(hex(made.subarray(0, 64)));
  });

  test('a context belongs to a streamed message', () => {
    const { abr } = engines();
    const context = counted(5, 40);
    writeLittle(abr, 'MLDSA_SEED', seed);
    writeLittle(abr, 'MLDSA_CTX', Uint8Array.from([...context, 9, 9, 9]));
    abr.set('MLDSA_CTX_CONFIG', context.length);
    abr.set('MLDSA_CTRL', KEYGEN_SIGN | STREAM);
    stream(abr, message);
    const made = readLittle(abr, 'MLDSA_SIGNATURE', 4627 + 1).subarray(0, 4627);
    expect(provider.mldsa87.verify(publicKey, message, made, { context })).toBe(true);
  });

  test('verification of a wrong signature answers zeros', () => {
    const { abr } = engines();
    writeLittle(abr, 'MLDSA_PUBKEY', publicKey);
    writeLittle(abr, 'MLDSA_SIGNATURE', padded);
    writeLittle(abr, 'MLDSA_MSG', counted(64, 1));
    abr.set('MLDSA_CTRL', VERIFY);
    expect([abr.get('MLDSA_STATUS'), hex(readLittle(abr, 'MLDSA_VERIFY_RES', 64))]).toEqual([2, '00'.repeat(64)]);
  });

  test('a seed from the vault cannot be replaced, and its private key is not shown', () => {
    const { abr, keyVault } = engines();
    keyVault.write(8, slotted(seed), MLDSA_SEED);
    abr.set('KV_MLDSA_SEED_RD_CTRL', readControl(8));
    expect(abr.get('KV_MLDSA_SEED_RD_STATUS')).toBe(3);
    writeLittle(abr, 'MLDSA_SEED', counted(32, 90));
    abr.set('MLDSA_CTRL', KEYGEN);
    expect(hex(readLittle(abr, 'MLDSA_PUBKEY', 2592))).toBe(hex(publicKey));
    expect(hex(readLittle(abr, 'MLDSA_PRIVKEY_OUT', 4896))).toBe('00'.repeat(4896));
  });

  test('a refused seed holds the accelerator until zeroize', () => {
    const { abr } = engines();
    abr.set('KV_MLDSA_SEED_RD_CTRL', readControl(8));
    expect(abr.get('KV_MLDSA_SEED_RD_STATUS')).toBe(2 | (1 << 2));
    abr.set('MLDSA_CTRL', KEYGEN);
    expect(abr.get('MLDSA_STATUS')).toBe(0);
    abr.set('MLDSA_CTRL', ZEROIZE);
    expect([abr.get('MLDSA_STATUS'), abr.get('KV_MLDSA_SEED_RD_STATUS') & 1]).toEqual([1, 1]);
  });

  test.each<[string, (abr: Abr) => void]>([
    ['PCR_SIGN with another command', (abr) => abr.set('MLDSA_CTRL', SIGN | PCR_SIGN)],
    [
      'a malformed private key',
      (abr) => {
        writeLittle(abr, 'MLDSA_PRIVKEY_IN', new Uint8Array(4896).fill(0xff));
        abr.set('MLDSA_CTRL', SIGN);
      },
    ],
    [
      'a malformed encapsulation key',
      (abr) => {
        writeLittle(abr, 'MLKEM_ENCAPS_KEY', new Uint8Array(1568).fill(0xff));
        abr.set('MLKEM_CTRL', ENCAPS);
      },
    ],
    ['a malformed decapsulation key', (abr) => abr.set('MLKEM_CTRL', DECAPS)],
  ])('%s is an error in both status registers', (_, run) => {
    const { abr } = engines();
    run(abr);
    expect([abr.get('MLDSA_STATUS'), abr.get('MLKEM_STATUS')]).toEqual([8, 4]);
    expect(abr.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')).toBe(1);
    abr.set('MLKEM_CTRL', ZEROIZE);
    expect([abr.get('MLDSA_STATUS'), abr.get('MLKEM_STATUS')]).toEqual([1, 1]);
  });

  test('a snapshot in the middle of a streamed message', () => {
    const { abr } = engines();
    writeLittle(abr, 'MLDSA_SEED', seed);
    abr.set('MLDSA_CTRL', KEYGEN_SIGN | STREAM);
    abr.set('MLDSA_MSG_STROBE', 0xf);
    abr.set('MLDSA_MSG', 0x03020100);
    const copy = engines().abr;
    copy.restore(abr.save());
    expect(copy.save()).toEqual(abr.save());
    for (const each of [abr, copy]) {
      each.set('MLDSA_MSG_STROBE', 1);
      each.set('MLDSA_MSG', 4);
    }
    expect(hex(readLittle(copy, 'MLDSA_SIGNATURE', 4628))).toBe(hex(readLittle(abr, 'MLDSA_SIGNATURE', 4628)));
    expect(() => copy.restore({ ...abr.save(), portSlots: [1] })).toThrow(TypeError);
  });
});

describe('ML-KEM', () => {
  const [d, z, m] = [counted(32, 1), counted(32, 50), counted(32, 100)];
  const pair = provider.mlkem1024.keygenFromSeed(d, z);
  const sent = provider.mlkem1024.encapsulate(pair.encapsulationKey, m);

  test('typed face without the vault', () => {
    const { abr } = engines();
    expect(abr.mlkemKeygen({ seed: { d, z } })).toEqual(pair);
    expect(abr.mlkemEncapsulate({ encapsulationKey: pair.encapsulationKey, message: m })).toEqual(sent);
    for (const key of [pair.decapsulationKey, { d, z }])
      expect(abr.mlkemDecapsulate({ key, ciphertext: sent.ciphertext })).toEqual(sent.sharedSecret);
    expect(faultOf(() => abr.mlkemDecapsulate({ key: counted(3168), ciphertext: sent.ciphertext }))).toBe(
      'invalid-input',
    );
  });

  test('seeds, message and shared secret through the vault, by method and by register', () => {
    const wired = () => {
      const e = engines();
      e.keyVault.write(1, slotted(d, z), MLKEM_SEED);
      e.keyVault.write(2, reversed(m), MLKEM_MSG);
      return e;
    };
    const [methods, registers] = [wired(), wired()];
    const to = (slot: number) => ({ slot, usage: AES_KEY });
    const { encapsulationKey } = pair;
    expect(methods.abr.mlkemKeygen({ seed: { slot: 1 } })).toEqual({ encapsulationKey });
    const made = methods.abr.mlkemEncapsulate({ encapsulationKey, message: { slot: 2 }, destination: to(9) });
    expect(made).toEqual({ ciphertext: sent.ciphertext });
    const { ciphertext } = sent;
    expect(methods.abr.mlkemDecapsulate({ key: { slot: 1 }, ciphertext, destination: to(10) })).toBeUndefined();
    const { abr } = registers;
    abr.set('KV_MLKEM_SEED_RD_CTRL', readControl(1));
    abr.set('MLKEM_CTRL', KEYGEN);
    expect(hex(readLittle(abr, 'MLKEM_ENCAPS_KEY', 1568))).toBe(hex(encapsulationKey));
    expect(hex(readLittle(abr, 'MLKEM_DECAPS_KEY', 3168))).toBe('00'.repeat(3168));
    abr.set('MLKEM_CTRL', ZEROIZE);
    writeLittle(abr, 'MLKEM_ENCAPS_KEY', encapsulationKey);
    abr.set('KV_MLKEM_MSG_RD_CTRL', readControl(2));
    abr.set('KV_MLKEM_SHAREDKEY_WR_CTRL', writeControl(9, AES_KEY));
    abr.set('MLKEM_CTRL', ENCAPS);
    expect(hex(readLittle(abr, 'MLKEM_CIPHERTEXT', 1568))).toBe(hex(ciphertext));
    expect(abr.get('MLKEM_SHARED_KEY')).toBe(0);
    abr.set('MLKEM_CTRL', ZEROIZE);
    writeLittle(abr, 'MLKEM_CIPHERTEXT', ciphertext);
    abr.set('KV_MLKEM_SEED_RD_CTRL', readControl(1));
    abr.set('KV_MLKEM_SHAREDKEY_WR_CTRL', writeControl(10, AES_KEY));
    abr.set('MLKEM_CTRL', KEYGEN_DECAPS);
    for (const { keyVault } of [methods, registers])
      for (const slot of [9, 10])
        expect(hex(keyVault.readBlock(slot, AES_KEY, 'key-read'))).toBe(hex(reversed(sent.sharedSecret)));
  });

  test('registers without the vault', () => {
    const { abr } = engines();
    writeLittle(abr, 'MLKEM_SEED_D', d);
    writeLittle(abr, 'MLKEM_SEED_Z', z);
    abr.set('MLKEM_CTRL', KEYGEN);
    expect([abr.get('MLDSA_STATUS'), abr.get('MLKEM_STATUS')]).toEqual([0, 2]);
    expect(hex(readLittle(abr, 'MLKEM_DECAPS_KEY', 3168))).toBe(hex(pair.decapsulationKey));
    abr.set('MLKEM_CTRL', ZEROIZE);
    writeLittle(abr, 'MLKEM_DECAPS_KEY', pair.decapsulationKey);
    writeLittle(abr, 'MLKEM_CIPHERTEXT', sent.ciphertext);
    abr.set('MLKEM_CTRL', DECAPS);
    expect(hex(readLittle(abr, 'MLKEM_SHARED_KEY', 32))).toBe(hex(sent.sharedSecret));
    expect(hex(readLittle(abr, 'MLKEM_DECAPS_KEY', 3168))).toBe('00'.repeat(3168));
    abr.set('MLKEM_CTRL', ZEROIZE);
    writeLittle(abr, 'MLKEM_ENCAPS_KEY', pair.encapsulationKey);
    writeLittle(abr, 'MLKEM_MSG', m);
    expect(abr.get('MLKEM_MSG')).toBe(0);
    abr.set('MLKEM_CTRL', ENCAPS);
    expect(hex(readLittle(abr, 'MLKEM_SHARED_KEY', 32))).toBe(hex(sent.sharedSecret));
    expect(hex(readLittle(abr, 'MLKEM_CIPHERTEXT', 1568))).toBe(hex(sent.ciphertext));
  });
});

type Words = Readonly<Record<string, readonly string[]>>;

if (!hasPack('adams-bridge/caliptra-rtl-smoke.json.gz')) test('left out: no adams-bridge pack', () => {});
else {
  const tests = pack<Readonly<Record<string, Words>>>('adams-bridge/caliptra-rtl-smoke.json.gz');
  const of = (name: string) => tests[`${name}/${name}.c`] as Words;
  /** Words as the RTL's test programs write them; some programs list the last word first. */
  const words = (list: readonly string[] | undefined, lastFirst = false): Uint8Array => {
    const natural = unhex((lastFirst ? [...(list ?? [])].reverse() : (list ?? [])).join(''));
    return natural.map((_, i) => natural[i ^ 3] as number);
  };

  describe('vectors of the RTL test programs', () => {
    test.each(['smoke_test_kv_mldsa', 'smoke_test_mldsa_edge'])('%s', (name) => {
      const v = of(name);
      const { abr, keyVault } = engines();
      keyVault.write(8, slotted(words(v.mldsa_seed, true)), MLDSA_SEED);
      abr.set('KV_MLDSA_SEED_RD_CTRL', readControl(8));
      writeLittle(abr, 'MLDSA_MSG', words(v.mldsa_msg, true));
      writeLittle(abr, 'MLDSA_SIGN_RND', words(v.mldsa_sign_rnd, true));
      abr.set('MLDSA_CTRL', KEYGEN_SIGN);
      expect(hex(readLittle(abr, 'MLDSA_PUBKEY', 2592))).toBe(hex(words(v.mldsa_pubkey, true)));
      expect(hex(readLittle(abr, 'MLDSA_SIGNATURE', 4628))).toBe(hex(words(v.mldsa_sign, true)));
      const verified = { publicKey: words(v.mldsa_pubkey, true), signature: words(v.mldsa_sign, true) };
      expect(abr.mldsaVerify({ ...verified, message: words(v.mldsa_msg, true) })).toBe(true);
    });

    test('smoke_test_mldsa_sign_rnd', () => {
      const v = of('smoke_test_mldsa_sign_rnd');
      const signed = engines().abr.mldsaSign({
        seed: words(v.mldsa_seed),
        message: words(v.mldsa_msg),
        rnd: words(v.mldsa_sign_rnd),
      });
      expect(`${hex(signed)}00`).toBe(hex(words(v.mldsa_sign)));
    });

    test.each(['smoke_test_mldsa', 'smoke_test_mldsa_externalmu'])('%s', (name) => {
      const v = of(name);
      const { abr } = engines();
      writeLittle(abr, 'MLDSA_PRIVKEY_IN', words(v.mldsa_privkey));
      writeLittle(abr, 'MLDSA_MSG', words(v.mldsa_msg));
      writeLittle(abr, 'MLDSA_EXTERNAL_MU', words(v.mldsa_external_mu));
      abr.set('MLDSA_CTRL', SIGN | (v.mldsa_external_mu === undefined ? 0 : EXTERNAL_MU));
      expect(hex(readLittle(abr, 'MLDSA_SIGNATURE', 4628))).toBe(hex(words(v.mldsa_sign)));
      const secretKey = words(v.mldsa_privkey);
      const o =
        v.mldsa_external_mu === undefined ? { message: words(v.mldsa_msg) } : { mu: words(v.mldsa_external_mu) };
      expect(`${hex(abr.mldsaSignWithKey({ secretKey, ...o }))}00`).toBe(hex(words(v.mldsa_sign)));
    });

    test('smoke_test_mlkem', () => {
      const v = of('smoke_test_mlkem');
      const { abr } = engines();
      const pair = abr.mlkemKeygen({ seed: { d: words(v.seed_d), z: words(v.seed_z) } });
      expect(hex(pair.encapsulationKey)).toBe(hex(words(v.exp_encaps_key)));
      expect(hex(pair.decapsulationKey as Uint8Array)).toBe(hex(words(v.exp_decaps_key)));
      const sent = abr.mlkemEncapsulate({ encapsulationKey: words(v.ek), message: words(v.msg_array) });
      expect(hex(sent.ciphertext)).toBe(hex(words(v.ciphertext)));
      expect(hex(sent.sharedSecret as Uint8Array)).toBe(hex(words(v.shared_key_array)));
      const secret = abr.mlkemDecapsulate({ key: words(v.dk), ciphertext: words(v.ciphertext) }) as Uint8Array;
      expect(hex(secret)).toBe(hex(words(v.shared_key_array)));
    });

    test('smoke_test_mlkem_kv_endian: HMAC to ML-KEM to AES, only through the vault', () => {
      const v = of('smoke_test_mlkem_kv_endian');
      const { hmac, abr, aes, keyVault } = engines();
      const big = (list: readonly string[] | undefined) => unhex((list ?? []).join(''));
      writeBig(hmac, 'HMAC512_KEY', big(v.HMAC_KEY));
      writeBig(hmac, 'HMAC512_BLOCK', big(v.HMAC_DATA));
      hmac.set('HMAC512_KV_WR_CTRL', writeControl(6, MLKEM_SEED));
      hmac.set('HMAC512_CTRL', 1 | 8);
      expect(hex(keyVault.inspect(6))).toBe(hex(big(v.EXPECTED_HMAC_TAG)));
      const { encapsulationKey } = abr.mlkemKeygen({ seed: { slot: 6 } });
      const destination = { slot: 8, usage: AES_KEY };
      abr.mlkemEncapsulate({ encapsulationKey, message: big(v.MLKEM_MSG), destination });
      const shared = words(v.EXPECTED_SHARED_KEY);
      expect(hex(keyVault.read(8, AES_KEY, 'key-read').subarray(0, 32))).toBe(hex(reversed(shared)));
      const block = counted(16);
      const cipher = createCipheriv('aes-256-ecb', reversed(shared), null);
      expect(hex(aes.ecbEncrypt({ slot: 8 }, block))).toBe(cipher.update(block, undefined, 'hex'));
    });
  });
}

interface Slot {
  readonly slot: number;
  readonly hex: string;
}
interface Exchange {
  readonly name: string;
  readonly request_hex: string;
  readonly response_hex: string;
}

if (!hasPack('caliptra/goldens/README.md')) test('left out: no caliptra pack', () => {});
else
  describe.each(['a-passive-mldsa', 'b-passive-lms'])('PCR quotes of the recorded device %s', (folder) => {
    const { key_vault } = pack<{ key_vault: readonly Slot[] }>(`caliptra/goldens/${folder}/state.json`);
    const transcript = pack<readonly Exchange[]>(`caliptra/goldens/${folder}/boot-certs/transcript.json`);
    const quote = (name: string) => {
      const { request_hex, response_hex } = transcript.find((entry) => entry.name === name) as Exchange;
      const response = unhex(response_hex);
      const e = engines();
      for (const { slot, hex: raw } of key_vault) {
        // The recording shows the vault's memory, whose words are little-endian.
        const memory = unhex(raw);
        e.keyVault.write(
          slot,
          Uint8Array.from(memory, (_, i) => memory[i ^ 3] as number),
          HMAC_KEY,
        );
      }
      e.keyVault.lockUse(7);
      e.keyVault.lockUse(8);
      for (let i = 0; i < 32; i++) e.pcrBank.replace(i, response.subarray(8 + 48 * i, 56 + 48 * i));
      const digest = e.sha512.generatePcrHash('sha512', unhex(request_hex).subarray(4, 36));
      return { e, digest, tail: response.subarray(8 + 1536 + 32 + 128) };
    };

    test('ECC: digest and signature', () => {
      const { e, digest, tail } = quote('QUOTE_PCRS_ECC384');
      expect(hex(tail.subarray(0, 48))).toBe(hex(digest.subarray(0, 48)));
      expect(hex(tail.subarray(48))).toBe(hex(e.ecc.signPcr()));
    });

    test('ML-DSA: digest and signature', () => {
      const { e, digest, tail } = quote('QUOTE_PCRS_MLDSA87');
      expect(hex(tail.subarray(0, 64))).toBe(hex(reversed(digest)));
      expect(hex(tail.subarray(64))).toBe(`${hex(e.abr.mldsaSignPcr())}00`);
    });
  });
