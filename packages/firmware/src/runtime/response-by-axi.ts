import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { dmaWrite } from '../drivers/dma.ts';
import { sealMessage } from '../messages/checksum.ts';

/** Where a client of subsystem mode wants a response that is too large for the mailbox. */
export interface AxiResponse {
  readonly addr_lo: number;
  readonly addr_hi: number;
  /** Room there, in bytes. */
  readonly max_size: number;
}

/** Bytes of the runtime's own response buffer. @see caliptra-sw:api/src/mailbox.rs (MAX_RESP_SIZE) */
export const MAX_RESPONSE_SIZE = 25_184;

/** Bytes that the response of a command may have. */
export function responseRoom({ chip: { mailbox, soc } }: FirmwareContext, axi: AxiResponse | undefined): number {
  if (!soc.subsystemMode) return MAX_RESPONSE_SIZE;
  return Math.min(MAX_RESPONSE_SIZE, axi?.max_size ?? mailbox.sram.length);
}

/**
 * Writes a response, sealed, to where the client wants it; the mailbox then has a header only.
 *
 * @returns the mailbox response
 * @throws RotError RUNTIME_INSUFFICIENT_MEMORY if whole words do not fit there
 */
export function sendResponse(
  { chip }: FirmwareContext,
  response: Uint8Array,
  axi: AxiResponse | undefined,
): Uint8Array | undefined {
  if (axi === undefined) return response;
  const words = new Uint8Array((response.length + 3) & ~3);
  words.set(sealMessage(0, response));
  if (words.length > axi.max_size) throw new RotError('RUNTIME_INSUFFICIENT_MEMORY', `room for ${axi.max_size} bytes`);
  dmaWrite(chip, (BigInt(axi.addr_hi) << 32n) | BigInt(axi.addr_lo), words);
  return undefined;
}
