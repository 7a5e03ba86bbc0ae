import { CSR_ENVELOPE, CSR_ENVELOPE_MARKER } from '@rootcap/dice';
import { parseCertificates, parseCsr, parsePublicKey } from '@rootcap/dice/x509';
import {
  COMMAND_ID,
  type CommandName,
  FHT_MARKER,
  FirmwareHandoffTable,
  FUSE_LOG_ENTRY_ID,
  FuseLogEntry,
  hasValidChecksum,
  MailboxReqHeader,
  MailboxRespHeader,
  MESSAGE_LAYOUTS,
  MeasurementLogEntry,
  messagesOf,
  PCR_LOG_ENTRY_ID,
  PcrLogEntry,
} from '@rootcap/firmware';
import { ImageManifest, ImagePreamble, MANIFEST_MARKER } from '@rootcap/image';
import { isFuseFile } from '../fuse-file.ts';
import { isPem } from '../load-certificates.ts';
import { utf8Text } from '../text.ts';
import type { AnyStruct } from './layouts.ts';

/** What a file may be, beside a single layout. */
export const KINDS = {
  pem: 'PEM blocks: certificates, requests, public keys',
  certificate: 'X.509 certificates, DER, one behind the other',
  request: 'PKCS#10 request, DER',
  'public-key': 'SubjectPublicKeyInfo, DER',
  'csr-envelope': 'sealed envelope with both IDevID requests',
  bundle: 'firmware bundle',
  manifest: 'manifest of a firmware bundle',
  preamble: 'preamble of a manifest',
  fht: 'firmware handoff table',
  'pcr-log': 'PCR log',
  'measurement-log': 'measurement log of the ROM',
  'fuse-log': 'fuse log',
  response: 'mailbox response',
  command: 'mailbox request',
  snapshot: 'device snapshot, JSON',
  fuses: 'fuse file, JSON',
} as const satisfies Readonly<Record<string, string>>;

export type Kind = keyof typeof KINDS;

function wordAt(data: Uint8Array, offset: number): number | undefined {
  if (data.length < offset + 4) return undefined;
  return new DataView(data.buffer, data.byteOffset).getUint32(offset, true);
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Whether `data` is whole entries, all of which `holds` finds sensible, zeros behind them aside. */
function isLog<T>(
  entry: { readonly size: number; decodeFrom(input: Uint8Array, offset?: number): T },
  data: Uint8Array,
  holds: (value: T) => boolean,
): boolean {
  const used = entriesIn(entry, data);
  if (used === 0 || !data.subarray(used * entry.size).every((byte) => byte === 0)) return false;
  return Array.from({ length: used }, (_, i) => entry.decodeFrom(data, i * entry.size)).every(holds);
}

/** Whole entries in front of the zeros that fill a log. */
export function entriesIn(entry: { readonly size: number }, data: Uint8Array): number {
  const end = data.findLastIndex((byte) => byte !== 0) + 1;
  const used = Math.ceil(end / entry.size);
  return used * entry.size <= data.length ? used : 0;
}

const zero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
const largest = (ids: Readonly<Record<string, number>>): number => Math.max(...Object.values(ids));

function isPcrEntry({ id, pcr_ids, reserved0 }: ReturnType<typeof PcrLogEntry.decode>): boolean {
  return id >= 1 && id <= largest(PCR_LOG_ENTRY_ID) && pcr_ids !== 0 && zero(reserved0);
}

function isMeasurement(entry: ReturnType<typeof MeasurementLogEntry.decode>): boolean {
  const { id } = entry.pcr_entry;
  return id === PCR_LOG_ENTRY_ID.StashMeasurement && isPcrEntry(entry.pcr_entry) && zero(entry.reserved0);
}

function isFuseEntry({ entry_id, reserved }: ReturnType<typeof FuseLogEntry.decode>): boolean {
  return entry_id <= largest(FUSE_LOG_ENTRY_ID) && zero(reserved);
}

function jsonKind(data: Uint8Array): Kind | undefined {
  const text = utf8Text(data).trimStart();
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isFuseFile(value)) return 'fuses';
    return (value as { format?: unknown }).format === 'rootcap-device' ? 'snapshot' : undefined;
  } catch {
    return undefined;
  }
}

function derKind(data: Uint8Array): Kind | undefined {
  if (data[0] !== 0x30) return undefined;
  if (succeeds(() => parseCertificates(data))) return 'certificate';
  if (succeeds(() => parseCsr(data))) return 'request';
  return succeeds(() => parsePublicKey(data)) ? 'public-key' : undefined;
}

function firmwareKind(data: Uint8Array): Kind | undefined {
  const marker = wordAt(data, 0);
  if (marker === CSR_ENVELOPE_MARKER && data.length === CSR_ENVELOPE.size) return 'csr-envelope';
  if (marker === MANIFEST_MARKER && data.length >= ImageManifest.size)
    return data.length === ImageManifest.size ? 'manifest' : 'bundle';
  if (marker === FHT_MARKER && data.length === FirmwareHandoffTable.size) return 'fht';
  if (data.length === ImagePreamble.size && ImagePreamble.decode(data).vendorPubKeyInfo.eccKeyDescriptor.version === 1)
    return 'preamble';
  return undefined;
}

function logKind(data: Uint8Array): Kind | undefined {
  // A measurement's entry starts like one of the PCR log, so it is tried first.
  if (isLog(MeasurementLogEntry, data, isMeasurement)) return 'measurement-log';
  if (isLog(PcrLogEntry, data, isPcrEntry)) return 'pcr-log';
  return isLog(FuseLogEntry, data, isFuseEntry) ? 'fuse-log' : undefined;
}

/** A command that a message may have been sealed for. */
export interface CommandGuess {
  readonly name: string;
  /** Layout of its request; a command that takes raw bytes has none. */
  readonly layout: AnyStruct | undefined;
}

/**
 * Commands for which the checksum is right. It is a sum of bytes, so it fits every command with the same sum: those whose
 * layout has the size of the message come before those that merely may be longer.
 */
export function requestCommands(data: Uint8Array): CommandGuess[] {
  const guesses = Object.entries(COMMAND_ID)
    .filter(([, id]) => hasValidChecksum(id, data))
    .map(([name]) => ({ name, layout: messagesOf(name as CommandName).request }))
    .filter(({ layout }) => layout !== undefined && data.length <= layout.size);
  const exact = guesses.filter(({ layout }) => data.length === layout?.size);
  return exact.length > 0 ? exact : guesses;
}

function messageKind(data: Uint8Array): Kind | undefined {
  if (data.length < MailboxReqHeader.size) return undefined;
  if (data.length >= MailboxRespHeader.size && hasValidChecksum(0, data)) return 'response';
  return requestCommands(data).length === 0 ? undefined : 'command';
}

/** What `data` is by its contents. Checksums come last: the sum of few bytes proves little. */
export function recognize(data: Uint8Array): Kind | undefined {
  if (isPem(data)) return 'pem';
  return jsonKind(data) ?? firmwareKind(data) ?? derKind(data) ?? logKind(data) ?? messageKind(data);
}

/** Responses of fixed size, by size: what a response may be. */
export function responseLayouts(size: number): AnyStruct[] {
  return [...MESSAGE_LAYOUTS.values()].filter((layout) => /Resp$|Challenge$/.test(layout.name) && layout.size === size);
}
