import { bytesToHex, type CryptoProvider, concatBytes, utf8ToBytes } from '@rootcap/crypto';
import type { FirmwareProfileName, RomInfo } from '@rootcap/firmware';
import { MEMORY_MAP, TEST_SRAM_SIZE } from '@rootcap/hardware';
import { findRomInfo } from '@rootcap/image';
import { createDevice, type Device, type DeviceOptions, LIFECYCLES, type LifecycleName } from 'rootcap';
import { ClientEntropy, entropyPlan } from './entropy.ts';
import { invalidParameter, notSupported } from './errors.ts';
import {
  boolean,
  bytesOf,
  bytesOfWords,
  choice,
  integer,
  isAbsent,
  listOf,
  objectOf,
  type Params,
  U32_MAX,
  wordsOf,
} from './params.ts';
import { standInOptions } from './stand-ins/stand-ins.ts';

/** Keys of the chips in caliptra-sw's benches. caliptra-sw:hw-model/types/src/lib.rs */
const BENCH_OBF_KEY = [0xa0a1a2a3, 0xb0b1b2b3, 0xc0c1c2c3, 0xd0d1d2d3, 0xe0e1e2e3, 0xf0f1f2f3, 0xa4a5a6a7, 0xb4b5b6b7];
const BENCH_CSR_HMAC_KEY = [
  0x014552ad, 0x19550757, 0x50c602dd, 0x85de4e9b, 0x815cc9ef, 0x0ba81a35, 0x7a05d7c0, 0x7f5efaeb, 0xf76dd9d2,
  0x9e38197f, 0x04052537, 0x25b568f4, 0x432665f1, 0xd11d02a7, 0xbfb9279f, 0xa2eb96d7,
];

/** `CPTRA_HW_REV_ID` of each hardware generation: minor [7:4], major [3:0]; the emulator's 2.1 has patch 1. */
const HW_REV_ID = { '2.0': 0x0002, '2.1': 0x0112, '2.2': 0x0022 } as const;
const ECC_KEY_SIZE = 96;
const MLDSA_KEY_SIZE = 2592;
const DEBUG_LEVELS = 8;

/** What `create` made besides the device. */
export interface Created {
  readonly device: Device;
  readonly axiUser: number;
  readonly testAccess: boolean;
  /** Under which other connections can attach. */
  readonly name: string | undefined;
  /** Tells devices with the same options from others. */
  readonly fingerprint: string;
}

function words(params: Params, name: string, byDefault: readonly number[]): Uint8Array {
  const value = params[name];
  return bytesOfWords(isAbsent(value) ? byDefault : wordsOf(value, name, byDefault.length));
}

function optionalBytes(params: Params, name: string, max: number): Uint8Array {
  const value = params[name];
  return isAbsent(value) ? new Uint8Array(0) : bytesOf(value, name, { max });
}

/** Lifecycle [1:0], debug locked [2]. */
function securityState(params: Params): { readonly lifecycle: LifecycleName; readonly debugLocked: boolean } {
  const state = integer(params, 'securityState', 7, 0);
  const names = Object.keys(LIFECYCLES) as LifecycleName[];
  const lifecycle = names.find((name) => LIFECYCLES[name] === (state & 3));
  if (lifecycle === undefined) throw invalidParameter('securityState', 'a lifecycle in bits 1:0 that is not reserved');
  return { lifecycle, debugLocked: (state & 4) !== 0 };
}

/** The release whose bytes the model shows, and what it says of its ROM. */
function romOptions(rom: Uint8Array, provider: CryptoProvider): { rom?: RomInfo; profile?: FirmwareProfileName } {
  const found = findRomInfo(rom, provider);
  if (found === undefined) return {};
  const { version } = found;
  const minor = version & 0x7ff;
  const profile = version >>> 11 !== 2 ? undefined : minor < 0x40 ? '2.0' : minor < 0x43 ? '2.1.2' : '2.1.3';
  return { rom: found, ...(profile === undefined ? {} : { profile }) };
}

function genericStraps(params: Params): [number, number, number, number] {
  const idleBit = integer(params, 'otpDaiIdleBit', 31, 30);
  const status = integer(params, 'otpStatusReg', 0xffff, 0x10);
  const command = integer(params, 'otpCommandReg', 0xffff, 0x80);
  return [((idleBit << 16) | status) >>> 0, command, 0, Number(boolean(params, 'stableOwnerKey', false))];
}

