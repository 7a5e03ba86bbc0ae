import { describe, expect, test } from '@jest/globals';
import { type Fuses, fuseWords, writeFuses } from '@rootcap/hardware';
import { makeChip } from './chips.ts';
import { counted, hasPack, hex, pack, unhex } from './engines.ts';

describe('writeFuses', () => {
  test('byte strings are big-endian words', () => {
    const chip = makeChip();
    writeFuses(chip, {
      vendorPkHash: counted(48),
      ownerPkHash: counted(48, 1),
      ownerPkHashLock: true,
      udsSeed: counted(64, 2),
    });
    expect(chip.soc.get('FUSE_VENDOR_PK_HASH')).toBe(0x0001_0203);
    expect([chip.soc.bytes('FUSE_VENDOR_PK_HASH'), chip.soc.bytes('CPTRA_OWNER_PK_HASH')]).toEqual([
      counted(48),
      counted(48, 1),
    ]);
    expect([chip.soc.udsSeed(), chip.soc.get('CPTRA_OWNER_PK_HASH_LOCK')]).toEqual([counted(64, 2), 1]);
  });

  test.each([
    [0, [0, 0, 0, 0]],
    [1, [1, 0, 0, 0]],
    [7, [0x7f, 0, 0, 0]],
    [32, [0xffff_ffff, 0, 0, 0]],
    [33, [0xffff_ffff, 1, 0, 0]],
    [128, [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff]],
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
  ] as const)('SVN %p is the thermometer code %p', (svn, words) => {
    expect(fuseWords({ firmwareSvn: svn })).toEqual([['FUSE_RUNTIME_SVN', words]]);
  });

  test('every fuse goes to its register', () => {
    const fuses: Fuses = {
      udsSeed: counted(64),
      fieldEntropy: counted(32),
      hekSeed: counted(32),
      vendorPkHash: counted(48),
      ownerPkHash: counted(48),
      ownerPkHashLock: true,
      eccRevocation: 1,
      lmsRevocation: 2,
      mldsaRevocation: 3,
      firmwareSvn: 4,
      fmcKeyManifestSvn: 5,
      antiRollbackDisable: true,
      idevidCertAttr: [6, 7],
      idevidManufHsmId: [8, 9, 10, 11],
      pqcKeyType: 3,
      socSteppingId: 12,
      manufDebugUnlockToken: counted(64),
      socManifestSvn: 13,
      socManifestMaxSvn: 14,
    };
    const chip = makeChip();
    writeFuses(chip, fuses);
    expect(fuseWords(fuses)).toHaveLength(19);
    const shown = [
      'FUSE_ECC_REVOCATION',
      'FUSE_LMS_REVOCATION',
      'FUSE_MLDSA_REVOCATION',
      'FUSE_RUNTIME_SVN',
      'FUSE_FMC_KEY_MANIFEST_SVN',
      'FUSE_ANTI_ROLLBACK_DISABLE',
      'FUSE_IDEVID_CERT_ATTR',
      'FUSE_IDEVID_MANUF_HSM_ID',
      'FUSE_PQC_KEY_TYPE',
      'FUSE_SOC_STEPPING_ID',
      'FUSE_SOC_MANIFEST_SVN',
      'FUSE_SOC_MANIFEST_MAX_SVN',
    ] as const;
    expect(shown.map((name) => chip.soc.get(name))).toEqual([1, 2, 3, 0xf, 5, 1, 6, 8, 3, 12, 0x1fff, 14]);
  });

  test.each([
    ['udsSeed', { udsSeed: counted(63) }],
    ['firmwareSvn', { firmwareSvn: 129 }],
    ['firmwareSvn', { firmwareSvn: 1.5 }],
    ['eccRevocation', { eccRevocation: 16 }],
    ['lmsRevocation', { lmsRevocation: -1 }],
    ['idevidCertAttr', { idevidCertAttr: Array(25).fill(0) }],
    ['idevidManufHsmId', { idevidManufHsmId: [2 ** 32] }],
    ['socManifestMaxSvn', { socManifestMaxSvn: 256 }],
    ['pqcKeyType', { pqcKeyType: 4 }],
  ])('%s is refused with its name: %p', (name, fuses) => {
    expect(() => writeFuses(makeChip(), fuses as Fuses)).toThrow(RangeError);
    expect(() => writeFuses(makeChip(), fuses as Fuses)).toThrow(`${name}:`);
  });
});

interface Config {
  fuses: { uds_seed: string; field_entropy: string; hek_seed: string; fw_svn: string; vendor_pk_hash: string };
}

if (hasPack('caliptra/goldens/README.md')) {
  test.each(['a-passive-mldsa', 'b-passive-lms', 'c-subsystem-ocplock-mldsa', 'd-passive-mldsa-manuf-debug'])(
    'the recorded fuses of %s are the register words',
    (name) => {
      const { fuses } = pack<Config>(`caliptra/goldens/${name}/config.json`);
      const chip = makeChip();
      const svn = [...fuses.fw_svn.matchAll(/.{8}/g)].map(([word]) => Number.parseInt(word, 16));
      writeFuses(chip, {
        udsSeed: unhex(fuses.uds_seed),
        fieldEntropy: unhex(fuses.field_entropy),
        hekSeed: unhex(fuses.hek_seed),
        vendorPkHash: unhex(fuses.vendor_pk_hash),
        firmwareSvn: Math.log2((svn[0] as number) + 1),
      });
      expect(hex(chip.soc.udsSeed())).toBe(fuses.uds_seed);
      expect(hex(chip.soc.fieldEntropy())).toBe(fuses.field_entropy);
      expect(hex(chip.soc.bytes('FUSE_HEK_SEED'))).toBe(fuses.hek_seed);
      expect(hex(chip.soc.bytes('FUSE_RUNTIME_SVN'))).toBe(fuses.fw_svn);
    },
  );
} else {
  test('left out: no caliptra pack', () => {});
}
