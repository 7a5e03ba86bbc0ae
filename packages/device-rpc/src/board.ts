import { BusFault, MBOX_CSR, SOC_IFC_REG } from '@rootcap/hardware';
import type { Device, DeviceEvent } from 'rootcap';
import type { Created } from './create.ts';

type SocRegister = keyof typeof SOC_IFC_REG.registers;

const address = (name: SocRegister): number => SOC_IFC_REG.base + SOC_IFC_REG.registers[name].offset;
const FLOW_STATUS = address('CPTRA_FLOW_STATUS');
const OUTPUT_WIRES = address('CPTRA_GENERIC_OUTPUT_WIRES');
/** `MBOX_STATUS.mbox_fsm_ps` while data waits for the SoC. */
const EXECUTE_SOC = 4;
const READY_FOR_FUSES = 1 << 30;
const READY_FOR_FW = 1 << 28;
const READY_FOR_RUNTIME = 1 << 29;

/** Values that firmware of a test bench leaves on the first output wire to end its run. */
const EXIT = { passed: 0xff, failed: 0x01 } as const;

/** Ranges of the SoC's bus; the last one in subsystem mode only. */
const RANGES = [
  { base: MBOX_CSR.base, size: 0x2000 },
  { base: SOC_IFC_REG.base, size: 0x1000 },
];
const MCI = { base: 0x2100_0000, size: 0xe0_0000 };

export type ExitCode = keyof typeof EXIT;

/** A device on its board: the pins that a client sees, and what the firmware says over them. */
export class Board {
  readonly device: Device;
  readonly testAccess: boolean;
  readonly #stop: () => void;
  #text = '';
  #exit: ExitCode | undefined;
  /** Grows whenever the firmware says something. */
  #said = 0;

  constructor({ device, testAccess }: Created) {
    this.device = device;
    this.testAccess = testAccess;
    this.#stop = device.on((event) => this.#hear(event));
  }

  /** Ends what the board listens to. */
  close(): void {
    this.#stop();
  }

  #hear(event: DeviceEvent): void {
    if (event.kind === 'text') this.#say(event.text);
    else if (event.kind === 'wires' && event.direction === 'output' && event.index === 0)
      this.#wire(event.value & 0xff);
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

  get readyForFw(): boolean {
    return (this.#flowStatus() & READY_FOR_FW) !== 0;
  }

  #flowStatus(): number {
    return this.device.chip.socBus.read(FLOW_STATUS, 0);
  }

  wires() {
    const { mailbox, soc, socBus } = this.device.chip;
    const flow = this.#flowStatus();
    return {
      readyForFuses: (flow & READY_FOR_FUSES) !== 0,
      readyForFw: (flow & READY_FOR_FW) !== 0,
      readyForRuntime: (flow & READY_FOR_RUNTIME) !== 0,
      mailboxDataAvail: mailbox.fsm === EXECUTE_SOC,
      mailboxFlowDone: flow >>> 31 === 1,
      errorFatal: soc.errorFatal,
      errorNonFatal: soc.errorNonFatal,
      genericOutput: [socBus.read(OUTPUT_WIRES, 0), socBus.read(OUTPUT_WIRES + 4, 0)],
    };
  }

  /** What the firmware said since the last call, and the time. */
  takeOutput() {
    const text = this.#text;
    const exit = this.#exit;
    this.#text = '';
    this.#exit = undefined;
    return {
      readyForFw: this.readyForFw,
      now: this.device.clock.now,
      ...(text === '' ? {} : { output: text }),
      ...(exit === undefined ? {} : { exit }),
    };
  }

  /** @throws BusFault where no client may reach */
  read(at: number, axiUser: number, size: 1 | 2 | 4 = 4): number {
    if (!this.#reaches(at)) throw new BusFault('LoadAccessFault', at);
    return this.device.chip.socBus.read(at, axiUser, size);
  }

  /** @throws BusFault where no client may reach */
  write(at: number, value: number, axiUser: number, size: 1 | 2 | 4 = 4): void {
    if (!this.#reaches(at)) throw new BusFault('StoreAccessFault', at);
    this.device.chip.socBus.write(at, value, axiUser, size);
  }

  #reaches(at: number): boolean {
    for (const { base, size } of RANGES) if (at >= base && at < base + size) return true;
    return this.device.chip.soc.subsystemMode && at >= MCI.base && at < MCI.base + MCI.size;
  }
}
