import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createDevice,
  type Device,
  DeviceError,
  type DeviceOptions,
  demoBundle,
  demoMcuFirmware,
  demoSocManifest,
} from 'rootcap';

/** A state with each array as its hash: quick to compare, and a failure names the place. */
function summary(state: unknown): unknown {
  if (ArrayBuffer.isView(state)) {
    const bytes = new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
    return createHash('sha256').update(bytes).digest('hex');
  }
  if (Array.isArray(state)) return state.map(summary);
  if (typeof state !== 'object' || state === null) return state;
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, summary(value)]));
}

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const bundleOf = ({ options }: Device): Uint8Array => demoBundle(options.provider);

/** Without the drivers' own checks, which change no byte. */
const quick = { verifyOwnSignatures: false } as const;
const MODES: Readonly<Record<string, DeviceOptions>> = {
  passive: quick,
  subsystem: { ...quick, subsystemMode: true, straps: { generic: [0x001e_0010, 0x80, 0, 1] } },
  'subsystem with OCP LOCK': { ...quick, subsystemMode: true, ocpLock: true },
};

/** A resting place of a device: how to get there, and what can be done from there on. All answers as text. */
interface Place {
  readonly entry: string;
  reach(device: Device): void;
  goOn(device: Device): string[];
}

const answer = (device: Device, command: Parameters<Device['mailbox']['execute']>[0], body?: Uint8Array): string => {
  try {
    const { status, data } = device.mailbox.execute(command, body);
    return `${status} ${hex(data)}`;
  } catch (error) {
    return String(error);
  }
};
const random = (device: Device) => answer(device, 'CM_RANDOM_GENERATE', Uint8Array.of(96, 0, 0, 0));
const chains = (device: Device) =>
  (['ecdsa-p384', 'mldsa87'] as const).flatMap((algorithm) => device.certificateChain(algorithm).map(hex));
const identity = (device: Device) => [...chains(device), answer(device, 'FW_INFO'), answer(device, 'GET_PCR_LOG')];
const boot = (device: Device) => identity(device.boot());
const load = (device: Device) => {
  device.loadFirmware(bundleOf(device));
  return identity(device);
};
const warm = (device: Device) => {
  device.reset('warm');
  device.burnFuses();
  device.run();
};
const update = (device: Device) => {
  try {
    device.loadFirmware(bundleOf(device));
  } catch (error) {
    return [String(error), ...identity(device)];
  }
  return identity(device);
};

const PLACES: Readonly<Record<string, Place>> = {
  'before its fuses': { entry: 'awaiting-fuses', reach: () => {}, goOn: boot },
  'with its fuses burnt, between two waits': {
    entry: 'rom-mailbox',
    reach(device) {
      device.burnFuses();
      for (let i = 0; i < 5; i++) device.step();
    },
    goOn: (device) => [random(device), ...load(device)],
  },
  'in ROM': {
    entry: 'rom-mailbox',
    reach: (device) => device.bootToRom(),
    goOn: (device) => [random(device), ...load(device)],
  },
  'in ROM, after commands that it remembers': {
    entry: 'rom-mailbox',
    reach(device) {
      device.bootToRom();
      device.mailbox.execute('SELF_TEST_START');
      device.mailbox.execute('STASH_MEASUREMENT', new Uint8Array(104).fill(3));
    },
    goOn: (device) => [answer(device, 'SELF_TEST_GET_RESULTS'), ...load(device)],
  },
  'in its runtime': { entry: 'runtime-mailbox', reach: (device) => device.boot(), goOn: identity },
  'in its runtime, for an update': { entry: 'runtime-mailbox', reach: (device) => device.boot(), goOn: update },
  'after a refused command': {
    entry: 'runtime-mailbox',
    reach(device) {
      device.boot();
      answer(device, 0x1234_5678);
    },
    goOn: (device) => [String(device.errors.nonFatal), ...identity(device)],
  },
  'in a warm reset': {
    entry: 'awaiting-fuses',
    reach(device) {
      device.boot();
      device.reset('warm');
    },
    goOn(device) {
      device.burnFuses();
      device.run();
      return identity(device);
    },
  },
  'after a warm reset': {
    entry: 'runtime-mailbox',
    reach(device) {
      device.boot();
      warm(device);
    },
    goOn: identity,
  },
  'after a fatal error': {
    entry: 'fatal',
    reach(device) {
      device.bootToRom();
      answer(device, 0x1234_5678);
    },
    goOn(device) {
      const lines = [String(device.errors.fatal), answer(device, 'VERSION')];
      device.reset('cold');
      return [...lines, ...boot(device)];
    },
  },
};

