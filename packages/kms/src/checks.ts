import { KmsError } from './error.ts';

export function invalidArgument(name: string, expected: string): KmsError {
  return new KmsError('invalid-argument', `${name}: expected ${expected}`);
}

/** A name that goes into identifiers, logs and tables. */
export function checkName(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(value))
    throw invalidArgument(name, '1 to 64 letters, digits, dots, dashes, underscores or @');
  return value;
}

/** Hexadecimal of `min` to `max` bytes, in lower case. */
export function checkHex(name: string, value: unknown, min: number, max = min): string {
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  const bytes = text.length / 2;
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/.test(text) || bytes < min || bytes > max)
    throw invalidArgument(name, `${min === max ? min : `${min} to ${max}`} bytes in hexadecimal`);
  return text;
}
