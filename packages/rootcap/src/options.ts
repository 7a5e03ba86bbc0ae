import type { MaskingObserver } from '@rootcap/adams-bridge';
import { type CryptoProvider, type Entropy, hexToBytes, utf8ToBytes } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  type AnyDefinedCommand,
  FIRMWARE_PROFILES,
  type FirmwareProfileName,
  type RomInfo,
  type RuntimeCommand,
  STAGES,
  type Stages,
} from '@rootcap/firmware';
import {
  ABR_PROFILES,
  type AbrEngine,
  type AbrProfileName,
  type BlockFactory,
  type Fuses,
  type Straps,
  type TrngResponder,
} from '@rootcap/hardware';
import { decodeSvnFuse, LIFECYCLE } from '@rootcap/image';
import { demoBundle, demoFuses, demoMcuFirmware, demoSocManifest } from './demo.ts';
import { replayableEntropy } from './entropy.ts';

export const LIFECYCLES = LIFECYCLE;
export type LifecycleName = keyof typeof LIFECYCLES;

/** How to build a device. Every field has a default: a demo vendor and owner, production, debug locked, fixed seed. */
export interface DeviceOptions {
  /** Cryptography. Default: the fastest for the runtime that gives the same bytes everywhere. */
  readonly provider?: CryptoProvider;
  /** Seed of the device's own entropy; the same seed gives the same device. Default `rootcap`. */
  readonly seed?: string | Uint8Array;
  /** Entropy instead of the seeded one. A snapshot can put it back only if it has a `position`. */
  readonly entropy?: Entropy;
  /** Answers the external TRNG instead of `entropy`, each request after a delay. */
  readonly trngResponder?: TrngResponder;
  /**
   * The SoC serves the external TRNG through its registers instead of `entropy`. The device asks for answers ahead,
   * because its firmware cannot wait in the middle of a computation.
   */
  readonly socEntropy?: boolean;
  /** First contents of the memory that test benches have on the AXI bus, up to 4 MiB. */
  readonly testSram?: Uint8Array;
  readonly lifecycle?: LifecycleName;
  readonly debugLocked?: boolean;
  /** Fuses that differ from the demo device's. */
  readonly fuses?: Partial<Fuses>;
  /** Key, fixed in silicon, under which the secrets in fuses are encrypted: 32 bytes. */
  readonly obfuscationKey?: Uint8Array;
  /** Key, fixed in silicon, that seals the manufacturing CSR envelope: 64 bytes. */
  readonly csrHmacKey?: Uint8Array;
  /** Firmware release. Default the newest. */
  readonly profile?: FirmwareProfileName;
  /** Firmware bundle that `boot()` uploads. Default a bundle of the demo vendor and owner. */
  readonly firmware?: Uint8Array;
  /** Ask for the IDevID CSRs at boot, as a manufacturer does. */
  readonly requestCsr?: boolean;
  /** Subsystem mode: firmware arrives over the recovery interface, and with it that of the MCU. */
  readonly subsystemMode?: boolean;
  /**
   * Authorization manifest that a subsystem's runtime takes at cold boot. Default a demo manifest as new as the fuses ask
   * for, which only firmware of the demo vendor and owner accepts.
   */
  readonly socManifest?: Uint8Array;
  /** Firmware of the MCU, whole words, which has to be listed in the manifest as image 2. Default demo firmware. */
  readonly mcuFirmware?: Uint8Array;
  /** Whether the MCU's firmware is encrypted (ciphertext, then a 16-byte tag), so that the MCU has to decrypt it first. */
  readonly encryptedMcuFirmware?: boolean;
  readonly ocpLock?: boolean;
  readonly internalTrng?: boolean;
  /** `CPTRA_HW_REV_ID.cptra_generation`: major [3:0], minor [7:4], patch [15:8]. Default 0x0112. */
  readonly hwRevId?: number;
  /** UDS fuses in rows of 32 instead of 64 bits. */
  readonly fuseGranularity32?: boolean;
  /** HEK seed that the fuse controller holds, 32 bytes. */
  readonly hekSeed?: Uint8Array;
  /** Holds the core until the SoC writes CPTRA_BOOTFSM_GO, as the benches of caliptra-sw do. */
  readonly awaitsGo?: boolean;
  readonly straps?: Partial<Straps>;
  /** Debug intent strap: costs the device its secrets. */
  readonly debugIntent?: boolean;
  /** Request bits of SS_DBG_SERVICE_REG_REQ at power-on. */
  readonly debugServiceRequest?: number;
  /** Watchdog period in cycles, as a SoC configures it before boot. */
  readonly watchdogCycles?: number;
  /** AXI user of the SoC's mailbox client. Default 1, the demo firmware's privileged user. */
  readonly axiUser?: number;
  /** AXI users that the SoC lets use the mailbox, at most five. Default 0 to 4. */
  readonly mailboxAxiUsers?: readonly number[];
  /** Pairwise tests and verification of own signatures, as the real drivers do. Default true; false only saves time. */
  readonly verifyOwnSignatures?: boolean;
  /** A build with FIPS test hooks, as far as they halt it: see `FIPS_TEST_HOOK`. Default false. */
  readonly fipsTestHooks?: boolean;
  /**
   * Defects of the firmware to reproduce. `dpeRootSizedTcbInfos`: DPE certificates whose lengths are wrong where an SVN
   * needs more bytes than the root's. Default: none, certificates are valid DER.
   */
  readonly compatibility?: { readonly dpeRootSizedTcbInfos?: boolean };
  /** Further mailbox commands of the runtime: see `defineCommand`. One with a known id replaces the built-in command. */
  readonly commands?: readonly (RuntimeCommand | AnyDefinedCommand)[];
  /** Blocks of one's own on the core's bus and the SoC's: see `defineBlock`. */
  readonly blocks?: readonly BlockFactory[];
  /** Stages of the firmware to replace. */
  readonly stages?: Partial<Stages>;
  /** What ROM says of itself. */
  readonly rom?: RomInfo;
  /**
   * What computes ML-DSA and ML-KEM: the provider, or the model of the accelerator, which runs the program of its
   * sequencer and gives the same bytes. Default `provider`.
   */
  readonly adamsBridge?: AdamsBridgeName;
  /** Whose register face the lattice accelerator has. Default `emulator`, which made the recordings. */
  readonly abrProfile?: AbrProfileName;
  /**
   * Masked instructions of the model work on two shares, and rows come in random order: true, or who looks at them.
   * Bytes and cycles stay the same. Only with `adamsBridge: 'model'`.
   */
  readonly abrMasking?: boolean | MaskingObserver;
  /** An engine of one's own, whatever `adamsBridge` says. */
  readonly abrEngine?: AbrEngine;
}

