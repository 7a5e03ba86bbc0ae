import { bytes, struct, u16be, u32be } from '@rootcap/struct';

/** Frames of the TCG Storage protocol: Core Specification 2.01, section 3.2.3. Numbers are big-endian. */
export const ComPacket = struct('ComPacket', {
  reserved: bytes(4),
  comId: u16be,
  comIdExtension: u16be,
  outstandingData: u32be,
  minTransfer: u32be,
  length: u32be,
});

const Packet = struct('Packet', {
  tsn: u32be,
  hsn: u32be,
  sequenceNumber: u32be,
  reserved: bytes(2),
  ackType: u16be,
  acknowledgement: u32be,
  length: u32be,
});

const SubPacket = struct('SubPacket', { reserved: bytes(6), kind: u16be, length: u32be });

const HEADERS = ComPacket.size + Packet.size + SubPacket.size;
const KIND_DATA = 0;

/** A message of one packet with one subpacket: all that this TPer takes and sends. */
export interface Message {
  readonly comId: number;
  readonly tsn: number;
  readonly hsn: number;
  readonly payload: Uint8Array;
}

/** The frame is not one that this TPer takes. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** @throws FrameError */
export function unframe(input: Uint8Array): Message {
  if (input.length < HEADERS) throw new FrameError(`${input.length} bytes, a message has ${HEADERS} at least`);
  const { comId, length } = ComPacket.decodeFrom(input);
  const packet = Packet.decodeFrom(input, ComPacket.size);
  const subpacket = SubPacket.decodeFrom(input, ComPacket.size + Packet.size);
  if (length > input.length - ComPacket.size) throw new FrameError(`ComPacket of ${length} bytes`);
  if (packet.length > length - Packet.size) throw new FrameError(`packet of ${packet.length} bytes`);
  if (subpacket.length > packet.length - SubPacket.size) throw new FrameError(`subpacket of ${subpacket.length} bytes`);
  if (subpacket.kind !== KIND_DATA) throw new FrameError(`subpacket of kind ${subpacket.kind}`);
  const payload = input.slice(HEADERS, HEADERS + subpacket.length);
  return { comId, tsn: packet.tsn, hsn: packet.hsn, payload };
}

export function frame({ comId, tsn, hsn, payload }: Message): Uint8Array {
  const padded = Math.ceil(payload.length / 4) * 4;
  const output = new Uint8Array(HEADERS + padded);
  const length = padded + SubPacket.size;
  ComPacket.write(output, 0, { ...emptyHeader(comId), length: length + Packet.size });
  const numbers = { sequenceNumber: 0, reserved: new Uint8Array(2), ackType: 0, acknowledgement: 0 };
  Packet.write(output, ComPacket.size, { tsn, hsn, ...numbers, length });
  const subpacket = { reserved: new Uint8Array(6), kind: KIND_DATA, length: payload.length };
  SubPacket.write(output, ComPacket.size + Packet.size, subpacket);
  output.set(payload, HEADERS);
  return output;
}

function emptyHeader(comId: number) {
  return { reserved: new Uint8Array(4), comId, comIdExtension: 0, outstandingData: 0, minTransfer: 0, length: 0 };
}

/** Nothing to receive. */
export function emptyComPacket(comId: number): Uint8Array {
  return ComPacket.encode(emptyHeader(comId));
}
