/**
 * Checksum of a mailbox message: 0 minus the sum of the command's four bytes and of all bytes after the checksum,
 * modulo 2^32. Responses use command 0.
 *
 * @param message - whole message; its first four bytes, the checksum's place, do not count
 * @see caliptra-sw:common checksum
 */
export function messageChecksum(command: number, message: Uint8Array): number {
  let sum = (command & 0xff) + ((command >>> 8) & 0xff) + ((command >>> 16) & 0xff) + (command >>> 24);
  for (let i = 4; i < message.length; i++) sum += message[i] as number;
  return -sum >>> 0;
}

/** Whether a message carries the right checksum. */
export function hasValidChecksum(command: number, message: Uint8Array): boolean {
  return message.length >= 4 && readChecksum(message) === messageChecksum(command, message);
}

/** Writes the checksum into the first four bytes of a message. */
export function sealMessage(command: number, message: Uint8Array): Uint8Array {
  new DataView(message.buffer, message.byteOffset).setUint32(0, messageChecksum(command, message), true);
  return message;
}

function readChecksum(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(0, true);
}
