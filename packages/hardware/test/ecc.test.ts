import { createECDH, createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { EngineError, KeyUsage } from '@rootcap/hardware';
import {
  counted,
  engines,
  hasPack,
  hex,
  pack,
  readBig,
  readControl,
  unhex,
  writeBig,
  writeControl,
} from './engines.ts';

const { ECC_SEED, ECC_PKEY, HMAC_KEY, AES_KEY } = KeyUsage;
const KEYGEN = 1;
const SIGN = 2;
const VERIFY = 3;
const ZEROIZE = 4;
const PCR_SIGN = 8;
const DH = 16;
const ZERO_NONCE = new Uint8Array(48);
const ORDER = unhex('ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973');

/** The public key of a private one, by OpenSSL. */
function publicKeyOf(privateKey: Uint8Array): string {
  const ecdh = createECDH('secp384r1');
  ecdh.setPrivateKey(privateKey);
  return ecdh.getPublicKey('hex').slice(2);
}

/** Whether OpenSSL takes r ‖ s for a signature over an already made SHA-384 digest. */
function digestVerifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const spki = unhex(`3076301006072a8648ce3d020106052b8104002203620004${hex(publicKey)}`);
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return verify('sha384', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

const faultOf = (operation: () => unknown): unknown => {
  try {
    return operation();
  } catch (error) {
    return error instanceof EngineError ? error.fault : error;
  }
};

const seed = counted(48, 5);

test('key pairs: public key as OpenSSL computes it, same by register', () => {
  const { ecc } = engines();
  const { publicKey, privateKey } = ecc.keygen({ seed, nonce: ZERO_NONCE });
  expect(hex(publicKey)).toBe(publicKeyOf(privateKey as Uint8Array));
  writeBig(ecc, 'ECC_SEED', seed);
  writeBig(ecc, 'ECC_NONCE', ZERO_NONCE);
  ecc.set('ECC_CTRL', KEYGEN);
  expect(ecc.get('ECC_STATUS')).toBe(3);
  expect(hex(readBig(ecc, 'ECC_PUBKEY_X', 48)) + hex(readBig(ecc, 'ECC_PUBKEY_Y', 48))).toBe(hex(publicKey));
  expect(hex(readBig(ecc, 'ECC_PRIVKEY_OUT', 48))).toBe(hex(privateKey as Uint8Array));
  ecc.set('ECC_CTRL', ZEROIZE);
  expect([ecc.get('ECC_STATUS'), hex(readBig(ecc, 'ECC_PRIVKEY_OUT', 48))]).toEqual([1, '00'.repeat(48)]);
});

if (hasPack('caliptra/smoke/vectors.json')) {
  test("the firmware's own key-generation vector", () => {
    const { unit_vectors } = pack<{ unit_vectors: { ecc_keygen_drbg: Record<'seed' | 'nonce' | 'priv', string> } }>(
      'caliptra/smoke/vectors.json',
    );
    const { seed: s, nonce, priv } = unit_vectors.ecc_keygen_drbg;
    const { privateKey } = engines().ecc.keygen({ seed: unhex(s), nonce: unhex(nonce) });
    expect(hex(privateKey as Uint8Array)).toBe(priv);
  });
} else test('left out: no caliptra pack', () => {});

describe('the vault', () => {
  const wired = () => {
    const e = engines();
    const key = new Uint8Array(64);
    key.set(seed);
    e.keyVault.write(3, key, ECC_SEED);
    return e;
  };
  const expected = engines().ecc.keygen({ seed, nonce: ZERO_NONCE });

  test('seed from a slot, private key to a slot', () => {
    const [typed, registers] = [wired(), wired()];
    const result = typed.ecc.keygen({
      seed: { slot: 3 },
      nonce: ZERO_NONCE,
      privateKey: { slot: 7, usage: ECC_PKEY },
    });
    expect(result).toEqual({ publicKey: expected.publicKey });
    const { ecc } = registers;
    ecc.set('ECC_KV_WR_PKEY_CTRL', writeControl(7, ECC_PKEY));
    ecc.set('ECC_KV_RD_SEED_CTRL', readControl(3));
    expect(ecc.get('ECC_KV_RD_SEED_STATUS')).toBe(3);
    writeBig(ecc, 'ECC_NONCE', ZERO_NONCE);
    ecc.set('ECC_CTRL', KEYGEN);
    expect([ecc.get('ECC_STATUS'), ecc.get('ECC_KV_WR_PKEY_STATUS')]).toEqual([3, 3]);
    expect(hex(readBig(ecc, 'ECC_PRIVKEY_OUT', 48))).toBe('00'.repeat(48));
    for (const { keyVault } of [typed, registers]) {
      expect(hex(keyVault.inspect(7).subarray(0, 48))).toBe(hex(expected.privateKey as Uint8Array));
      expect(keyVault.control(7)).toMatchObject({ dest_valid: ECC_PKEY, last_dword: 11 });
    }
  });

  test('without a destination the private key of a vault seed is lost', () => {
    const { ecc } = wired();
    expect(ecc.keygen({ seed: { slot: 3 }, nonce: ZERO_NONCE })).toEqual({ publicKey: expected.publicKey });
    ecc.set('ECC_KV_RD_SEED_CTRL', readControl(3));
    ecc.set('ECC_CTRL', KEYGEN);
    expect(hex(readBig(ecc, 'ECC_PRIVKEY_OUT', 48))).toBe('00'.repeat(48));
  });

  test('the seed of a slot can be neither read nor replaced, and does not outlive the operation', () => {
    const { ecc } = wired();
    ecc.set('ECC_KV_RD_SEED_CTRL', readControl(3));
    writeBig(ecc, 'ECC_SEED', counted(48, 99));
    expect(hex(readBig(ecc, 'ECC_SEED', 48))).toBe('00'.repeat(48));
    ecc.set('ECC_CTRL', KEYGEN);
    expect(hex(readBig(ecc, 'ECC_PUBKEY_X', 48))).toBe(hex(expected.publicKey.subarray(0, 48)));
    ecc.set('ECC_CTRL', KEYGEN);
    expect(hex(readBig(ecc, 'ECC_PUBKEY_X', 48))).not.toBe(hex(expected.publicKey.subarray(0, 48)));
  });

  test.each<[string, string, (e: ReturnType<typeof engines>) => void]>([
    ['no seed', 'seed-read', ({ keyVault }) => keyVault.write(3, counted(64), HMAC_KEY)],
    ['a locked seed', 'seed-read', ({ keyVault }) => keyVault.lockUse(3)],
    ['a locked destination', 'key-write', ({ keyVault }) => keyVault.lockWrite(7)],
  ])('refuses %s', (_, fault, prepare) => {
    const e = wired();
    prepare(e);
    const before = e.keyVault.save();
    const to = { slot: 7, usage: ECC_PKEY };
    expect(faultOf(() => e.ecc.keygen({ seed: { slot: 3 }, nonce: ZERO_NONCE, privateKey: to }))).toBe(fault);
    e.ecc.set('ECC_KV_WR_PKEY_CTRL', writeControl(7, ECC_PKEY));
    e.ecc.set('ECC_KV_RD_SEED_CTRL', readControl(3));
    e.ecc.set('ECC_CTRL', KEYGEN);
    const port = fault === 'seed-read' ? 'ECC_KV_RD_SEED_STATUS' : 'ECC_KV_WR_PKEY_STATUS';
    expect(e.ecc.get(port) >>> 2).toBe(fault === 'seed-read' ? 1 : 2);
    // With its port in error the engine does not start.
    expect(e.ecc.get('ECC_STATUS')).toBe(fault === 'seed-read' ? 1 : 3);
    expect(e.keyVault.save()).toEqual(before);
  });
});

describe('signatures', () => {
  const message = counted(100);
  const make = () => {
    const e = engines();
    const { publicKey, privateKey } = e.ecc.keygen({ seed, nonce: ZERO_NONCE });
    e.keyVault.write(7, privateKey as Uint8Array, ECC_PKEY);
    const digest = e.sha512.digest('sha384', message);
    return { ...e, publicKey, privateKey: privateKey as Uint8Array, digest };
  };

  test('OpenSSL accepts them; key from bytes, from a slot and by register give the same', () => {
    const { ecc, publicKey, privateKey, digest } = make();
    const signature = ecc.sign({ privateKey, digest });
    expect(digestVerifies(publicKey, message, signature)).toBe(true);
    expect(hex(ecc.sign({ privateKey: { slot: 7 }, digest, iv: counted(48) }))).toBe(hex(signature));
    for (const load of [
      () => writeBig(ecc, 'ECC_PRIVKEY_IN', privateKey),
      () => ecc.set('ECC_KV_RD_PKEY_CTRL', readControl(7)),
    ]) {
      load();
      writeBig(ecc, 'ECC_MSG', digest);
      ecc.set('ECC_CTRL', SIGN);
      expect(ecc.get('ECC_STATUS')).toBe(3);
      expect(hex(readBig(ecc, 'ECC_SIGN_R', 48)) + hex(readBig(ecc, 'ECC_SIGN_S', 48))).toBe(hex(signature));
      ecc.set('ECC_CTRL', ZEROIZE);
    }
  });

  test('verification answers r for a right signature and something else for a wrong one', () => {
    const { ecc, publicKey, privateKey, digest } = make();
    const signature = ecc.sign({ privateKey, digest });
    const r = signature.subarray(0, 48);
    expect(hex(ecc.verify({ publicKey, digest, signature }))).toBe(hex(r));
    expect(hex(ecc.verify({ publicKey, digest: counted(48), signature }))).not.toBe(hex(r));
    writeBig(ecc, 'ECC_PUBKEY_X', publicKey.subarray(0, 48));
    writeBig(ecc, 'ECC_PUBKEY_Y', publicKey.subarray(48));
    writeBig(ecc, 'ECC_SIGN_R', r);
    writeBig(ecc, 'ECC_SIGN_S', signature.subarray(48));
    for (const [data, right] of [
      [digest, true],
      [counted(48), false],
    ] as const) {
      writeBig(ecc, 'ECC_MSG', data);
      ecc.set('ECC_CTRL', VERIFY);
      expect(ecc.get('ECC_STATUS')).toBe(3);
      expect(hex(readBig(ecc, 'ECC_VERIFY_R', 48)) === hex(r)).toBe(right);
    }
  });

  test.each<[string, (o: { publicKey: Uint8Array; signature: Uint8Array }) => void]>([
    ['r = 0', ({ signature }) => signature.fill(0, 0, 48)],
    ['r = n', ({ signature }) => signature.set(ORDER)],
    ['s = 0', ({ signature }) => signature.fill(0, 48)],
    ['s = n', ({ signature }) => signature.set(ORDER, 48)],
    ['a point off the curve', ({ publicKey }) => publicKey.fill(1)],
    ['the point at infinity as zeros', ({ publicKey }) => publicKey.fill(0)],
  ])('verification stops at %s', (_, spoil) => {
    const { ecc, publicKey, privateKey, digest } = make();
    const o = { publicKey: publicKey.slice(), digest, signature: ecc.sign({ privateKey, digest }) };
    spoil(o);
    expect(faultOf(() => ecc.verify(o))).toBe('ecc-error');
    writeBig(ecc, 'ECC_PUBKEY_X', o.publicKey.subarray(0, 48));
    writeBig(ecc, 'ECC_PUBKEY_Y', o.publicKey.subarray(48));
    writeBig(ecc, 'ECC_SIGN_R', o.signature.subarray(0, 48));
    writeBig(ecc, 'ECC_SIGN_S', o.signature.subarray(48));
    ecc.set('ECC_CTRL', VERIFY);
    expect([ecc.get('ECC_STATUS'), ecc.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')]).toEqual([1, 1]);
    // Nothing runs until the engine is zeroized.
    ecc.set('ECC_CTRL', KEYGEN);
    expect(ecc.get('ECC_STATUS')).toBe(1);
    ecc.set('ECC_CTRL', ZEROIZE);
    ecc.set('ECC_CTRL', KEYGEN);
    expect(ecc.get('ECC_STATUS')).toBe(3);
  });

  test.each([
    ['0', new Uint8Array(48)],
    ['n', ORDER],
  ])('a private key of %s signs nothing', (_, privateKey) => {
    const { ecc } = engines();
    expect(faultOf(() => ecc.sign({ privateKey, digest: counted(48) }))).toBe('ecc-error');
    writeBig(ecc, 'ECC_PRIVKEY_IN', privateKey);
    ecc.set('ECC_CTRL', SIGN);
    expect(ecc.get('ECC_STATUS')).toBe(1);
  });

  test.each([
    ['digest', { digest: counted(32) }],
    ['privateKey', { privateKey: counted(47) }],
  ])('a %s of wrong length is a mistake of the caller', (_, wrong) => {
    const { ecc, privateKey, digest } = make();
    expect(() => ecc.sign({ privateKey, digest, ...wrong })).toThrow(RangeError);
  });

  test('a PCR signature needs slot 7, not its use lock', () => {
    const e = make();
    e.keyVault.lockUse(7);
    expect(faultOf(() => e.ecc.sign({ privateKey: { slot: 7 }, digest: e.digest }))).toBe('key-read');
    const pcrHash = e.sha512.generatePcrHash('sha512', counted(32));
    const expected = e.ecc.sign({ privateKey: e.privateKey, digest: pcrHash.subarray(0, 48) });
    expect(hex(e.ecc.signPcr())).toBe(hex(expected));
    e.ecc.set('ECC_CTRL', SIGN | PCR_SIGN);
    expect(hex(readBig(e.ecc, 'ECC_SIGN_R', 48)) + hex(readBig(e.ecc, 'ECC_SIGN_S', 48))).toBe(hex(expected));
  });

  test.each([KEYGEN, VERIFY, DH])('PCR_SIGN with command %p is an error', (command) => {
    const { ecc } = make();
    ecc.set('ECC_CTRL', command | PCR_SIGN);
    expect([ecc.get('ECC_STATUS'), ecc.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')]).toEqual([1, 1]);
  });
});

describe('shared secrets', () => {
  const peer = createECDH('secp384r1');
  peer.setPrivateKey(counted(48, 77));
  const publicKey = Uint8Array.from(peer.getPublicKey().subarray(1));
  const privateKey = counted(48, 20);
  const expected = peer.computeSecret(`04${publicKeyOf(privateKey)}`, 'hex', 'hex');

  test('as OpenSSL computes them', () => {
    const { ecc } = engines();
    expect(hex(ecc.sharedSecret({ privateKey, publicKey }) as Uint8Array)).toBe(expected);
    writeBig(ecc, 'ECC_PRIVKEY_IN', privateKey);
    writeBig(ecc, 'ECC_PUBKEY_X', publicKey.subarray(0, 48));
    writeBig(ecc, 'ECC_PUBKEY_Y', publicKey.subarray(48));
    ecc.set('ECC_CTRL', DH);
    expect(hex(readBig(ecc, 'ECC_DH_SHARED_KEY', 48))).toBe(expected);
  });

  test('from and into the vault', () => {
    const [typed, registers] = [engines(), engines()];
    for (const e of [typed, registers]) e.keyVault.write(5, privateKey, ECC_PKEY);
    const destination = { slot: 9, usage: AES_KEY };
    expect(typed.ecc.sharedSecret({ privateKey: { slot: 5 }, publicKey, destination })).toBeUndefined();
    const { ecc } = registers;
    ecc.set('ECC_KV_RD_PKEY_CTRL', readControl(5));
    ecc.set('ECC_KV_WR_PKEY_CTRL', writeControl(9, AES_KEY));
    writeBig(ecc, 'ECC_PUBKEY_X', publicKey.subarray(0, 48));
    writeBig(ecc, 'ECC_PUBKEY_Y', publicKey.subarray(48));
    ecc.set('ECC_CTRL', DH);
    expect(hex(readBig(ecc, 'ECC_DH_SHARED_KEY', 48))).toBe('00'.repeat(48));
    for (const { keyVault } of [typed, registers]) expect(hex(keyVault.inspect(9).subarray(0, 48))).toBe(expected);
    expect(typed.ecc.sharedSecret({ privateKey: { slot: 5 }, publicKey })).toBeUndefined();
  });

  test('bad operands', () => {
    const { ecc } = engines();
    expect(faultOf(() => ecc.sharedSecret({ privateKey, publicKey: counted(96) }))).toBe('ecc-error');
    expect(faultOf(() => ecc.sharedSecret({ privateKey: ORDER, publicKey }))).toBe('ecc-error');
  });
});

test('a saved engine keeps what it has loaded', () => {
  const e = engines();
  e.keyVault.write(7, counted(48, 20), ECC_PKEY);
  e.ecc.set('ECC_KV_RD_PKEY_CTRL', readControl(7));
  const copy = engines().ecc;
  copy.restore(e.ecc.save());
  writeBig(copy, 'ECC_PRIVKEY_IN', counted(48, 1));
  writeBig(copy, 'ECC_MSG', counted(48));
  copy.set('ECC_CTRL', SIGN);
  expect(hex(readBig(copy, 'ECC_SIGN_R', 48))).toBe(
    hex(e.ecc.sign({ privateKey: counted(48, 20), digest: counted(48) }).subarray(0, 48)),
  );
  expect(() => copy.restore({ ...e.ecc.save(), keySlot: 40 })).toThrow(TypeError);
});
