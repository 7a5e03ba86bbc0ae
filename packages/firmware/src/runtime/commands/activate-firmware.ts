import { RotError } from '@rootcap/errors';
import { IMAGE_METADATA_FLAGS, IMAGE_SOURCES } from '@rootcap/image';
import { extract } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import type { Firmware } from '../../coroutine.ts';
import { dmaRead, dmaWrite } from '../../drivers/dma.ts';
import { BOOT_MODE } from '../../memory/tables.ts';
import { ActivateFirmwareReq } from '../../messages/layouts/soc-firmware.ts';
import { pl0Only, type RuntimeCommand, rawCommand } from '../command.ts';
import { updateManagedContext } from '../dpe/managed-contexts.ts';
import {
  MCU_FW_STATUS,
  MCU_RESET_REASON,
  mcuInReset,
  mcuResetRequested,
  mcuSramAddress,
  setMcuResetReason,
} from '../mcu.ts';
import { pl0Locality } from '../privilege.ts';
import { authorizeImage, axiAddress, MCU_FW_ID } from '../soc-manifest/authorize.ts';
import { findImage } from '../soc-manifest/loaded.ts';

/** `flags`: the MCU's firmware, decrypted in its SRAM, runs for the first time. */
const INITIAL_ACTIVATE = 1;
/** Id that no image may have. */
const RESERVED_FW_ID = 0;
const MAX_FW_ID_COUNT = 128;
const EXEC_WORDS = 4;
/** Bits 0 and 1 of FW_EXEC_CTRL are reserved. */
const EXEC_BITS = { first: 2, last: 127, mcu: 2 } as const;

const invalid = (detail: string): never => {
  throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', detail);
};

/** Bits of FW_EXEC_CTRL. */
type ExecBits = readonly number[];

const setBit = (words: ExecBits, bit: number): ExecBits =>
  words.map((word, i) => (i === bit >>> 5 ? (word | (1 << (bit & 31))) >>> 0 : word));
