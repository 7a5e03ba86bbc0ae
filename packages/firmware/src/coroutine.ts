import { MAILBOX_FSM, type Mailbox } from '@rootcap/hardware';
import { BOOT_STATUS, type BootStatusName } from './boot-status.ts';
import { STATUS_LINES } from './console.ts';
import type { FirmwareContext } from './context.ts';
import { CYCLES_AFTER } from './cycles.ts';

/**
 * Named waits that may last: a snapshot taken at one of them can be resumed, because nothing that outlives the wait is
 * in a local.
 */
export type EntryPoint = 'reset' | 'rom-mailbox' | 'runtime-mailbox' | 'fatal';

/** What a running firmware waits for. `ready` tells whether it can go on. */
export interface Wait {
  readonly for:
    | 'boot-status'
    | 'mailbox-command'
    | 'csr-consumed'
    | 'mailbox-idle'
    | 'recovery-image'
    | 'device-reset'
    | 'mcu-reset'
    | 'update-reset'
    | 'entropy'
    | 'fips-test-hook'
    | 'observer';
  readonly ready: () => boolean;
  /** Where a restored device resumes, if the wait is such a point. */
  readonly entry?: EntryPoint;
  readonly status?: number;
  /** Cycles that pass before the firmware goes on, at least 1. Default 1. */
  readonly cycles?: number;
}

/** Firmware as a coroutine: runs until it must wait, and yields what it waits for. */
export type Firmware<T = void> = Generator<Wait, T, undefined>;

/** For a wait that is none. */
export const always = (): boolean => true;

/** Records a boot status and lets an observer look at the chip. */
export function* report(context: FirmwareContext, name: BootStatusName): Firmware {
  context.recordBootStatus(name);
  const line = STATUS_LINES[name];
  if (line !== undefined) context.print(line);
  yield { for: 'boot-status', ready: always, status: BOOT_STATUS[name], cycles: CYCLES_AFTER[name] ?? 1 };
}

/** Lets an observer look at the chip between two steps that firmware takes without a boot status. */
export const OBSERVE: Wait = { for: 'observer', ready: always, cycles: 1 };

/** The wait for a SoC or TAP command in the mailbox. */
export function mailboxWait({ chip: { mailbox } }: FirmwareContext, entry?: EntryPoint): Wait {
  const ready = (): boolean => commandPending(mailbox);
  return { for: 'mailbox-command', ready, ...(entry === undefined ? {} : { entry }) };
}

/** Waits until a SoC or TAP command stands in the mailbox. */
export function* mailboxCommand(context: FirmwareContext, entry?: EntryPoint): Firmware {
  const wait = mailboxWait(context, entry);
  while (!wait.ready()) yield wait;
}

/** Whether {@link Mailbox.pending} has a command; asked several times for each, so without building it. */
function commandPending({ fsm, owner }: Mailbox): boolean {
  return fsm === MAILBOX_FSM.MBOX_EXECUTE_UC && owner !== 'uc';
}

/** Whether no agent holds the mailbox. */
export function mailboxIdle({ chip: { mailbox } }: FirmwareContext): boolean {
  return mailbox.fsm === MAILBOX_FSM.MBOX_IDLE;
}
