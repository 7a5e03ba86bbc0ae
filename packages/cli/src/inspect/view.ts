import { defaultProvider } from '@rootcap/crypto/default';
import { CSR_ENVELOPE, parseCsrEnvelope } from '@rootcap/dice';
import { decodePem, describe, parseCertificates, parseCsr, parsePublicKey } from '@rootcap/dice/x509';
import {
  FirmwareHandoffTable,
  FuseLogEntry,
  MailboxReqHeader,
  MailboxRespHeader,
  MeasurementLogEntry,
  PcrLogEntry,
  MailboxRespHeaderVarSize as VarSize,
} from '@rootcap/firmware';
import { ImageManifest, ImagePreamble, inspectBundle } from '@rootcap/image';
import { fuseLogLine, measurementLogLine, pcrLogLine } from '../boot/logs.ts';
import { bundleLines } from '../commands/image-inspect.ts';
import { parseFuseFile } from '../fuse-file.ts';
import { fuseViews } from '../fuse-view.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';
import { type AnyStruct, type FieldView, fieldViews } from './layouts.ts';
import { entriesIn, KINDS, type Kind, recognize, requestCommands, responseLayouts } from './recognize.ts';

/** A part of a file: in words, as fields, or both. */
export interface Section {
  readonly title: string;
  readonly lines?: readonly string[];
  readonly fields?: readonly FieldView[];
}

const fieldsOf = (title: string, layout: unknown, data: Uint8Array, base = 0): Section => ({
  title,
  fields: fieldViews(layout as AnyStruct, data, base),
});

const wordsOf = (title: string, text: string): Section => ({ title, lines: text.split('\n') });

function publicKeySection(der: Uint8Array): Section {
  const { algorithm, bytes } = parsePublicKey(der);
  return { title: 'public key', lines: [`${algorithm}, ${bytes.length} bytes`] };
}

/** One DER structure behind another. */
function derSections(kind: 'certificate' | 'request' | 'public-key', der: Uint8Array): Section[] {
  if (kind === 'public-key') return [publicKeySection(der)];
  if (kind === 'request') return [wordsOf('request', describe(parseCsr(der)))];
  return parseCertificates(der).map((certificate, i) => wordsOf(`certificate ${i}`, describe(certificate)));
}

const PEM_KINDS: Readonly<Record<string, 'certificate' | 'request' | 'public-key'>> = {
  CERTIFICATE: 'certificate',
  'CERTIFICATE REQUEST': 'request',
  'NEW CERTIFICATE REQUEST': 'request',
  'PUBLIC KEY': 'public-key',
};

function pemSections(data: Uint8Array): Section[] {
  return decodePem(utf8Text(data)).flatMap(({ der, label }) => {
    const kind = PEM_KINDS[label];
    // A private key stays private: only what it is called is shown.
    return kind === undefined ? [{ title: label, lines: [`${der.length} bytes, not shown`] }] : derSections(kind, der);
  });
}

function envelopeSections(data: Uint8Array): Section[] {
  const { eccCsr, mldsaCsr } = parseCsrEnvelope(data);
  return [
    fieldsOf('envelope', CSR_ENVELOPE, data),
    ...[eccCsr, mldsaCsr].flatMap((csr) => (csr === undefined ? [] : derSections('request', csr))),
  ];
}

/** Entries of a log, each in words and as fields. */
function logSections<T>(
  layout: { readonly name: string; readonly size: number; decodeFrom(input: Uint8Array, offset?: number): T },
  data: Uint8Array,
  line: (entry: T) => object,
): Section[] {
  return Array.from({ length: entriesIn(layout, data) }, (_, i) => {
    const offset = i * layout.size;
    const words = Object.entries(line(layout.decodeFrom(data, offset))).map(([name, value]) => [name, String(value)]);
    return { ...fieldsOf(`entry ${i}`, layout, data, offset), lines: table(words, '') };
  });
}

/** A certificate, request or log at the end of a response is shown as such. */
function responseSections(terminal: Terminal, data: Uint8Array): Section[] {
  const fixed = responseLayouts(data.length);
  if (data.length >= VarSize.size && VarSize.decodeFrom(data).data_len === data.length - VarSize.size) {
    const inner = data.subarray(VarSize.size);
    const kind = recognize(inner);
    return [fieldsOf(VarSize.name, VarSize, data), ...(kind === undefined ? [] : sectionsOf(terminal, kind, inner))];
  }
  if (fixed.length > 0) return fixed.map((layout) => fieldsOf(layout.name, layout, data));
  return [fieldsOf(MailboxRespHeader.name, MailboxRespHeader, data)];
}

/** As the first command that fits; the title names them all. */
function commandSections(data: Uint8Array): Section[] {
  const guesses = requestCommands(data);
  const layout = guesses[0]?.layout;
  const fits = layout !== undefined && data.length >= layout.size;
  const title = guesses.map(({ name }) => name).join(' or ') || 'no command has this checksum';
  return [fieldsOf(title, fits ? layout : MailboxReqHeader, data)];
}

function snapshotSections(data: Uint8Array): Section[] {
  const { chip, entry, firmware, version } = JSON.parse(utf8Text(data)) as Readonly<Record<string, object>>;
  const rows = [
    ['version', String(version)],
    ['waits at', String(entry)],
    ['chip', Object.keys(chip ?? {}).join(', ')],
    ['firmware', Object.keys(firmware ?? {}).join(', ')],
  ];
  return [{ title: 'device snapshot, secrets included', lines: table(rows, '') }];
}

function fuseSections(data: Uint8Array): Section[] {
  const rows = fuseViews(parseFuseFile(data, 'file').fuses, false)
    .filter(({ value }) => value !== undefined)
    .map(({ decoded, name, value }) => [name, `${value ?? ''}${decoded === undefined ? '' : `  ${decoded}`}`]);
  return [{ title: 'fuses', lines: table(rows, '') }];
}

/** A file of a known kind, part by part. @throws StructError or X509Error if it is not of that kind */
export function sectionsOf(terminal: Terminal, kind: Kind, data: Uint8Array): Section[] {
  switch (kind) {
    case 'pem':
      return pemSections(data);
    case 'certificate':
    case 'request':
    case 'public-key':
      return derSections(kind, data);
    case 'csr-envelope':
      return envelopeSections(data);
    case 'bundle':
      return [
        { title: 'bundle', lines: bundleLines(terminal, inspectBundle(defaultProvider(), data)) },
        fieldsOf('manifest', ImageManifest, data),
      ];
    case 'manifest':
      return [fieldsOf('manifest', ImageManifest, data)];
    case 'preamble':
      return [fieldsOf('preamble', ImagePreamble, data)];
    case 'fht':
      return [fieldsOf('firmware handoff table', FirmwareHandoffTable, data)];
    case 'pcr-log':
      return logSections(PcrLogEntry, data, pcrLogLine);
    case 'measurement-log':
      return logSections(MeasurementLogEntry, data, measurementLogLine);
    case 'fuse-log':
      return logSections(FuseLogEntry, data, fuseLogLine);
    case 'response':
      return responseSections(terminal, data);
    case 'command':
      return commandSections(data);
    case 'snapshot':
      return snapshotSections(data);
    case 'fuses':
      return fuseSections(data);
  }
}

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}
