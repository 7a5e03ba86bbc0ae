import { concatBytes, utf8ToBytes } from '@rootcap/crypto';

/** CBOR major types (RFC 8949 section 3.1). */
const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const;

/** Initial byte and argument, in the shortest form. @param argument - 0 to 2^32 - 1 */
function head(major: number, argument: number): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | argument);
  if (argument < 0x100) return Uint8Array.of(type | 24, argument);
  if (argument < 0x1_0000) return Uint8Array.of(type | 25, argument >>> 8, argument);
  return Uint8Array.of(type | 26, argument >>> 24, argument >>> 16, argument >>> 8, argument);
}

/** The CBOR items of which COSE messages and EAT claims are made, in the shortest form. */
export const cbor = {
  integer: (value: number): Uint8Array => (value >= 0 ? head(MAJOR.unsigned, value) : head(MAJOR.negative, -1 - value)),
  bytes: (value: Uint8Array): Uint8Array => concatBytes(head(MAJOR.bytes, value.length), value),
  text: (value: string): Uint8Array => {
    const encoded = utf8ToBytes(value);
    return concatBytes(head(MAJOR.text, encoded.length), encoded);
  },
  array: (...items: readonly Uint8Array[]): Uint8Array => concatBytes(head(MAJOR.array, items.length), ...items),
  /** Entries in the given order. */
  map: (...entries: readonly (readonly [number, Uint8Array])[]): Uint8Array =>
    concatBytes(head(MAJOR.map, entries.length), ...entries.flatMap(([key, value]) => [cbor.integer(key), value])),
  tag: (tag: number, item: Uint8Array): Uint8Array => concatBytes(head(MAJOR.tag, tag), item),
} as const;

const TAG = { COSE_SIGN1: 18, CWT: 61 } as const;
const HEADER = { alg: 1, contentType: 3, kid: 4 } as const;
/** CoAP content format `application/eat+cwt`. */
const EAT_CWT = 263;

/** COSE algorithm identifiers. */
export const COSE_ALGORITHM = { ESP384: -51, 'ML-DSA-87': -50 } as const;

export interface CoseSign1 {
  readonly algorithm: number;
  readonly kid: Uint8Array;
  readonly payload: Uint8Array;
  /** Signs the encoded Sig_structure. */
  sign(toBeSigned: Uint8Array): Uint8Array;
}

/** A tagged CWT in COSE_Sign1 (RFC 9052 section 4.2, RFC 8392). */
export function coseSign1Cwt({ algorithm, kid, payload, sign }: CoseSign1): Uint8Array {
  const protectedHeader = cbor.bytes(
    cbor.map(
      [HEADER.alg, cbor.integer(algorithm)],
      [HEADER.contentType, cbor.integer(EAT_CWT)],
      [HEADER.kid, cbor.bytes(kid)],
    ),
  );
  const body = cbor.bytes(payload);
  const toBeSigned = cbor.array(cbor.text('Signature1'), protectedHeader, cbor.bytes(new Uint8Array(0)), body);
  const signed = cbor.array(protectedHeader, cbor.map(), body, cbor.bytes(sign(toBeSigned)));
  return cbor.tag(TAG.CWT, cbor.tag(TAG.COSE_SIGN1, signed));
}
