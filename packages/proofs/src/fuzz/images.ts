import { RotError } from '@rootcap/errors';
import {
  type BundleOptions,
  buildBundle,
  type ColdBootRecord,
  type ImageFuses,
  ImageManifest,
  verifyBundle,
} from '@rootcap/image';
import { type Baseline, type Bench, createBaseline } from './baseline.ts';
import { differsWhereSigned, type MutatedImage, matchingHashes, mutateImage } from './mutations.ts';
import { Outcomes, TooManySteps } from './outcomes.ts';
import { checkRefusal, checkTexts } from './properties.ts';
import { caseRandom, type Random } from './random.ts';
import { StateWatch } from './state-watch.ts';

/** One case in so many goes through a whole device as well. */
const DEVICE_SHARE = 1 / 20;
/** One case in so many is signed and verified in earnest. */
const REAL_SHARE = 1 / 200;
const LMS_SHARE = 1 / 100;

interface Signed {
  readonly options: BundleOptions;
  readonly bundle: Uint8Array;
}

/** State that a verification of a case starts from. */
interface ImageBench {
  readonly stubMldsa: Signed;
  readonly stubLms: Signed;
  readonly realMldsa: Signed;
  readonly devices: readonly { readonly baseline: Baseline; readonly watch: StateWatch }[];
}

function signed(options: BundleOptions): Signed {
  return { options, bundle: buildBundle(options) };
}

function createImageBench(bench: Bench): ImageBench {
  const { bundle: stub } = bench;
  const device = (name: 'rom' | 'runtime') => {
    const baseline = createBaseline(name, bench, {}, name);
    return { baseline, watch: new StateWatch(baseline.device) };
  };
  return {
    stubMldsa: signed(stub),
    stubLms: signed({ ...stub, pqc: 'lms' }),
    realMldsa: signed(bench.realBundle),
    devices: [device('rom'), device('runtime')],
  };
}

/** Fuses for a bundle: mostly those of its keys, sometimes revoked, rolled forward or unprovisioned. */
function fusesFor(random: Random, { provider, pqc }: BundleOptions, base: Uint8Array, image: Uint8Array): ImageFuses {
  const ofImage = image.length >= ImageManifest.size && random.chance(0.5);
  return {
    ...matchingHashes(provider, ofImage ? image : base),
    pqcKeyType: pqc === 'lms' ? 3 : 1,
    ...(random.chance(0.1) ? { eccRevocation: random.below(16) } : {}),
    ...(random.chance(0.1) ? { mldsaRevocation: random.below(16) } : {}),
    ...(random.chance(0.1) ? { fwSvn: [random.u32() & 0xffff, 0, 0, 0] } : {}),
    ...(random.chance(0.1) ? { antiRollbackDisable: true } : {}),
  };
}

/** What an earlier cold boot left, mostly of the same keys and FMC: verification is then that of an update. */
function coldBootRecord(
  random: Random,
  { provider, fmc }: BundleOptions,
  owner: Uint8Array,
): ColdBootRecord | undefined {
  if (random.chance(0.7)) return undefined;
  const fmcTci = provider.hashes.digest('sha384', fmc.payload);
  return {
    vendorEccPkIndex: random.below(2),
    vendorPqcPkIndex: random.below(2),
    ownerPkHash: random.chance(0.9) ? owner : random.bytes(48),
    fmcTci: random.chance(0.9) ? fmcTci : random.bytes(48),
  };
}

/** Verifies a bundle on its own. @returns the outcome's name */
function verifyAlone(
  random: Random,
  { options, bundle: base }: Signed,
  image: MutatedImage,
  index: number,
  outcomes: Outcomes,
): void {
  const fuses = fusesFor(random, options, base, image.bundle);
  const coldBoot = coldBootRecord(random, options, fuses.ownerPkHash ?? new Uint8Array(48));
  const before = image.bundle.slice();
  try {
    verifyBundle({
      provider: options.provider,
      bundle: image.bundle,
      fuses,
      lifecycle: random.chance(0.05) ? 0 : 3,
      ...(coldBoot === undefined ? {} : { coldBoot }),
    });
    outcomes.count('accepted');
    const end = ImageManifest.size + options.fmc.payload.length + options.runtime.payload.length;
    if (!image.signed && differsWhereSigned(image.bundle, base, end))
      outcomes.violate({ case: index, property: 'signed', detail: `${image.kind}: accepted with other signed bytes` });
  } catch (error) {
    outcomes.count(refusalName(error));
    checkRefusal(error, index, outcomes);
  }
  if (Buffer.compare(before, image.bundle) !== 0)
    outcomes.violate({ case: index, property: 'unchanged', detail: 'the verifier changed the bundle' });
}

