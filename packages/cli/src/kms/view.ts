import { bytesToHex } from '@rootcap/crypto';
import {
  type AuditHead,
  type AuditRecord,
  type BindingView,
  type DeviceRecord,
  type Grant,
  grantJson,
  OPERATIONS,
} from '@rootcap/kms';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

function printRows(terminal: Terminal, rows: readonly (readonly string[])[]): void {
  for (const line of table(rows, '')) terminal.print(line);
}

/** One JSON object, or its fields as a table of two columns. */
export function printFields(terminal: Terminal, fields: Readonly<Record<string, unknown>>): void {
  if (terminal.asJson) terminal.printJson(fields);
  else
    printRows(
      terminal,
      Object.entries(fields).map(([name, value]) => [terminal.paint.dim(name), String(value)]),
    );
}

const KEMS: Readonly<Record<number, string>> = {
  17: 'DHKEM(P-384, HKDF-SHA384)',
  66: 'ML-KEM-1024',
  81: 'MLKEM1024-P384',
};

/** A grant, to a file or to be read. @param more - what belongs to it besides */
export function printGrant(
  terminal: Terminal,
  grant: Grant,
  out: string | undefined,
  more: Readonly<Record<string, string>> = {},
): void {
  const json = { ...grantJson(grant), ...more };
  if (out !== undefined) terminal.write(out, `${JSON.stringify(json, null, 2)}\n`, '--out');
  if (terminal.asJson) {
    terminal.printJson(json);
    return;
  }
  const { command, method } = OPERATIONS[grant.operation];
  printFields(terminal, {
    binding: grant.binding,
    for: `${command} (${method})`,
    KEM: KEMS[grant.kemId] ?? grant.kemId,
    info: bytesToHex(grant.info),
    metadata: bytesToHex(grant.metadata),
    encapsulation: `${grant.enc.length} bytes`,
    'access keys': `${grant.ciphertexts.length}, sealed`,
    ...more,
    record: grant.sequence,
  });
}

interface Listing {
  readonly devices: readonly DeviceRecord[];
  readonly bindings: readonly BindingView[];
}

export function printListing(terminal: Terminal, listing: Listing): void {
  if (terminal.asJson) {
    terminal.printJson(listing);
    return;
  }
  const { dim, bold } = terminal.paint;
  const { devices, bindings } = listing;
  if (devices.length === 0) terminal.talk('no device is enrolled');
  for (const device of devices) {
    const { id, name, algorithm, revoked } = device;
    const status = revoked === undefined ? '' : `  revoked: ${revoked.reason}`;
    terminal.print(`${bold(name)}  ${dim(`${id.slice(0, 16)}…  ${algorithm}`)}${status}`);
    const rows = bindings
      .filter((binding) => binding.device === id)
      .map(({ id: binding, status: state, createdAt, rotatedAt, erasedAt }) => [
        binding,
        state,
        erasedAt === undefined ? `since ${rotatedAt ?? createdAt}` : erasedAt,
      ]);
    for (const line of table(rows)) terminal.print(line);
  }
}

function recordCells({ sequence, time, verb, outcome, code, binding, device, detail }: AuditRecord): string[] {
  const facts = Object.entries(detail).map(([name, value]) => `${name} ${String(value).slice(0, 60)}`);
  return [String(sequence), time, verb, code ?? outcome, binding ?? device?.slice(0, 16) ?? '', facts.join(', ')];
}

export function printAudit(terminal: Terminal, head: AuditHead, records: readonly AuditRecord[]): void {
  if (terminal.asJson) {
    terminal.printJson({ head, records });
    return;
  }
  const titles = ['record', 'time', 'verb', 'outcome', 'about', 'detail'].map((title) => terminal.paint.dim(title));
  printRows(terminal, [titles, ...records.map(recordCells)]);
  terminal.talk(`${records.length} records hang together; head ${head.sequence}:${head.hash}`);
}
