import type { Subsystem } from '../namespace.ts';
import { SANITIZE_STATUS, SanitizeStatusLog } from './log-pages.ts';

/** Values of SANACT in a Sanitize command. */
export const SANITIZE_ACTION = { EXIT_FAILURE_MODE: 1, BLOCK_ERASE: 2, OVERWRITE: 3, CRYPTO_ERASE: 4 } as const;

const DONE = 0xffff;
/** No estimate. */
const UNKNOWN = 0xffff_ffff;

/** The sanitize operation of a subsystem: one at a time, for all its namespaces and controllers. */
export class SanitizeState {
  #state: 'NEVER' | 'COMPLETED' | 'IN_PROGRESS' | 'FAILED' = 'NEVER';
  #cdw10 = 0;
  /** Nothing was written since the media were sanitized. */
  #erased = false;

  get inProgress(): boolean {
    return this.#state === 'IN_PROGRESS';
  }

  get failed(): boolean {
    return this.#state === 'FAILED';
  }

  /** Erases in the background. @param ended - called when it is over, however it ended */
  start(subsystem: Subsystem, cdw10: number, ended: () => void): void {
    this.#state = 'IN_PROGRESS';
    this.#cdw10 = cdw10;
    const end = (state: 'COMPLETED' | 'FAILED') => (): void => {
      this.#state = state;
      this.#erased = state === 'COMPLETED';
      ended();
    };
    // Not before the command has its answer.
    Promise.resolve()
      .then(() => subsystem.cryptoErase('all'))
      .then(end('COMPLETED'), end('FAILED'));
  }

  /** Data were written. */
  written(): void {
    this.#erased = false;
  }

  /** Leaves the failure mode; without a failure nothing happens. */
  exitFailureMode(): void {
    if (this.failed) this.#state = 'NEVER';
  }

  log(): Uint8Array {
    const erased = this.#erased ? SANITIZE_STATUS.GLOBAL_DATA_ERASED : 0;
    return SanitizeStatusLog.encode({
      progress: this.inProgress ? 0 : DONE,
      status: SANITIZE_STATUS[this.#state] | erased,
      cdw10: this.#cdw10,
      estimateOverwrite: UNKNOWN,
      estimateBlockErase: UNKNOWN,
      estimateCryptoErase: UNKNOWN,
      estimateOverwriteNoDeallocate: UNKNOWN,
      estimateBlockEraseNoDeallocate: UNKNOWN,
      estimateCryptoEraseNoDeallocate: UNKNOWN,
      reserved32: new Uint8Array(480),
    });
  }
}
