import { X509Error } from '@rootcap/dice/x509';
import { DpeError } from '@rootcap/dpe';
import { DriveError } from '@rootcap/drive';
import { DriveControlError } from '@rootcap/drive/node';
import { findError, formatCode, RotError } from '@rootcap/errors';
import { explainRefusal } from '@rootcap/image';
import { KmsError } from '@rootcap/kms';
import { KmsClientError } from '@rootcap/kms/node';
import { StructError } from '@rootcap/struct';
import { DeviceError } from 'rootcap';
import type { Terminal } from './terminal.ts';

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was given was looked at and turned down: exit code 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Exit codes of every command. */
export const EXIT = { ok: 0, refused: 1, usage: 2 } as const;

function meaningOf(error: RotError): string | undefined {
  const checks = explainRefusal(error.symbol);
  if (checks.length > 0) return checks.map(({ meaning }) => meaning).join('; or ');
  const reporter = findError(error.code)?.reporter;
  return reporter === undefined ? undefined : `reported by the ${reporter}`;
}

/** Code of a drive, a key service, or a client of one that nobody answers. */
function serviceCode(error: Error): string | undefined {
  const known =
    error instanceof DriveError ||
    error instanceof DriveControlError ||
    error instanceof KmsError ||
    error instanceof KmsClientError;
  return known ? error.code : undefined;
}

/** What went wrong in a sentence, its code first. */
function sentenceOf(error: Error): string {
  const code = serviceCode(error);
  return code === undefined || error.message.startsWith(`${code}:`) ? error.message : `${code}: ${error.message}`;
}

/** The error as one JSON object; `kind` is the name of its class. */
export function errorJson(error: Error): Readonly<Record<string, unknown>> {
  const common = { kind: error.name, message: error.message };
  if (error instanceof RotError) {
    const explanation = meaningOf(error);
    return { ...common, symbol: error.symbol, code: formatCode(error.code), ...(explanation && { explanation }) };
  }
  if (error instanceof StructError || error instanceof X509Error)
    return { ...common, path: error.path, offset: error.offset, reason: error.reason };
  const code = serviceCode(error);
  if (code !== undefined) return { ...common, code };
  if (error instanceof DpeError) return { ...common, status: error.status };
  if (error instanceof DeviceError)
    return { ...common, code: error.code, operation: error.operation, state: error.state };
  return common;
}

/** Codes by which a key service and a drive turn down an argument. */
const MISUSE: ReadonlySet<string> = new Set(['invalid-argument', 'INVALID']);

/** Kinds of error that are an answer, not a defect of this program. */
function exitCodeOf(error: Error): number {
  const refused =
    error instanceof RotError || error instanceof Refusal || error instanceof StructError || error instanceof X509Error;
  if (refused) return EXIT.refused;
  // Libraries name the argument that the caller got wrong; here the caller is the command line.
  const misused = error instanceof UsageError || error instanceof RangeError || MISUSE.has(serviceCode(error) ?? '');
  return misused ? EXIT.usage : EXIT.refused;
}

/**
 * Says what went wrong: symbol, code and a sentence, without a stack unless DEBUG=rootcap.
 *
 * @returns exit code
 */
export function reportError(terminal: Terminal, thrown: unknown): number {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (terminal.asJson) terminal.printJson({ error: errorJson(error) });
  return talkOfError(terminal, error);
}

/** The same on stderr only. @returns exit code */
export function talkOfError(terminal: Terminal, error: Error): number {
  const { red, dim } = terminal.paintTalk;
  terminal.talk(`${red('error')}: ${sentenceOf(error)}`);
  if (error instanceof RotError) {
    const meaning = meaningOf(error);
    if (meaning !== undefined) terminal.talk(`  ${meaning}`);
  }
  if (terminal.io.env.DEBUG === 'rootcap') terminal.talk(dim(error.stack ?? ''));
  return exitCodeOf(error);
}
