import { type CryptoProvider, concatBytes, type Entropy, entropyBlock, hexToBytes } from '@rootcap/crypto';
import type { RomInfo } from '@rootcap/firmware';
import { type MediaKeyCache, ReferenceKeyCache } from '@rootcap/hardware';
import { ImageManifest, standInBundle } from '@rootcap/image';
import { createDevice, type Device, type DeviceOptions, replayableEntropy } from 'rootcap';
import { Fields, isObject, type JsonObject, readJson } from '../fields.ts';
import type { VectorFolder } from '../store.ts';
import { notRun } from '../suite.ts';
import { recordedFuses, recordedLifecycle, recordedProfile, UNWRITTEN_FUSES } from './recorded-options.ts';

/** Facts that are in the ROM images, which recordings come without. */
const KNOWN_ROMS: readonly { readonly sha384: string; readonly rom: RomInfo }[] = [
  {
    // main at e7dc50f2
    sha384: '8b27f6c3621eaab6c44f50c8e9724a67482523a17d6ba50933e470a12ea0733e2f500e0222b2cc2d625401fd1053d743',
    rom: {
      revision: hexToBytes('e7dc50f2282a965281eed349fadb61c2690193ba'),
      sha256: hexToBytes('4cfe3ec6ffcd0ac7888a066045441d5bc7bd6ab5686221f44af7adf3161b7b36'),
      address: 0x1_6b00,
    },
  },
  {
    // released 2.1.2
    sha384: '39afe109ca469e801625c1361fef55635b140e3549c1282ba425d36e7e63e2632a0a4a030990ee2f16e9d34fe5438f39',
    rom: {
      revision: hexToBytes('45de392fb186756bb5c0770e38a5709e3fdc7acb'),
      sha256: hexToBytes('3a402d149bfa51d9f4102a3127cd2c90ffa0a6e5b95b5d64d14a0cdbdd174e91'),
      address: 0x1_6a80,
    },
  },
];

/** `config.json` of a folder that also has `image.json`: one device of a set of recordings. */
export function recordedConfig(folder: VectorFolder | undefined): JsonObject | undefined {
  const file = folder?.file('config.json');
  const json = file === undefined ? undefined : readJson(file);
  return isObject(json) && isObject(json.fuses) && isObject(json.trng) && folder?.file('image.json') !== undefined
    ? json
    : undefined;
}

/** The manifest of a recorded image: marker, size and key type, then the parts. */
function recordedManifest(image: Fields): Uint8Array {
  const head = new Uint8Array(ImageManifest.offsetOf('preamble'));
  const view = new DataView(head.buffer);
  view.setUint32(0, image.number('marker'), true);
  view.setUint32(4, image.number('size'), true);
  view.setUint8(8, image.number('pqc_key_type'));
  return concatBytes(head, image.hex('preamble_hex'), image.hex('header_hex'), image.hex('toc_hex'));
}

/** A stand-in for the recorded image `name`, and a provider that gives it the recorded digests. */
export function recordedFirmware(
  folder: VectorFolder,
  provider: CryptoProvider,
  name = 'image.json',
): { readonly bundle: Uint8Array; readonly provider: CryptoProvider } {
  const file = folder.file(name) ?? notRun(`${name} is missing`);
  return standInBundle(provider, recordedManifest(new Fields(file.json() as JsonObject)));
}

/** Bytes one after the other, whatever is asked at a time: the stream of the internal TRNG's samples. */
export function byteStream(seed: Uint8Array, provider: CryptoProvider): Entropy {
  let pending: Uint8Array = new Uint8Array(0);
  let block = 0;
  return {
    bytes(length) {
      const parts = [pending];
      for (let size = pending.length; size < length; size += 48) parts.push(entropyBlock(seed, block++, provider));
      const all = concatBytes(...parts);
      pending = all.slice(length);
      return all.slice(0, length);
    },
  };
}

