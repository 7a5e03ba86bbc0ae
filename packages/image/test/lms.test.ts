import { describe, expect, test } from '@jest/globals';
import { portableProvider } from '@rootcap/crypto';
import { ERRORS, RotError } from '@rootcap/errors';
import {
  type BundleOptions,
  buildBundle,
  demoKeys,
  fusesOf,
  lmsDriverVerify,
  standaloneEnv,
  verifyImage,
} from '@rootcap/image';

const provider = portableProvider;
const { vendor, owner } = demoKeys(provider);
const message = new Uint8Array(48).fill(3);
const { publicKey } = owner.lms;
const signature = owner.lms.sign(message);

/** Where the types and q stand. RFC 8554 §5.4 */
const Q = 0;
const OTS_TYPE = 4;
const TREE_TYPE = 4 + 4 + 24 + 51 * 24;

function changed(bytes: Uint8Array, offset: number, word: number): Uint8Array {
  const out = bytes.slice();
  new DataView(out.buffer).setUint32(offset, word);
  return out;
}

function code(key: Uint8Array, sig: Uint8Array): number {
  try {
    lmsDriverVerify(provider, key, message, sig);
    return 0;
  } catch (error) {
    if (error instanceof RotError) return error.code;
    throw error;
  }
}

describe('LMS driver', () => {
  test('accepts, and tells wrong from malformed', () => {
    expect(lmsDriverVerify(provider, publicKey, message, signature)).toBe(true);
    expect(lmsDriverVerify(provider, publicKey, new Uint8Array(48), signature)).toBe(false);
    expect(lmsDriverVerify(provider, publicKey, message, changed(signature, 100, 0))).toBe(false);
    expect(lmsDriverVerify(provider, publicKey, message, changed(signature, Q, 1))).toBe(false);
  });
  // Codes and order: caliptra-sw:drivers/src/lms.rs
  test.each<[string, number, number, number]>([
    ['another one-time type than the key', OTS_TYPE, 6, 0x000c_000d],
    ['an unknown tree type', TREE_TYPE, 15, 0x000c_0001],
    ['no tree type', TREE_TYPE, 0, 0x000c_0001],
    ['a tree of height 10', TREE_TYPE, 11, 0x000c_0006],
    ['a leaf outside the tree', Q, 1 << 15, 0x000c_0007],
  ])('refuses %s', (_, offset, word, expected) => {
    expect(code(publicKey, changed(signature, offset, word))).toBe(expected);
  });
  test.each([
    [0, 0x000c_0004],
    [4, 0x000c_0004],
    [8, 0x000c_0004],
    [9, 0x000c_0002],
  ])('refuses one-time type %p, also if the key agrees', (type, expected) => {
    expect(code(changed(publicKey, 4, type), changed(signature, OTS_TYPE, type))).toBe(expected);
  });
  test('takes any tree type of height 15 in the signature and none in the key', () => {
    expect(lmsDriverVerify(provider, publicKey, message, changed(signature, TREE_TYPE, 7))).toBe(true);
    expect(lmsDriverVerify(provider, changed(publicKey, 0, 99), message, signature)).toBe(true);
  });
  test('its code becomes the extended error of the verifier', () => {
    const options: BundleOptions = {
      provider,
      vendor,
      owner,
      pqc: 'lms',
      header: { svn: 0 },
      fmc: { payload: new Uint8Array(4), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000 },
      runtime: { payload: new Uint8Array(4), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 },
    };
    const bundle = buildBundle(options);
    const fuses = fusesOf(provider, bundle);
    for (const [start, symbol] of [
      [4540, 'IMAGE_VERIFIER_ERR_VENDOR_LMS_VERIFY_FAILURE'],
      [11952, 'IMAGE_VERIFIER_ERR_OWNER_LMS_VERIFY_FAILURE'],
    ] as const) {
      const malformed = changed(bundle, start + Q, 0x0100_0000);
      const env = standaloneEnv({ provider, bundle: malformed, fuses });
      expect(() => verifyImage(malformed.slice(0, 16956), env, 'ColdReset', malformed.length)).toThrow(symbol);
      expect(env.extendedError).toBe(ERRORS.DRIVER_LMS_INVALID_Q_VALUE);
    }
  });
});
