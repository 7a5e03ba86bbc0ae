import { describe, expect, test } from '@jest/globals';
import { bytesToHex, concatBytes } from '@rootcap/crypto';
import { COMMAND_ID, type CommandName, KEY_ID, OCP_LOCK_SPEC_COMMANDS } from '@rootcap/firmware';
import { KeyUsage, ReferenceKeyCache } from '@rootcap/hardware';
import { HPKE_SUITES, type HpkeSuiteName } from '@rootcap/ocp-lock';
import { createDevice, type Device } from 'rootcap';
import {
  ACCESS_KEY,
  derive,
  enable,
  filled,
  initialize,
  lockDevice,
  lockedMpk,
  METADATA,
  NO_CHECKSUM,
  PLACE,
  provider,
  refusal,
  SEK,
  sealFor,
} from './support/lock.ts';

const RUNTIME_COMMANDS = (Object.keys(COMMAND_ID) as CommandName[]).filter(
  (name) => name.startsWith('OCP_LOCK_') && name !== 'OCP_LOCK_REPORT_HEK_METADATA',
);
const ZEROS = new Uint8Array(64);
const isErased = (device: Device, slot: number): boolean =>
  bytesToHex(device.chip.keyVault.inspect(slot)) === bytesToHex(ZEROS);

describe('who may ask', () => {
  const lock = lockDevice();
  const refused = (device: Device, name: CommandName, body = new Uint8Array(0), axiUser = 1) =>
    refusal(() => device.mailbox.execute(name, body, { axiUser }));

  test('sixteen commands', () => expect(RUNTIME_COMMANDS).toHaveLength(16));

  test.each(RUNTIME_COMMANDS)('%s', (name) => {
    for (const device of [passive, subsystem])
      for (const axiUser of [1, 2])
        expect(refused(device, name, undefined, axiUser)).toBe('RUNTIME_OCP_LOCK_UNSUPPORTED_COMMAND');
    expect(refused(lock, name, new Uint8Array(1), 2)).toBe('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL');
  });

  const passive = createDevice({ provider, verifyOwnSignatures: false }).boot();
  const subsystem = createDevice({ provider, verifyOwnSignatures: false, subsystemMode: true }).boot();

  const SIZES: Readonly<Record<string, number>> = {
    OCP_LOCK_GET_STATUS: 4,
    OCP_LOCK_CLEAR_KEY_CACHE: 12,
    OCP_LOCK_GET_HPKE_PUB_KEY: 12,
    OCP_LOCK_ROTATE_HPKE_KEY: 12,
    OCP_LOCK_GENERATE_MPK: 2064,
    OCP_LOCK_REWRAP_MPK: 2224,
    OCP_LOCK_ENABLE_MPK: 2176,
    OCP_LOCK_TEST_ACCESS_KEY: 2208,
    OCP_LOCK_INITIALIZE_MEK_SECRET: 72,
    OCP_LOCK_MIX_MPK: 156,
    OCP_LOCK_LOAD_MEK: 212,
    OCP_LOCK_DERIVE_MEK: 80,
    OCP_LOCK_UNLOAD_MEK: 32,
  };

  test.each(Object.entries(SIZES))('%s takes %i bytes and no others', (name, size) => {
    for (const length of [size - 1, size + 1, size + 4])
      if (length >= 4)
        expect(refused(lock, name as CommandName, new Uint8Array(length - 4))).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });

  test.each(['OCP_LOCK_GET_ALGORITHMS', 'OCP_LOCK_ENUMERATE_HPKE_HANDLES', 'OCP_LOCK_GENERATE_MEK'] as const)(
    '%s does not look at what it is sent',
    (name) => {
      for (const length of [0, 3, 4, 100]) {
        if (name === 'OCP_LOCK_GENERATE_MEK') initialize(lock);
        expect(refused(lock, name, new Uint8Array(length))).toBe('none');
      }
    },
  );

  test('capabilities', () => {
    const bits = (device: Device) => {
      const { capabilities } = device.mailbox.call('CAPABILITIES');
      return capabilities[7];
    };
    expect([lock, subsystem].map(bits)).toEqual([3, 1]);
  });
});