/** What differs from session to session. */
export interface RecordedSession {
  readonly requestCsr: boolean;
  readonly fuses?: object;
  /** Takes the keys that OCP LOCK releases. */
  readonly keyCache?: MediaKeyCache;
}

/** The encryption engine's key cache of the recordings' emulator, with the probe that showed the key in its register. */
export class ProbedKeyCache extends ReferenceKeyCache {
  /** The key that came last, whether it was taken or not. */
  released: Uint8Array = new Uint8Array(64);

  override load(metadata: Uint8Array, aux: Uint8Array, mek: Uint8Array): number {
    this.released = mek.slice();
    return super.load(metadata, aux, mek);
  }
}

/** Where the recorded subsystem had its MCI, as requests with addresses in MCU SRAM tell. */
const RECORDED_MCI_BASE = 0xed5b_4508_0000_0000n;

/** SoC manifest and firmware of the MCU with which a subsystem booted. */
function recordedSocFirmware(folder: VectorFolder): Pick<DeviceOptions, 'socManifest' | 'mcuFirmware'> {
  const file = folder.file('soc_manifest.json');
  const fields = file === undefined ? undefined : new Fields(file.json() as JsonObject);
  if (fields === undefined || !fields.has('boot_manifest_hex')) return {};
  return { socManifest: fields.hex('boot_manifest_hex'), mcuFirmware: fields.hex('mcu_fw_hex') };
}

/** Options of the device that a folder's `config.json` describes, with the firmware of its `image.json`. */
function recordedOptions(
  folder: VectorFolder,
  testedProvider: CryptoProvider,
  { requestCsr, fuses = {}, keyCache }: RecordedSession,
): DeviceOptions {
  const config = new Fields(recordedConfig(folder) ?? notRun('config.json is missing'));
  const { provider, bundle } = recordedFirmware(folder, testedProvider);
  const trng = config.object('trng');
  const internalTrng = /^internal/.test(trng.text('mode'));
  const seed = trng.hex('seed_hex');
  const rom = knownRom(config.text('rom_sha384'));
  return {
    provider,
    compatibility: { dpeRootSizedTcbInfos: true },
    firmware: bundle,
    profile: recordedProfile(config.text('rom')),
    lifecycle: recordedLifecycle(config.text('lifecycle')),
    debugLocked: config.flag('debug_locked'),
    subsystemMode: config.flag('subsystem_mode'),
    ocpLock: config.flag('ocp_lock_en'),
    ...(config.flag('ocp_lock_en') && keyCache !== undefined && { encryptionEngine: { keyCache, katMek: false } }),
    internalTrng,
    entropy: internalTrng ? byteStream(seed, provider) : replayableEntropy(seed, provider),
    obfuscationKey: config.hex('obf_key'),
    csrHmacKey: config.hex('csr_hmac_key'),
    requestCsr,
    axiUser: config.number('mailbox_axi_user'),
    mailboxAxiUsers: config.value('valid_axi_users') as readonly number[],
    watchdogCycles: config.number('wdt_timeout_cycles'),
    straps: {
      generic: [0, 0, 0, config.number('strap_generic_3')],
      ...(config.flag('subsystem_mode') && { mciBase: RECORDED_MCI_BASE }),
    },
    ...recordedSocFirmware(folder),
    fuses: {
      ...UNWRITTEN_FUSES,
      ...recordedFuses(config.value('fuses') as object),
      ...recordedFuses(fuses),
    },
    ...(rom === undefined ? {} : { rom }),
  };
}

/** Facts of the ROM image with that digest, if it is known. */
export function knownRom(sha384: unknown): RomInfo | undefined {
  return KNOWN_ROMS.find((known) => known.sha384 === sha384)?.rom;
}

/** Whether the bytes that depend on the ROM image can come out as recorded. */
export function isKnownRom(folder: VectorFolder): boolean {
  return knownRom(recordedConfig(folder)?.rom_sha384) !== undefined;
}

export function recordedDevice(folder: VectorFolder, provider: CryptoProvider, session: RecordedSession): Device {
  return createDevice(recordedOptions(folder, provider, session));
}
