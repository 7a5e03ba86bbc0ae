import { ERRORS, type ErrorName } from './table.ts';

/** Who reports codes that start with these 16 bits. The longest prefix in this order wins. */
const REPORTERS: readonly (readonly [prefix: string, reporter: string])[] = [
  ['0001', 'driver: SHA-3, common'],
  ['0002', 'driver: SHA-256'],
  ['0003', 'driver: SHA-384/512'],
  ['0004', 'driver: HMAC, AES'],
  ['0005', 'driver: ECC, ML-DSA, ML-KEM'],
  ['0006', 'driver: key vault'],
  ['0007', 'driver: PCR bank'],
  ['0008', 'driver: mailbox'],
  ['0009', 'driver: SHA accelerator'],
  ['000a', 'driver: SHA-1'],
  ['000b', 'image verifier'],
  ['000c', 'driver: LMS'],
  ['000d', 'driver: CSRNG'],
  ['0010', 'driver: SoC interface, TRNG'],
  ['000e', 'runtime'],
  ['000f', 'FMC'],
  ['00f0', 'FMC'],
  ['0000', 'driver'],
  ['0100', 'ROM: IDevID layer'],
  ['0101', 'ROM: LDevID layer'],
  ['0102', 'ROM: firmware processor'],
  ['0103', 'ROM: FMC alias layer'],
  ['0104', 'ROM: reset flows'],
  ['0105', 'ROM'],
  ['9', 'known-answer test'],
  ['a000', 'ROM: debug unlock'],
  ['a004', 'driver'],
  ['a005', 'cryptographic mailbox'],
  ['a006', 'ROM: UDS and field-entropy zeroization'],
];

export interface ErrorEntry {
  readonly symbol: ErrorName;
  readonly code: number;
  /** Which part of the firmware reports it. */
  readonly reporter: string;
}

const BY_CODE = new Map<number, ErrorName>(
  (Object.entries(ERRORS) as [ErrorName, number][]).map(([symbol, code]) => [code, symbol]),
);

function entry(symbol: ErrorName): ErrorEntry {
  const code = ERRORS[symbol];
  const digits = code.toString(16).padStart(8, '0');
  const reporter = REPORTERS.find(([prefix]) => digits.startsWith(prefix))?.[1] ?? 'firmware';
  return { symbol, code, reporter };
}

/** Symbol of a code, if Caliptra defines it. */
export function errorName(code: number): ErrorName | undefined {
  return BY_CODE.get(code >>> 0);
}

/**
 * Looks an error up by code (number, or text in hexadecimal with or without `0x`) or by symbol, case aside.
 *
 * @returns undefined if Caliptra does not define it
 */
export function findError(query: number | string): ErrorEntry | undefined {
  if (typeof query === 'number') {
    const symbol = errorName(query);
    return symbol && entry(symbol);
  }
  const wanted = query.trim().toUpperCase();
  if (Object.hasOwn(ERRORS, wanted)) return entry(wanted as ErrorName);
  const digits = /^(?:0X)?([0-9A-F]{1,8})$/.exec(wanted)?.[1];
  return digits === undefined ? undefined : findError(Number.parseInt(digits, 16));
}
