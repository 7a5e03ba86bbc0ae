import { bytesToHex } from '@rootcap/crypto';
import { type AxiTransfer, MCU_SRAM_OFFSET, MCU_SRAM_SIZE, TEST_SRAM_BASE, TEST_SRAM_SIZE } from '@rootcap/hardware';
import type { Device } from 'rootcap';
import { invalidParameter, notAvailable } from './errors.ts';
import { bytesOf, choice, integer, objectOf, type Params } from './params.ts';

/** Bytes of events that are kept for a client that does not take them; older ones go. */
const MAX_KEPT = 2 ** 24;
const AGENTS = ['CaliptraCore', 'MCU', 'BMC', 'RecoveryIntf', 'TestSram', 'ExternalTestSram'] as const;
const KINDS = ['MemoryRead', 'MemoryReadResponse', 'MemoryWrite', 'WireValue', 'MciInterrupt'] as const;

/** Something that passed between Caliptra and another agent of the SoC. */
export interface TrafficEvent {
  readonly from: (typeof AGENTS)[number];
  readonly to: (typeof AGENTS)[number];
  readonly kind: (typeof KINDS)[number];
  readonly body: Params;
}

/** What Caliptra does on the buses of other agents, kept until a test bench takes it. */
export class Traffic {
  readonly #device: Device;
  readonly #stops: (() => void)[];
  #events: TrafficEvent[] = [];
  #kept = 0;

  constructor(device: Device) {
    this.#device = device;
    const { axi, mci } = device.chip;
    mci.onMcuResetRequest = () => this.#keep('MCU', 'MciInterrupt', { asserted: true });
    this.#stops = [
      axi.observe((transfer) => this.#transfer(transfer)),
      device.on((event) => {
        if (event.kind !== 'firmware-execution') return;
        this.#keep('MCU', 'WireValue', { name: `SS_GENERIC_FW_EXEC_CTRL[${event.index}]`, value: event.value });
      }),
    ];
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #transfer({ operation, master, address, data }: AxiTransfer): void {
    const target = master === 'caliptra' ? this.#target(address) : undefined;
    if (target === undefined) return;
    const place = { address: Number(address - target.base) };
    if (operation === 'read') this.#keep(target.agent, 'MemoryRead', { ...place, length: data.length });
    else this.#keep(target.agent, 'MemoryWrite', { ...place, data: bytesToHex(data) }, data.length);
  }

  #target(address: bigint): { readonly agent: TrafficEvent['to']; readonly base: bigint } | undefined {
    const { mciBase, stagingBase } = this.#device.chip.straps;
    const memories = [
      { agent: 'MCU', base: BigInt(mciBase) + BigInt(MCU_SRAM_OFFSET), size: MCU_SRAM_SIZE },
      { agent: 'ExternalTestSram', base: BigInt(stagingBase), size: this.#device.chip.stagingArea.bytes.length },
      { agent: 'TestSram', base: BigInt(TEST_SRAM_BASE), size: TEST_SRAM_SIZE },
    ] as const;
    return memories.find(({ base, size }) => address >= base && address < base + BigInt(size));
  }

  #keep(to: TrafficEvent['to'], kind: TrafficEvent['kind'], body: Params, size = 0): void {
    this.#events.push({ from: 'CaliptraCore', to, kind, body });
    this.#kept += size + 64;
    if (this.#kept <= MAX_KEPT) return;
    this.#events.splice(0, Math.ceil(this.#events.length / 2));
    this.#kept = Math.ceil(this.#kept / 2);
  }

  /** Events since the last call. */
  take(): readonly TrafficEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#kept = 0;
    return events;
  }

  /**
   * Acts as another agent. The device itself answers reads of MCU SRAM, so an answer to one is taken and not needed.
   *
   * @throws RpcError naming the parameter
   */
  send(value: unknown): void {
    const event = objectOf(value, 'event');
    const to = choice({ 'event.to': event.to }, 'event.to', AGENTS);
    choice({ 'event.from': event.from }, 'event.from', AGENTS);
    const kind = choice({ 'event.kind': event.kind }, 'event.kind', KINDS);
    const body = objectOf(event.body, 'event.body');
    if (kind === 'MemoryReadResponse' || kind === 'MciInterrupt') return;
    if (kind !== 'MemoryWrite') throw invalidParameter('event.kind', 'MemoryWrite, MemoryReadResponse or MciInterrupt');
    const memory = this.#memory(to);
    const offset = integer({ 'event.body.address': body.address }, 'event.body.address', memory.length);
    memory.set(bytesOf(body.data, 'event.body.data', { max: memory.length - offset }), offset);
  }

  #memory(agent: TrafficEvent['to']): Uint8Array {
    const { mci, soc, stagingArea, testSram } = this.#device.chip;
    const subsystem = { MCU: mci.mcuSram, ExternalTestSram: stagingArea };
    const memory = { ...(soc.subsystemMode ? subsystem : {}), TestSram: testSram }[agent as 'TestSram'];
    if (memory === undefined) throw notAvailable(`memory of ${agent}`);
    return memory.bytes;
  }
}
