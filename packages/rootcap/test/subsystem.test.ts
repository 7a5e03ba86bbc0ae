import { createCipheriv } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ErrorName } from '@rootcap/errors';
import {
  AUTHORIZATION,
  COMMAND_ID,
  COMMAND_MESSAGES,
  FIRMWARE_VERIFY_RESULT,
  MCU_FW_STATUS,
  MCU_RESET_REASON,
  RECOVERY_REASON,
  sealMessage,
} from '@rootcap/firmware';
import { MCI_REG, MCU_SRAM_OFFSET, RECOVERY_IFC } from '@rootcap/hardware';
import type { ImageMetadataOptions } from '@rootcap/image';
import { createDevice, type Device, type DeviceOptions, demoBundle } from 'rootcap';
import { authManifest, authorize, fwInfo, imageInfo, manifestBody, refusal, sha384 } from './support/manifests.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value.padEnd(64));
const mcuFirmware = text('first firmware of the MCU');
const nextFirmware = text('next firmware of the MCU');
/** Where a SoC would stage firmware: MCU SRAM behind the part that runs. */
const STAGED = 0x4_0000;

const subsystem = (options: DeviceOptions = {}) =>
  createDevice({ verifyOwnSignatures: false, subsystemMode: true, mcuFirmware, ...options });

function mcuSram({ chip }: Device, size: number): Uint8Array {
  return chip.mci.mcuSram.bytes.slice(0, size);
}
const mci = ({ chip }: Device, register: keyof typeof MCI_REG.registers): number =>
  chip.dma.readWord(BigInt(chip.straps.mciBase) + BigInt(MCI_REG.registers[register].offset));
const recovery = ({ chip }: Device, register: keyof typeof RECOVERY_IFC.registers): number =>
  chip.dma.readWord(BigInt(chip.straps.recoveryBase) + BigInt(RECOVERY_IFC.registers[register].offset));
const execControl = ({ chip }: Device): number => chip.soc.get('SS_GENERIC_FW_EXEC_CTRL', 0);
const MCU = 1 << 2;
/** `key_usage` of the cryptographic mailbox. */
const AES_KEY = 2;

const SRAM = 0x2100_0000 + MCU_SRAM_OFFSET;
const listed = (digest: Uint8Array, more: Partial<ImageMetadataOptions> = {}): ImageMetadataOptions => ({
  fwId: 2,
  execBit: 2,
  digest,
  imageLoadAddress: BigInt(SRAM),
  imageStagingAddress: BigInt(SRAM + STAGED),
  ...more,
});

let booted: Device;
beforeAll(() => {
  booted = subsystem({ socManifest: authManifest([listed(sha384(mcuFirmware))]) }).boot();
});

