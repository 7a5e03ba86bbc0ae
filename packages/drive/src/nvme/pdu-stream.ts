import { crc32c, DIGEST_SIZE, digestMatches } from './digest.ts';
import {
  CommonHeader,
  commonHeader,
  FLAG,
  type Framing,
  NvmeTransportError,
  PDUS,
  type PduName,
  PLAIN,
  pduName,
  UNDIGESTED,
} from './pdu.ts';

/** A PDU as it came. */
export interface Pdu {
  readonly name: PduName;
  readonly flags: number;
  /** The whole header, without digest. */
  readonly header: Uint8Array;
  readonly data: Uint8Array;
  /** False if the data do not have the digest that came with them. */
  readonly intact: boolean;
}

export interface PduReaderOptions {
  /** What this peer may be sent. */
  readonly accepts: ReadonlySet<PduName>;
  /** Longest data of one PDU, in bytes. */
  readonly maxData: number;
}

interface Extent {
  readonly name: PduName;
  readonly flags: number;
  readonly hlen: number;
  readonly pdo: number;
  readonly plen: number;
}

/** Offsets of fields of the common header, for terminate requests. */
const AT = { type: 0, flags: 1, hlen: 2, pdo: 3, plen: 4 } as const;

/** Cuts a stream of bytes into PDUs. */
export class PduReader {
  /** Changed once, when the connection's initialization is done. */
  framing: Framing = PLAIN;
  readonly #options: PduReaderOptions;
  /** The PDU that has begun: its first bytes until its length is known, then a buffer of its length. */
  #begun: Uint8Array = new Uint8Array(CommonHeader.size);
  #size = 0;
  #extent: Extent | undefined;

  constructor(options: PduReaderOptions) {
    this.#options = options;
  }

  /**
   * PDUs that this chunk completes. Their bytes may be views of the chunk.
   *
   * @throws NvmeTransportError where the stream cannot be followed any further
   */
  *read(chunk: Uint8Array): Generator<Pdu> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#size === 0 && rest.length >= CommonHeader.size) {
        const extent = this.#measure(rest);
        if (rest.length >= extent.plen) {
          yield this.#pdu(extent, rest.subarray(0, extent.plen));
          rest = rest.subarray(extent.plen);
          continue;
        }
        this.#allocate(extent);
      }
      rest = this.#keep(rest);
      const complete = this.#complete();
      if (complete !== undefined) yield complete;
    }
  }

  /** Takes what the PDU that has begun still needs. @returns what is left */
  #keep(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, this.#begun.length - this.#size);
    this.#begun.set(taken, this.#size);
    this.#size += taken.length;
    return chunk.subarray(taken.length);
  }

  #complete(): Pdu | undefined {
    if (this.#size < this.#begun.length) return undefined;
    if (this.#extent === undefined) {
      this.#allocate(this.#measure(this.#begun));
      if (this.#size < this.#begun.length) return undefined;
    }
    const pdu = this.#pdu(this.#extent as unknown as Extent, this.#begun);
    this.#begun = new Uint8Array(CommonHeader.size);
    this.#size = 0;
    this.#extent = undefined;
    return pdu;
  }

  #allocate(extent: Extent): void {
    const grown = new Uint8Array(extent.plen);
    grown.set(this.#begun.subarray(0, this.#size));
    this.#begun = grown;
    this.#extent = extent;
  }

  /** Checks a common header before any of its lengths is believed. */
  #measure(bytes: Uint8Array): Extent {
    const { type, flags, hlen, pdo, plen } = CommonHeader.decodeFrom(bytes);
    const refuse = (field: keyof typeof AT, detail: string): never => {
      const pdu = new Uint8Array(bytes.subarray(0, CommonHeader.size));
      throw new NvmeTransportError('INVALID_PDU_HEADER_FIELD', detail, AT[field], pdu);
    };
    const name = pduName(type) ?? refuse('type', `PDU type 0x${type.toString(16)}`);
    if (!this.#options.accepts.has(name)) refuse('type', `${name} is not for this peer`);
    const { header, data } = PDUS[name];
    if (hlen !== header.size) refuse('hlen', `${name} of header length ${hlen}, not ${header.size}`);
    const digested = !UNDIGESTED.has(name);
    const { headerDigest, dataDigest } = this.framing;
    if (digested && headerDigest !== ((flags & FLAG.HDGSTF) !== 0)) refuse('flags', `${name}: HDGSTF is not as agreed`);
    const end = hlen + (digested && headerDigest ? DIGEST_SIZE : 0);
    if (plen < end) refuse('plen', `${name} of ${plen} bytes is shorter than its header`);
    if (plen === end) return { name, flags, hlen, pdo: end, plen };
    if (!data) refuse('plen', `${name} has ${plen} bytes, and carries no data`);
    if (digested && dataDigest !== ((flags & FLAG.DDGSTF) !== 0)) refuse('flags', `${name}: DDGSTF is not as agreed`);
    const start = digested ? pdo : end;
    if (start < end || start % 4 !== 0) refuse('pdo', `${name}: data at ${pdo} in a PDU whose header ends at ${end}`);
    const size = plen - start - (digested && dataDigest ? DIGEST_SIZE : 0);
    if (size < 0 || size > this.#options.maxData)
      refuse('plen', `${name}: ${size} bytes of data, at most ${this.#options.maxData} are taken`);
    return { name, flags, hlen, pdo: start, plen };
  }

  #pdu({ name, flags, hlen, pdo, plen }: Extent, bytes: Uint8Array): Pdu {
    const digested = !UNDIGESTED.has(name);
    const header = bytes.subarray(0, hlen);
    if (digested && this.framing.headerDigest && !digestMatches(bytes.subarray(hlen, hlen + DIGEST_SIZE), header))
      throw new NvmeTransportError('HEADER_DIGEST_ERROR', `${name}`, 0, new Uint8Array(header));
    if (!digested || !this.framing.dataDigest || plen === pdo)
      return { name, flags, header, data: bytes.subarray(pdo, plen), intact: true };
    const data = bytes.subarray(pdo, plen - DIGEST_SIZE);
    return { name, flags, header, data, intact: digestMatches(bytes.subarray(plen - DIGEST_SIZE), data) };
  }
}

/** Fields of a PDU after its common header. */
type Fields = Record<string, unknown>;

export interface PduContents {
  readonly name: PduName;
  readonly flags?: number;
  readonly fields: Fields;
  readonly data?: Uint8Array;
}

const NO_DATA = new Uint8Array(0);

/** The bytes of a PDU, in pieces: its data are not copied. @throws StructError if a field does not fit */
export function encodePdu({ name, flags = 0, fields, data = NO_DATA }: PduContents, framing: Framing): Uint8Array[] {
  const common = commonHeader(name, framing, { flags, size: data.length });
  const header = PDUS[name].header.encode({ header: common, ...fields });
  const digested = !UNDIGESTED.has(name);
  const pieces = [header];
  if (digested && framing.headerDigest) pieces.push(crc32c(header));
  if (data.length === 0) return pieces;
  const end = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (common.pdo > end) pieces.push(new Uint8Array(common.pdo - end));
  pieces.push(data);
  if (digested && framing.dataDigest) pieces.push(crc32c(data));
  return pieces;
}
