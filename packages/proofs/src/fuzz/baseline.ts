import { nodeProvider } from '@rootcap/crypto/node';
import { KEY_ID } from '@rootcap/firmware';
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
import { addFuses, addHpkeKeys, addKey, addMemorySecrets, addSealed, SecretFinder } from './secrets.ts';
import { StubProvider } from './stub-provider.ts';

/** Most steps of the firmware that one operation of the SoC may set off: a whole boot takes less than 100. */
const STEP_LIMIT = 1000;

/** What the SoC says of the HEK seed: the first of four slots is in use. */
const HEK_SEED_PROGRAMMED = { total_slots: 4, active_slots: 1, seed_state: 1 } as const;

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
  /** Begins a new operation of the SoC: its steps count from here. */
  allowSteps(): void;
}

/** What all baselines share: keys, firmware and the provider with stand-in signatures. */
export interface Bench {
  readonly provider: DeviceOptions['provider'] & object;
  readonly bundle: BundleOptions;
  /** The same firmware with real keys. */
  readonly realBundle: BundleOptions;
  readonly firmware: Uint8Array;
  readonly fuses: NonNullable<DeviceOptions['fuses']>;
  /** What all devices have besides. */
  readonly options: DeviceOptions;
}

function payload(size: number, fill: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * fill) & 0xff);
}

/**
 * Firmware and fuses of the fuzzed devices.
 *
 * @param options - what all devices have besides
 */
export function createBench(options: DeviceOptions = {}): Bench {
  const stub = new StubProvider(nodeProvider());
  const { provider } = stub;
  createDevice({ provider }).bootToRom();
  stub.useStubs();
  const { vendor, owner } = demoKeys(provider);
  const firmware: Omit<BundleOptions, 'provider' | 'vendor' | 'owner'> = {
    pqc: 'mldsa',
    fmc: { payload: payload(1024, 3), loadAddr: 0x4000_0000, entryPoint: 0x4000_0000, version: 1 },
    runtime: { payload: payload(2048, 5), loadAddr: 0x4000_0400, entryPoint: 0x4000_0400, version: 2 },
    header: { svn: 5, pl0Pauser: 1 },
  };
  const bundle: BundleOptions = { ...firmware, provider, vendor, owner };
  const real = nodeProvider();
  return {
    provider,
    options,
    bundle,
    realBundle: { ...firmware, provider: real, ...demoKeys(real) },
    firmware: buildBundle(bundle),
    fuses: {
      vendorPkHash: vendorPkHash(provider, vendorPublicKeys(vendor), 'mldsa'),
      ownerPkHash: ownerPkHash(provider, ownerPublicKeys(owner), 'mldsa'),
    },
  };
}

/** Makes a device throw instead of running on and on. */
function boundSteps(device: Device): () => void {
  let steps = 0;
  const step = device.step.bind(device);
  device.step = () => {
    if (++steps > STEP_LIMIT) throw new TooManySteps(`${STEP_LIMIT} steps`);
    return step();
  };
  return () => {
    steps = 0;
  };
}

/**
 * A device with its secrets collected at every step of the way.
 *
 * @param to - `rom`: waiting for firmware; `runtime`: waiting for commands
 * @param prepare - what the SoC does there
 */
export function createBaseline(
  name: string,
  bench: Bench,
  options: DeviceOptions,
  to: 'rom' | 'runtime',
  prepare: (device: Device) => void = () => {},
): Baseline {
  const { provider, firmware, fuses } = bench;
  const device = createDevice({
    provider,
    firmware,
    ...bench.options,
    ...options,
    fuses: { ...fuses, ...options.fuses },
  });
  const secrets = new SecretFinder();
  addFuses(secrets, device);
  device.on((event) => {
    if (event.kind !== 'key-vault' || event.operation !== 'write') return;
    // With debug intent the fused secrets are gone: these two keys are what AES makes of zeros, which anybody can compute.
    if (options.debugIntent === true && (event.slot === KEY_ID.UDS || event.slot === KEY_ID.FE)) return;
    addKey(secrets, device, event.slot);
  });
  device.bootToRom();
  if (to === 'runtime') {
    if (options.ocpLock === true) device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', HEK_SEED_PROGRAMMED);
    device.boot();
  }
  prepare(device);
  addMemorySecrets(secrets, device);
  addHpkeKeys(secrets, device);
  addSealed(secrets, device);
  const snapshot = device.snapshot();
  const allowSteps = boundSteps(device);
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
      allowSteps();
      secrets.rewind();
      device.restore(snapshot);
      allowSteps();
      events.length = 0;
    },
    allowSteps,
  };
}
