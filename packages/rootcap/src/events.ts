import type { BootStatusName, CommandName } from '@rootcap/firmware';
import type { ChipEvent } from '@rootcap/hardware';

/** What firmware tells besides what the chip shows. */
export type FirmwareEvent =
  | { readonly kind: 'firmware-status'; readonly status: number; readonly name: BootStatusName }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'command';
      readonly id: number;
      readonly name: CommandName | undefined;
      readonly status: string;
      readonly requestSize: number;
      readonly responseSize: number;
    };

/** Everything observable of a device. No event carries secret bytes. */
export type DeviceEvent = ChipEvent | FirmwareEvent;

export type DeviceListener = (event: DeviceEvent) => void;
