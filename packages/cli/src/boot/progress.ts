import { BOOT_STATUS } from '@rootcap/firmware';
import type { Device } from 'rootcap';
import { padTo } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord } from '../values.ts';

/** One step of the boot, as firmware reports it. */
export interface BootStep {
  readonly status: number;
  readonly name: string;
}

/** Who reports a status. ROM's alias layers run in ROM; `Rt…` is FMC's work up to the runtime's own words. */
function stageOf(status: number): string {
  if (status < BOOT_STATUS.RtMeasurementComplete) return 'ROM';
  return status < BOOT_STATUS.RtReadyForCommands ? 'FMC' : 'runtime';
}

/** What happened in the hardware between two statuses. */
class Deeds {
  readonly #slots = new Set<number>();
  readonly #pcrs = new Set<number>();
  #signatures = 0;

  add(event: Parameters<Parameters<Device['on']>[0]>[0]): void {
    if (event.kind === 'key-vault' && event.operation === 'write') this.#slots.add(event.slot);
    if (event.kind === 'pcr' && event.operation === 'extend') this.#pcrs.add(event.index);
    if (event.kind === 'signature') this.#signatures++;
  }

  /** The deeds so far in words, which are then forgotten. */
  take(): string {
    const list = (name: string, numbers: Set<number>): string[] =>
      numbers.size === 0 ? [] : [`${name} ${[...numbers].join(', ')}`];
    const signed = this.#signatures === 0 ? [] : [`${this.#signatures} signature${this.#signatures > 1 ? 's' : ''}`];
    const text = [...list('key slot', this.#slots), ...list('PCR', this.#pcrs), ...signed].join(' · ');
    this.#slots.clear();
    this.#pcrs.clear();
    this.#signatures = 0;
    return text;
  }
}

const NAME_COLUMNS = 43;

/**
 * Follows a boot on stderr: one line a status, or one line drawn over and over if a terminal reads it.
 *
 * @returns the steps, which grow as the device boots, and an end to the drawing
 */
export function followBoot(
  terminal: Terminal,
  device: Device,
  quiet: boolean,
): { readonly steps: readonly BootStep[]; done(): void } {
  const steps: BootStep[] = [];
  const deeds = new Deeds();
  const { cyan, dim } = terminal.paintTalk;
  const { stderr } = terminal.io;
  const redraw = stderr.isTTY === true;
  const stop = device.on((event) => {
    deeds.add(event);
    if (event.kind !== 'firmware-status') return;
    const { name, status } = event;
    steps.push({ status, name });
    if (quiet) return;
    const line = `${cyan(padTo(stageOf(status), 8))}${dim(hexWord(status).slice(6).padStart(6, '0x00'))} ${padTo(name, NAME_COLUMNS)} ${dim(deeds.take())}`;
    stderr.write(redraw ? `\r\u001b[K${line}` : `${line.trimEnd()}\n`);
  });
  return {
    steps,
    done() {
      stop();
      if (!quiet && redraw) stderr.write('\r\u001b[K');
    },
  };
}
