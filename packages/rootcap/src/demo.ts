import { type CryptoProvider, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import type { Fuses } from '@rootcap/hardware';
import {
  buildBundle,
  demoKeys,
  type ExecutableOptions,
  ownerPkHash,
  ownerPublicKeys,
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
function executable(name: string, size: number, loadAddr: number, version: number): ExecutableOptions {
  const text = utf8ToBytes(`${name}\n`);
  const payload = Uint8Array.from({ length: size }, (_, i) => text[i % text.length] as number);
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