function debugUnlockHashes(params: Params, provider: CryptoProvider): Uint8Array[] {
  const keys = params.debugUnlockKeys;
  return (isAbsent(keys) ? [] : listOf(keys, 'debugUnlockKeys', DEBUG_LEVELS)).map((key, i) => {
    const name = `debugUnlockKeys[${i}]`;
    const { ecc, mldsa } = objectOf(key, name);
    const parts = [
      bytesOf(ecc, `${name}.ecc`, { size: ECC_KEY_SIZE }),
      bytesOf(mldsa, `${name}.mldsa`, { size: MLDSA_KEY_SIZE }),
    ];
    return provider.hashes.digest('sha384', concatBytes(...parts));
  });
}

/** `client`: the SoC answers the external TRNG; otherwise a list, a seed or both. */
function entropyOptions(params: Params, provider: CryptoProvider, internalTrng: boolean): DeviceOptions {
  if (params.entropy === 'client') {
    if (internalTrng) throw invalidParameter('entropy', 'samples or a seed: nobody can serve the internal TRNG');
    return { socEntropy: true };
  }
  const entropy = new ClientEntropy(entropyPlan(params.entropy), provider);
  return internalTrng ? { entropy } : { entropy, trngResponder: entropy };
}

function testSram(params: Params): Uint8Array {
  return optionalBytes(params, 'testSram', TEST_SRAM_SIZE);
}

/** @throws RpcError naming the parameter */
export function deviceName({ name }: Params): string | undefined {
  if (isAbsent(name)) return undefined;
  if (typeof name !== 'string' || name === '' || name.length > 256)
    throw invalidParameter('name', '1 to 256 characters');
  return name;
}

function fingerprint({ name: _, ...options }: Params, { hashes }: CryptoProvider): string {
  return bytesToHex(hashes.digest('sha256', utf8ToBytes(JSON.stringify(options))));
}

/** Where a bench that starts below a ROM wants its memory. */
function preload({ chip }: Device, params: Params): void {
  chip.iccm.set(optionalBytes(params, 'iccm', MEMORY_MAP.ICCM.size));
  chip.dccm.set(optionalBytes(params, 'dccm', MEMORY_MAP.DCCM.size));
}

/**
 * Makes the device that `create` describes.
 *
 * @throws RpcError naming the parameter
 */
export function createFrom(params: Params, provider: CryptoProvider, engine: 'model' | undefined): Created {
  const wanted = choice(params, 'engine', ['model', 'riscv'], 'model');
  if ((engine ?? wanted) !== 'model') throw notSupported('engine riscv');
  const internalTrng = choice(params, 'trng', ['external', 'internal'], 'external') === 'internal';
  const entropy = entropyOptions(params, provider, internalTrng);
  const hashes = debugUnlockHashes(params, provider);
  const axiUser = integer(params, 'axiUser', U32_MAX, 1);
  const rom = optionalBytes(params, 'rom', MEMORY_MAP.ROM.size);
  const options: DeviceOptions = {
    provider,
    ...securityState(params),
    ...romOptions(rom, provider),
    hwRevId: HW_REV_ID[choice(params, 'hardware', ['2.0', '2.1', '2.2'], '2.1')],
    subsystemMode: boolean(params, 'subsystem', false),
    ocpLock: boolean(params, 'ocpLock', false),
    internalTrng,
    fuseGranularity32: !boolean(params, 'fuseRow64', true),
    obfuscationKey: words(params, 'obfKey', BENCH_OBF_KEY),
    csrHmacKey: words(params, 'csrHmacKey', BENCH_CSR_HMAC_KEY),
    hekSeed: words(params, 'hekSeed', new Array<number>(8).fill(0)),
    debugIntent: boolean(params, 'debugIntent', false),
    debugServiceRequest: integer(params, 'debugService', U32_MAX, 0),
    straps: { generic: genericStraps(params) },
    ...entropy,
    ...(isAbsent(params.testSram) || params.testSram === '' ? {} : { testSram: testSram(params) }),
    axiUser,
    ...standInOptions(params, rom, provider),
    awaitsGo: true,
  };
  const testAccess = boolean(params, 'testAccess', false);
  const name = deviceName(params);
  const device = createDevice(options);
  preload(device, params);
  // The client is the MCU.
  device.chip.mci.followsResetRequests = false;
  hashes.forEach((hash, i) => {
    device.chip.mci.setDebugUnlockHash(i + 1, hash);
  });
  return { device, axiUser, testAccess, name, fingerprint: fingerprint(params, provider) };
}
