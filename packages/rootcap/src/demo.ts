import { bytesToHex, type CryptoProvider, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import type { Fuses } from '@rootcap/hardware';
import {
  buildAuthManifest,
  buildBundle,
  demoKeys,
  demoManifestKeys,
  type ExecutableOptions,
  ImageManifest,
  ownerPkHash,
  ownerPublicKeys,
  pqcKeyTypeOf,
  vendorPkHash,
  vendorPublicKeys,
} from '@rootcap/image';

/**
 * The demo device: secrets, vendor, owner and firmware that anybody can look up here, so that a first boot needs no
 * options. Never for production.
 */

const DEMO_FIRMWARE_SVN = 5;
const FMC_LOAD_ADDR = 0x4000_0000;
const FMC_SIZE = 4096;
const RUNTIME_SIZE = 8192;
const FMC_VERSION = 0x0841;
const RUNTIME_VERSION = 0x0201_0001;
/** AXI user of privilege level 0. */
const PL0_PAUSER = 1;

interface Demo {
  readonly bundle: Uint8Array;
  readonly fuses: Fuses;
}

/** Built once a provider: signing takes longer than everything else at start-up. */
const demos = new WeakMap<CryptoProvider, Demo>();

function demoOf(provider: CryptoProvider): Demo {
  const known = demos.get(provider);
  if (known !== undefined) return known;
  const made = makeDemo(provider);
  demos.set(provider, made);
  return made;
}

/** Text that fills `size` bytes: what runs in the model is TypeScript, the payload only has to be measurable. */
function repeated(name: string, size: number): Uint8Array {
  const text = utf8ToBytes(`${name}\n`);
  return Uint8Array.from({ length: size }, (_, i) => text[i % text.length] as number);
}

function executable(name: string, size: number, loadAddr: number, version: number): ExecutableOptions {
  const payload = repeated(name, size);
  const revision = new Uint8Array(20);
  revision.set(utf8ToBytes('rootcap demo'));
  return { payload, revision, version, loadAddr, entryPoint: loadAddr };
}

function makeDemo(provider: CryptoProvider): Demo {
  const { vendor, owner } = demoKeys(provider);
  const bundle = buildBundle({
    provider,
    pqc: 'mldsa',
    vendor,
    owner,
    fmc: executable('Rootcap demo FMC', FMC_SIZE, FMC_LOAD_ADDR, FMC_VERSION),
    runtime: executable('Rootcap demo runtime', RUNTIME_SIZE, FMC_LOAD_ADDR + FMC_SIZE, RUNTIME_VERSION),
    header: { svn: DEMO_FIRMWARE_SVN, pl0Pauser: PL0_PAUSER },
  });
  return {
    bundle,
    fuses: {
      udsSeed: provider.hashes.digest('sha512', utf8ToBytes('rootcap demo UDS seed')),
      fieldEntropy: provider.hashes.digest('sha256', utf8ToBytes('rootcap demo field entropy')),
      vendorPkHash: vendorPkHash(provider, vendorPublicKeys(vendor), 'mldsa'),
      ownerPkHash: ownerPkHash(provider, ownerPublicKeys(owner), 'mldsa'),
      pqcKeyType: 1,
      firmwareSvn: 3,
      socManifestMaxSvn: 128,
      idevidCertAttr: demoIdevidAttributes(),
    },
  };
}

/** UEID type 1 and a serial number; key identifiers are SHA-256 for both algorithms. */
function demoIdevidAttributes(): number[] {
  const words = new Array<number>(24).fill(0);
  words[0] = 0b001_001;
  words[11] = 1;
  const serial = new DataView(hexToBytes('526f6f746361702d303030303030303031').slice(0, 16).buffer);
  for (let i = 0; i < 4; i++) words[12 + i] = serial.getUint32(4 * i, true);
  return words;
}

/** Firmware bundle of the demo vendor and owner. */
export function demoBundle(provider: CryptoProvider): Uint8Array {
  return demoOf(provider).bundle.slice();
}

/** Fuses of the demo device. */
export function demoFuses(provider: CryptoProvider): Fuses {
  return { ...demoOf(provider).fuses };
}

const MCU_FIRMWARE_SIZE = 1024;
/** Firmware id and bit of FW_EXEC_CTRL that are the MCU's. */
const MCU_FW_ID = 2;

/** Firmware of the demo MCU. */
export function demoMcuFirmware(): Uint8Array {
  return repeated('Rootcap demo MCU firmware', MCU_FIRMWARE_SIZE);
}

/** SoC manifests that were made, by provider, algorithm and image: signing takes its time. */
const manifests = new WeakMap<CryptoProvider, Map<string, Uint8Array>>();

/** What a demo manifest is for. */
export interface DemoManifestOptions {
  /** Firmware of the demo vendor and owner, which takes the manifest. Default the demo bundle. */
  readonly bundle?: Uint8Array;
  /** Default that of the demo MCU. */
  readonly mcuFirmware?: Uint8Array;
  /** Default 0. */
  readonly svn?: number;
}

/**
 * A SoC manifest of the demo vendor and owner that lists this firmware of the MCU.
 *
 * @throws StructError if `bundle` is shorter than a manifest
 */
export function demoSocManifest(
  provider: CryptoProvider,
  { bundle = demoBundle(provider), mcuFirmware = demoMcuFirmware(), svn = 0 }: DemoManifestOptions = {},
): Uint8Array {
  const { pqcKeyType, preamble } = ImageManifest.decodeFrom(bundle);
  const pqc = pqcKeyTypeOf(pqcKeyType) ?? 'mldsa';
  const digest = provider.hashes.digest('sha384', mcuFirmware);
  const made = manifests.get(provider) ?? new Map<string, Uint8Array>();
  manifests.set(provider, made);
  const name = [pqc, svn, preamble.vendorEccPubKeyIdx, preamble.vendorPqcPubKeyIdx, bytesToHex(digest)].join(' ');
  const known = made.get(name);
  if (known !== undefined) return known.slice();
  const { vendor, owner } = demoKeys(provider);
  const keyOf = <T>(keys: readonly T[], index: number): T => keys[index % keys.length] as T;
  const manifest = buildAuthManifest({
    provider,
    pqc,
    svn,
    images: [{ fwId: MCU_FW_ID, execBit: MCU_FW_ID, digest }],
    vendorFirmware: {
      ecc: keyOf(vendor.ecc, preamble.vendorEccPubKeyIdx),
      mldsa: keyOf(vendor.mldsa, preamble.vendorPqcPubKeyIdx),
      lms: keyOf(vendor.lms, preamble.vendorPqcPubKeyIdx),
    },
    ownerFirmware: owner,
    ...demoManifestKeys(provider),
  });
  made.set(name, manifest);
  return manifest.slice();
}
