import * as der from './der.ts';
import { extension } from './extensions.ts';
import { OID } from './oids.ts';

/** FWID: one digest and the hash that made it. */
export interface FirmwareId {
  /** Dotted object identifier. */
  readonly hashAlgorithm: string;
  readonly digest: Uint8Array;
}

/** Element of integrityRegisters: a journey beside the current value. */
export interface IntegrityRegister {
  readonly registerName?: string;
  readonly registerNum?: number;
  readonly registerDigests: readonly FirmwareId[];
}

/**
 * DiceTcbInfo of the TCG DICE Attestation Architecture: all fields optional, IMPLICIT tags [0] to [11] in the order below.
 * Numbers are non-negative and below 2^53.
 */
export interface TcbInfo {
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  readonly svn?: number;
  readonly layer?: number;
  readonly index?: number;
  readonly fwids?: readonly FirmwareId[];
  readonly flags?: der.BitString;
  readonly vendorInfo?: Uint8Array;
  readonly type?: Uint8Array;
  readonly flagsMask?: der.BitString;
  readonly integrityRegisters?: readonly IntegrityRegister[];
}

/** Bits of OperationalFlags, by bit number of the BIT STRING. */
export const OPERATIONAL_FLAGS = { notConfigured: 0, notSecure: 1, recovery: 2, debug: 3, fixedWidth: 31 } as const;

export type OperationalFlag = keyof typeof OPERATIONAL_FLAGS;

/** The flags as a BIT STRING of 32 bits, all of which count. */
export function operationalFlags(names: readonly OperationalFlag[]): der.BitString {
  const bytes = new Uint8Array(4);
  for (const name of names) {
    const bit = OPERATIONAL_FLAGS[name];
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  }
  return { bytes, unusedBits: 0 };
}

const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function fwidList(fwids: readonly FirmwareId[]): Uint8Array[] {
  return fwids.map(({ hashAlgorithm, digest }) => der.sequence(der.oid(hashAlgorithm), der.octetString(digest)));
}

function integrityRegister({ registerName, registerNum, registerDigests }: IntegrityRegister): Uint8Array {
  const fields: Uint8Array[] = [];
  if (registerName !== undefined) fields.push(der.primitive(0, der.ascii(registerName)));
  if (registerNum !== undefined) fields.push(der.primitive(1, der.integerContents(registerNum)));
  fields.push(der.constructed(2, ...fwidList(registerDigests)));
  return der.sequence(...fields);
}

/** DER of one TcbInfo. @throws RangeError for a number that is negative or not a safe integer */
export function encodeTcbInfo(tcb: TcbInfo): Uint8Array {
  const fields: Uint8Array[] = [];
  const add = <T>(n: number, value: T | undefined, contents: (value: T) => Uint8Array): void => {
    if (value !== undefined) fields.push(der.primitive(n, contents(value)));
  };
  add(0, tcb.vendor, textBytes);
  add(1, tcb.model, textBytes);
  add(2, tcb.version, textBytes);
  add(3, tcb.svn, der.integerContents);
  add(4, tcb.layer, der.integerContents);
  add(5, tcb.index, der.integerContents);
  if (tcb.fwids !== undefined) fields.push(der.constructed(6, ...fwidList(tcb.fwids)));
  add(7, tcb.flags, der.bitStringContents);
  add(8, tcb.vendorInfo, (bytes) => bytes);
  add(9, tcb.type, (bytes) => bytes);
  add(10, tcb.flagsMask, der.bitStringContents);
  if (tcb.integrityRegisters !== undefined)
    fields.push(der.constructed(11, ...tcb.integrityRegisters.map(integrityRegister)));
  return der.sequence(...fields);
}

/** DER of MultiTcbInfo: SEQUENCE OF TcbInfo. */
export function encodeMultiTcbInfo(tcbs: readonly TcbInfo[]): Uint8Array {
  return der.sequence(...tcbs.map(encodeTcbInfo));
}

/** tcg-dice-TcbInfo, not critical. */
export function tcbInfoExtension(tcb: TcbInfo): Uint8Array {
  return extension(OID.tcgDiceTcbInfo, false, encodeTcbInfo(tcb));
}

/** tcg-dice-MultiTcbInfo, not critical. */
export function multiTcbInfoExtension(tcbs: readonly TcbInfo[]): Uint8Array {
  return extension(OID.tcgDiceMultiTcbInfo, false, encodeMultiTcbInfo(tcbs));
}
