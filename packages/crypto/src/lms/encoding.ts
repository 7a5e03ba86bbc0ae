import { checkBytes } from '../checks.ts';
import { type LmotsParameters, type LmsParameters, lmotsParameters, lmsParameters } from './parameters.ts';

/** Why bytes are no LMS key or signature, or do not go together. */
export type LmsDefect =
  | 'publicKeyLength'
  | 'signatureLength'
  | 'unknownLmsType'
  | 'unknownLmotsType'
  /** Hash or hash length of the tree and of its one-time signatures differ. */
  | 'hashMismatch'
  /** The signature names another LM-OTS type than the key. */
  | 'lmotsTypeMismatch'
  /** The signature names another LMS type than the key. */
  | 'lmsTypeMismatch'
  /** The leaf number is not below 2^h. */
  | 'qOutOfRange'
  /** A verifier for one height was given a tree of another. */
  | 'heightMismatch'
  /** A verifier for one LM-OTS parameter set was given another. */
  | 'lmotsParameterMismatch'
  /** The number of HSS levels is not in 1..8, or the signature has another number than the key. */
  | 'levels';

export type LmsParsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly defect: LmsDefect };

export interface LmsPublicKey {
  readonly lms: LmsParameters;
  readonly lmots: LmotsParameters;
  /** I, 16 bytes. */
  readonly id: Uint8Array;
  /** T[1], m bytes. */
  readonly root: Uint8Array;
}

export interface LmsSignature {
  readonly q: number;
  readonly lmots: LmotsParameters;
  /** C, n bytes. */
  readonly nonce: Uint8Array;
  /** y[0] … y[p-1], n bytes each. */
  readonly y: readonly Uint8Array[];
  readonly lms: LmsParameters;
  /** Siblings from the leaf up, h of m bytes. */
  readonly path: readonly Uint8Array[];
}

function defect(name: LmsDefect): { readonly ok: false; readonly defect: LmsDefect } {
  return { ok: false, defect: name };
}

/** @internal Takes fields off the front, one after the other. @throws RangeError past the end: ask `has` before */
export class FieldReader {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  /** What has not been read yet. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  has(length: number): boolean {
    return this.#rest.length >= length;
  }

  bytes(length: number): Uint8Array {
    if (!this.has(length)) throw new RangeError(`field: expected ${length} bytes, got ${this.#rest.length}`);
    const out = this.#rest.slice(0, length);
    this.#rest = this.#rest.subarray(length);
    return out;
  }

  u32be(): number {
    const field = this.bytes(4);
    return new DataView(field.buffer, field.byteOffset).getUint32(0);
  }

  list(count: number, length: number): Uint8Array[] {
    return Array.from({ length: count }, () => this.bytes(length));
  }
}

/** @internal One public key off the front. */
export function readLmsPublicKey(reader: FieldReader): LmsParsed<LmsPublicKey> {
  if (!reader.has(24)) return defect('publicKeyLength');
  const lms = lmsParameters(reader.u32be());
  const lmots = lmotsParameters(reader.u32be());
  const id = reader.bytes(16);
  if (lms === undefined) return defect('unknownLmsType');
  if (lmots === undefined) return defect('unknownLmotsType');
  if (lms.hash !== lmots.hash || lms.m !== lmots.n) return defect('hashMismatch');
  if (!reader.has(lms.m)) return defect('publicKeyLength');
  return { ok: true, value: { lms, lmots, id, root: reader.bytes(lms.m) } };
}

/** `u32str(type) ‖ u32str(otstype) ‖ I ‖ T[1]`: 24 + m bytes. RFC 8554 §5.3 */
export function parseLmsPublicKey(bytes: Uint8Array): LmsParsed<LmsPublicKey> {
  checkBytes('publicKey', bytes);
  const reader = new FieldReader(bytes);
  const parsed = readLmsPublicKey(reader);
  return parsed.ok && reader.rest.length > 0 ? defect('publicKeyLength') : parsed;
}

/** @internal One signature off the front. With a `key`, its types must be those of the key. RFC 8554 Algorithm 6a */
export function readLmsSignature(reader: FieldReader, key?: LmsPublicKey): LmsParsed<LmsSignature> {
  if (!reader.has(8)) return defect('signatureLength');
  const q = reader.u32be();
  const lmots = lmotsParameters(reader.u32be());
  if (lmots === undefined) return defect('unknownLmotsType');
  if (key !== undefined && key.lmots.type !== lmots.type) return defect('lmotsTypeMismatch');
  if (!reader.has(lmots.n * (lmots.p + 1) + 4)) return defect('signatureLength');
  const nonce = reader.bytes(lmots.n);
  const y = reader.list(lmots.p, lmots.n);
  const lms = lmsParameters(reader.u32be());
  if (lms === undefined) return defect('unknownLmsType');
  if (key !== undefined && key.lms.type !== lms.type) return defect('lmsTypeMismatch');
  if (lms.hash !== lmots.hash || lms.m !== lmots.n) return defect('hashMismatch');
  if (!reader.has(lms.h * lms.m)) return defect('signatureLength');
  const path = reader.list(lms.h, lms.m);
  if (q >= 2 ** lms.h) return defect('qOutOfRange');
  return { ok: true, value: { q, lmots, nonce, y, lms, path } };
}

/**
 * `u32str(q) ‖ u32str(otstype) ‖ C ‖ y[0..p-1] ‖ u32str(type) ‖ path[0..h-1]`: 12 + n·(p + 1) + m·h bytes. RFC 8554 §5.4
 *
 * @param key - the public key whose types the signature must have
 */
export function parseLmsSignature(bytes: Uint8Array, key?: LmsPublicKey): LmsParsed<LmsSignature> {
  checkBytes('signature', bytes);
  const reader = new FieldReader(bytes);
  const parsed = readLmsSignature(reader, key);
  return parsed.ok && reader.rest.length > 0 ? defect('signatureLength') : parsed;
}