describe('cold boot of a subsystem', () => {
  test('brings manifest and firmware of the MCU', () => {
    expect(booted.state).toBe('runtime');
    expect(mcuSram(booted, mcuFirmware.length)).toEqual(mcuFirmware);
    expect(mci(booted, 'RESET_REASON')).toBe(MCU_RESET_REASON.FwBoot);
    expect([execControl(booted), booted.chip.mci.mcuInReset]).toEqual([MCU, false]);
    expect(booted.context.persistent.fw.get('mcu_firmware_loaded')).toBe(MCU_FW_STATUS.Loaded);
    // Open for more: booting image 2.
    expect(recovery(booted, 'RECOVERY_STATUS')).toBe(0x22);
    expect(imageInfo(booted, 2).digest).toEqual(sha384(mcuFirmware));
    expect(fwInfo(booted).soc_manifest_current_svn).toBe(5);
  });
  test('measures vendor part, owner part and firmware of the MCU', () => {
    const manifest = authManifest([listed(sha384(mcuFirmware))]);
    const measurements = [manifest.slice(8, 2708), manifest.slice(7432, 10120)].map(sha384);
    const extended = [...measurements, sha384(mcuFirmware)].reduce(
      (pcr, measurement) => sha384(Buffer.concat([pcr, measurement])),
      new Uint8Array(48),
    );
    expect(booted.chip.pcrBank.read(31)).toEqual(extended);
    const { cciv, somv, somo, mcu_rt } = booted.context.persistent.dpe.get('caliptra_managed_dpe_context_indices');
    expect(new Set([cciv, somv, somo, mcu_rt]).size).toBe(4);
    expect(booted.context.persistent.dpe.get('soc_manifest_svn')).toBe(5);
  });
  test('without options it is the demo subsystem', () => {
    const demo = createDevice({ verifyOwnSignatures: false, subsystemMode: true }).boot();
    expect([demo.state, execControl(demo)]).toEqual(['runtime', MCU]);
    expect(fwInfo(demo).soc_manifest_current_svn).toBe(0);
  });
  test('a demo manifest is as new as the fuses ask for', () => {
    const demo = createDevice({ verifyOwnSignatures: false, subsystemMode: true, fuses: { socManifestSvn: 4 } }).boot();
    expect(fwInfo(demo)).toMatchObject({ soc_manifest_current_svn: 4, soc_manifest_min_svn: 4 });
  });

  const wrong = (at: number) => {
    const manifest = authManifest([listed(sha384(mcuFirmware))]);
    manifest[at] = (manifest[at] as number) ^ 1;
    return manifest;
  };
  test.each<[ErrorName, number, number, DeviceOptions]>([
    [
      'RUNTIME_INVALID_AUTH_MANIFEST_MARKER',
      1,
      RECOVERY_REASON.KEY_MANIFEST_MISSING_OR_CORRUPT,
      { socManifest: wrong(0) },
    ],
    [
      'RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID',
      1,
      RECOVERY_REASON.KEY_MANIFEST_AUTHENTICATION_FAILURE,
      { socManifest: wrong(9) },
    ],
    [
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_LESS_THAN_FUSE',
      1,
      RECOVERY_REASON.KEY_MANIFEST_ANTI_ROLLBACK_FAILURE,
      { socManifest: authManifest([listed(sha384(mcuFirmware))]), fuses: { socManifestSvn: 6 } },
    ],
    [
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED',
      1,
      RECOVERY_REASON.CORRUPTED_CRITICAL_DATA,
      { socManifest: authManifest([listed(sha384(mcuFirmware))]), fuses: { socManifestMaxSvn: 4 } },
    ],
    [
      'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH',
      2,
      RECOVERY_REASON.MAIN_FIRMWARE_AUTHENTICATION_FAILURE,
      { socManifest: authManifest([listed(sha384(nextFirmware))]) },
    ],
    [
      'IMAGE_VERIFIER_ERR_RUNTIME_DIGEST_MISMATCH',
      2,
      RECOVERY_REASON.MAIN_FIRMWARE_AUTHENTICATION_FAILURE,
      { socManifest: authManifest([listed(sha384(mcuFirmware), { fwId: 3 })]) },
    ],
  ])('%s: fatal, and the recovery interface says why', (symbol, image, reason, options) => {
    const device = subsystem(options);
    expect(refusal(() => device.boot())).toBe(symbol);
    expect(device.state).toBe('fatal');
    expect(recovery(device, 'DEVICE_STATUS_0')).toBe(((reason << 16) | 0xe) >>> 0);
    expect(recovery(device, 'RECOVERY_STATUS')).toBe((image << 4) | 0xd);
    expect(execControl(device)).toBe(0);
  });
  test('the runtime waits for an image that comes later', () => {
    const device = subsystem().bootToRom();
    device.chip.recovery.stage([demoBundle(device.options.provider)]);
    device.mailbox.execute('RI_DOWNLOAD_FIRMWARE');
    expect([device.state, device.run().for]).toEqual(['booting', 'recovery-image']);
    expect(recovery(device, 'RECOVERY_STATUS')).toBe(0x11);
    const images = [authManifest([listed(sha384(mcuFirmware))]), mcuFirmware];
    device.chip.recovery.stage([new Uint8Array(0), ...images]);
    device.run();
    expect(device.state).toBe('runtime');
  });
  test('firmware of the MCU comes in words', () => {
    expect(() => createDevice({ subsystemMode: true, mcuFirmware: new Uint8Array(6) })).toThrow(
      'mcuFirmware: 6 bytes, not a multiple of 4',
    );
  });
  test('a longer image than a manifest is cut', () => {
    const manifest = authManifest([listed(sha384(mcuFirmware))]);
    const device = subsystem({ socManifest: Buffer.concat([manifest, new Uint8Array(64).fill(7)]) }).boot();
    expect(fwInfo(device).authman_sha384_digest).toEqual(fwInfo(booted).authman_sha384_digest);
  });
  test('a warm reset lets the MCU boot again', () => {
    const device = booted.fork();
    device.reset('warm');
    expect(execControl(device)).toBe(0);
    device.burnFuses();
    device.run();
    expect([device.state, execControl(device), mci(device, 'RESET_REASON')]).toEqual(['runtime', MCU, 2]);
  });
  test('but not one whose firmware never came', () => {
    const device = booted.fork();
    device.context.persistent.fw.set('mcu_firmware_loaded', MCU_FW_STATUS.HitlessUpdateStarted);
    device.reset('warm');
    device.burnFuses();
    device.run();
    expect([device.state, device.errors.fatal]).toEqual(['fatal', 0x0104_0055]);
  });
});

