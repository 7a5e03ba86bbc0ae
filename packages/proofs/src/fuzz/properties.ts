import { ERRORS, RotError } from '@rootcap/errors';
import { type Outcomes, TooManySteps } from './outcomes.ts';
import type { SecretFinder } from './secrets.ts';

/** A refusal is a RotError with a symbol of Caliptra's list and that symbol's code. */
export function checkRefusal(error: unknown, index: number, outcomes: Outcomes): void {
  if (error instanceof RotError && ERRORS[error.symbol] === error.code) return;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  outcomes.violate({ case: index, property: 'typed error', detail });
}

/**
 * What no request may end with: a device that throws instead of answering. It must not print a secret either.
 *
 * @param where - the device, and what it was sent
 */
export function violateThrown(
  error: unknown,
  where: string,
  secrets: SecretFinder,
  index: number,
  outcomes: Outcomes,
): void {
  const property = error instanceof TooManySteps ? 'bounded' : 'typed error';
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  outcomes.violate({ case: index, property, detail: `${where}: ${stack}` });
  checkTexts([error], secrets, index, outcomes);
}

/** All that a caller could print of a value: an error with its causes and stack, an event as JSON. */
function textOf(value: unknown): string {
  if (!(value instanceof Error)) return JSON.stringify(value, printable);
  const cause = value.cause === undefined ? '' : textOf(value.cause);
  return `${value.stack ?? ''}\n${JSON.stringify(value, printable)}\n${cause}`;
}

function printable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString(16);
  return ArrayBuffer.isView(value)
    ? Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    : value;
}

/** Numbers of a value one after the other as words, for a secret that leaves word by word. */
function wordsOf(value: unknown, words: number[]): void {
  if (typeof value === 'number') words.push(value >>> 0);
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    for (const member of Object.values(value)) wordsOf(member, words);
}

/** No secret in what errors and events say. */
export function checkTexts(values: readonly unknown[], secrets: SecretFinder, index: number, outcomes: Outcomes): void {
  const words: number[] = [];
  for (const value of values) {
    wordsOf(value, words);
    const found = secrets.findInText(textOf(value));
    if (found !== undefined) outcomes.violate({ case: index, property: 'secret', detail: `${found} in a text` });
  }
  checkWords(words, secrets, index, outcomes);
}

/** No secret in a sequence of 32-bit values, read by whoever. */
export function checkWords(words: readonly number[], secrets: SecretFinder, index: number, outcomes: Outcomes): void {
  checkBytes(new Uint8Array(Uint32Array.from(words).buffer), secrets, index, outcomes);
}

/** No secret in bytes that leave the device. */
export function checkBytes(bytes: Uint8Array, secrets: SecretFinder, index: number, outcomes: Outcomes): void {
  const found = secrets.find(bytes);
  if (found !== undefined) outcomes.violate({ case: index, property: 'secret', detail: `${found} in an output` });
}
