import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { MailboxReqHeader } from '../../messages/layouts/header.ts';
import {
  ExtendPcrReq,
  IncrementPcrResetCounterReq,
  QuotePcrsEcc384Resp,
  QuotePcrsMldsa87Resp,
  QuotePcrsReq,
} from '../../messages/layouts/pcr.ts';
import { fullSizeResponse, RESPONSE_HEADER } from '../../messages/response.ts';
import { registerForm } from '../../rom/certificates.ts';
import { type RuntimeCommand, runtimeCommand } from '../command.ts';

const PCR_COUNT = 32;
/** PCRs that only ROM and FMC extend. */
const RESERVED_PCRS = 4;
const COUNTER_MAX = 0xffff_ffff;

function allPcrs({ chip }: FirmwareContext): Uint8Array[] {
  return Array.from({ length: PCR_COUNT }, (_, i) => chip.pcrBank.read(i));
}

/**
 * A quote is signed by hardware with the FMC alias key, so firmware after FMC cannot forge it: SHA-512 over all PCRs and
 * the nonce, of which ECDSA takes the first 48 bytes.
 */
function quoteEcc(context: FirmwareContext, nonce: Uint8Array): Uint8Array {
  const { chip, drivers, persistent } = context;
  const pcrs = allPcrs(context);
  const hash = chip.sha512.generatePcrHash('sha512', nonce);
  const signature = drivers.ecc384.signPcr();
  return QuotePcrsEcc384Resp.encode({
    hdr: RESPONSE_HEADER,
    pcrs,
    nonce,
    reset_ctrs: persistent.fw.get('pcr_reset'),
    digest: hash.slice(0, 48),
    signature_r: signature.slice(0, 48),
    signature_s: signature.slice(48),
  });
}

function quoteMldsa(context: FirmwareContext, nonce: Uint8Array): Uint8Array {
  const { chip, drivers, persistent } = context;
  const pcrs = allPcrs(context);
  const hash = chip.sha512.generatePcrHash('sha512', nonce);
  const signature = drivers.mldsa87.signPcr();
  return QuotePcrsMldsa87Resp.encode({
    hdr: RESPONSE_HEADER,
    pcrs,
    nonce,
    reset_ctrs: persistent.fw.get('pcr_reset'),
    // The words in reverse order, each stored little-endian: all bytes reversed.
    digest: hash.slice().reverse(),
    signature: registerForm('mldsa87', signature),
  });
}

function byteIndex(index: number): number {
  if (index > 0xff) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `PCR ${index}`);
  return index;
}

export const PCR_COMMANDS: readonly RuntimeCommand[] = [
  runtimeCommand(
    'QUOTE_PCRS_ECC384',
    'exact',
    QuotePcrsReq,
    (context, { nonce }) => quoteEcc(context, nonce),
    'RUNTIME_MAILBOX_INVALID_PARAMS',
  ),
  runtimeCommand(
    'QUOTE_PCRS_MLDSA87',
    'exact',
    QuotePcrsReq,
    (context, { nonce }) => quoteMldsa(context, nonce),
    'RUNTIME_MAILBOX_INVALID_PARAMS',
  ),
  runtimeCommand('EXTEND_PCR', 'exact', ExtendPcrReq, ({ chip }, { pcr_idx, data }) => {
    const index = byteIndex(pcr_idx);
    if (index >= PCR_COUNT) throw new RotError('RUNTIME_PCR_INVALID_INDEX', `PCR ${index}`);
    if (index < RESERVED_PCRS) throw new RotError('RUNTIME_PCR_RESERVED', `PCR ${index}`);
    chip.pcrBank.extend(index, data);
    return undefined;
  }),
  runtimeCommand('INCREMENT_PCR_RESET_COUNTER', 'exact', IncrementPcrResetCounterReq, ({ persistent }, { index }) => {
    if (index >= PCR_COUNT) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `PCR ${index}`);
    const counters = [...persistent.fw.get('pcr_reset')];
    const value = counters[index] as number;
    if (value === COUNTER_MAX) throw new RotError('RUNTIME_INCREMENT_PCR_RESET_MAX_REACHED', `PCR ${index}`);
    counters[index] = value + 1;
    persistent.fw.set('pcr_reset', counters);
    return undefined;
  }),
  runtimeCommand('GET_PCR_LOG', 'any', MailboxReqHeader, ({ persistent }) =>
    fullSizeResponse(persistent.rom.slice('pcr_log')),
  ),
];