describe('keys in the vault', () => {
  test('HEK and MDK are locked, only what has to last stays', () => {
    const device = lockDevice();
    const { keyVault, soc } = device.chip;
    expect([KEY_ID.HEK, KEY_ID.MDK].map((slot) => keyVault.isWriteLocked(slot))).toEqual([true, true]);
    expect(soc.field('SS_OCP_LOCK_CTRL', 'lock_in_progress')).toBe(1);
    expect(keyVault.control(KEY_ID.HEK).dest_valid).toBe(KeyUsage.HMAC_KEY);
    expect(keyVault.control(KEY_ID.MDK).dest_valid).toBe(KeyUsage.AES_KEY);
    const enabled = enable(device, lockedMpk(device));
    initialize(device);
    device.mailbox.call('OCP_LOCK_MIX_MPK', { enabled_mpk: enabled });
    expect(isErased(device, KEY_ID.VEK)).toBe(false);
    expect(isErased(device, KEY_ID.MEK_SECRETS)).toBe(false);
    derive(device);
    for (const slot of [KEY_ID.EPK, KEY_ID.LOCKED_MPK_ENCRYPTION_KEY, KEY_ID.MEK_SECRETS, KEY_ID.MEK])
      expect(isErased(device, slot)).toBe(true);
    expect(isErased(device, KEY_ID.VEK)).toBe(false);
    expect(isErased(device, 20)).toBe(true);
  });

  test('refused commands leave no key behind', () => {
    const device = lockDevice();
    const locked = lockedMpk(device);
    const wrong = sealFor(device, 'mlkem1024', filled(1));
    const request = { sek: SEK, sealed_access_key: wrong, locked_mpk: locked };
    expect(refusal(() => device.mailbox.call('OCP_LOCK_ENABLE_MPK', request))).toBe(
      'RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID',
    );
    initialize(device);
    expect(refusal(() => derive(device, filled(1, 16)))).toBe('RUNTIME_OCP_LOCK_MEK_CHKSUM_FAIL');
    for (const slot of [KEY_ID.EPK, KEY_ID.LOCKED_MPK_ENCRYPTION_KEY, KEY_ID.MEK_SECRETS, KEY_ID.MEK])
      expect(isErased(device, slot)).toBe(true);
  });
});

describe('REPORT_HEK_METADATA', () => {
  const answer = (options: Parameters<typeof createDevice>[0], seed_state: number) => {
    const device = createDevice({ provider, verifyOwnSignatures: false, ocpLock: true, ...options }).bootToRom();
    const { flags } = device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', {
      total_slots: 8,
      active_slots: 2,
      seed_state,
    });
    device.boot();
    return { flags, device };
  };

  test.each([
    ['a programmed seed', {}, 1, true],
    ['a seed that is erased', { fuses: { hekSeed: filled(0xff) } }, 1, false],
    ['a programmed empty seed', { fuses: { hekSeed: filled(0xff) } }, 4, true],
    ['an unknown state', {}, 2, false],
    ['any state in manufacturing', { lifecycle: 'manufacturing' }, 5, true],
  ] as const)('%s', (_, options, state, available) => {
    const { flags, device } = answer({ fuses: { hekSeed: filled(3) }, ...options }, state);
    expect(flags).toBe(available ? 0x8000_0000 : 0);
    expect(isErased(device, KEY_ID.HEK)).toBe(!available);
    expect(refusal(() => initialize(device))).toBe(available ? 'none' : 'RUNTIME_OCP_LOCK_HEK_UNAVAILABLE');
  });

  test('never sent: no HEK, and every command that needs it says so', () => {
    const device = createDevice({ provider, verifyOwnSignatures: false, ocpLock: true }).boot();
    const sealed_access_key = sealFor(device);
    const generate = { sek: SEK, metadata_len: 32, metadata: METADATA, sealed_access_key };
    expect(refusal(() => device.mailbox.call('OCP_LOCK_GENERATE_MPK', generate))).toBe(
      'RUNTIME_OCP_LOCK_HEK_UNAVAILABLE',
    );
    expect(refusal(() => initialize(device))).toBe('RUNTIME_OCP_LOCK_HEK_UNAVAILABLE');
    expect(device.mailbox.call('OCP_LOCK_GET_STATUS').ctrl_register).toBe(0x8000_0000);
  });

  test('without OCP LOCK ROM stops', () => {
    const device = createDevice({ provider, subsystemMode: true }).bootToRom();
    const call = () =>
      device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', { total_slots: 4, active_slots: 1, seed_state: 1 });
    expect(refusal(call)).toBe('FW_PROC_OCP_LOCK_UNSUPPORTED');
    expect(device.state).toBe('fatal');
  });
});