describe('images at addresses', () => {
  test('load and staging address are hashed by DMA', () => {
    const device = booted.fork();
    device.chip.mci.mcuSram.bytes.set(mcuFirmware, STAGED);
    const question = { fwId: 2, imageSize: mcuFirmware.length, flags: 1 };
    expect(authorize(device, { ...question, source: 2 })).toBe(AUTHORIZATION.AUTHORIZED);
    expect(authorize(device, { ...question, source: 3 })).toBe(AUTHORIZATION.AUTHORIZED);
    expect(authorize(device, { ...question, source: 3, imageSize: 4 })).toBe(AUTHORIZATION.HASH_MISMATCH);
    expect(authorize(device, { ...question, source: 2, imageSize: 0 })).toBe(AUTHORIZATION.HASH_MISMATCH);
  });
  test('not while the SoC has the accelerator', () => {
    const device = booted.fork();
    device.chip.shaAccelerator.tryLock('soc', 7);
    expect(refusal(() => authorize(device, { fwId: 2, source: 2, imageSize: 4, flags: 1 }))).toBe('RUNTIME_INTERNAL');
  });
});

interface Activation {
  readonly ids?: readonly number[];
  readonly count?: number;
  readonly size?: number;
  readonly flags?: number;
}

function activateBody({
  ids = [2],
  count = ids.length,
  size = nextFirmware.length,
  flags = 0,
}: Activation): Uint8Array {
  const fw_ids = Array.from({ length: 128 }, (_, i) => ids[i] ?? 0);
  const { request } = COMMAND_MESSAGES.ACTIVATE_FIRMWARE;
  return request.encode({ hdr: { chksum: 0 }, fw_id_count: count, fw_ids, mcu_fw_image_size: size, flags }).slice(4);
}

/** A device that has a newer manifest, and the firmware it lists staged. */
function withNextFirmware(images: readonly ImageMetadataOptions[] = [listed(sha384(nextFirmware))]): Device {
  const device = booted.fork();
  device.mailbox.execute('SET_AUTH_MANIFEST', manifestBody(authManifest(images, { svn: 6 })));
  device.chip.mci.mcuSram.bytes.set(nextFirmware, STAGED);
  return device;
}