const ADAMS_BRIDGES = ['provider', 'model'] as const;
export type AdamsBridgeName = (typeof ADAMS_BRIDGES)[number];

/** Options with every default filled in. */
export interface ResolvedOptions extends DeviceOptions {
  readonly provider: CryptoProvider;
  readonly entropy: Entropy;
  readonly lifecycle: LifecycleName;
  readonly debugLocked: boolean;
  readonly fuses: Fuses;
  readonly obfuscationKey: Uint8Array;
  readonly csrHmacKey: Uint8Array;
  readonly profile: FirmwareProfileName;
  readonly axiUser: number;
  readonly mailboxAxiUsers: readonly number[];
  readonly verifyOwnSignatures: boolean;
  readonly commands: readonly RuntimeCommand[];
  readonly stages: Stages;
  readonly rom: RomInfo;
}

/** Values that anybody can look up here: a simulated device has no secrets. */
const DEMO_OBFUSCATION_KEY = hexToBytes('526f6f746361702064656d6f206f62667573636174696f6e206b657920303031');
const DEMO_SEED = 'rootcap';

/** @throws RangeError naming an option with a value that no device has */
export function resolveOptions(options: DeviceOptions): ResolvedOptions {
  const provider = options.provider ?? defaultProvider();
  const lifecycle = options.lifecycle ?? 'production';
  if (!Object.hasOwn(LIFECYCLES, lifecycle))
    throw new RangeError(`lifecycle: ${lifecycle} is none of ${Object.keys(LIFECYCLES).join(', ')}`);
  const profile = options.profile ?? '2.1.3';
  if (!Object.hasOwn(FIRMWARE_PROFILES, profile))
    throw new RangeError(`profile: ${profile} is none of ${Object.keys(FIRMWARE_PROFILES).join(', ')}`);
  const { adamsBridge } = options;
  if (adamsBridge !== undefined && !ADAMS_BRIDGES.includes(adamsBridge))
    throw new RangeError(`adamsBridge: ${adamsBridge} is none of ${ADAMS_BRIDGES.join(', ')}`);
  if (options.abrProfile !== undefined && !Object.hasOwn(ABR_PROFILES, options.abrProfile))
    throw new RangeError(`abrProfile: ${options.abrProfile} is none of ${Object.keys(ABR_PROFILES).join(', ')}`);
  if (options.abrMasking !== undefined && options.abrMasking !== false && adamsBridge !== 'model')
    throw new RangeError("abrMasking: only the model works on shares, adamsBridge: 'model'");
  requireWords('mcuFirmware', options.mcuFirmware);
  const seed = typeof options.seed === 'string' ? utf8ToBytes(options.seed) : (options.seed ?? utf8ToBytes(DEMO_SEED));
  return {
    ...options,
    provider,
    entropy: options.entropy ?? replayableEntropy(seed, provider),
    lifecycle,
    debugLocked: options.debugLocked ?? true,
    fuses: { ...demoFuses(provider), ...options.fuses },
    obfuscationKey: options.obfuscationKey ?? DEMO_OBFUSCATION_KEY,
    csrHmacKey: options.csrHmacKey ?? provider.hashes.digest('sha512', utf8ToBytes('rootcap demo CSR key')),
    profile,
    axiUser: options.axiUser ?? 1,
    mailboxAxiUsers: options.mailboxAxiUsers ?? [0, 1, 2, 3, 4],
    verifyOwnSignatures: options.verifyOwnSignatures ?? true,
    commands: (options.commands ?? []) as readonly RuntimeCommand[],
    stages: { ...STAGES, ...options.stages },
    rom: options.rom ?? demoRom(provider),
  };
}

