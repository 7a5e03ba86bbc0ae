import { describe, expect, test } from '@jest/globals';
import { type ChipEvent, EngineError, KeyUsage, type RegisterFile, registerWords, UC_ACCESS } from '@rootcap/hardware';
import { counted, engines, hex, readControl, writeBig, writeControl, writeLittle } from './engines.ts';

const ALL_USES = 0x1ff;
const SECRET_SLOT = 3;
const RESULT_SLOT = 9;
/** Bytes that appear nowhere else. */
const SECRET = Uint8Array.from({ length: 64 }, (_, i) => (i * 73 + 0xc1) & 0xff);

type Engines = ReturnType<typeof engines>;

/** Everything that the core can read of a block, as one string in both byte orders. */
function visible(block: RegisterFile): string {
  const words = registerWords(block.declaration).map(({ offset }) => block.readRegister(offset, UC_ACCESS));
  const big = words.map((word) => word.toString(16).padStart(8, '0'));
  return `${big.join('')} ${big.map((word) => word.replace(/(..)(..)(..)(..)/, '$4$3$2$1')).join('')}`;
}

/** Any eight bytes in a row of a secret, forwards or backwards. */
function shows(text: string, secret: Uint8Array): boolean {
  const windows = [secret, secret.slice().reverse()].flatMap((bytes) =>
    Array.from({ length: bytes.length - 7 }, (_, i) => hex(bytes.subarray(i, i + 8))),
  );
  return windows.some((window) => text.includes(window));
}

/** Each engine with the secret as its input: what is run, then what its result is. */
const USES: readonly (readonly [string, (e: Engines) => RegisterFile])[] = [
  [
    'HMAC key and block',
    ({ hmac }) => {
      hmac.set('HMAC512_KV_RD_KEY_CTRL', readControl(SECRET_SLOT));
      hmac.set('HMAC512_KV_RD_BLOCK_CTRL', readControl(SECRET_SLOT));
      hmac.set('HMAC512_KV_WR_CTRL', writeControl(RESULT_SLOT, ALL_USES));
      hmac.set('HMAC512_CTRL', 1 | 8);
      return hmac;
    },
  ],
  [
    'ECC seed',
    ({ ecc }) => {
      ecc.set('ECC_KV_RD_SEED_CTRL', readControl(SECRET_SLOT));
      ecc.set('ECC_KV_WR_PKEY_CTRL', writeControl(RESULT_SLOT, ALL_USES));
      ecc.set('ECC_CTRL', 1);
      return ecc;
    },
  ],
  [
    'ECC private key, signing',
    ({ ecc }) => {
      ecc.set('ECC_KV_RD_PKEY_CTRL', readControl(SECRET_SLOT));
      ecc.set('ECC_CTRL', 2);
      return ecc;
    },
  ],
  [
    'ECC private key, shared secret',
    ({ ecc }) => {
      const { publicKey } = ecc.keygen({ seed: counted(48), nonce: counted(48) });
      writeBig(ecc, 'ECC_PUBKEY_X', publicKey.subarray(0, 48));
      writeBig(ecc, 'ECC_PUBKEY_Y', publicKey.subarray(48));
      ecc.set('ECC_KV_RD_PKEY_CTRL', readControl(SECRET_SLOT));
      ecc.set('ECC_KV_WR_PKEY_CTRL', writeControl(RESULT_SLOT, ALL_USES));
      ecc.set('ECC_CTRL', 16);
      return ecc;
    },
  ],
  [
    'ML-DSA seed',
    ({ abr }) => {
      abr.set('KV_MLDSA_SEED_RD_CTRL', readControl(SECRET_SLOT));
      abr.set('MLDSA_CTRL', 4);
      return abr;
    },
  ],
  [
    'ML-KEM seed',
    ({ abr }) => {
      abr.set('KV_MLKEM_SEED_RD_CTRL', readControl(SECRET_SLOT));
      abr.set('MLKEM_CTRL', 1);
      return abr;
    },
  ],
  [
    'ML-KEM message',
    ({ abr }) => {
      const { encapsulationKey } = abr.mlkemKeygen({ seed: { d: counted(32), z: counted(32) } });
      writeLittle(abr, 'MLKEM_ENCAPS_KEY', encapsulationKey);
      abr.set('KV_MLKEM_MSG_RD_CTRL', readControl(SECRET_SLOT));
      abr.set('KV_MLKEM_SHAREDKEY_WR_CTRL', writeControl(RESULT_SLOT, ALL_USES));
      abr.set('MLKEM_CTRL', 2);
      return abr;
    },
  ],
  [
    'AES key',
    ({ aes }) => {
      aes.clp.set('AES_KV_RD_KEY_CTRL', readControl(SECRET_SLOT));
      const word = 1 | (1 << 2) | (4 << 8) | (1 << 11);
      aes.set('CTRL_SHADOWED', word);
      aes.set('CTRL_SHADOWED', word);
      writeLittle(aes, 'DATA_IN', counted(16));
      return aes;
    },
  ],
];

describe('a slot that goes into an engine', () => {
  test.each(USES)('%s: neither it nor a derived secret is in any register', (_, use) => {
    const e = engines();
    e.keyVault.write(SECRET_SLOT, SECRET, ALL_USES);
    const block = use(e);
    const derived = e.keyVault.inspect(RESULT_SLOT);
    for (const each of [block, e.aes.clp, e.keyVault]) {
      expect(shows(visible(each), SECRET)).toBe(false);
      if (derived.some((byte) => byte !== 0)) expect(shows(visible(each), derived.subarray(0, 32))).toBe(false);
    }
  });

  test('the search finds a secret that is there', () => {
    const { aes } = engines();
    writeLittle(aes, 'IV', SECRET.subarray(0, 16));
    expect(shows(visible(aes), SECRET)).toBe(true);
  });

  test('a refusal names the slot, not what is in it', () => {
    const { hmac, keyVault } = engines();
    keyVault.write(SECRET_SLOT, SECRET, KeyUsage.AES_KEY);
    const data = counted(3);
    const tag = { slot: RESULT_SLOT, usage: 1 };
    const refuse = () => hmac.macToSlot({ mode: 'sha512', key: { slot: SECRET_SLOT }, data, tag });
    expect(refuse).toThrow(EngineError);
    expect(refuse).toThrow('key-read: key-vault slot 3 is not meant for this use');
  });

  test('no event holds more than numbers and names', () => {
    const events: ChipEvent[] = [];
    const e = engines({ keyVault: { emit: (event) => events.push(event) } });
    e.doe.decrypt('UDS', 0);
    e.keyVault.clear(0);
    e.keyVault.lockUse(0);
    expect(events.length).toBe(3);
    for (const event of events)
      for (const value of Object.values(event)) expect(['string', 'number']).toContain(typeof value);
  });
});
