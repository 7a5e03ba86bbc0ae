import { BusFault, MBOX_CSR, SOC_IFC_REG } from '@rootcap/hardware';
import type { Device } from 'rootcap';
import type { Created } from './create.ts';
import { ReleasedKey } from './released-key.ts';
import { Traffic } from './traffic.ts';

type SocRegister = keyof typeof SOC_IFC_REG.registers;

/** Address of a register of the SoC interface. */
export const socAddress = (name: SocRegister): number => SOC_IFC_REG.base + SOC_IFC_REG.registers[name].offset;
const FLOW_STATUS = socAddress('CPTRA_FLOW_STATUS');
const OUTPUT_WIRES = socAddress('CPTRA_GENERIC_OUTPUT_WIRES');
/** `MBOX_STATUS.mbox_fsm_ps` while data waits for the SoC. */
const EXECUTE_SOC = 4;
const READY_FOR_FUSES = 1 << 30;
const READY_FOR_FW = 1 << 28;
const READY_FOR_RUNTIME = 1 << 29;

/** Ranges of the SoC's bus; the last one in subsystem mode only. */
const RANGES = [
  { base: MBOX_CSR.base, size: 0x2000 },
  { base: SOC_IFC_REG.base, size: 0x1000 },
];
const MCI = { base: 0x2100_0000, size: 0xe0_0000 };

/** Somebody who waits until the board is free. */
export interface Waiting {
  wake(): void;
}

/** A device on its board: what any client of it sees of the pins. Connections that are attached to it share it. */
export class Board {
  readonly device: Device;
  readonly testAccess: boolean;
  /** Bus traffic to other agents; recorded for test benches only. */
  readonly traffic: Traffic | undefined;
  /** What OCP LOCK released; likewise. */
  readonly releasedKey: ReleasedKey | undefined;
  readonly name: string | undefined;
  readonly fingerprint: string;
  /** Connections on this board. */
  users = 0;
  #holder: object | undefined;
  readonly #waiting = new Set<Waiting>();

  constructor({ device, testAccess, name, fingerprint }: Created) {
    this.device = device;
    this.testAccess = testAccess;
    this.name = name;
    this.fingerprint = fingerprint;
    this.traffic = testAccess ? new Traffic(device) : undefined;
    this.releasedKey = testAccess ? new ReleasedKey(device) : undefined;
  }

  /** Ends what the board listens to. */
  close(): void {
    this.traffic?.close();
    this.releasedKey?.close();
  }

  // Requests of several connections, one after the other

  /** Whether somebody else's request is under way. */
  isHeldFrom(user: object): boolean {
    return this.#holder !== undefined && this.#holder !== user;
  }

  /** A request that takes several pieces of work begins. */
  hold(user: object): void {
    this.#holder = user;
  }

  release(user: object): void {
    if (this.#holder !== user) return;
    this.#holder = undefined;
    for (const waiting of this.#waiting) waiting.wake();
  }

  /** @returns a function that ends it */
  onFree(waiting: Waiting): () => void {
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  // Pins

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

  // Bus

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