function refusalName(error: unknown): string {
  return error instanceof RotError ? error.symbol : error instanceof Error ? error.name : typeof error;
}

/** What a refused bundle may leave behind: error registers, the manifest it came with, erased keys. */
const ROM_REFUSED =
  /^(SOC_IFC_REG|KV_REG|ABR_REG|ECC_REG|HMAC_REG|AES_REG|AES_CLP_REG|SHA256_REG|SHA512_REG|SHA512_ACC_CSR)\.|^DCCM\.(manifest1|boot status)$/;
/** An update that is refused leaves the old firmware running, with its variables anew, and a note that it was refused. */
const UPDATE_REFUSED =
  /^SOC_IFC_REG\.(CPTRA_FW_ERROR_NON_FATAL|CPTRA_FW_EXTENDED_ERROR_INFO|CPTRA_BOOT_STATUS|CPTRA_RESET_REASON|CPTRA_TRNG_DATA|INTR_BLOCK_RF_.*|CPTRA_FLOW_STATUS|internal state)$|^KV_REG\.KEY_CTRL$|^DCCM\.(data_vault|boot status|cleared_non_fatal_fw_error)$|^firmware\..*$/;

/** Hands a bundle to a device that waits for firmware, or to one that runs. */
function loadIntoDevice(
  { devices }: ImageBench,
  random: Random,
  image: MutatedImage,
  index: number,
  outcomes: Outcomes,
): void {
  const { baseline, watch } = random.pick(devices);
  const { device, events, secrets, name } = baseline;
  baseline.rewind();
  watch.look();
  try {
    device.loadFirmware(image.bundle);
    outcomes.count(`device in ${name}: accepted`);
    if (device.state !== 'runtime')
      outcomes.violate({ case: index, property: 'unchanged', detail: `accepted, and then ${device.state}` });
  } catch (error) {
    outcomes.count(`device in ${name}: ${refusalName(error)}`);
    if (error instanceof TooManySteps) outcomes.violate({ case: index, property: 'bounded', detail: error.message });
    else checkRefusal(error, index, outcomes);
    checkTexts([error], secrets, index, outcomes);
    checkRefusedDevice(baseline, watch, index, outcomes);
  }
  checkTexts(events, secrets, index, outcomes);
}

function checkRefusedDevice({ name, device }: Baseline, watch: StateWatch, index: number, outcomes: Outcomes): void {
  const { fatal, nonFatal } = device.errors;
  const expected = name === 'rom' ? 'fatal' : 'runtime';
  if (device.state !== expected || (name === 'rom' ? fatal : nonFatal) === 0)
    outcomes.violate({ case: index, property: 'unchanged', detail: `refused in ${name}, and then ${device.state}` });
  const allowed = name === 'rom' ? ROM_REFUSED : UPDATE_REFUSED;
  for (const place of watch.differences())
    if (!allowed.test(place))
      outcomes.violate({ case: index, property: 'unchanged', detail: `refused in ${name}: ${place} changed` });
}

/**
 * Falsified firmware bundles against the verifier, and a share of them against whole devices.
 *
 * @param range - numbers of the cases: each case depends on its number and the seed alone
 * @param progress - called after each case
 */
export function fuzzImages(
  bench: Bench,
  seed: number,
  range: { readonly from: number; readonly to: number },
  progress: (done: number) => void = () => {},
): Outcomes {
  const imageBench = createImageBench(bench);
  const outcomes = new Outcomes();
  for (let index = range.from; index < range.to; index++) {
    const random = caseRandom(seed, index);
    const { stubMldsa, stubLms, realMldsa } = imageBench;
    const base = random.chance(REAL_SHARE) ? realMldsa : random.chance(LMS_SHARE) ? stubLms : stubMldsa;
    const image = mutation(random, base, index, outcomes);
    if (image !== undefined) {
      verifyAlone(random, base, image, index, outcomes);
      if (base === stubMldsa && random.chance(DEVICE_SHARE)) loadIntoDevice(imageBench, random, image, index, outcomes);
    }
    progress(index + 1 - range.from);
  }
  return outcomes;
}

/** Building refuses what no bundle can hold; that is an outcome as well. */
function mutation(
  random: Random,
  { options, bundle }: Signed,
  index: number,
  outcomes: Outcomes,
): MutatedImage | undefined {
  try {
    return mutateImage(random, bundle, options);
  } catch (error) {
    outcomes.count('not buildable');
    if (!(error instanceof RangeError)) checkRefusal(error, index, outcomes);
    return undefined;
  }
}
