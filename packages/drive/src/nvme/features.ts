import { NvmeStatusError } from './status.ts';

/** Features of NVMe Base 1.4, section 5.21.1, that a controller has. None is saved. */
export const FEATURE = {
  ARBITRATION: { id: 0x01, value: 0, changeable: true },
  POWER_MANAGEMENT: { id: 0x02, value: 0, changeable: false },
  TEMPERATURE_THRESHOLD: { id: 0x04, value: 0x0157, changeable: true },
  ERROR_RECOVERY: { id: 0x05, value: 0, changeable: true },
  VOLATILE_WRITE_CACHE: { id: 0x06, value: 1, changeable: true },
  NUMBER_OF_QUEUES: { id: 0x07, value: 0, changeable: true },
  WRITE_ATOMICITY: { id: 0x0a, value: 0, changeable: true },
  ASYNCHRONOUS_EVENT_CONFIGURATION: { id: 0x0b, value: 0, changeable: true },
  KEEP_ALIVE_TIMER: { id: 0x0f, value: 0, changeable: true },
  SANITIZE_CONFIG: { id: 0x17, value: 0, changeable: false },
} as const;

export type FeatureName = keyof typeof FEATURE;

const byId = new Map<number, FeatureName>(Object.entries(FEATURE).map(([name, { id }]) => [id, name as FeatureName]));

/** @throws NvmeStatusError if there is no such feature */
export function featureName(id: number): FeatureName {
  const name = byId.get(id);
  if (name === undefined)
    throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', `feature 0x${id.toString(16).padStart(2, '0')}`);
  return name;
}

/** What Get Features asks for. */
const SELECT = { CURRENT: 0, DEFAULT: 1, SAVED: 2, SUPPORTED_CAPABILITIES: 3 } as const;
const CAPABILITY_CHANGEABLE = 4;

/** A controller's features. */
export class Features {
  readonly #current = new Map<FeatureName, number>();
  readonly #default: Readonly<Partial<Record<FeatureName, number>>>;

  /** @param defaults - where they differ from {@link FEATURE} */
  constructor(defaults: Readonly<Partial<Record<FeatureName, number>>>) {
    this.#default = defaults;
  }

  get(name: FeatureName): number {
    return this.#current.get(name) ?? this.#default[name] ?? FEATURE[name].value;
  }

  set(name: FeatureName, value: number): void {
    this.#current.set(name, value);
  }

  /** The answer to Get Features. */
  select(name: FeatureName, select: number): number {
    if (select === SELECT.CURRENT) return this.get(name);
    if (select === SELECT.DEFAULT || select === SELECT.SAVED) return this.#default[name] ?? FEATURE[name].value;
    if (select === SELECT.SUPPORTED_CAPABILITIES) return FEATURE[name].changeable ? CAPABILITY_CHANGEABLE : 0;
    throw new NvmeStatusError('INVALID_FIELD_IN_COMMAND', `SEL ${select}`);
  }

  /** After a controller reset. */
  reset(): void {
    this.#current.clear();
  }
}