describe('what a reset keeps', () => {
  function prepared(): {
    device: Device;
    enabled: ReturnType<typeof enable>;
    keyCache: ReferenceKeyCache;
    publicKeys: string[];
  } {
    const keyCache = new ReferenceKeyCache();
    const device = lockDevice({ encryptionEngine: { keyCache } });
    const enabled = enable(device, lockedMpk(device));
    initialize(device);
    derive(device);
    initialize(device);
    return { device, enabled, keyCache, publicKeys: publicKeysOf(device) };
  }
  const publicKeysOf = (device: Device): string[] =>
    device.mailbox
      .call('OCP_LOCK_ENUMERATE_HPKE_HANDLES')
      .hpke_handles.map(({ handle }) =>
        bytesToHex(device.mailbox.call('OCP_LOCK_GET_HPKE_PUB_KEY', { hpke_handle: handle }).pub_key),
      );
  const mix = (device: Device, enabled_mpk: ReturnType<typeof enable>) =>
    refusal(() => device.mailbox.call('OCP_LOCK_MIX_MPK', { enabled_mpk }));

  function checkKept(device: Device, { enabled, keyCache, publicKeys }: ReturnType<typeof prepared>): void {
    expect(mix(device, enabled)).toBe('RUNTIME_OCP_LOCK_MEK_NOT_INITIALIZED');
    initialize(device);
    expect(mix(device, enabled)).toBe('none');
    expect(keyCache.size).toBe(1);
    const now = publicKeysOf(device);
    for (const key of publicKeys) expect(now).not.toContain(key);
    expect([KEY_ID.HEK, KEY_ID.MDK].map((slot) => device.chip.keyVault.isWriteLocked(slot))).toEqual([true, true]);
  }

  test('warm: HEK, MDK, VEK and the cache; not the MEK secret nor HPKE keys', () => {
    const before = prepared();
    before.device.reset('warm');
    before.device.burnFuses();
    before.device.run();
    expect(before.device.state).toBe('runtime');
    checkKept(before.device, before);
  });

  test('update: the same', () => {
    const before = prepared();
    before.device.loadFirmware(before.device.options.firmware ?? updateBundle(before.device));
    checkKept(before.device, before);
  });

  test('cold: HEK and MDK come back, the VEK and the cache do not', () => {
    const { device, enabled, keyCache, publicKeys } = prepared();
    const locked = lockedMpk(device);
    device.reset('cold');
    device.bootToRom();
    device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', { total_slots: 4, active_slots: 1, seed_state: 1 });
    device.boot();
    expect(keyCache.size).toBe(0);
    initialize(device);
    expect(mix(device, enabled)).toBe('RUNTIME_OCP_LOCK_VEK_UNAVAILABLE');
    const again = enable(device, locked);
    expect(mix(device, enabled)).toBe('RUNTIME_DRIVER_AES_INVALID_TAG');
    expect(mix(device, again)).toBe('none');
    for (const key of publicKeysOf(device)) expect(publicKeys).not.toContain(key);
  });

  test('a snapshot has everything', () => {
    const before = prepared();
    const copy = before.device.fork();
    const both = [before.device, copy].map((device) => {
      expect(mix(device, before.enabled)).toBe('none');
      device.mailbox.call('OCP_LOCK_UNLOAD_MEK', { metadata: PLACE.metadata, cmd_timeout: 1000 });
      return bytesToHex(derive(device));
    });
    expect(both[1]).toBe(both[0]);
  });
});

