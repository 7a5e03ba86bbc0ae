import { type CryptoProvider, concatBytes } from '@rootcap/crypto';
import { deriveHek, deriveMdk, type HekGeneration, WrappedKey } from '@rootcap/ocp-lock';
import { firstMismatch, once } from '../caliptra/checks.ts';
import { compare, Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';
import { type Block, deviceBlock, hekSeedOf, sealedAccessKey, softwareBlock } from './block.ts';

const SOURCE = 'Caliptra firmware, OCP LOCK key ladder';
const METADATA = new Uint8Array(20).fill(1);
const AUX = new Uint8Array(32);
const TIMEOUT = 1000;
const NO_CHECKSUM = new Uint8Array(16);
/** Random responses that the HPKE keys of a block take. */
const HPKE_RESPONSES = Array.from({ length: 4 }, () => new Uint8Array(48));

/** ROM releases of the recordings, and which of them a device has. */
const ROMS: Readonly<Record<string, { readonly generation: HekGeneration; readonly device: boolean }>> = {
  '2.1.0_2.1.1': { generation: 'context', device: false },
  '2.1.2_and_later': { generation: 'extract', device: true },
};

/** One recorded case with what goes into it. */
class LadderCase {
  readonly inputs: Fields;
  readonly common: Fields;
  readonly recorded: Fields;
  readonly rom: (typeof ROMS)[string];

  constructor(json: JsonObject, recorded: JsonObject) {
    this.inputs = new Fields(json.inputs as JsonObject);
    const { computed, asserted } = json.common as Readonly<Record<'computed' | 'asserted', JsonObject>>;
    this.common = new Fields(computed, asserted);
    this.recorded = new Fields(recorded);
    this.rom = ROMS[this.recorded.text('rom')] ?? notRun(`unknown ROM "${this.recorded.text('rom')}"`);
  }

  /** What a step came to: constants of the source's test, and values computed from them. */
  outcome(step: string): Fields {
    const { asserted = {}, computed = {} } = this.recorded.value(step) as Readonly<Record<string, JsonObject>>;
    return new Fields(asserted, computed);
  }

  keys(provider: CryptoProvider) {
    const { generation } = this.rom as NonNullable<typeof this.rom>;
    const seed = generation === 'context' ? hekSeedOf(this.inputs) : this.common.hex('hek_seed_deobfuscated');
    const cdi = this.common.hex('idevid_cdi');
    return { hek: deriveHek(provider, generation, cdi, seed), mdk: deriveMdk(provider, cdi) };
  }

  initialize(block: Block): void {
    const { inputs } = this;
    block.call('INITIALIZE_MEK_SECRET', { reserved: 0, sek: inputs.hex('sek'), dpk: inputs.hex('dpk') });
  }

  derive(block: Block, expected: Fields): Mismatch {
    const request = { reserved: 0, mek_checksum: NO_CHECKSUM, metadata: METADATA, aux_metadata: AUX };
    const { mek_checksum } = block.call('DERIVE_MEK', { ...request, cmd_timeout: TIMEOUT });
    return firstMismatch(
      compare('MEK checksum', mek_checksum, expected.hex('mek_checksum')),
      compare('MEK', block.released() ?? NO_CHECKSUM, expected.hex('mek')),
    );
  }
}

function deriveTest(ladder: LadderCase, block: Block): Mismatch {
  ladder.initialize(block);
  return ladder.derive(block, ladder.outcome('derive_mek'));
}

function mixTest(ladder: LadderCase, provider: CryptoProvider, block: Block): Mismatch {
  const { inputs } = ladder;
  const locked_mpk = WrappedKey.decode(ladder.outcome('locked_mpk').hex('wrapped_key_struct'));
  const sealed = sealedAccessKey(provider, block, inputs.hex('access_key'), locked_mpk.metadata);
  const request = { reserved: 0, sek: inputs.hex('sek'), sealed_access_key: sealed, locked_mpk };
  const { enabled_mpk } = block.call('ENABLE_MPK', request);
  ladder.initialize(block);
  block.call('MIX_MPK', { reserved: 0, enabled_mpk });
  block.call('CLEAR_KEY_CACHE', { reserved: 0, cmd_timeout: TIMEOUT });
  return ladder.derive(block, ladder.outcome('mix_one_mpk_then_derive'));
}

function generateTest(ladder: LadderCase, provider: CryptoProvider): Mismatch {
  const expected = ladder.outcome('generate_load_fixed');
  const mek = expected.hex('mek');
  const random = [mek.subarray(0, 48), mek.subarray(48), expected.hex('salt'), expected.hex('iv')];
  const block = softwareBlock(provider, ladder.keys(provider), [...HPKE_RESPONSES, ...random]);
  ladder.initialize(block);
  const { wrapped_mek } = block.call('GENERATE_MEK', {});
  ladder.initialize(block);
  const place = { reserved: 0, metadata: METADATA, aux_metadata: AUX };
  block.call('LOAD_MEK', { ...place, wrapped_mek, cmd_timeout: TIMEOUT });
  const sealed = concatBytes(expected.hex('ciphertext'), expected.hex('tag'));
  return firstMismatch(
    compare('wrapped MEK', wrapped_mek.ciphertext_and_auth_tag, sealed),
    compare('MEK', block.released() ?? NO_CHECKSUM, mek),
  );
}

function caseTests(json: JsonObject, recorded: JsonObject, { provider }: ConformanceContext): TestCase[] {
  const ladder = new LadderCase(json, recorded);
  const alone = once(() => softwareBlock(provider, ladder.keys(provider)));
  const inDevice = once(() => deviceBlock(provider, ladder.inputs));
  const blocks = [
    { where: 'alone', block: alone },
    ...(ladder.rom?.device ? [{ where: 'in a device', block: inDevice }] : []),
  ];
  const tests = [
    { id: 'HEK', run: () => compare('HEK', ladder.keys(provider).hek, ladder.outcome('derive_mek').hex('hek')) },
    { id: 'MDK', run: () => compare('MDK', ladder.keys(provider).mdk, ladder.common.hex('mdk')) },
    { id: 'generate and load', run: () => generateTest(ladder, provider) },
    ...blocks.flatMap(({ where, block }) => [
      { id: `derive, ${where}`, run: () => deriveTest(ladder, block()) },
      { id: `enable, mix and derive, ${where}`, run: () => mixTest(ladder, provider, block()) },
    ]),
  ];
  return tests.map(({ id, run }) => ({ id: `ROM ${ladder.recorded.text('rom')}: ${id}`, run }));
}

/** From fuse values to released keys: `cases`, each with a way to derive the HEK. */
export const lockKeyLadder: Recognizer = {
  kind: 'ocp-lock-key-ladder',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !isObject(json.inputs) || !isObject(json.common)) return undefined;
    const cases = objects(json.cases);
    if (cases.length === 0 || !cases.every((recorded) => typeof recorded.hek_derivation === 'string')) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run: (context) =>
        runTests(
          name,
          SOURCE,
          cases.flatMap((recorded) => caseTests(json, recorded, context)),
          context.limits,
        ),
    };
  },
};
