import type { CryptoProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import type { FirmwareProfileName } from '@rootcap/firmware';
import type { Fuses } from '@rootcap/hardware';
import { buildBundle, demoKeys, fusesOf, type PqcKeyType, parseBundle } from '@rootcap/image';
import { type Command, Option } from 'commander';
import { type DeviceOptions, demoBundle, type LifecycleName } from 'rootcap';
import { UsageError } from '../errors.ts';
import { parseFuseFile } from '../fuse-file.ts';
import type { Terminal } from '../terminal.ts';

/** Options of `boot` as commander gives them. */
export interface BootArguments {
  readonly fuses?: string;
  readonly lifecycle?: LifecycleName;
  readonly profile?: FirmwareProfileName;
  readonly seed?: string;
  readonly firmware?: string;
  readonly adoptFirmware?: true;
  readonly requestCsr?: true;
  readonly subsystem?: true;
  readonly socManifest?: string;
  readonly mcuFirmware?: string;
  readonly encryptedMcuFirmware?: true;
  readonly ocpLock?: true;
  readonly debugUnlocked?: true;
  readonly pqc?: PqcKeyType;
  readonly selfVerify: boolean;
  readonly out?: string;
  readonly quiet?: true;
}

/** The demo firmware, signed with the other second algorithm. */
function demoBundleFor(provider: CryptoProvider, pqc: PqcKeyType): Uint8Array {
  const original = demoBundle(provider);
  if (pqc === 'mldsa') return original;
  const { manifest, fmc, runtime } = parseBundle(original);
  return buildBundle({
    provider,
    pqc,
    ...demoKeys(provider),
    header: { svn: manifest.header.svn, pl0Pauser: manifest.header.pl0Pauser },
    fmc: { ...manifest.fmc, payload: fmc },
    runtime: { ...manifest.runtime, payload: runtime },
  });
}

/** Fuses of a chip that belongs to the vendor and owner of `bundle`, without its rollback limit. */
function ownersOf(provider: CryptoProvider, bundle: Uint8Array): Partial<Fuses> {
  const { vendorPkHash, ownerPkHash, pqcKeyType } = fusesOf(provider, bundle);
  return { vendorPkHash, ownerPkHash, pqcKeyType };
}

function wholeWords(image: Uint8Array): Uint8Array {
  if (image.length % 4 !== 0) throw new UsageError(`--mcu-firmware: ${image.length} bytes, not a multiple of 4`);
  return image;
}

/** What a subsystem boots behind the firmware bundle. */
function socFirmware(terminal: Terminal, args: BootArguments): DeviceOptions {
  const { socManifest, mcuFirmware, encryptedMcuFirmware } = args;
  if (args.subsystem !== true && args.ocpLock !== true) {
    if (socManifest !== undefined) throw new UsageError('--soc-manifest: only a subsystem (--subsystem) takes one');
    if (mcuFirmware !== undefined || encryptedMcuFirmware !== undefined)
      throw new UsageError('--mcu-firmware: only a subsystem (--subsystem) has an MCU');
    return {};
  }
  return {
    subsystemMode: true,
    encryptedMcuFirmware: encryptedMcuFirmware === true,
    ...(socManifest === undefined ? {} : { socManifest: terminal.read(socManifest, '--soc-manifest') }),
    ...(mcuFirmware === undefined ? {} : { mcuFirmware: wholeWords(terminal.read(mcuFirmware, '--mcu-firmware')) }),
  };
}

/** @throws UsageError for files and combinations that make no device */
export function deviceOptions(terminal: Terminal, args: BootArguments): DeviceOptions {
  const provider = defaultProvider();
  if (args.firmware !== undefined && args.pqc !== undefined)
    throw new UsageError('--pqc: chooses the demo firmware; a bundle given with --firmware has its own');
  if (args.firmware === undefined && args.adoptFirmware)
    throw new UsageError('--adopt-firmware: needs a bundle, given with --firmware');
  const firmware =
    args.firmware === undefined
      ? demoBundleFor(provider, args.pqc ?? 'mldsa')
      : terminal.read(args.firmware, '--firmware');
  const adopted = args.adoptFirmware || args.pqc === 'lms' ? ownersOf(provider, firmware) : {};
  const file = args.fuses === undefined ? undefined : parseFuseFile(terminal.read(args.fuses, '--fuses'), '--fuses');
  const { fuses = {}, ...silicon } = file ?? {};
  return {
    provider,
    firmware,
    ...silicon,
    fuses: { ...adopted, ...fuses },
    verifyOwnSignatures: args.selfVerify,
    debugLocked: args.debugUnlocked !== true,
    requestCsr: args.requestCsr === true,
    ...socFirmware(terminal, args),
    ocpLock: args.ocpLock === true,
    ...(args.lifecycle === undefined ? {} : { lifecycle: args.lifecycle }),
    ...(args.profile === undefined ? {} : { profile: args.profile }),
    ...(args.seed === undefined ? {} : { seed: args.seed }),
  };
}

/** Options that say which device it is. */
export function addDeviceOptions(command: Command): Command {
  return command
    .option('--fuses <file>', 'JSON file of fuses; what it leaves out is as in the demo device')
    .addOption(
      new Option('--lifecycle <name>', 'lifecycle state').choices(['unprovisioned', 'manufacturing', 'production']),
    )
    .addOption(new Option('--profile <version>', 'firmware release').choices(['2.0', '2.1.2', '2.1.3']))
    .option('--seed <text>', "seed of the device's own entropy")
    .option('--firmware <bundle>', 'firmware bundle instead of the demo one')
    .option('--adopt-firmware', 'burn the key hashes of that bundle: the device belongs to who signed it')
    .addOption(new Option('--pqc <name>', 'second signature of the demo firmware').choices(['lms', 'mldsa']))
    .option('--request-csr', 'raise the CSR flag, as a manufacturer does')
    .option('--subsystem', 'subsystem mode: firmware arrives over the recovery interface, and with it that of the MCU')
    .option('--soc-manifest <file>', "SoC manifest instead of a demo one that lists the MCU's firmware")
    .option('--mcu-firmware <file>', 'firmware of the MCU instead of the demo one')
    .option('--encrypted-mcu-firmware', 'it is encrypted: the MCU has to decrypt it before it can run')
    .option('--ocp-lock', 'hardware with OCP LOCK, which is a subsystem')
    .option('--debug-unlocked', 'power on with debug unlocked: the device has no secrets then')
    .option('--no-self-verify', 'leave out pairwise tests and verification of own signatures');
}
