import { describe, expect, test } from '@jest/globals';
import { hasValidChecksum, sealMessage } from '@rootcap/firmware';
import fc from 'fast-check';

/** As the specification words it: one byte after the other. caliptra-sw:common checksum */
function checksumOf(command: number, message: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += (command >>> (8 * i)) & 0xff;
  for (const byte of message.subarray(4)) sum += byte;
  return -sum >>> 0;
}

const storedIn = (message: Uint8Array): number => new DataView(message.buffer, message.byteOffset).getUint32(0, true);

describe('the checksum of a message', () => {
  const command = fc.nat(0xffff_ffff);

  test('is the sum of its bytes, at every length and alignment', () => {
    fc.assert(
      fc.property(command, fc.uint8Array({ minLength: 4, maxLength: 2000 }), fc.nat(3), (id, data, shift) => {
        const message = new Uint8Array(shift + data.length).subarray(shift);
        message.set(data);
        expect(storedIn(sealMessage(id, message))).toBe(checksumOf(id, message));
        expect(hasValidChecksum(id, message)).toBe(true);
      }),
    );
  });

  test.each([63, 64, 516, 517, 8192, 65_536])('does not overflow with %d bytes 0xff', (size) => {
    const message = sealMessage(0, new Uint8Array(size).fill(0xff));
    expect(storedIn(message)).toBe(checksumOf(0, message));
  });
});
