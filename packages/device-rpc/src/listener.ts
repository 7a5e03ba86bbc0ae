import type { DeviceEvent } from 'rootcap';
import type { Board } from './board.ts';

/** Values that firmware of a test bench leaves on the first output wire to end its run. */
const EXIT = { passed: 0xff, failed: 0x01 } as const;

export type ExitCode = keyof typeof EXIT;

/** What the firmware said that the client has not heard yet. */
export interface Said {
  readonly text: string;
  readonly exit: ExitCode | undefined;
}

/** One connection's ear at a board: what the firmware says, and the events that the client asked for. */
export class Listener {
  readonly #board: Board;
  readonly #stop: () => void;
  readonly #notify: (event: DeviceEvent, now: number) => void;
  #text = '';
  #exit: ExitCode | undefined;
  #said = 0;
  /** Kinds of events that the client is told. */
  kinds: ReadonlySet<string> = new Set();

  constructor(board: Board, notify: (event: DeviceEvent, now: number) => void) {
    this.#board = board;
    this.#notify = notify;
    this.#stop = board.device.on((event) => this.#hear(event));
  }

  close(): void {
    this.#stop();
  }

  #hear(event: DeviceEvent): void {
    if (event.kind === 'text') this.#say(event.text);
    else if (event.kind === 'wires' && event.direction === 'output' && event.index === 0)
      this.#wire(event.value & 0xff);
    if (this.kinds.has(event.kind)) this.#notify(event, this.#board.device.clock.now);
  }

  /** Firmware of a test bench writes its text byte by byte to the first output wire. */
  #wire(byte: number): void {
    if (byte === EXIT.passed || byte === EXIT.failed) {
      this.#exit = byte === EXIT.passed ? 'passed' : 'failed';
      this.#said++;
    } else this.#say(String.fromCharCode(byte));
  }

  #say(text: string): void {
    this.#text += text;
    this.#said++;
  }

  /** A number that changes whenever the firmware says something. */
  get said(): number {
    return this.#said;
  }

  /** What waits to be told, without telling it. */
  get pending(): Said {
    return { text: this.#text, exit: this.#exit };
  }

  set pending({ text, exit }: Said) {
    this.#text = text;
    this.#exit = exit;
  }

  /** What the firmware said since the last call, and the time. */
  take() {
    const { text, exit } = this.pending;
    this.pending = { text: '', exit: undefined };
    return {
      readyForFw: this.#board.readyForFw,
      now: this.#board.device.clock.now,
      ...(text === '' ? {} : { output: text }),
      ...(exit === undefined ? {} : { exit }),
    };
  }
}