describe('ACTIVATE_FIRMWARE', () => {
  test('replaces the firmware of a running MCU', () => {
    const device = withNextFirmware();
    const before = device.chip.pcrBank.read(31);
    device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({}));
    expect(mcuSram(device, nextFirmware.length)).toEqual(nextFirmware);
    expect(mci(device, 'RESET_REASON')).toBe(MCU_RESET_REASON.FwHitlessUpd);
    expect([execControl(device), device.chip.mci.mcuInReset]).toEqual([MCU, false]);
    expect(device.context.persistent.fw.get('mcu_firmware_loaded')).toBe(MCU_FW_STATUS.Loaded);
    expect(device.chip.pcrBank.read(31)).toEqual(sha384(Buffer.concat([before, sha384(nextFirmware)])));
  });
  test('waits for the MCU to go into reset', () => {
    const device = withNextFirmware();
    device.chip.mci.followsResetRequests = false;
    const { ACTIVATE_FIRMWARE: id } = COMMAND_ID;
    const message = new Uint8Array(4 + activateBody({}).length);
    message.set(activateBody({}), 4);
    expect(device.mailbox.send(id, sealMessage(id, message)).status).toBe('CMD_BUSY');
    expect([device.run().for, mci(device, 'NOTIF0_INTERNAL_INTR_R'), execControl(device)]).toEqual(['mcu-reset', 2, 0]);
    device.chip.socBus.write((device.chip.straps.mciBase as number) + 0x1024, 2, 1);
    expect(device.run().for).toBe('mcu-reset');
    device.chip.mci.followResetRequest();
    device.run();
    expect(device.chip.mailbox.status()).toBe('DATA_READY');
    expect([execControl(device), mcuSram(device, 64)]).toEqual([MCU, nextFirmware]);
  });
  test('sets the bits of other images without touching the MCU', () => {
    const device = withNextFirmware([
      listed(sha384(nextFirmware)),
      { fwId: 7, digest: sha384(nextFirmware), execBit: 40 },
      { fwId: 8, digest: sha384(nextFirmware), execBit: 127 },
    ]);
    device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ ids: [7, 8], size: 0 }));
    const words = [0, 1, 2, 3].map((i) => device.chip.soc.get('SS_GENERIC_FW_EXEC_CTRL', i));
    expect(words).toEqual([MCU, 1 << 8, 0, 0x8000_0000]);
    expect(mcuSram(device, 64)).toEqual(mcuFirmware);
  });
  test('takes requests from before there were flags', () => {
    const device = withNextFirmware();
    device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({}).slice(0, 520));
    expect(mcuSram(device, 64)).toEqual(nextFirmware);
  });
  test('firmware that the manifest does not list does not run', () => {
    const device = withNextFirmware();
    device.chip.mci.mcuSram.bytes.set(text('something else'), STAGED);
    expect(refusal(() => device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({})))).toBe(
      'IMAGE_VERIFIER_ACTIVATION_FAILED',
    );
    expect([execControl(device), device.context.persistent.fw.get('mcu_firmware_loaded')]).toEqual([0, 2]);
  });

  const images = [
    listed(sha384(nextFirmware)),
    { fwId: 5, digest: sha384(nextFirmware), execBit: 1 },
    { fwId: 6, digest: sha384(nextFirmware) },
  ];
  test.each<[string, Activation]>([
    ['no id', { count: 0 }],
    ['more ids than there is room for', { count: 129 }],
    ['the reserved id', { ids: [0] }],
    ['an id that is not listed', { ids: [1] }],
    ['a reserved exec bit', { ids: [5] }],
    ['no exec bit', { ids: [6] }],
    ['no size for the MCU', { size: 0 }],
    ['an unknown flag', { flags: 2 }],
  ])('refuses %s', (_, activation) => {
    const device = withNextFirmware(images);
    expect(refusal(() => device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody(activation)))).toBe(
      'RUNTIME_MAILBOX_INVALID_PARAMS',
    );
    expect(execControl(device)).toBe(MCU);
  });
  test('refuses a short request and other privileges', () => {
    const device = withNextFirmware();
    expect(refusal(() => device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({}).slice(0, 519)))).toBe(
      'RUNTIME_MAILBOX_INVALID_PARAMS',
    );
    expect(refusal(() => device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({}), { axiUser: 2 }))).toBe(
      'RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL',
    );
  });
  test('an address that nothing answers fails the activation', () => {
    const device = withNextFirmware([listed(sha384(nextFirmware), { imageStagingAddress: 0x10n })]);
    expect(refusal(() => device.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({})))).toBe(
      'IMAGE_VERIFIER_ACTIVATION_FAILED',
    );
  });
});

