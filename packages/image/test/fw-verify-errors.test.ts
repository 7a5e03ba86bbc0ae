import { describe, expect, test } from '@jest/globals';
import { bytesToHex, portableProvider } from '@rootcap/crypto';
import { formatCode, RotError } from '@rootcap/errors';
import { type StandaloneOptions, standaloneEnv, standInBundle, verifyImage } from '@rootcap/image';
import {
  BLANK,
  imageFuses,
  LIFECYCLES,
  type RecordedFuses,
  recordedConfig,
  recordedImage,
  recordedManifest,
} from './recorded.ts';
import { haveVectors, readVectors } from './vectors.ts';

/** fw-verify-errors.json: 32 uploads to the real firmware. The changed byte is not recorded; the field is. */
interface Recording {
  readonly layout: Readonly<Record<string, number>>;
  readonly cases: readonly Case[];
}
interface Case {
  readonly case: string;
  readonly modified_fuses: RecordedFuses;
  readonly fw_error_fatal: string;
  readonly fw_extended_error_info: string;
  readonly reached_runtime: boolean;
}

type Change = (bundle: Uint8Array, at: Readonly<Record<string, number>>) => Uint8Array;

const flip =
  (place: (at: Readonly<Record<string, number>>) => number | undefined): Change =>
  (bundle, at) => {
    const offset = place(at) ?? Number.NaN;
    bundle[offset] = (bundle[offset] as number) ^ 1;
    return bundle;
  };
const set =
  (place: string, value: number): Change =>
  (bundle, at) => {
    bundle[at[place] as number] = value;
    return bundle;
  };
const clear =
  (place: string): Change =>
  (bundle, at) =>
    bundle.fill(0, at[place], (at[place] as number) + 96);

const CHANGES: Readonly<Record<string, Change>> = {
  'manifest marker': flip(() => 0),
  'manifest size': flip(() => 4),
  'vendor key descriptor hash byte': flip((at) => (at.preamble_offset as number) + 4),
  'vendor_ecc_pub_key_idx=9': set('vendor_ecc_idx', 9),
  'vendor ECC active key': flip((at) => at.vendor_ecc_key),
  'vendor PQC idx=40': set('vendor_pqc_idx', 40),
  'vendor PQC active key': flip((at) => at.vendor_pqc_key),
  'vendor ECC signature r': flip((at) => at.vendor_ecc_sig),
  'vendor ECC signature s': flip((at) => (at.vendor_ecc_sig as number) + 48),
  'vendor PQC signature': flip((at) => (at.vendor_pqc_sig as number) + 100),
  'owner ECC key': flip((at) => at.owner_keys),
  'owner PQC key': flip((at) => (at.owner_keys as number) + 96),
  'owner ECC signature': flip((at) => at.owner_ecc_sig),
  'owner PQC signature': flip((at) => (at.owner_pqc_sig as number) + 100),
  'header byte 8': flip((at) => (at.header_offset as number) + 8),
  'toc fmc version': flip((at) => (at.toc_offset as number) + 28),
  'toc last byte': flip((at) => (at.fmc as number) - 1),
  'FMC image byte': flip((at) => at.fmc),
  'RT image byte': flip((at) => at.runtime),
  'truncated by 256 bytes': (bundle) => bundle.slice(0, -256),
  'vendor ECC signature zero': clear('vendor_ecc_sig'),
  'owner ECC signature zero': clear('owner_ecc_sig'),
};

/** Fatal code and extended error information that the chip would show. */
function outcome(options: StandaloneOptions): { fatal: string; extended: string } {
  const env = standaloneEnv(options);
  const extended = (): string => bytesToHex(Uint8Array.of(...new Uint8Array(Uint32Array.of(env.extendedError).buffer)));
  try {
    verifyImage(options.bundle.slice(0, 16956), env, 'ColdReset', options.bundle.length);
    return { fatal: formatCode(0), extended: extended() };
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    return { fatal: formatCode(error.code), extended: extended() };
  }
}

if (!haveVectors) test('left out: no caliptra pack', () => {});
else
  describe.each(['a-passive-mldsa', 'b-passive-lms'])('%s', (config) => {
    const { layout, cases } = readVectors<Recording>(`goldens/${config}/fw-verify-errors.json`);
    const { fuses, lifecycle } = recordedConfig(config);
    const manifest = recordedManifest(recordedImage(config));

    test.each(cases)('$case', (recorded) => {
      const { bundle, provider } = standInBundle(portableProvider, manifest);
      const change = CHANGES[recorded.case];
      expect(
        change !== undefined || Object.keys(recorded.modified_fuses).length > 0 || recorded.case === 'unmodified',
      ).toBe(true);
      const { fatal, extended } = outcome({
        provider,
        bundle: change?.(bundle, layout) ?? bundle,
        fuses: imageFuses(recorded.modified_fuses, imageFuses(fuses, BLANK)),
        lifecycle: LIFECYCLES[lifecycle],
      });
      expect(fatal).toBe(recorded.fw_error_fatal);
      expect(extended).toBe(recorded.fw_extended_error_info.slice(0, 8));
      expect(fatal === formatCode(0)).toBe(recorded.reached_runtime);
    });
  });
