import { describe, expect, test } from '@jest/globals';
import { portableProvider } from '@rootcap/crypto';
import { ERRORS, type ErrorName, RotError } from '@rootcap/errors';
import {
  type BundleOptions,
  buildBundle,
  buildEditedBundle,
  demoKeys,
  fusesOf,
  type ImageFuses,
  type ImageVerificationEnv,
  LIFECYCLE,
  type ManifestEdit,
  type StandaloneOptions,
  standaloneEnv,
  VERIFIER_CHECKS,
  verifyBundle,
  verifyImage,
} from '@rootcap/image';

const provider = portableProvider;
const { vendor, owner } = demoKeys(provider);
const options: BundleOptions = {
  provider,
  vendor,
  owner,
  pqc: 'mldsa',
  header: { svn: 9 },
  vendorEccIndex: 1,
  vendorPqcIndex: 2,
  fmc: { payload: new Uint8Array(64).fill(1), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000 },
  runtime: { payload: new Uint8Array(128).fill(2), loadAddr: 0x4000_8000, entryPoint: 0x4000_8000 },
};
const bundle = buildBundle(options);
const fuses = fusesOf(provider, bundle);
const ones = new Uint8Array(48).fill(1);

function refusal(run: () => unknown): ErrorName | 'accepted' {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
}
const outcome = (change: Partial<StandaloneOptions>) =>
  refusal(() => verifyBundle({ provider, bundle, fuses, ...change }));
const edited = (...edits: ManifestEdit[]) => buildEditedBundle(options, edits);
const withFuses = (change: Partial<ImageFuses>) => ({ fuses: { ...fuses, ...change } });

describe('update reset', () => {
  const info = verifyBundle({ provider, bundle, fuses });
  const coldBoot = {
    vendorEccPkIndex: info.vendorEccPubKeyIdx,
    vendorPqcPkIndex: info.vendorPqcPubKeyIdx,
    ownerPkHash: info.ownerPubKeysDigest,
    fmcTci: info.fmc.digest,
  };
  // caliptra-sw:image/verify/src/verifier.rs, the four UPDATE_RESET codes
  test.each<[ErrorName | 'accepted', Partial<typeof coldBoot>]>([
    ['accepted', {}],
    ['IMAGE_VERIFIER_ERR_UPDATE_RESET_OWNER_DIGEST_FAILURE', { ownerPkHash: ones }],
    ['IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_ECC_PUB_KEY_IDX_MISMATCH', { vendorEccPkIndex: 0 }],
    ['IMAGE_VERIFIER_ERR_UPDATE_RESET_VENDOR_PQC_PUB_KEY_IDX_MISMATCH', { vendorPqcPkIndex: 1 }],
    ['IMAGE_VERIFIER_ERR_UPDATE_RESET_FMC_DIGEST_MISMATCH', { fmcTci: ones }],
  ])('%s', (expected, change) => {
    expect(outcome({ coldBoot: { ...coldBoot, ...change } })).toBe(expected);
  });
  test('needs what cold boot recorded', () => {
    const env = standaloneEnv({ provider, bundle, fuses });
    expect(() => verifyImage(bundle.slice(0, 16956), env, 'UpdateReset', bundle.length)).toThrow(TypeError);
  });
});

describe('owner', () => {
  const unowned = withFuses({ ownerPkHash: new Uint8Array(48) });
  test('anybody, if no owner is known', () => {
    expect(outcome(unowned)).toBe('accepted');
    expect(verifyBundle({ provider, bundle, ...unowned }).ownerPubKeysDigestInFuses).toBe(false);
  });
  test('INSTALL_OWNER_PK_HASH counts if no owner is fused', () => {
    expect(outcome({ ...unowned, dotOwnerPkHash: fuses.ownerPkHash })).toBe('accepted');
    expect(outcome({ ...unowned, dotOwnerPkHash: ones })).toBe('IMAGE_VERIFIER_ERR_DOT_OWNER_PUB_KEY_DIGEST_MISMATCH');
    expect(outcome({ dotOwnerPkHash: ones })).toBe('accepted');
  });
});