/** The recovery interface counts images in words: bytes that fill up the last one would be hashed too. */
function requireWords(option: string, image: Uint8Array | undefined): void {
  if (image !== undefined && image.length % 4 !== 0)
    throw new RangeError(`${option}: ${image.length} bytes, not a multiple of 4`);
}

/** The model's ROM is TypeScript, so what it measures of itself is its name. */
function demoRom(provider: CryptoProvider): RomInfo {
  const revision = new Uint8Array(20);
  revision.set(utf8ToBytes('rootcap'));
  return { revision, sha256: provider.hashes.digest('sha256', revision), address: 0x1_6b00 };
}

/** Firmware that `boot()` uploads. */
export function firmwareOf(options: ResolvedOptions): Uint8Array {
  return options.firmware ?? demoBundle(options.provider);
}

/** Images 1 and 2 of a subsystem's cold boot, behind a firmware bundle: SoC manifest and firmware of the MCU. */
export function socFirmwareOf(options: ResolvedOptions, bundle: Uint8Array): Uint8Array[] {
  const { fuses, provider, mcuFirmware = demoMcuFirmware(), socManifest } = options;
  const { socManifestSvn = 0 } = fuses;
  const svn = typeof socManifestSvn === 'number' ? socManifestSvn : decodeSvnFuse(socManifestSvn);
  return [socManifest ?? demoSocManifest(provider, { bundle, mcuFirmware, svn }), mcuFirmware];
}
