export type BootState = 'idle' | 'fuse' | 'fw_rst' | 'wait' | 'done';

/** Values of `CPTRA_FLOW_STATUS.boot_fsm_ps`. caliptra-rtl:src/soc_ifc/rtl/soc_ifc_pkg.sv */
export const BOOT_STATE_CODE: Readonly<Record<BootState, number>> = { idle: 0, fuse: 1, fw_rst: 2, wait: 3, done: 4 };

export interface BootFsmState {
  readonly state: BootState;
  readonly fuseWriteObserved: boolean;
  readonly breakpoint: boolean;
}

/**
 * Brings the core out of reset: FUSE until `CPTRA_FUSE_WR_DONE` was written, then DONE, or WAIT until
 * `CPTRA_BOOTFSM_GO` if a breakpoint holds it. Wait cycles take no time here.
 *
 * `CPTRA_FUSE_WR_DONE` itself survives a warm reset, so after one it must be *written* again, whatever it reads.
 * caliptra-rtl:src/soc_ifc/rtl/soc_ifc_boot_fsm.sv
 */
export class BootFsm {
  #state: BootState = 'idle';
  #fuseWriteObserved = false;
  #breakpoint = false;

  get state(): BootState {
    return this.#state;
  }

  /** `ready_for_fuses`. */
  get readyForFuses(): boolean {
    return this.#state === 'fuse' && !this.#fuseWriteObserved;
  }

  /** Cold or warm reset has ended. @param breakpoint - BootFSM breakpoint, as it applies in this security state */
  start(breakpoint: boolean): void {
    this.#state = 'fuse';
    this.#fuseWriteObserved = false;
    this.#breakpoint = breakpoint;
  }

  /** The SoC wrote `CPTRA_FUSE_WR_DONE`. @param done - its value after the write */
  fuseWrite(done: boolean, go: boolean): void {
    if (this.#state !== 'fuse') return;
    this.#fuseWriteObserved = true;
    if (done) this.#leave(go);
  }

  /** `CPTRA_BOOTFSM_GO` was set. */
  go(): void {
    if (this.#state === 'wait') this.#state = 'done';
  }

  /** Firmware asked for its own reset; the core runs again at once unless the breakpoint holds it. */
  firmwareReset(go: boolean): void {
    if (this.#state === 'done') this.#leave(go);
  }

  #leave(go: boolean): void {
    this.#state = this.#breakpoint && !go ? 'wait' : 'done';
  }

  save(): BootFsmState {
    return { state: this.#state, fuseWriteObserved: this.#fuseWriteObserved, breakpoint: this.#breakpoint };
  }

  /** @param saved - already checked */
  restore(saved: BootFsmState): void {
    this.#state = saved.state;
    this.#fuseWriteObserved = saved.fuseWriteObserved;
    this.#breakpoint = saved.breakpoint;
  }
}
