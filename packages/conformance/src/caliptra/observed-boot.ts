import { BOOT_STATUS, KEY_ID } from '@rootcap/firmware';
import { emulatorKeyControl, SOC_IFC_REG } from '@rootcap/hardware';
import { extract } from '@rootcap/struct';
import type { Device } from 'rootcap';
import { notRun } from '../suite.ts';

/** A boot up to the moment at which the runtime says it is ready, and what was seen on the way. */
export interface ObservedBoot {
  readonly device: Device;
  /** Boot statuses to the end of the boot. */
  readonly statuses: readonly number[];
  /** When ROM first said that it takes mailbox commands. */
  readonly atRom: Moment;
  readonly atRuntime: Moment;
  /** CDIs of the two layers whose slot is used again before the end. */
  readonly cdis: Readonly<Record<'idevid' | 'ldevid', Uint8Array>>;
}

/** What can be seen of a device at one moment. Keys and PCRs are in natural byte order. */
export interface Moment {
  /** Boot statuses so far. */
  readonly statuses: readonly number[];
  readonly keyVault: readonly { readonly control: number; readonly words: Uint8Array }[];
  readonly registers: Readonly<Record<string, number | string>>;
  readonly dccm: Uint8Array;
  readonly pcrs: readonly Uint8Array[];
  readonly trngResponses: number;
}

function momentOf(device: Device, statuses: readonly number[]): Moment {
  const { keyVault, pcrBank, dccm, trng } = device.chip;
  return {
    statuses: [...statuses],
    keyVault: Array.from({ length: 24 }, (_, slot) => ({
      control: emulatorKeyControl(keyVault.control(slot)),
      words: keyVault.inspect(slot),
    })),
    registers: registersOf(device),
    dccm: dccm.slice(),
    pcrs: Array.from({ length: 32 }, (_, i) => pcrBank.read(i)),
    trngResponses: trng.responses,
  };
}

/** Registers of the SoC interface by the names that recordings give them. */
export function registersOf({ chip: { soc } }: Device): Record<string, number | string> {
  const word = (value: number): string => value.toString(16).padStart(8, '0');
  const extended = Array.from({ length: 8 }, (_, i) => word(soc.get('CPTRA_FW_EXTENDED_ERROR_INFO', i)));
  return {
    boot_status: soc.get('CPTRA_BOOT_STATUS'),
    flow_status: soc.get('CPTRA_FLOW_STATUS'),
    fw_error_enc: soc.get('CPTRA_FW_ERROR_ENC'),
    fw_error_fatal: soc.get('CPTRA_FW_ERROR_FATAL'),
    fw_error_non_fatal: soc.get('CPTRA_FW_ERROR_NON_FATAL'),
    fw_extended_error_info: extended.join(''),
    fw_rev_id: word(soc.get('CPTRA_FW_REV_ID', 0)) + word(soc.get('CPTRA_FW_REV_ID', 1)),
    hw_config: soc.get('CPTRA_HW_CONFIG'),
    hw_error_fatal: soc.get('CPTRA_HW_ERROR_FATAL'),
    hw_error_non_fatal: soc.get('CPTRA_HW_ERROR_NON_FATAL'),
    hw_rev_id: soc.get('CPTRA_HW_REV_ID'),
    security_state: soc.get('CPTRA_SECURITY_STATE'),
  };
}

const { ready_for_mb_processing, ready_for_runtime } = SOC_IFC_REG.registers.CPTRA_FLOW_STATUS.fields;

/**
 * Boots a device with the firmware of its options.
 *
 * @param beforeFirmware - what the host does while ROM waits for firmware
 */
export function observeBoot(device: Device, beforeFirmware: (device: Device) => void = () => {}): ObservedBoot {
  const statuses: number[] = [];
  const cdis = new Map<number, Uint8Array>();
  let atRom: Moment | undefined;
  let atRuntime: Moment | undefined;
  device.on((event) => {
    if (event.kind === 'firmware-status') {
      statuses.push(event.status);
      cdis.set(event.status, device.chip.keyVault.inspect(KEY_ID.ROM_FMC_CDI));
    }
    if (event.kind !== 'flow-status') return;
    if (extract(ready_for_mb_processing, event.value) === 1) atRom ??= momentOf(device, statuses);
    if (extract(ready_for_runtime, event.value) === 1) atRuntime ??= momentOf(device, statuses);
  });
  device.bootToRom();
  beforeFirmware(device);
  device.loadFirmware(device.options.firmware ?? notRun('no firmware'));
  const cdiAt = (status: number): Uint8Array => cdis.get(status) ?? new Uint8Array(0);
  return {
    device,
    statuses,
    atRom: atRom ?? notRun('ROM never said that it is ready'),
    atRuntime: atRuntime ?? notRun('the runtime never said that it is ready'),
    cdis: {
      idevid: cdiAt(BOOT_STATUS.IDevIdCdiDerivationComplete),
      ldevid: cdiAt(BOOT_STATUS.LDevIdCdiDerivationComplete),
    },
  };
}
