import { nodeProvider } from '@rootcap/crypto/node';
import {
  type BundleOptions,
  buildBundle,
  demoKeys,
  ownerPkHash,
  ownerPublicKeys,
  vendorPkHash,
  vendorPublicKeys,
} from '@rootcap/image';
import { createDevice, type Device, type DeviceEvent, type DeviceOptions, type DeviceSnapshot } from 'rootcap';
import { TooManySteps } from './outcomes.ts';
import { addFuses, addKeyVault, addMemorySecrets, SecretFinder } from './secrets.ts';
import { StubProvider } from './stub-provider.ts';

/** Most steps of the firmware that one operation of the SoC may set off: a whole boot takes less than 100. */
const STEP_LIMIT = 1000;

/** A device in a known state, to which every case comes back. */
export interface Baseline {
  readonly name: string;
  readonly device: Device;
  readonly snapshot: DeviceSnapshot;
  /** All secrets that the device ever held on its way here. */
  readonly secrets: SecretFinder;
  /** Events since {@link rewind}. */
  readonly events: DeviceEvent[];
  /** Puts the device back and forgets the events. */
  rewind(): void;
}

/** What all baselines share: keys, firmware and the provider with stand-in signatures. */
export interface Bench {
  readonly provider: DeviceOptions['provider'] & object;
  readonly bundle: BundleOptions;
  readonly firmware: Uint8Array;
  readonly fuses: NonNullable<DeviceOptions['fuses']>;
}

function payload(size: number, fill: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * fill) & 0xff);
}

/** Firmware and fuses of the fuzzed devices. */
export function createBench(): Bench {
  const stub = new StubProvider(nodeProvider());
  const { provider } = stub;
  createDevice({ provider }).bootToRom();
  stub.useStubs();
  const { vendor, owner } = demoKeys(provider);
  const bundle: BundleOptions = {
    provider,
    pqc: 'mldsa',
    vendor,
    owner,
    fmc: { payload: payload(1024, 3), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000, version: 1 },
    runtime: { payload: payload(2048, 5), loadAddr: 0x4000_0400, entryPoint: 0x4000_0400, version: 2 },
    header: { svn: 5, pl0Pauser: 1 },
  };
  return {
    provider,
    bundle,
    firmware: buildBundle(bundle),
    fuses: {
      vendorPkHash: vendorPkHash(provider, vendorPublicKeys(vendor), 'mldsa'),
      ownerPkHash: ownerPkHash(provider, ownerPublicKeys(owner), 'mldsa'),
    },
  };
}

/** Makes a device throw instead of running on and on. */
function boundSteps(device: Device): { reset(): void } {
  let steps = 0;
  const step = device.step.bind(device);
  device.step = () => {
    if (++steps > STEP_LIMIT) throw new TooManySteps(`${STEP_LIMIT} steps`);
    return step();
  };
  return {
    reset() {
      steps = 0;
    },
  };
}

/**
 * A device with its secrets collected at every step of the way.
 *
 * @param to - `rom`: waiting for firmware; `runtime`: waiting for commands
 */
export function createBaseline(name: string, bench: Bench, options: DeviceOptions, to: 'rom' | 'runtime'): Baseline {
  const { provider, firmware, fuses } = bench;
  const device = createDevice({ provider, firmware, ...options, fuses: { ...fuses, ...options.fuses } });
  const secrets = new SecretFinder();
  addFuses(secrets, device);
  device.on(({ kind }) => {
    // Slots change their tenants: whatever is in one when something happens was a secret.
    if (kind === 'key-vault' || kind === 'firmware-status') addKeyVault(secrets, device);
  });
  if (to === 'rom') device.bootToRom();
  else device.boot();
  addMemorySecrets(secrets, device);
  const snapshot = device.snapshot();
  const bound = boundSteps(device);
  secrets.mark();
  const events: DeviceEvent[] = [];
  device.on((event) => events.push(event));
  return {
    name,
    device,
    snapshot,
    secrets,
    events,
    rewind() {
      bound.reset();
      secrets.rewind();
      device.restore(snapshot);
      bound.reset();
      events.length = 0;
    },
  };
}
