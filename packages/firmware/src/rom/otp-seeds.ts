import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { readAxiWord, writeAxiWord } from '../drivers/dma.ts';
import { axiBase } from '../drivers/straps.ts';

/**
 * Secrets in the fuse controller's memory, reached through its direct access interface.
 *
 * @see caliptra-sw:common/src/uds_fe_programming.rs
 */
export type SeedPartition = 'UDS' | 'FE0' | 'FE1' | 'FE2' | 'FE3';

export const FE_PARTITIONS = ['FE0', 'FE1', 'FE2', 'FE3'] as const satisfies readonly SeedPartition[];

const UDS_SIZE = 64;
const FE_SIZE = 8;
const DIGEST_SIZE = 8;
const MARKER_SIZE = 8;
const ADDRESS_MASK = 0xfff;

/** Direct access commands. */
const DAI_COMMAND = { WRITE: 2, DIGEST: 4, ZEROIZE: 8 } as const;
/** Registers of the direct access interface, from its command register. */
const DAI = { CMD: 0, ADDRESS: 4, WDATA0: 8, WDATA1: 12, RDATA0: 16, RDATA1: 20 } as const;

const ALL_ONES = 0xffff_ffff;

/** The direct access interface, at the addresses that the straps give. */
class DirectAccess {
  readonly rowSize: 4 | 8;
  readonly #chip: FirmwareContext['chip'];
  readonly #status: bigint;
  readonly #command: bigint;
  readonly #idleBit: number;

  constructor({ chip }: FirmwareContext) {
    const { soc } = chip;
    const base = axiBase(soc, 'SS_OTP_FC_BASE_ADDR');
    const status = soc.get('SS_STRAP_GENERIC', 0);
    this.#chip = chip;
    this.#status = base + BigInt(status & 0xffff);
    this.#idleBit = status >>> 16;
    this.#command = base + BigInt(soc.get('SS_STRAP_GENERIC', 1) & 0xffff);
    this.rowSize = soc.field('CPTRA_HW_CONFIG', 'fuse_granularity') === 0 ? 8 : 4;
  }

  write(register: number, value: number): void {
    writeAxiWord(this.#chip, this.#command + BigInt(register), value);
  }

  read(register: number): number {
    return readAxiWord(this.#chip, this.#command + BigInt(register));
  }

  run(address: number, command: number): void {
    this.#waitIdle();
    this.write(DAI.ADDRESS, address & ADDRESS_MASK);
    this.write(DAI.CMD, command);
    this.#waitIdle();
  }

  #waitIdle(): void {
    // The model's fuse controller works in no time: one that is not idle now never will be.
    if (((readAxiWord(this.#chip, this.#status) >>> this.#idleBit) & 1) === 0)
      throw new RotError('UDS_FE_PROGRAMMING_ZEROIZATION_FAILED', 'fuse controller is not idle');
  }
}

function placeOf(
  context: FirmwareContext,
  partition: SeedPartition,
): { readonly address: number; readonly size: number } {
  const uds = context.chip.soc.get('SS_UDS_SEED_BASE_ADDR_L');
  if (partition === 'UDS') return { address: uds, size: UDS_SIZE };
  const index = FE_PARTITIONS.indexOf(partition);
  const stride = FE_SIZE + DIGEST_SIZE + MARKER_SIZE;
  return { address: uds + UDS_SIZE + DIGEST_SIZE + MARKER_SIZE + index * stride, size: FE_SIZE };
}

/** Writes a random seed row by row, then has the controller add its digest. */
export function programSeed(context: FirmwareContext, partition: SeedPartition): void {
  const { trng } = context.chip;
  const first = trng.generate();
  const second = trng.generate();
  const seed = new Uint8Array(64);
  seed.set(first);
  seed.set(second.subarray(0, 16), 48);
  const words = new DataView(seed.buffer);
  const { address, size } = placeOf(context, partition);
  const direct = new DirectAccess(context);
  for (let offset = 0; offset < size; offset += direct.rowSize) {
    direct.write(DAI.WDATA0, words.getUint32(offset, false));
    if (direct.rowSize === 8) direct.write(DAI.WDATA1, words.getUint32(offset + 4, false));
    direct.run(address + offset, DAI_COMMAND.WRITE);
  }
  direct.run(address, DAI_COMMAND.DIGEST);
}

/** Zeroizes marker, seed and digest, in this order. @throws RotError naming the part that does not read as all ones */
export function zeroizeSeed(context: FirmwareContext, partition: SeedPartition): void {
  const { address, size } = placeOf(context, partition);
  const direct = new DirectAccess(context);
  const digest = address + size;
  const cleared = (wide: boolean): boolean =>
    direct.read(DAI.RDATA0) === ALL_ONES && (!wide || direct.read(DAI.RDATA1) === ALL_ONES);

  direct.run(digest + DIGEST_SIZE, DAI_COMMAND.ZEROIZE);
  if (!cleared(true)) throw new RotError('UDS_FE_ZEROIZATION_MARKER_NOT_CLEARED');
  let seedCleared = true;
  for (let offset = 0; offset < size; offset += direct.rowSize) {
    direct.run(address + offset, DAI_COMMAND.ZEROIZE);
    seedCleared &&= cleared(direct.rowSize === 8);
  }
  direct.run(digest, DAI_COMMAND.ZEROIZE);
  if (!cleared(true)) throw new RotError('UDS_FE_ZEROIZATION_DIGEST_NOT_CLEARED');
  if (!seedCleared) throw new RotError('UDS_FE_ZEROIZATION_SEED_NOT_CLEARED');
}
