import type { CryptoProvider } from '@rootcap/crypto';
import type { HeaderOptions } from '@rootcap/image';
import { createDevice, type Device, type DeviceOptions, replayableEntropy } from 'rootcap';
import type { Fields } from '../fields.ts';
import { notRun } from '../suite.ts';
import { byteStream, knownRom } from './recorded-device.ts';
import { recordedFuses, recordedLifecycle, recordedProfile, UNWRITTEN_FUSES } from './recorded-options.ts';
import { measuringStandIn, type StandInImage, type StandInOptions } from './stand-in-firmware.ts';

const LMS_KEY_TYPE = 3;

/** Names of the header's optional fields. */
const HEADER = {
  vendor_not_before: 'vendorNotBefore',
  vendor_not_after: 'vendorNotAfter',
  owner_not_before: 'ownerNotBefore',
  owner_not_after: 'ownerNotAfter',
} as const satisfies Record<string, keyof HeaderOptions>;

function headerOf(header: Fields): Omit<HeaderOptions, 'svn'> {
  const dates = Object.entries(HEADER).filter(([name]) => header.has(name));
  return {
    ...Object.fromEntries(dates.map(([name, option]) => [option, header.text(name)])),
    ...(header.has('pl0_pauser') ? { pl0Pauser: header.number('pl0_pauser') } : {}),
  };
}

/** The table of contents says where the real image went, if that was recorded; its digest is always there. */
function imageOf(image: Fields): StandInImage | undefined {
  if (!image.has('size')) return undefined;
  return {
    size: image.number('size'),
    loadAddr: image.number('load_addr'),
    entryPoint: image.number('entry_point'),
    version: image.number('version'),
    revision: image.hex('revision'),
  };
}

function firmwareOf(image: Fields, provider: CryptoProvider) {
  const [header, fmc, runtime] = [image.object('header'), image.object('fmc'), image.object('runtime')];
  const [fmcImage, runtimeImage] = [imageOf(fmc), imageOf(runtime)];
  const options: StandInOptions = {
    pqc: image.number('pqc_key_type') === LMS_KEY_TYPE ? 'lms' : 'mldsa',
    svn: header.number('svn'),
    vendorEccIndex: header.number('vendor_ecc_pub_key_idx'),
    vendorPqcIndex: header.number('vendor_pqc_pub_key_idx'),
    header: headerOf(header),
    ...(fmcImage === undefined ? {} : { fmc: fmcImage }),
    ...(runtimeImage === undefined ? {} : { runtime: runtimeImage }),
  };
  return measuringStandIn(provider, options, {
    vendorPkHash: image.hex('vendor_pk_hash'),
    ownerPkHash: image.hex('owner_pk_hash'),
    fmcTci: fmc.hex('sha384'),
    rtTci: runtime.hex('sha384'),
  });
}

function entropyOf(device: Fields, provider: CryptoProvider): Pick<DeviceOptions, 'internalTrng' | 'entropy'> {
  if (!device.has('trng')) return {};
  const trng = device.object('trng');
  const internalTrng = trng.text('mode') === 'internal';
  const seed = trng.hex('seed');
  return { internalTrng, entropy: internalTrng ? byteStream(seed, provider) : replayableEntropy(seed, provider) };
}

function words4(value: unknown): [number, number, number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = Array.isArray(value) ? value.map(Number) : notRun('unknown layout: four words');
  return [a, b, c, d];
}

/** What only the recordings of whole devices say. */
function hostOptions(device: Fields): DeviceOptions {
  const rom = knownRom(device.optionalText('rom_sha384'));
  return {
    ...(device.has('axi_user') ? { axiUser: device.number('axi_user') } : {}),
    ...(device.has('valid_axi_users') ? { mailboxAxiUsers: device.value('valid_axi_users') as readonly number[] } : {}),
    ...(device.has('wdt_timeout_cycles') ? { watchdogCycles: device.number('wdt_timeout_cycles') } : {}),
    ...(rom === undefined ? {} : { rom }),
  };
}

/** The device of a boot in `test-vectors/boots`, with firmware that measures as recorded. */
export function digestDevice(boot: Fields, testedProvider: CryptoProvider): Device {
  const device = boot.object('device');
  const { provider, bundle } = firmwareOf(boot.object('image'), testedProvider);
  return createDevice({
    provider,
    firmware: bundle,
    profile: recordedProfile(device.text('rom')),
    lifecycle: recordedLifecycle(device.text('lifecycle')),
    debugLocked: device.flag('debug_locked'),
    subsystemMode: device.flag('subsystem_mode'),
    ocpLock: device.flag('ocp_lock_en'),
    obfuscationKey: device.hex('obf_key'),
    csrHmacKey: device.hex('csr_hmac_key'),
    requestCsr: device.flag('request_csr'),
    straps: { generic: words4(device.value('strap_generic')) },
    fuses: { ...UNWRITTEN_FUSES, ...recordedFuses(device.value('fuses') as object) },
    ...entropyOf(device, provider),
    ...hostOptions(device),
  });
}