describe('encrypted firmware of the MCU', () => {
  const ciphertext = text('ciphertext, and behind it a tag of 16 bytes');
  const encrypted = Buffer.concat([ciphertext, new Uint8Array(16).fill(1)]);
  const device = () =>
    subsystem({
      encryptedMcuFirmware: true,
      mcuFirmware: encrypted,
      socManifest: authManifest([listed(sha384(encrypted))]),
    }).boot();
  const size = (of: Device) =>
    COMMAND_MESSAGES.GET_MCU_FW_SIZE.response.decode(of.mailbox.execute('GET_MCU_FW_SIZE').data);

  test('is left to the MCU, which then activates it once', () => {
    const waiting = device();
    expect([waiting.state, execControl(waiting)]).toEqual(['runtime', 0]);
    expect(recovery(waiting, 'RECOVERY_STATUS')).toBe(3);
    expect(size(waiting)).toMatchObject({ size: ciphertext.length, sha384: sha384(ciphertext) });
    waiting.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ flags: 1, size: 1 }));
    expect([execControl(waiting), mci(waiting, 'RESET_REASON')]).toEqual([MCU, MCU_RESET_REASON.FwBoot]);
    expect(mcuSram(waiting, encrypted.length)).toEqual(Uint8Array.from(encrypted));
    expect(refusal(() => waiting.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ flags: 1 })))).toBe(
      'IMAGE_VERIFIER_ACTIVATION_FAILED',
    );
  });
  test('which decrypts it where it lies', () => {
    const [key, iv] = [new Uint8Array(32).fill(7), new Uint8Array(12).fill(9)];
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const image = Buffer.concat([cipher.update(mcuFirmware), cipher.final(), cipher.getAuthTag()]);
    const waiting = subsystem({
      encryptedMcuFirmware: true,
      mcuFirmware: image,
      socManifest: authManifest([listed(sha384(image))]),
    }).boot();
    const { mailbox } = waiting;
    const { size: length, sha384: encrypted_data_sha384 } = mailbox.call('GET_MCU_FW_SIZE');
    const { cmk } = mailbox.call('CM_IMPORT', { key_usage: AES_KEY, input: key });
    const { tag_verified } = mailbox.call('CM_AES_GCM_DECRYPT_DMA', {
      cmk,
      iv,
      tag: image.subarray(length),
      encrypted_data_sha384,
      axi_addr_lo: SRAM,
      axi_addr_hi: 0,
      length,
      aad: new Uint8Array(0),
    });
    expect([tag_verified, mcuSram(waiting, length)]).toEqual([1, mcuFirmware]);
    mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ flags: 1, size: length }));
    expect(execControl(waiting)).toBe(MCU);
  });
  test('size and digest are gone after a reset', () => {
    const waiting = device();
    waiting.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ flags: 1, size: 1 }));
    waiting.reset('warm');
    waiting.burnFuses();
    waiting.run();
    expect(size(waiting)).toMatchObject({ size: 0, sha384: new Uint8Array(48) });
  });
  test('a first activation is for an encrypted boot, and for the MCU', () => {
    expect(refusal(() => withNextFirmware().mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ flags: 1 })))).toBe(
      'IMAGE_VERIFIER_ACTIVATION_FAILED',
    );
    const waiting = device();
    const images = [listed(sha384(encrypted)), { fwId: 7, digest: sha384(encrypted), execBit: 40 }];
    waiting.mailbox.execute('SET_AUTH_MANIFEST', manifestBody(authManifest(images)));
    expect(refusal(() => waiting.mailbox.execute('ACTIVATE_FIRMWARE', activateBody({ ids: [7], flags: 1 })))).toBe(
      'IMAGE_VERIFIER_ACTIVATION_FAILED',
    );
  });
  test('firmware without room for a tag is fatal', () => {
    const short = new Uint8Array(12);
    const tiny = subsystem({
      encryptedMcuFirmware: true,
      mcuFirmware: short,
      socManifest: authManifest([listed(sha384(short))]),
    });
    expect(refusal(() => tiny.boot())).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

describe('EXTERNAL_MAILBOX_CMD', () => {
  const STAGING = 0xb00c_0000;
  function external(device: Device, id: number, bytes: Uint8Array, { size = bytes.length, axiUser = 1 } = {}) {
    device.chip.stagingArea.write(0x100, bytes);
    const { request } = COMMAND_MESSAGES.EXTERNAL_MAILBOX_CMD;
    const body = request.encode({
      hdr: { chksum: 0 },
      command_id: id,
      command_size: size,
      axi_address_start_low: STAGING + 0x100,
      axi_address_start_high: 0,
    });
    return device.mailbox.execute('EXTERNAL_MAILBOX_CMD', body.slice(4), { axiUser });
  }
  const sealed = (id: number, size = 4) => sealMessage(id, new Uint8Array(size));
  const { FW_INFO, SHUTDOWN, VERSION, FIRMWARE_LOAD, FIRMWARE_VERIFY, EXTERNAL_MAILBOX_CMD } = COMMAND_ID;

  test('runs a command whose bytes lie in memory', () => {
    const direct = booted.fork().mailbox.execute('FW_INFO').data;
    expect(external(booted.fork(), FW_INFO, sealed(FW_INFO)).data).toEqual(direct);
  });
  test('the bytes of the last word count only if all are there', () => {
    expect(external(booted.fork(), VERSION, sealed(VERSION), { size: 7 }).status).toBe('DATA_READY');
  });
  test('an update comes from there', () => {
    const device = booted.fork();
    device.loadFirmware(demoBundle(device.options.provider));
    expect([device.state, device.errors.nonFatal]).toEqual(['runtime', 0]);
    expect(device.chip.soc.get('CPTRA_FW_REV_ID', 1)).toBe(0x0201_0001);
    const bad = demoBundle(device.options.provider);
    bad[0] = 0;
    expect(refusal(() => device.loadFirmware(bad))).toBe('IMAGE_VERIFIER_ERR_MANIFEST_MARKER_MISMATCH');
  });
  test('SHUTDOWN from there shuts down', () => {
    const device = booted.fork();
    external(device, SHUTDOWN, sealed(SHUTDOWN));
    expect(device.state).toBe('fatal');
  });
  test('FIRMWARE_VERIFY judges a bundle and changes nothing', () => {
    const device = booted.fork();
    const bundle = demoBundle(device.options.provider);
    const verdict = (bytes: Uint8Array) =>
      COMMAND_MESSAGES.FIRMWARE_VERIFY.response.decode(external(device, FIRMWARE_VERIFY, bytes).data).verify_result;
    const bad = bundle.slice();
    bad[16_900] = (bad[16_900] as number) ^ 1;
    const before = fwInfo(device);
    expect([verdict(bundle), verdict(bad)]).toEqual([FIRMWARE_VERIFY_RESULT.SUCCESS, FIRMWARE_VERIFY_RESULT.FAILURE]);
    expect(fwInfo(device)).toEqual(before);
  });
  test.each<[ErrorName, (device: Device) => unknown]>([
    [
      'RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL',
      (device) => external(device, VERSION, sealed(VERSION), { axiUser: 2 }),
    ],
    ['RUNTIME_INSUFFICIENT_MEMORY', ({ mailbox }) => mailbox.execute('EXTERNAL_MAILBOX_CMD', new Uint8Array(20))],
    ['RUNTIME_MAILBOX_INVALID_PARAMS', (device) => external(device, VERSION, sealed(VERSION), { size: 34_829 })],
    ['RUNTIME_MAILBOX_INVALID_PARAMS', (device) => external(device, VERSION, sealed(VERSION), { size: 3 })],
    ['RUNTIME_INVALID_CHECKSUM', (device) => external(device, VERSION, new Uint8Array(4))],
    ['RUNTIME_UNIMPLEMENTED_COMMAND', (device) => external(device, 0x1234, sealed(0x1234))],
    [
      'RUNTIME_UNIMPLEMENTED_COMMAND',
      (device) => external(device, EXTERNAL_MAILBOX_CMD, sealed(EXTERNAL_MAILBOX_CMD, 20)),
    ],
    [
      'IMAGE_VERIFIER_ERR_MANIFEST_SIZE_MISMATCH',
      ({ mailbox }) => mailbox.execute(FIRMWARE_VERIFY, new Uint8Array(16)),
    ],
  ])('%s', (symbol, run) => {
    expect(refusal(() => run(booted.fork()))).toBe(symbol);
  });
  test('the largest request of the interface fits, and its tag', () => {
    expect(refusal(() => external(booted.fork(), VERSION, sealed(VERSION), { size: 34_828 }))).toBe('accepted');
  });
  test('a passive device does not know it', () => {
    const passive = createDevice({ verifyOwnSignatures: false }).boot();
    expect(refusal(() => passive.mailbox.execute('EXTERNAL_MAILBOX_CMD', new Uint8Array(16)))).toBe(
      'RUNTIME_UNIMPLEMENTED_COMMAND',
    );
    const bundle = demoBundle(passive.options.provider);
    const verdict = passive.mailbox.send(FIRMWARE_VERIFY, bundle);
    expect(COMMAND_MESSAGES.FIRMWARE_VERIFY.response.decode(verdict.data).verify_result).toBe(
      FIRMWARE_VERIFY_RESULT.SUCCESS,
    );
    expect([passive.state, FIRMWARE_LOAD]).toEqual(['runtime', 0x4657_4c44]);
  });
});
