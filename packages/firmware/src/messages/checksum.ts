/**
 * Checksum of a mailbox message: 0 minus the sum of the command's four bytes and of all bytes after the checksum,
 * modulo 2^32. Responses use command 0.
 *
 * @param message - whole message; its first four bytes, the checksum's place, do not count
 * @see caliptra-sw:common checksum
 */
export function messageChecksum(command: number, message: Uint8Array): number {
  return -(laneSum(lanesOf(command)) + byteSum(message, 4)) >>> 0;
}

/** The sum of bytes 0 and 1 of a word, and that of bytes 2 and 3, each in a lane of 16 bits. */
function lanesOf(word: number): number {
  return (word & 0x00ff_00ff) + ((word >>> 8) & 0x00ff_00ff);
}

function laneSum(lanes: number): number {
  return (lanes & 0xffff) + (lanes >>> 16);
}

/** Bytes that can be added before a lane of 16 bits overflows: half of them in each, each at most 255. */
const BYTES_PER_LANES = 512;
/** Bytes added in one turn. */
const STRIDE = 16;
/** Bytes from which on it pays to read words. */
const LONG = 64;

/** Sum of the bytes from `start` on, four words in a turn: of a long certificate, the most expensive part of a command. */
function byteSum(bytes: Uint8Array, start: number): number {
  let sum = 0;
  let at = start;
  if (bytes.length >= LONG) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const wordAt = (offset: number): number => lanesOf(view.getInt32(offset, true));
    const last = bytes.length - STRIDE;
    while (at <= last) {
      const end = Math.min(at + BYTES_PER_LANES, last + 1);
      let lanes = 0;
      for (; at < end; at += STRIDE)
        lanes = (lanes + wordAt(at) + wordAt(at + 4) + wordAt(at + 8) + wordAt(at + 12)) | 0;
      sum += laneSum(lanes);
    }
  }
  for (; at < bytes.length; at++) sum += bytes[at] as number;
  return sum;
}

/** Whether a message carries the right checksum. */
export function hasValidChecksum(command: number, message: Uint8Array): boolean {
  return message.length >= 4 && readChecksum(message) === messageChecksum(command, message);
}

/** Writes the checksum into the first four bytes of a message. */
export function sealMessage(command: number, message: Uint8Array): Uint8Array {
  const checksum = messageChecksum(command, message);
  for (let i = 0; i < 4; i++) message[i] = checksum >>> (8 * i);
  return message;
}

function readChecksum(message: Uint8Array): number {
  let checksum = 0;
  for (let i = 0; i < 4; i++) checksum |= (message[i] as number) << (8 * i);
  return checksum >>> 0;
}