/** What `boot()` loads. */
function updateBundle(device: Device): Uint8Array {
  let bundle: Uint8Array | undefined;
  const probe = createDevice({ provider: device.options.provider, verifyOwnSignatures: false }).bootToRom();
  const { mailbox } = probe.chip;
  const send = mailbox.send.bind(mailbox);
  mailbox.send = (request) => {
    bundle ??= request.data;
    return send(request);
  };
  probe.boot();
  return bundle as Uint8Array;
}

describe.each(Object.keys(HPKE_SUITES) as HpkeSuiteName[])('the life of an MPK, %s', (suite) => {
  test('the digest of TEST_ACCESS_KEY; the same MEK on the next boot', () => {
    const device = lockDevice();
    const locked = lockedMpk(device, suite);
    const nonce = filled(9);
    const request = { sek: SEK, nonce, locked_mpk: locked, sealed_access_key: sealFor(device, suite) };
    const { digest } = device.mailbox.call('OCP_LOCK_TEST_ACCESS_KEY', request);
    expect(digest).toEqual(provider.hashes.digest('sha384', concatBytes(METADATA, ACCESS_KEY, nonce)));
    const checksums = [device, lockDevice({ seed: 'other' })].map((booted) => {
      const enabled_mpk = enable(booted, locked, suite);
      initialize(booted);
      booted.mailbox.call('OCP_LOCK_MIX_MPK', { enabled_mpk });
      return bytesToHex(derive(booted));
    });
    expect(checksums[1]).toBe(checksums[0]);
  });
});

describe('another chip, another epoch', () => {
  const device = lockDevice();
  const locked = lockedMpk(device);
  const enableIn = (other: Device, sek = SEK) =>
    refusal(() =>
      other.mailbox.call('OCP_LOCK_ENABLE_MPK', { sek, sealed_access_key: sealFor(other), locked_mpk: locked }),
    );

  test.each([
    ['another HEK seed', () => enableIn(lockDevice({ fuses: { hekSeed: filled(4) } }))],
    ['another UDS', () => enableIn(lockDevice({ fuses: { udsSeed: filled(4, 64) } }))],
    ['another SEK', () => enableIn(device, filled(1))],
  ])('%s opens nothing', (_, run) => expect(run()).toBe('RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID'));
});

describe('the encryption engine', () => {
  const clear = (device: Device, cmd_timeout = 1000) =>
    refusal(() => device.mailbox.call('OCP_LOCK_CLEAR_KEY_CACHE', { cmd_timeout }));

  test('not ready: asked before the MEK secret, which stays', () => {
    const device = lockDevice();
    initialize(device);
    device.encryptionEngine?.raiseFatalError();
    expect(device.mailbox.call('OCP_LOCK_GET_STATUS').ctrl_register).toBe(0);
    expect(clear(device)).toBe('OCP_LOCK_ENGINE_NOT_READY');
    expect(refusal(() => derive(device))).toBe('OCP_LOCK_ENGINE_NOT_READY');
    const unload = { metadata: PLACE.metadata, cmd_timeout: 1 };
    expect(refusal(() => device.mailbox.call('OCP_LOCK_UNLOAD_MEK', unload))).toBe('OCP_LOCK_ENGINE_NOT_READY');
    expect(device.context.state.runtime.ocpLock.mekSecret).toBe(true);
  });

  test('too slow: refused at the timeout, and the next command sees the end of it', () => {
    const device = lockDevice({ encryptionEngine: { latency: 1_000_000 } });
    expect(clear(device, 2)).toBe('OCP_LOCK_ENGINE_TIMEOUT');
    // What is written while it is busy is ignored, so this waits for the first.
    expect(clear(device, 2)).toBe('none');
    expect(clear(device, 3)).toBe('none');
    expect(clear(lockDevice(), 0)).toBe('OCP_LOCK_ENGINE_TIMEOUT');
  });

  test("its refusals, with the engine's code beside the firmware's", () => {
    const device = lockDevice();
    const extended = () => device.chip.soc.get('CPTRA_FW_EXTENDED_ERROR_INFO', 0);
    initialize(device);
    derive(device);
    initialize(device);
    expect(refusal(() => derive(device))).toBe('OCP_LOCK_ENGINE_ERR');
    expect(extended()).toBe(0x61);
    const unload = () =>
      refusal(() => device.mailbox.call('OCP_LOCK_UNLOAD_MEK', { metadata: PLACE.metadata, cmd_timeout: 1 }));
    expect([unload(), unload()]).toEqual(['none', 'OCP_LOCK_ENGINE_ERR']);
    expect(extended()).toBe(0x51);
  });

  test.each([
    [68, 'OCP_LOCK_ENGINE_INVALID_MEK_SIZE'],
    [64, 'none'],
  ])('a key release of %i bytes', (keyReleaseSize, symbol) => {
    const device = lockDevice({ straps: { keyReleaseSize } });
    initialize(device);
    expect(refusal(() => derive(device))).toBe(symbol);
  });
});

