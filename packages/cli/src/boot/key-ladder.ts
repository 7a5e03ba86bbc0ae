import { type BootStatusName, KEY_ID } from '@rootcap/firmware';
import { type Chip, KeyUsage } from '@rootcap/hardware';
import type { Device } from 'rootcap';

/** A key that a layer put into a slot. */
export interface Tenant {
  readonly layer: string;
  readonly role: string;
}

/** A slot of the key vault at this moment. No secret is in it. */
export interface KeySlot {
  readonly slot: number;
  /** Absent: erased, but its control word still shows what it held. */
  readonly tenant: Tenant | undefined;
  /** Names of {@link KeyUsage}. */
  readonly usage: readonly string[];
  readonly bytes: number;
  readonly lockWrite: boolean;
  readonly lockUse: boolean;
  /** Tenants before, in order. */
  readonly earlier: readonly Tenant[];
}

/** Layer that reports a boot status, by the start of its name. */
const LAYERS: readonly (readonly [prefix: string, layer: string])[] = [
  ['IDevId', 'IDevID'],
  ['LDevId', 'LDevID'],
  ['FwProcessor', 'LDevID'],
  ['FmcAlias', 'FMC alias'],
  ['RtAlias', 'RT alias'],
];

const ROLES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  IDevID: {
    [KEY_ID.UDS]: 'unique device secret',
    [KEY_ID.FE]: 'field entropy',
    [KEY_ID.ROM_FMC_CDI]: 'CDI',
    [KEY_ID.IDEVID_ECDSA_PRIV_KEY]: 'ECDSA P-384 private key',
    [KEY_ID.IDEVID_MLDSA_KEYPAIR_SEED]: 'ML-DSA-87 seed',
  },
  LDevID: {
    [KEY_ID.STABLE_IDEV]: 'stable key',
    [KEY_ID.STABLE_LDEV]: 'stable key',
    [KEY_ID.FW_KEY_LADDER]: 'firmware key ladder',
    [KEY_ID.ROM_FMC_CDI]: 'CDI',
    [KEY_ID.LDEVID_ECDSA_PRIV_KEY]: 'ECDSA P-384 private key',
    [KEY_ID.LDEVID_MLDSA_KEYPAIR_SEED]: 'ML-DSA-87 seed',
  },
  'FMC alias': {
    [KEY_ID.ROM_FMC_CDI]: 'CDI',
    [KEY_ID.FMC_ECDSA_PRIV_KEY]: 'ECDSA P-384 private key',
    [KEY_ID.FMC_MLDSA_KEYPAIR_SEED]: 'ML-DSA-87 seed',
  },
  'RT alias': {
    [KEY_ID.RT_CDI]: 'CDI',
    [KEY_ID.RT_ECDSA_PRIV_KEY]: 'ECDSA P-384 private key',
    [KEY_ID.RT_MLDSA_KEYPAIR_SEED]: 'ML-DSA-87 seed',
  },
};

/** Slots that have one meaning whoever fills them. */
const FIXED_ROLES: Readonly<Record<number, string>> = {
  [KEY_ID.TMP]: 'intermediate value',
  [KEY_ID.HEK_SEED]: 'HEK seed',
  [KEY_ID.STABLE_OWNER]: 'stable owner key',
  [KEY_ID.MDK]: 'MDK',
  [KEY_ID.HEK]: 'HEK',
};

/** IDevID's stable key is derived after its last status, so the first of LDevID's tells of it. */
function tenantOf(slot: number, status: BootStatusName): Tenant {
  const layer = LAYERS.find(([prefix]) => status.startsWith(prefix))?.[1] ?? 'firmware';
  const role = ROLES[layer]?.[slot] ?? FIXED_ROLES[slot] ?? 'key';
  return { layer: layer === 'LDevID' && slot === KEY_ID.STABLE_IDEV ? 'IDevID' : layer, role };
}

/** Names of the bits of a usage word. */
function usageNames(usage: number): string[] {
  return Object.entries(KeyUsage)
    .filter(([, bit]) => (usage & bit) !== 0)
    .map(([name]) => name);
}

/** Watches a device boot and remembers which layer's key went into which slot. */
export class KeyLadder {
  readonly #tenants = new Map<number, Tenant[]>();
  readonly #erased = new Set<number>();
  readonly #written = new Set<number>();

  constructor(device: Device) {
    device.on((event) => {
      if (event.kind === 'firmware-status') this.#attribute(event.name);
      if (event.kind !== 'key-vault') return;
      if (event.operation === 'write') {
        this.#written.add(event.slot);
        this.#erased.delete(event.slot);
      } else if (event.operation === 'clear') this.#erased.add(event.slot);
    });
  }

  /** The status that follows a write tells whose work it was. */
  #attribute(status: BootStatusName): void {
    for (const slot of this.#written) {
      const tenant = tenantOf(slot, status);
      const tenants = this.#tenants.get(slot) ?? [];
      const last = tenants.at(-1);
      if (last?.layer !== tenant.layer || last.role !== tenant.role) tenants.push(tenant);
      this.#tenants.set(slot, tenants);
    }
    this.#written.clear();
  }

  /** Slots that were used, in order. */
  slots({ keyVault }: Pick<Chip, 'keyVault'>): KeySlot[] {
    return [...this.#tenants.keys()]
      .sort((a, b) => a - b)
      .map((slot) => {
        const { dest_valid, last_dword, lock_use, lock_wr } = keyVault.control(slot);
        const tenants = this.#tenants.get(slot) ?? [];
        const erased = this.#erased.has(slot);
        return {
          slot,
          tenant: erased ? undefined : tenants.at(-1),
          usage: erased ? [] : usageNames(dest_valid),
          bytes: erased ? 0 : 4 * (last_dword + 1),
          lockWrite: lock_wr,
          lockUse: lock_use,
          earlier: erased ? tenants : tenants.slice(0, -1),
        };
      });
  }
}
