import { describe, expect, test } from '@jest/globals';
import { hexToBytes, portableProvider } from '@rootcap/crypto';
import { formatCode, RotError } from '@rootcap/errors';
import {
  type BundleOptions,
  buildBundle,
  buildEditedBundle,
  demoKeys,
  type EditStage,
  editManifest,
  encodeSvnFuse,
  explainRefusal,
  fusesOf,
  MAX_FIRMWARE_SVN,
  type ManifestEdit,
  RECORDED_FIELD_NAMES,
  verifyBundle,
} from '@rootcap/image';
import { fakeOwnerKeys, fakeVendorKeys } from './fake-keys.ts';
import { imageFuses, type RecordedFuses } from './recorded.ts';
import { haveVectors, readVectors } from './vectors.ts';

/** rom-scenarios/negative.json: bundles that the real ROM refused. */
interface Case {
  readonly name: string;
  readonly fatal: string;
  readonly stage?: string;
  readonly edit?: RecordedEdit;
  readonly edits?: readonly RecordedEdit[];
  readonly fuses?: RecordedFuses;
  readonly pqc?: 'LMS';
  readonly fw_svn?: number;
  readonly mailbox?: boolean;
  readonly reset?: boolean;
}
type RecordedEdit = Omit<ManifestEdit, 'stage'>;

const STAGES: Readonly<Record<string, EditStage>> = {
  'after-signing': 'after-signing',
  'header before signing': 'header',
  'toc (before TOC digest and signing)': 'toc',
};

const provider = portableProvider;

/** The base of the recordings: fake keys, FMC and runtime at the addresses of the real firmware, SVN 9, fuse SVN 7. */
const keys = haveVectors ? { vendor: fakeVendorKeys(), owner: fakeOwnerKeys() } : demoKeys(provider);
const base = (pqc: BundleOptions['pqc']): BundleOptions => ({
  provider,
  ...keys,
  pqc,
  header: { svn: 9, pl0Pauser: 1 },
  fmc: { payload: new Uint8Array(31368).fill(1), loadAddr: 0x4000_0000, entryPoint: 0x4000_0130 },
  runtime: { payload: new Uint8Array(186516).fill(2), loadAddr: 0x4000_8000, entryPoint: 0x4000_8140 },
});

/** Signing takes most of the time, so cases that change nothing before it share their bundle. */
const signed: Partial<Record<BundleOptions['pqc'], Uint8Array>> = {};
function baseBundle(pqc: BundleOptions['pqc']): Uint8Array {
  signed[pqc] ??= buildBundle(base(pqc));
  return signed[pqc].slice();
}

function bundleOf({ pqc, fw_svn, stage, edit, edits }: Case): Uint8Array {
  const kind = pqc === 'LMS' ? 'lms' : 'mldsa';
  const manifestEdits = (edits ?? (edit === undefined ? [] : [edit])).map((each) => ({
    ...each,
    stage: STAGES[stage ?? ''] as EditStage,
    field: RECORDED_FIELD_NAMES[each.field] as string,
  }));
  if (fw_svn === undefined && manifestEdits.every((each) => each.stage === 'after-signing')) {
    const bundle = baseBundle(kind);
    for (const each of manifestEdits) editManifest(bundle, each);
    return bundle;
  }
  const options = base(kind);
  return buildEditedBundle({ ...options, header: { ...options.header, svn: fw_svn ?? 9 } }, manifestEdits);
}

function refusalOf(run: () => unknown): RotError {
  try {
    run();
  } catch (error) {
    if (error instanceof RotError) return error;
    throw error;
  }
  throw new Error('accepted');
}

if (!haveVectors) test('left out: no caliptra pack', () => {});
else
  describe('bundles that the real ROM refuses', () => {
    const { cases } = readVectors<{ cases: readonly Case[] }>('rom-scenarios/negative.json');
    const verifierCases = cases.filter((each) => !each.mailbox && !each.reset);
    const fuses = {
      mldsa: { ...fusesOf(provider, baseBundle('mldsa')), fwSvn: encodeSvnFuse(7) },
      lms: { ...fusesOf(provider, baseBundle('lms')), fwSvn: encodeSvnFuse(7) },
    };

    test('57 of the 63 recorded cases concern the image', () => {
      expect(cases.length).toBe(63);
      expect(verifierCases.length).toBe(57);
    });
    test.each(verifierCases)('$name', (recorded) => {
      const bundle = bundleOf(recorded);
      const verify = () =>
        verifyBundle({
          provider,
          bundle,
          fuses: imageFuses(recorded.fuses ?? {}, fuses[recorded.pqc === 'LMS' ? 'lms' : 'mldsa']),
        });
      if (recorded.fatal.startsWith('0x0102')) {
        // Not the verifier's code: the image passes, the key ladder then refuses its SVN.
        expect(verify().fwSvn).toBeGreaterThan(MAX_FIRMWARE_SVN);
        return;
      }
      const { code, symbol } = refusalOf(verify);
      expect(formatCode(code)).toBe(recorded.fatal);
      expect(explainRefusal(symbol).length).toBeGreaterThan(0);
    });
    test('the unchanged bundles are accepted', () => {
      for (const pqc of ['mldsa', 'lms'] as const)
        expect(verifyBundle({ provider, bundle: baseBundle(pqc), fuses: fuses[pqc] }).fwSvn).toBe(9);
    });
    test('key hashes of the fake keys are the documented ones', () => {
      const { derived } = readVectors<{ derived: Record<'lms' | 'mldsa', Record<string, string>> }>('fake-keys.json');
      for (const pqc of ['mldsa', 'lms'] as const) {
        expect(fuses[pqc].vendorPkHash).toEqual(hexToBytes(derived[pqc].vendor_pk_descriptor_sha384 as string));
        expect(fuses[pqc].ownerPkHash).toEqual(hexToBytes(derived[pqc].owner_pk_sha384 as string));
      }
    });
  });