test("HPKE with ML-KEM takes the SHA-3 engine from a client's hash, P-384 does not", () => {
  const device = lockDevice();
  const interrupted = (suite: HpkeSuiteName): string => {
    const started = device.mailbox.call('CM_SHAKE256_INIT', { input: filled(1) });
    sealFor(device, suite);
    return refusal(() => device.mailbox.call('CM_SHAKE256_FINAL', { context: started.context, input: filled(2) }));
  };
  expect(interrupted('p384')).toBe('none');
  expect(interrupted('mlkem1024')).toBe('RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH');
  expect(interrupted('mlkem1024-p384')).toBe('RUNTIME_CM_SHAKE256_CONTEXT_MISMATCH');
});

describe("conformance: 'spec-1.1'", () => {
  test('LOAD_KAT_MEK and the shorter response', () => {
    const keyCache = new ReferenceKeyCache();
    const device = lockDevice({ conformance: 'spec-1.1', encryptionEngine: { keyCache } });
    device.mailbox.call(OCP_LOCK_SPEC_COMMANDS.LOAD_KAT_MEK, PLACE as never);
    const [loaded] = keyCache.save();
    expect(bytesToHex(loaded?.mek ?? ZEROS)).toBe('00112233'.replace(/../g, (byte) => byte.repeat(16)));
    const request = { sek: SEK, nonce: SEK, locked_mpk: lockedMpk(device), sealed_access_key: sealFor(device) };
    const answer = device.mailbox.call(OCP_LOCK_SPEC_COMMANDS.TEST_ACCESS_KEY, request as never);
    expect(Object.keys(answer as object)).toContain('digest');
    expect(OCP_LOCK_SPEC_COMMANDS.TEST_ACCESS_KEY.response).toMatchObject({ size: 56 });
  });

  test('an engine without the KAT key, and firmware that does not know the command', () => {
    const { LOAD_KAT_MEK } = OCP_LOCK_SPEC_COMMANDS;
    const load = (device: Device) => refusal(() => device.mailbox.call(LOAD_KAT_MEK, PLACE as never));
    expect(load(lockDevice({ conformance: 'spec-1.1', encryptionEngine: { katMek: false } }))).toBe(
      'OCP_LOCK_ENGINE_ERR',
    );
    expect(load(lockDevice())).toBe('RUNTIME_UNIMPLEMENTED_COMMAND');
  });

  test('a derived key is the same as the firmware makes it', () => {
    const checksums = (['firmware-2.1', 'spec-1.1'] as const).map((conformance) => {
      const device = lockDevice({ conformance });
      initialize(device);
      return bytesToHex(derive(device, NO_CHECKSUM));
    });
    expect(checksums[1]).toBe(checksums[0]);
  });

  test('another name', () => {
    expect(() => createDevice({ conformance: 'spec-2' as never })).toThrow(
      'conformance: spec-2 is none of firmware-2.1, spec-1.1',
    );
  });
});
