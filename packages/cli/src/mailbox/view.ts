import { bytesToHex } from '@rootcap/crypto';
import { errorName, formatCode } from '@rootcap/errors';
import { type AnyLayout, messagesOf, sizeNameOf } from '@rootcap/firmware';
import type { Device } from 'rootcap';
import { valueText } from '../inspect/layouts.ts';
import type { JsonObject } from '../json.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord } from '../values.ts';
import { isHeader } from './field-values.ts';
import { commandNamed, DPE_NAMES, dpeCommandNamed } from './request.ts';
import { type Answer, dpeRequestLayout, dpeResponseLayout, type MailboxSession } from './session.ts';

/** How much is shown. */
export interface ViewOptions {
  /** Long byte strings in full. */
  readonly full?: true;
  /** The messages as bytes too. */
  readonly hex?: true;
  /** The fields of the request too. */
  readonly request?: true;
}

function fieldLines(fields: JsonObject, { full }: ViewOptions, mark: string): string[] {
  return table(Object.entries(fields).map(([name, value]) => [mark, name, valueText(value, full === true)]));
}

export function answerLines({ paint }: Terminal, answer: Answer, options: ViewOptions): string[] {
  const { command, status, request, response, message } = answer;
  const size = message.length === 0 ? '' : paint.dim(`, ${message.length} bytes`);
  return [
    `${paint.bold(command)}  ${paint.green(status)}${size}`,
    ...(options.request ? fieldLines(request, options, paint.dim('>')) : []),
    ...fieldLines(response, options, options.request ? paint.dim('<') : ''),
    ...(options.hex ? [`  ${bytesToHex(message)}`] : []),
  ].map((line) => line.trimEnd());
}

export function answerJson({ command, status, request, response, message }: Answer, { hex }: ViewOptions) {
  return { command, status, request, response, ...(hex ? { hex: message } : {}) };
}

function codeText(code: number): string {
  if (code === 0) return '0';
  return `${formatCode(code)} ${errorName(code) ?? ''}`.trim();
}

/** Where the device is, and what its error registers hold. */
export function stateJson({ device, axiUser }: MailboxSession) {
  const register = (code: number) => ({ code: formatCode(code), symbol: errorName(code) ?? null });
  const { fatal, nonFatal } = device.errors;
  return { state: device.state, fatal: register(fatal), nonFatal: register(nonFatal), axiUser };
}

export function stateLine({ device, axiUser }: MailboxSession): string {
  const { fatal, nonFatal } = device.errors;
  return `device: ${device.state}; fatal error ${codeText(fatal)}, non-fatal ${codeText(nonFatal)}; AXI user ${axiUser}`;
}

function layoutRows(layout: AnyLayout | undefined, none: string): string[] {
  if (layout === undefined) return [`  ${none}`];
  const names = layout.fieldNames.filter((name) => !isHeader(name));
  if (names.length === 0) return ['  no fields'];
  return table(
    names.map((name) => {
      const { offset, field } = layout.member(name);
      const counted = layout.fieldNames.find((other) => sizeNameOf(layout, other) === name);
      return [name, field.type, `byte ${offset}`, counted === undefined ? '' : `follows from ${counted}`];
    }),
  );
}

/** Layouts of the command that a line names; none for `dpe` alone. */
function messagesNamed(words: readonly string[]) {
  const [first = ''] = words;
  if (first.toLowerCase() !== 'dpe') return messagesOf(commandNamed(first));
  if (words.length === 1) return undefined;
  const name = dpeCommandNamed(words.at(-1) as string);
  const algorithm = words.includes('mldsa87') ? 'mldsa87' : 'ecdsa-p384';
  return { request: dpeRequestLayout(name, algorithm), response: dpeResponseLayout(name, algorithm) };
}

/** Fields of a command's messages. @throws UsageError for a name that is none */
export function helpLines({ paint }: Terminal, words: readonly string[]): string[] {
  const messages = messagesNamed(words);
  if (messages === undefined) return table(DPE_NAMES.map((name) => [name]));
  return [
    paint.cyan('request'),
    ...layoutRows(messages.request, 'raw bytes: give them as 0x…'),
    paint.cyan('response'),
    ...layoutRows(messages.response, 'a status only'),
  ];
}

/** An event on one line. */
export function eventLine(event: Parameters<Parameters<Device['on']>[0]>[0]): string {
  const { kind, ...details } = event;
  const text = Object.entries(details).map(([name, value]) => `${name}=${eventText(name, value)}`);
  return `event ${kind} ${text.join(' ')}`;
}

/** Numbers that stand for something, not for how many. */
const WORDS = ['command', 'id', 'value', 'status', 'usage'];

function eventText(name: string, value: unknown): string {
  return typeof value === 'number' && WORDS.includes(name) ? hexWord(value) : String(value).trimEnd();
}
