import { type CryptoProvider, ecc384KeyFromSeed, kdf512 } from '@rootcap/crypto';
import { createDevice } from 'rootcap';
import { once } from '../caliptra/checks.ts';
import { type ObservedBoot, observeBoot } from '../caliptra/observed-boot.ts';
import { recordedLifecycle, UNWRITTEN_FUSES } from '../caliptra/recorded-options.ts';
import { measuringStandIn } from '../caliptra/stand-in-firmware.ts';
import { compare, Fields, isObject, type JsonObject, objects, readJson } from '../fields.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const FORMAT = 'rootcap/key-ladder/1';

/** Labels of each layer's keys. */
const LAYERS = {
  idevid: { ecc: 'idevid_ecc_key', mldsa: 'idevid_mldsa_key' },
  ldevid: { ecc: 'ldevid_ecc_key', mldsa: 'ldevid_mldsa_key' },
  fmc_alias: { ecc: 'alias_fmc_ecc_key', mldsa: 'alias_fmc_mldsa_key' },
  rt_alias: { ecc: 'alias_rt_ecc_key', mldsa: 'alias_rt_mldsa_key' },
} as const;

/** A key hash that any device can be fused with. */
const KEY_HASH = new Uint8Array(48).fill(0x5a);

/** The device itself, with firmware of the SVN: every secret that does not depend on what else was measured. */
function boot(device: Fields, tested: CryptoProvider): ObservedBoot {
  const digests = { vendorPkHash: KEY_HASH, ownerPkHash: KEY_HASH, fmcTci: KEY_HASH, rtTci: device.hex('rt_tci') };
  const options = { pqc: 'mldsa', svn: device.number('fw_svn') } as const;
  const { provider, bundle } = measuringStandIn(tested, options, digests);
  return observeBoot(
    createDevice({
      provider,
      firmware: bundle,
      lifecycle: recordedLifecycle(device.text('lifecycle')),
      debugLocked: device.flag('debug_locked'),
      obfuscationKey: device.hex('obf_key'),
      fuses: {
        ...UNWRITTEN_FUSES,
        pqcKeyType: 1,
        vendorPkHash: KEY_HASH,
        ownerPkHash: KEY_HASH,
        udsSeed: device.hex('uds_seed'),
        fieldEntropy: device.hex('field_entropy'),
      },
    }),
  );
}

/** Slots in which secrets still are when the runtime runs. */
const SLOTS = { stable_identity_root_idev: 0, stable_identity_root_ldev: 1, firmware_ladder: 2 } as const;

function deviceTests(device: Fields, expect: Fields, context: ConformanceContext): TestCase[] {
  const booted = once(() => boot(device, context.provider));
  const slots = Object.entries(SLOTS).map(([name, slot]) => ({
    id: name,
    run: () => compare(name, booted().atRuntime.keyVault[slot]?.words, expect.hex(name)),
  }));
  const cdis = (['idevid', 'ldevid'] as const).map((layer) => ({
    id: `${layer} CDI`,
    run: () => compare('CDI', booted().cdis[layer], expect.object(layer).hex('cdi')),
  }));
  return [...slots, ...cdis];
}

/** The keys of each layer from its CDI. */
function layerTests(expect: Fields, { provider }: ConformanceContext): TestCase[] {
  return Object.entries(LAYERS).flatMap(([layer, labels]): TestCase[] => {
    const keys = (): Fields => expect.object(layer);
    const ecc = once(() =>
      ecc384KeyFromSeed(provider, kdf512(provider, keys().hex('cdi'), labels.ecc).subarray(0, 48)),
    );
    return [
      {
        id: `${layer} ECC private key`,
        run: () => compare('private key', ecc().privateKey, keys().hex('ecc_private_key')),
      },
      {
        id: `${layer} ECC public key`,
        run: () => compare('public key', ecc().publicKey, keys().hex('ecc_public_key')),
      },
      {
        id: `${layer} ML-DSA seed`,
        run: () => {
          const entry = kdf512(provider, keys().hex('cdi'), labels.mldsa);
          return compare('seed', entry.slice(0, 32).reverse(), keys().hex('mldsa_seed'));
        },
      },
    ];
  });
}

/** CDIs of the layers that measure firmware. */
function aliasTests(device: Fields, expect: Fields, { provider }: ConformanceContext): TestCase[] {
  const cdi = (layer: string): Uint8Array => expect.object(layer).hex('cdi');
  return [
    {
      id: 'fmc_alias CDI',
      run: () => compare('CDI', kdf512(provider, cdi('ldevid'), 'alias_fmc_cdi', device.hex('pcr0')), cdi('fmc_alias')),
    },
    {
      id: 'rt_alias CDI',
      run: () =>
        compare('CDI', kdf512(provider, cdi('fmc_alias'), 'alias_rt_cdi', device.hex('rt_tci')), cdi('rt_alias')),
    },
  ];
}

function ladderTests(json: JsonObject, context: ConformanceContext): TestCase[] {
  return objects(json.devices).flatMap((object) => {
    const device = new Fields(object);
    const expect = isObject(object.expect) ? new Fields(object.expect) : notRun('unknown layout: no "expect"');
    const tests = [
      ...deviceTests(device, expect, context),
      ...layerTests(expect, context),
      ...aliasTests(device, expect, context),
    ];
    return tests.map(({ id, run }) => ({ id: `${String(object.name)}: ${id}`, run }));
  });
}

/** Devices with every key that comes out of their fuses: `key-ladder.json`. */
export const keyLadder: Recognizer = {
  kind: 'key-ladder',
  recognize(entry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || json.format !== FORMAT) return undefined;
    const name = suiteName(entry);
    const source = 'Rootcap key ladders';
    return { name, source, run: (context) => runTests(name, source, ladderTests(json, context), context.limits) };
  },
};