describe.each(Object.entries(MODES))('%s', (_, options) => {
  test.each(Object.entries(PLACES))('%s: restored and forked devices go on to the same bytes', (_, place) => {
    const device = createDevice(options);
    place.reach(device);
    const snapshot = device.snapshot();
    expect(snapshot.entry).toBe(place.entry);
    const restored = createDevice(options).restore(structuredClone(snapshot));
    const fork = device.fork();
    expect(summary(restored.snapshot())).toEqual(summary(snapshot));
    expect([restored.state, fork.state]).toEqual([device.state, device.state]);

    const lines = place.goOn(device);
    const end = summary(device.snapshot());
    // The device went on, the others stayed where they were.
    expect(summary(fork.snapshot())).toEqual(summary(snapshot));
    for (const other of [restored, fork]) {
      expect(place.goOn(other)).toEqual(lines);
      expect(summary(other.snapshot())).toEqual(end);
    }
  });

  test('a device goes back to where it was, whatever happened since', () => {
    const device = createDevice(options).boot();
    const snapshot = device.snapshot();
    const lines = identity(device);
    answer(device, 'SHUTDOWN');
    device.reset('cold');
    expect(identity(device.restore(snapshot))).toEqual(lines);
  });
});

test('a subsystem that waits for a recovery image cannot be saved, and goes on', () => {
  const device = createDevice({ subsystemMode: true }).bootToRom();
  device.mailbox.execute('RI_DOWNLOAD_FIRMWARE');
  expect(() => device.fork()).toThrow(DeviceError);
  const { provider } = device.options;
  device.chip.recovery.stage([demoBundle(provider), demoSocManifest(provider), demoMcuFirmware()]);
  device.run();
  expect(device.state).toBe('runtime');
});

test.each([
  ['nothing', undefined],
  ['another thing', { format: 'rootcap-chip' }],
  ['another version', { ...createDevice().snapshot(), version: 2 }],
])('%s is no snapshot', (_, value) => {
  expect(() => createDevice().restore(value as never)).toThrow(TypeError);
});

describe('any sequence of commands', () => {
  const start = {
    rom: createDevice().bootToRom().snapshot(),
    runtime: createDevice().boot().snapshot(),
  };
  const body = fc.uint8Array({ maxLength: 120 });
  const command = fc.oneof(
    fc.constantFrom('VERSION', 'CAPABILITIES', 'SELF_TEST_START', 'SELF_TEST_GET_RESULTS', 'FW_INFO', 'GET_PCR_LOG'),
    fc.constantFrom('STASH_MEASUREMENT', 'EXTEND_PCR', 'QUOTE_PCRS_ECC384', 'CM_SHA', 'INSTALL_OWNER_PK_HASH'),
  );

  test('a fork has its own copy of an entropy source that is an instance of a class', () => {
    class Counter {
      position = 0;
      bytes(length: number): Uint8Array {
        return new Uint8Array(length).fill(++this.position);
      }
    }
    const device = createDevice({ verifyOwnSignatures: false, entropy: new Counter() }).boot();
    const fork = device.fork();
    const random = (d: Device) => d.mailbox.call('CM_RANDOM_GENERATE', { size: 32 });
    expect(fork.options.entropy).toBeInstanceOf(Counter);
    expect(random(fork)).toEqual(random(device));
  });

  test.each(['rom', 'runtime'] as const)('in %s: a fork in the middle ends where the device ends', (stage) => {
    const property = fc.property(
      fc.array(fc.tuple(command, body), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (commands, cut) => {
        const device = createDevice().restore(start[stage]);
        const at = cut % commands.length;
        const run = (on: Device, from: number, to: number) =>
          commands.slice(from, to).map(([name, data]) => answer(on, name, data));
        run(device, 0, at);
        const fork = device.fork();
        expect(run(fork, at, commands.length)).toEqual(run(device, at, commands.length));
        expect(summary(fork.snapshot())).toEqual(summary(device.snapshot()));
      },
    );
    fc.assert(property, { numRuns: 15, seed: 1 });
  });
});