describe('revocation', () => {
  test.each<[ErrorName | 'accepted', Partial<ImageFuses>]>([
    ['IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_REVOKED', { eccRevocation: 0b0010 }],
    ['accepted', { eccRevocation: 0b1101 }],
    ['IMAGE_VERIFIER_ERR_VENDOR_PQC_PUB_KEY_REVOKED', { mldsaRevocation: 0b0100 }],
    ['accepted', { mldsaRevocation: 0b1011, lmsRevocation: 0xffff_ffff }],
  ])('%s for %j', (expected, change) => {
    expect(outcome(withFuses(change))).toBe(expected);
  });
  test('the last key of a list cannot be revoked, wherever the list ends', () => {
    const short = { ...options, vendor: { ecc: vendor.ecc.slice(0, 2), mldsa: vendor.mldsa.slice(0, 3) } };
    const shortBundle = buildBundle(short);
    const revoked = { ...fusesOf(provider, shortBundle), eccRevocation: 0xf, mldsaRevocation: 0xf };
    expect(outcome({ bundle: shortBundle, fuses: revoked })).toBe('accepted');
  });
});

describe('unprovisioned lifecycle', () => {
  const unprovisioned = { lifecycle: LIFECYCLE.unprovisioned };
  const blank: StandaloneOptions['fuses'] = { vendorPkHash: new Uint8Array(48), pqcKeyType: 0 };
  test('needs no fuses at all', () => {
    expect(outcome({ ...unprovisioned, fuses: blank })).toBe('accepted');
  });
  test('skips the SVN check but reports the fuse', () => {
    const old = { ...blank, fwSvn: [0xffff, 0, 0, 0] };
    expect(verifyBundle({ provider, bundle, ...unprovisioned, fuses: old }).effectiveFuseSvn).toBe(16);
    expect(outcome({ fuses: { ...fuses, fwSvn: [0xffff, 0, 0, 0] } })).toBe(
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE',
    );
  });
  // u32 arithmetic of the firmware: count 0 makes the last index 0xffffffff.
  const counts = (ecc: number): ManifestEdit[] => [
    { stage: 'after-signing', field: 'preamble.vendorPubKeyInfo.eccKeyDescriptor.keyHashCount', fill: ecc },
  ];
  const eccIndex = (u32: number): ManifestEdit[] => [
    { stage: 'header', field: 'header.vendorEccPubKeyIdx', u32 },
    { stage: 'after-signing', field: 'preamble.vendorEccPubKeyIdx', u32 },
  ];
  test.each<[string, ErrorName | 'accepted', ManifestEdit[], number]>([
    ['an empty key list has no bound', 'accepted', counts(0), 0],
    ['revocation still counts then', 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_REVOKED', counts(0), 0b0010],
    ['the list ends before the index', 'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_INDEX_OUT_OF_BOUNDS', counts(1), 0],
    [
      'index 4 of 9: a fuse that does not exist counts as blown',
      'IMAGE_VERIFIER_ERR_VENDOR_ECC_PUB_KEY_REVOKED',
      [...counts(9), ...eccIndex(4)],
      0,
    ],
    ['index 8 of 9 is the last', 'accepted', [...counts(9), ...eccIndex(8)], 0xf],
    ['index 32 without a bound uses fuse 0', 'accepted', [...counts(0), ...eccIndex(32)], 0b1110],
  ])('%s', (_, expected, edits, eccRevocation) => {
    expect(outcome({ ...unprovisioned, bundle: edited(...edits), fuses: { ...blank, eccRevocation } })).toBe(expected);
  });
});

describe('engine failures', () => {
  const MANIFEST = bundle.slice(0, 16956);
  const withEnv = (change: Partial<ImageVerificationEnv>) => {
    let extended = 0;
    const setExtendedError = (code: number): void => {
      extended = code;
    };
    const env = { ...standaloneEnv({ provider, bundle, fuses }), ...change, setExtendedError };
    const symbol = refusal(() => verifyImage(MANIFEST, env, 'ColdReset', bundle.length));
    return { symbol, extended };
  };
  const failing = (symbol: ErrorName) => () => {
    throw new RotError(symbol);
  };

  test('the driver code goes to the extended error register', () => {
    const code = ERRORS.DRIVER_ECC384_HW_ERROR;
    expect(withEnv({ ecc384Verify: failing('DRIVER_ECC384_HW_ERROR') })).toEqual({
      symbol: 'IMAGE_VERIFIER_ERR_VENDOR_ECC_VERIFY_FAILURE',
      extended: code,
    });
    expect(withEnv({ mldsa87Verify: failing('DRIVER_MLDSA87_HW_ERROR') })).toEqual({
      symbol: 'IMAGE_VERIFIER_ERR_VENDOR_MLDSA_VERIFY_FAILURE',
      extended: ERRORS.DRIVER_MLDSA87_HW_ERROR,
    });
  });
  test('r above n - 1 is the range check of the driver', () => {
    const bad = edited({ stage: 'after-signing', field: 'preamble.ownerSigs.eccSig.r', fill: 0xff, length: 48 });
    const env = standaloneEnv({ provider, bundle: bad, fuses });
    expect(refusal(() => verifyImage(bad.slice(0, 16956), env, 'ColdReset', bad.length))).toBe(
      'IMAGE_VERIFIER_ERR_OWNER_ECC_VERIFY_FAILURE',
    );
    expect(env.extendedError).toBe(ERRORS.DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED);
  });
  test('an owner key off the curve is an engine error', () => {
    const bad = edited({ stage: 'after-signing', field: 'preamble.ownerPubKeys.eccPubKey.x', xor: 1 });
    const env = standaloneEnv({ provider, bundle: bad, fuses: { ...fuses, ownerPkHash: new Uint8Array(48) } });
    expect(refusal(() => verifyImage(bad.slice(0, 16956), env, 'ColdReset', bad.length))).toBe(
      'IMAGE_VERIFIER_ERR_OWNER_ECC_VERIFY_FAILURE',
    );
    expect(env.extendedError).toBe(ERRORS.DRIVER_ECC384_HW_ERROR);
  });
  test('each hash has its own failure code; not getting the accelerator keeps the driver code', () => {
    const { sha384OfImage } = standaloneEnv({ provider, bundle, fuses });
    const failAt = (offset: number, length: number, symbol: ErrorName) =>
      withEnv({ sha384OfImage: (o, n) => (o === offset && n === length ? failing(symbol)() : sha384OfImage(o, n)) })
        .symbol;
    const oob: ErrorName = 'DRIVER_SHA2_512_384ACC_INDEX_OUT_OF_BOUNDS';
    expect(failAt(12, 1736, oob)).toBe('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_FAILURE');
    expect(failAt(1752, 96, oob)).toBe('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_FAILURE');
    expect(failAt(1852, 2592, oob)).toBe('IMAGE_VERIFIER_ERR_VENDOR_PUB_KEY_DIGEST_FAILURE');
    expect(failAt(9168, 2688, oob)).toBe('IMAGE_VERIFIER_ERR_OWNER_PUB_KEY_DIGEST_FAILURE');
    expect(failAt(16588, 120, oob)).toBe('IMAGE_VERIFIER_ERR_HEADER_DIGEST_FAILURE');
    expect(failAt(16588, 160, oob)).toBe('IMAGE_VERIFIER_ERR_HEADER_DIGEST_FAILURE');
    expect(failAt(16748, 208, oob)).toBe('IMAGE_VERIFIER_ERR_TOC_DIGEST_FAILURE');
    expect(failAt(16956, 64, oob)).toBe('IMAGE_VERIFIER_ERR_FMC_DIGEST_FAILURE');
    expect(failAt(17020, 128, oob)).toBe('IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_FAILURE');
    const locked: ErrorName = 'DRIVER_SHA2_512_384_ACC_DIGEST_START_OP_FAILURE';
    expect(failAt(17020, 128, locked)).toBe(locked);
  });
  test('an image offset outside the mailbox is a hash failure, not a size check', () => {
    const far = edited({ stage: 'toc', field: 'runtime.offset', u32: 0x0010_0000 });
    expect(outcome({ bundle: far })).toBe('IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_FAILURE');
  });
  test("a caller's mistake is not turned into a refusal", () => {
    const broken = { sha384OfImage: () => undefined as never };
    expect(() =>
      verifyImage(MANIFEST, { ...standaloneEnv({ provider, bundle, fuses }), ...broken }, 'ColdReset', 1),
    ).toThrow(TypeError);
  });
});

describe('sizes', () => {
  test('what is not there reads as zero', () => {
    expect(outcome({ bundle: bundle.slice(0, 4) })).toBe('IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH');
    expect(outcome({ bundle: bundle.slice(0, 3) })).toBe('IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH');
  });
  test.each([0, 256 * 1024 + 1])('the command handler refuses %p bytes', (size) => {
    expect(outcome({ bundle: new Uint8Array(size) })).toBe('FW_PROC_INVALID_IMAGE_SIZE');
  });
});

describe('table of checks', () => {
  test('has codes of the image verifier only, and says something about each', () => {
    for (const { symbol, meaning } of VERIFIER_CHECKS) {
      expect(ERRORS[symbol] >>> 16).toBe(0x000b);
      expect(meaning.length).toBeGreaterThan(10);
    }
  });
  test('steps are in order', () => {
    const order = VERIFIER_CHECKS.map(({ step }) => Number.parseInt(step, 10));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});
