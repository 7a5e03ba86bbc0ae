import { bytesToHex, type CryptoProvider } from '@rootcap/crypto';
import { type FirmwareContext, STAGES, type Stage } from '@rootcap/firmware';
import type { DeviceOptions } from 'rootcap';
import { RPC_ERROR, RpcError } from '../errors.ts';
import { bytesOf, choice, isAbsent, listOf, objectOf, type Params } from '../params.ts';
import { interactiveTestFmc, testFmc } from './test-fmc.ts';
import { testRuntime } from './test-runtime.ts';

/** Programs of caliptra-sw's test benches that the model can imitate, and the image whose place each takes. */
const STAND_INS = {
  'test-fmc': { image: 'fmc', stage: testFmc },
  'interactive-test-fmc': { image: 'fmc', stage: interactiveTestFmc },
  'test-runtime': { image: 'runtime', stage: testRuntime },
  'fips-test-hooks': { image: 'rom' },
} as const satisfies Record<
  string,
  { readonly image: 'fmc' | 'runtime'; readonly stage: Stage } | { readonly image: 'rom' }
>;

type StandInName = keyof typeof STAND_INS;

const NAMES = Object.keys(STAND_INS) as StandInName[];
const MAX_STAND_INS = 64;
const SHA384_SIZE = 48;

/**
 * The firmware, except that an image with a digest that the client names is imitated by a stand-in. An image is known by the
 * SHA-384 that the manifest says of it, a ROM by that of its bytes. Stand-ins show what a chip does not: only a device with
 * test access has them.
 *
 * @throws RpcError naming the parameter, or test-access
 */
export function standInOptions(
  { standIns, testAccess }: Params,
  rom: Uint8Array,
  { hashes }: CryptoProvider,
): Pick<DeviceOptions, 'stages' | 'fipsTestHooks'> {
  if (isAbsent(standIns)) return {};
  if (testAccess !== true) throw new RpcError(RPC_ERROR.TEST_ACCESS, 'test-access');
  const byDigest = new Map<string, StandInName>();
  listOf(standIns, 'standIns', MAX_STAND_INS).forEach((item, i) => {
    const name = `standIns[${i}]`;
    const params = objectOf(item, name);
    const digest = bytesOf(params.digest, `${name}.digest`, { size: SHA384_SIZE });
    byDigest.set(bytesToHex(digest), choice({ [`${name}.name`]: params.name }, `${name}.name`, NAMES));
  });
  return {
    stages: { fmc: replaceable('fmc', byDigest), runtime: replaceable('runtime', byDigest) },
    fipsTestHooks: byDigest.get(bytesToHex(hashes.digest('sha384', rom))) === 'fips-test-hooks',
  };
}

function replaceable(image: 'fmc' | 'runtime', byDigest: ReadonlyMap<string, StandInName>): Stage {
  return (context) => {
    const name = byDigest.get(loadedDigest(context, image));
    const standIn = name === undefined ? undefined : STAND_INS[name];
    return standIn?.image === image ? standIn.stage(context) : STAGES[image](context);
  };
}

function loadedDigest({ persistent: { manifest } }: FirmwareContext, image: 'fmc' | 'runtime'): string {
  return bytesToHex(manifest.get(image).digest);
}
