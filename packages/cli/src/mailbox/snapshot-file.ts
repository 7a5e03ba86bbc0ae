import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeState, encodeState } from '@rootcap/device-rpc';
import type { Device, DeviceSnapshot } from 'rootcap';
import type { BootArguments } from '../boot/device-options.ts';
import { Refusal, UsageError } from '../errors.ts';
import { isRecord } from '../json.ts';
import type { Terminal } from '../terminal.ts';

/** Options that a restored device must be built with again. */
const OPTIONS = [
  'fuses',
  'lifecycle',
  'profile',
  'seed',
  'firmware',
  'pqc',
  'subsystem',
  'socManifest',
  'mcuFirmware',
  'encryptedMcuFirmware',
  'ocpLock',
  'debugUnlocked',
] as const satisfies readonly (keyof BootArguments)[];

const optionsOf = (args: BootArguments) =>
  Object.fromEntries(OPTIONS.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])));

/** Puts a device where the file says. @returns false if there is no such file. @throws UsageError, Refusal */
export function restoreSnapshot(terminal: Terminal, path: string, device: Device, args: BootArguments): boolean {
  if (!existsSync(resolve(terminal.io.cwd, path))) return false;
  const saved = decoded(terminal.read(path, '--snapshot'), path);
  const { options, ...snapshot } = saved;
  const before = isRecord(options) ? options : {};
  const now: Readonly<Record<string, unknown>> = optionsOf(args);
  const other = OPTIONS.find((name) => before[name] !== now[name]);
  if (other !== undefined)
    throw new UsageError(
      `--snapshot: ${path} was made with ${other} ${String(before[other] ?? 'left out')}; give the same options`,
    );
  try {
    device.restore(snapshot as unknown as DeviceSnapshot);
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal(`--snapshot: ${path}: ${error.message}`, { cause: error });
    throw error;
  }
  return true;
}

function decoded(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  try {
    const saved = decodeState(bytes);
    if (isRecord(saved)) return saved;
  } catch {
    // Said below: whatever it is, it is not a snapshot.
  }
  throw new Refusal(`--snapshot: ${path} is no device snapshot`);
}

/** @throws DeviceError if the device waits for something in the middle of its work */
export function saveSnapshot(terminal: Terminal, path: string, device: Device, args: BootArguments): void {
  terminal.write(path, encodeState({ ...device.snapshot(), options: optionsOf(args) }), '--snapshot');
}
