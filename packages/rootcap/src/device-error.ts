import type { DeviceState, DeviceWait } from './device.ts';

/**
 * Why a device could not do what was asked of it.
 *
 * | code | meaning |
 * |---|---|
 * | `wrong-state` | the device is not where the method needs it |
 * | `mailbox-locked` | somebody else holds the mailbox, or a command of this client still waits in it |
 * | `no-reason` | the firmware failed a command and left no code |
 * | `firmware-ended` | a replaced stage of the firmware returned, which firmware never does |
 */
export type DeviceErrorCode = 'wrong-state' | 'mailbox-locked' | 'no-reason' | 'firmware-ended';

/**
 * A call that the device cannot take now. No firmware has looked at it, so there is no code in an error register; what
 * firmware refuses is a RotError.
 */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly code: DeviceErrorCode;
  /** What was asked for, as the method is called: `loadFirmware`. */
  readonly operation: string;
  /** Where the device was. */
  readonly state: DeviceState;

  /**
   * @param finding - what stands in the way, as the end of a sentence that starts with the state
   * @param advice - what to do about it
   */
  constructor(code: DeviceErrorCode, operation: string, state: DeviceState, finding: string, advice: string) {
    super(`${operation}: the device is in state ${state}${finding}; ${advice}`);
    this.code = code;
    this.operation = operation;
    this.state = state;
  }
}

/** How to end each wait of the firmware. */
const WAYS_ON: Readonly<Record<DeviceWait['for'], string>> = {
  fuses: 'call burnFuses(), bootToRom() or boot()',
  'boot-status': 'call run()',
  observer: 'call run()',
  'update-reset': 'call run()',
  'mailbox-command': 'send the command that it waits for with mailbox.send()',
  'mailbox-idle': 'release the mailbox, then call run()',
  'csr-consumed': 'take the envelope from the mailbox, clear CPTRA_DBG_MANUF_SERVICE_REG, then call run()',
  'mcu-reset': 'put the MCU into reset at the MCI, then call run()',
  'fips-test-hook': 'write FIPS_TEST_HOOK.CONTINUE to CPTRA_DBG_MANUF_SERVICE_REG[23:16], then call run()',
  'recovery-image': 'stage an image with chip.recovery.stage(), then call run()',
  entropy:
    'write the TRNG answers that CPTRA_TRNG_STATUS asks for, or give the device an entropy source that does not end',
  'device-reset': 'request a device reset at the recovery interface, then call run()',
};

/** The method needs the device somewhere else; `wait` is what it waits for. */
export function wrongState(operation: string, state: DeviceState, wait: DeviceWait['for'] | undefined): DeviceError {
  const finding = wait === undefined ? '' : ` and waits for ${wait}`;
  return new DeviceError('wrong-state', operation, state, finding, wayOn(state, wait));
}

function wayOn(state: DeviceState, wait: DeviceWait['for'] | undefined): string {
  switch (state) {
    case 'awaiting-fuses':
      return WAYS_ON.fuses;
    case 'awaiting-firmware':
      return 'call loadFirmware() first';
    case 'runtime':
    case 'fatal':
      return "call reset('cold') first";
    case 'booting':
      return WAYS_ON[wait ?? 'boot-status'];
  }
}