const hasBit = (words: ExecBits, bit: number): boolean => (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;

interface Activation {
  readonly bits: ExecBits;
  readonly mcuImageSize: number;
  readonly initial: boolean;
}

/** Requests from before `flags` end four bytes earlier; what is longer than the layout is cut. */
function decode(message: Uint8Array, hasFlags: boolean): ReturnType<typeof ActivateFirmwareReq.decode> {
  if (message.length < ActivateFirmwareReq.offsetOf('flags')) invalid(`${message.length} bytes`);
  const whole = new Uint8Array(ActivateFirmwareReq.size);
  const used = !hasFlags || message.length < whole.length ? ActivateFirmwareReq.offsetOf('flags') : whole.length;
  whole.set(message.subarray(0, used));
  return ActivateFirmwareReq.decode(whole);
}

/** @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS */
function parse(context: FirmwareContext, message: Uint8Array): Activation {
  const {
    fw_id_count: count,
    fw_ids: ids,
    mcu_fw_image_size: mcuImageSize,
    flags,
  } = decode(message, context.profile.activationFlags);
  if (count === 0 || count > MAX_FW_ID_COUNT) invalid(`fw_id_count ${count}`);
  if ((flags & ~INITIAL_ACTIVATE) !== 0) invalid(`flags ${flags}`);
  let bits: ExecBits = new Array<number>(EXEC_WORDS).fill(0);
  for (const fwId of ids.slice(0, count)) {
    if (fwId === RESERVED_FW_ID) invalid(`fw_id ${fwId}`);
    if (fwId === MCU_FW_ID && mcuImageSize === 0) invalid('mcu_fw_image_size 0');
    const listed = findImage(context, fwId, ['authorization']);
    const execBit = listed === undefined ? 0 : extract(IMAGE_METADATA_FLAGS.execBit, listed.entry.flags);
    if (execBit < EXEC_BITS.first || execBit > EXEC_BITS.last) invalid(`fw_id ${fwId}: exec bit ${execBit}`);
    bits = setBit(bits, execBit);
  }
  return { bits, mcuImageSize, initial: flags === INITIAL_ACTIVATE };
}

function execControl({ chip: { soc } }: FirmwareContext): ExecBits {
  return Array.from({ length: EXEC_WORDS }, (_, i) => soc.get('SS_GENERIC_FW_EXEC_CTRL', i));
}

function setExecControl({ chip: { soc } }: FirmwareContext, words: ExecBits): void {
  for (const [i, word] of words.entries()) soc.set('SS_GENERIC_FW_EXEC_CTRL', word >>> 0, i);
}

/** @throws RotError if this cannot be the first activation after an encrypted boot */
function requireInitial({ persistent }: FirmwareContext, { bits }: Activation, running: ExecBits): void {
  const encrypted = persistent.rom.get('boot_mode') === BOOT_MODE.EncryptedFirmware;
  if (!hasBit(bits, EXEC_BITS.mcu) || !encrypted || hasBit(running, EXEC_BITS.mcu))
    throw new RotError('IMAGE_VERIFIER_ACTIVATION_FAILED', 'not the first activation after an encrypted boot');
}

/** Takes the MCU into reset, puts its new firmware in place and measures it. */
function* replaceMcuFirmware(context: FirmwareContext, size: number): Firmware {
  while (mcuResetRequested(context)) yield { for: 'mcu-reset', ready: () => !mcuResetRequested(context) };
  while (!mcuInReset(context)) yield { for: 'mcu-reset', ready: () => mcuInReset(context) };
  const listed = findImage(context, MCU_FW_ID, ['authorization']);
  if (listed === undefined) throw new RotError('IMAGE_VERIFIER_ACTIVATION_FAILED', 'no firmware of the MCU is listed');
  const staged = dmaRead(context.chip, axiAddress(listed.entry.imageStagingAddress), size);
  dmaWrite(context.chip, mcuSramAddress(context), staged);
  const { authorized, measurement } = authorizeImage(context, {
    fwId: MCU_FW_ID,
    measurement: new Uint8Array(48),
    source: IMAGE_SOURCES.loadAddress,
    imageSize: size,
  });
  if (!authorized) throw new RotError('IMAGE_VERIFIER_ACTIVATION_FAILED', 'firmware of the MCU is not authorized');
  updateManagedContext(context, 'mcu_rt', measurement, pl0Locality(context));
}

/** @see caliptra-sw:runtime/src/activate_firmware.rs (activate_fw) */
function* activate(context: FirmwareContext, activation: Activation): Firmware {
  const { bits, initial, mcuImageSize } = activation;
  const { fw } = context.persistent;
  const running = execControl(context);
  const mcu = hasBit(bits, EXEC_BITS.mcu);
  if (initial) requireInitial(context, activation, running);
  if (mcu) {
    if (!initial) fw.set('mcu_firmware_loaded', MCU_FW_STATUS.HitlessUpdateStarted);
    setMcuResetReason(context, initial ? MCU_RESET_REASON.FwBoot : MCU_RESET_REASON.FwHitlessUpd);
  }
  setExecControl(
    context,
    running.map((word, i) => word & ~(bits[i] ?? 0)),
  );
  if (mcu) {
    if (!initial) yield* replaceMcuFirmware(context, mcuImageSize);
    fw.set('mcu_firmware_loaded', MCU_FW_STATUS.Loaded);
  }
  setExecControl(
    context,
    running.map((word, i) => word | (bits[i] ?? 0)),
  );
}

/** Whatever goes wrong once the request is understood has one code. */
function* activateFirmware(context: FirmwareContext, message: Uint8Array): Firmware<undefined> {
  const activation = parse(context, message);
  try {
    yield* activate(context, activation);
  } catch (error) {
    if (error instanceof RotError && error.symbol !== 'IMAGE_VERIFIER_ACTIVATION_FAILED')
      throw new RotError('IMAGE_VERIFIER_ACTIVATION_FAILED', error.message, { cause: error });
    throw error;
  }
  return undefined;
}

export const ACTIVATION_COMMANDS: readonly RuntimeCommand[] = [
  pl0Only('first', rawCommand('ACTIVATE_FIRMWARE', ActivateFirmwareReq, activateFirmware)),
];
