/** `CPTRA_SECURITY_STATE.device_lifecycle`. 2 is reserved. */
export type Lifecycle = 0 | 1 | 2 | 3;
export const LIFECYCLE = { UNPROVISIONED: 0, MANUFACTURING: 1, PRODUCTION: 3 } as const;

/** The security-state pins. */
export interface SecurityPins {
  readonly lifecycle: Lifecycle;
  readonly debugLocked: boolean;
  readonly scanMode: boolean;
}

export interface SecurityState {
  readonly pins: SecurityPins;
  readonly latched: SecurityPins;
}

/**
 * The security state as the core sees it: the pins as they were when reset ended. Only after a debug unlock that
 * firmware granted (manufacturing success, or unlock level bit 0) does it follow the pins. Scan mode always does.
 * caliptra-rtl:src/integration/rtl/caliptra_top.sv
 */
export class SecurityLatch {
  #pins: SecurityPins;
  #latched: SecurityPins;

  constructor(pins: SecurityPins) {
    this.#pins = pins;
    this.#latched = pins;
  }

  get latched(): SecurityPins {
    return this.#latched;
  }

  /** `CPTRA_SECURITY_STATE`. */
  get word(): number {
    const { lifecycle, debugLocked, scanMode } = this.#latched;
    return lifecycle | (debugLocked ? 4 : 0) | (scanMode ? 8 : 0);
  }

  setPins(pins: Partial<SecurityPins>): void {
    this.#pins = { ...this.#pins, ...pins };
  }

  /** Reset has ended. */
  capture(): void {
    this.#latched = this.#pins;
  }

  /**
   * Lets the latch follow the pins as far as it may.
   *
   * @returns whether that is a switch on which the hardware wipes: debug lock changed, scan mode on, or a lifecycle
   *   that left manufacturing and production
   */
  follow(unlocked: boolean): boolean {
    const before = this.#latched;
    const { scanMode } = this.#pins;
    this.#latched = unlocked ? this.#pins : { ...before, scanMode };
    const owned = (lifecycle: Lifecycle) => lifecycle === LIFECYCLE.MANUFACTURING || lifecycle === LIFECYCLE.PRODUCTION;
    return (
      before.debugLocked !== this.#latched.debugLocked ||
      (scanMode && !before.scanMode) ||
      (owned(before.lifecycle) && !owned(this.#latched.lifecycle))
    );
  }

  save(): SecurityState {
    return { pins: { ...this.#pins }, latched: { ...this.#latched } };
  }

  /** @param saved - already checked */
  restore(saved: SecurityState): void {
    this.#pins = { ...saved.pins };
    this.#latched = { ...saved.latched };
  }
}
