import { describe, expect, test } from '@jest/globals';
import { DpeError } from '@rootcap/dpe';
import { ERRORS, RotError } from '@rootcap/errors';
import {
  BOOT_STATUS,
  COMMAND_ID,
  type CommandName,
  FIRMWARE_PROFILES,
  type FirmwareProfileName,
} from '@rootcap/firmware';
import { createDevice, type Device, demoBundle } from 'rootcap';

const PROFILES = Object.keys(FIRMWARE_PROFILES) as FirmwareProfileName[];
const booted = Object.fromEntries(
  PROFILES.map((profile) => [profile, createDevice({ verifyOwnSignatures: false, profile }).boot()]),
) as Record<FirmwareProfileName, Device>;

/** How a command ends: its error, or the status of the mailbox. */
function refusal(device: Device, command: CommandName, body: Uint8Array, axiUser: number): string {
  try {
    return device.fork().mailbox.execute(command, body, { axiUser }).status;
  } catch (error) {
    return error instanceof RotError ? error.symbol : String(error);
  }
}

const PL1 = 2;
const DENIED = 'RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL';

describe.each(PROFILES)('firmware %s', (profile) => {
  const device = booted[profile];
  const newest = profile === '2.1.3';
  const before21 = profile === '2.0';

  test.each([
    ['ACTIVATE_FIRMWARE', new Uint8Array(0), 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['FE_PROG', new Uint8Array(0), 'RUNTIME_INSUFFICIENT_MEMORY'],
    ['SET_OWNER_AUTH_MANIFEST', new Uint8Array(0), 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['DISABLE_ATTESTATION', new Uint8Array(0), 'DATA_READY'],
  ] as const)('%s of privilege level 1', (command, body, otherwise) => {
    expect(refusal(device, command, body, PL1)).toBe(newest ? DENIED : otherwise);
    // Commands that every release keeps for privilege level 0.
    expect(refusal(device, 'STASH_MEASUREMENT', new Uint8Array(0), PL1)).toBe(DENIED);
  });

  test.each([
    'CM_MLKEM_KEY_GEN',
    'CM_SHAKE256_INIT',
    'CM_AES_GCM_DECRYPT_DMA',
    'SIGN_WITH_EXPORTED_MLDSA',
    'GET_MCU_FW_SIZE',
  ] as const)('%s came with 2.1', (command) => {
    const symbol = refusal(device, command, new Uint8Array(0), 1);
    expect(symbol === 'RUNTIME_UNIMPLEMENTED_COMMAND').toBe(before21);
    expect(refusal(device, 'SIGN_WITH_EXPORTED_ECDSA', new Uint8Array(0), 1)).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });

  test('DPE contexts: 32 of each privilege level since 2.1, 16 before', () => {
    const { mailbox } = device.fork();
    const total = before21 ? 32 : 64;
    const reallocate = (pl0_context_limit: number) =>
      mailbox.call('REALLOCATE_DPE_CONTEXT_LIMITS', { pl0_context_limit });
    expect(() => reallocate(total + 1)).toThrow(/PL0_GREATER_THAN_MAX/);
    expect(reallocate(total - 1)).toMatchObject({ new_pl0_context_limit: total - 1, new_pl1_context_limit: 1 });
  });

  test('DPE refusals have the numbers of the release', () => {
    const handle = new Uint8Array(16).fill(0xee);
    const dpe = device.fork().dpe;
    const call = () => dpe.call('RotateContextHandle', { handle });
    expect(call).toThrow(DpeError);
    expect(call).toThrow(/InvalidHandle/);
    expect(FIRMWARE_PROFILES[profile].dpeStatuses.InvalidHandle).toBe(before21 ? 0x80 : 0x1000);
  });
});

test('ROM 2.0 knows neither encrypted firmware nor SHA of the cryptographic mailbox', () => {
  const rom = createDevice({ profile: '2.0', subsystemMode: true }).bootToRom();
  const current = createDevice({ profile: '2.1.3', subsystemMode: true }).bootToRom();
  expect(refusal(rom, 'CM_SHA', new Uint8Array(8), 1)).toBe('FW_PROC_MAILBOX_INVALID_COMMAND');
  expect(refusal(current, 'CM_SHA', new Uint8Array(8), 1)).not.toBe('FW_PROC_MAILBOX_INVALID_COMMAND');
  expect(refusal(rom, 'RI_DOWNLOAD_ENCRYPTED_FIRMWARE', new Uint8Array(0), 1)).toBe('FW_PROC_MAILBOX_INVALID_COMMAND');
});

test('the stable owner key came with 2.1', () => {
  const capabilities = (profile: FirmwareProfileName): string => {
    const straps = { generic: [0, 0, 0, 1] as [number, number, number, number] };
    const rom = createDevice({ profile, subsystemMode: true, straps }).bootToRom();
    return Buffer.from(rom.mailbox.call('CAPABILITIES').capabilities as Uint8Array).toString('hex');
  };
  expect(capabilities('2.0')).not.toBe(capabilities('2.1.2'));
  expect(capabilities('2.1.2')).toBe(capabilities('2.1.3'));
});

describe.each(PROFILES)('a subsystem of %s', (profile) => {
  const subsystem = () => createDevice({ verifyOwnSignatures: false, profile, subsystemMode: true }).boot();

  test('takes a firmware update', () => {
    const device = subsystem();
    device.loadFirmware(demoBundle(device.options.provider));
    expect(device.state).toBe('runtime');
    expect(device.chip.soc.resetReason).toBe('update');
    const { dataVault } = device.context.persistent;
    expect(dataVault.get('rom_update_reset_status')).toBe(BOOT_STATUS.UpdateResetComplete);
  });

  test('knows a refused update by its code', () => {
    const device = subsystem();
    const bundle = demoBundle(device.options.provider).fill(0xff, 0, 4);
    expect(() => device.loadFirmware(bundle)).toThrow('IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH');
    expect(device.state).toBe('runtime');
  });

  test('takes FIRMWARE_LOAD from the mailbox before 2.1 only', () => {
    const device = subsystem();
    const { mailbox } = device.chip;
    const bundle = demoBundle(device.options.provider).subarray(0, mailbox.sram.length);
    mailbox.send({ axiUser: 1, command: COMMAND_ID.FIRMWARE_LOAD, data: bundle });
    device.run();
    const refusal = profile === '2.0' ? 0 : ERRORS.ROM_UPDATE_RESET_FLOW_IMAGE_NOT_IN_MCU_SRAM;
    expect(device.errors.nonFatal).toBe(refusal);
  });
});
