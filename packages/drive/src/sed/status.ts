import type { HpkeKemId } from '@rootcap/crypto';
import type { NamespaceRecord } from './flash.ts';

export interface RangeStatus {
  readonly name: string;
  readonly nsid: number;
  readonly start: number;
  /** Last block, itself inside. */
  readonly end: number;
  /** No media key is loaded for it. */
  readonly locked: boolean;
  /** It has no media key at all until it is unlocked again. */
  readonly erased: boolean;
  /** Whether a PIN is needed, its own or one of Opal. */
  readonly pin: boolean;
  /** UIDs of the parties whose access keys are needed. */
  readonly parties: readonly string[];
}

/** What anybody may know of a drive. */
export interface DriveStatus {
  readonly serial: string;
  readonly model: string;
  readonly powered: boolean;
  readonly hek: {
    /** Whether the root of trust may use it. */
    readonly available: boolean;
    readonly slot: number;
    readonly slots: number;
    readonly erasuresLeft: number;
    readonly permaHek: boolean;
  };
  /** How often the SEK was replaced. */
  readonly epoch: number;
  readonly namespaces: readonly NamespaceRecord[];
  readonly ranges: readonly RangeStatus[];
  readonly parties: readonly { readonly uid: string; readonly enabled: boolean }[];
}

/** What happens in a drive. No event carries a secret. */
export type DriveEvent =
  | { readonly kind: 'power'; readonly on: boolean; readonly hekAvailable?: boolean }
  | { readonly kind: 'hpke-key'; readonly kemId: HpkeKemId }
  | {
      readonly kind: 'party';
      readonly uid: string;
      readonly change: 'bound' | 'enabled' | 'rotated' | 'erased';
    }
  | {
      readonly kind: 'range';
      readonly name: string;
      readonly change: 'protected' | 'unlocked' | 'locked' | 'pin' | 'erased' | 'refused';
    }
  | { readonly kind: 'epoch'; readonly erased: 'sek' | 'hek' };

export type DriveListener = (event: DriveEvent) => void;
