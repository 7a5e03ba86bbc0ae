import { describe, expect, test } from '@jest/globals';
import { portableProvider } from '@rootcap/crypto';
import { SHA512_ACC_CSR, ShaAccelerator, UC_ACCESS } from '@rootcap/hardware';
import fc from 'fast-check';
import { soc } from './chips.ts';
import { counted, hex } from './engines.ts';

const SRAM = 0x400;
const REG = SHA512_ACC_CSR.registers;
const { hashes } = portableProvider;

function rig() {
  const sram = counted(SRAM, 3);
  const accelerator = new ShaAccelerator({ provider: portableProvider, sram });
  accelerator.unlock();
  const at = (name: keyof typeof REG, access = UC_ACCESS) => ({
    read: () => accelerator.readRegister(REG[name].offset, access),
    write: (value: number) => accelerator.writeRegister(REG[name].offset, value, access),
  });
  return { accelerator, sram, at };
}

describe('lock', () => {
  test('the core has it after reset', () => {
    const accelerator = new ShaAccelerator({ provider: portableProvider, sram: new Uint8Array(SRAM) });
    expect(accelerator.owner).toBe('uc');
    accelerator.unlock();
    accelerator.tryLock('soc', 7);
    accelerator.reset('warm');
    expect(accelerator.owner).toBe('uc');
  });

  test('a read takes it when free and notes the user', () => {
    const { accelerator, at } = rig();
    expect([at('LOCK', soc(7)).read(), at('LOCK').read(), at('USER').read(), at('STATUS').read()]).toEqual([
      0, 1, 7, 2,
    ]);
    expect([accelerator.owner, accelerator.tryLock('uc', 0)]).toEqual(['soc', false]);
  });

  test('only its owner gives it back or programs the engine', () => {
    const { accelerator, at } = rig();
    accelerator.tryLock('soc', 7);
    at('LOCK').write(1);
    at('LOCK', soc(8)).write(1);
    at('DLEN', soc(8)).write(5);
    expect([accelerator.owner, at('DLEN').read()]).toEqual(['soc', 0]);
    at('LOCK', soc(7)).write(1);
    expect(accelerator.owner).toBe('none');
  });

  test('without the lock nothing is written, and typed methods refuse', () => {
    const { accelerator, at } = rig();
    at('MODE').write(1);
    at('EXECUTE').write(1);
    expect([at('MODE').read(), at('STATUS').read()]).toEqual([0, 0]);
    expect(() => accelerator.digestStream('sha384', counted(3))).toThrow(TypeError);
    expect(() => accelerator.digestMailbox('sha384', 0, 4)).toThrow(TypeError);
  });
});

describe('digests', () => {
  test.each([
    ['sha384', 0],
    ['sha512', 1],
  ] as const)('%s of a stream, by registers, from the SoC', (name, mode) => {
    const { accelerator, at } = rig();
    accelerator.tryLock('soc', 7);
    at('MODE', soc(7)).write(mode | 2); // the SoC streams in whatever mode
    at('DLEN', soc(7)).write(6);
    at('DATAIN', soc(7)).write(0x0403_0201);
    at('DATAIN', soc(7)).write(0x0000_0605);
    expect(at('STATUS').read()).toBe(2);
    at('EXECUTE', soc(7)).write(1);
    expect(at('STATUS').read()).toBe(3);
    const digest = hashes.digest(name, counted(6, 1));
    expect(hex(accelerator.bytes('DIGEST').subarray(0, digest.length))).toBe(hex(digest));
    expect(accelerator.get('INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R')).toBe(0);
  });

  test('the toggle takes words as big-endian', () => {
    const { accelerator, at } = rig();
    accelerator.tryLock('uc', 0);
    at('MODE').write(5);
    at('DLEN').write(4);
    at('DATAIN').write(0x0102_0304);
    at('EXECUTE').write(1);
    expect(hex(accelerator.bytes('DIGEST'))).toBe(hex(hashes.digest('sha512', counted(4, 1))));
    expect(accelerator.get('INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R')).toBe(1);
  });

  test('mailbox mode hashes SRAM, in either byte order, up to its end', () => {
    const { accelerator, sram, at } = rig();
    accelerator.tryLock('uc', 0);
    expect(accelerator.digestMailbox('sha384', 8, 13)).toEqual(hashes.digest('sha384', sram.subarray(8, 21)));
    accelerator.unlock();
    accelerator.tryLock('uc', 0);
    at('MODE').write(7);
    at('START_ADDRESS').write(4);
    at('DLEN').write(6);
    at('EXECUTE').write(1);
    const swapped = Uint8Array.of(...sram.slice(4, 8).reverse(), ...sram.slice(8, 12).reverse()).subarray(0, 6);
    expect(hex(accelerator.bytes('DIGEST'))).toBe(hex(hashes.digest('sha512', swapped)));
    accelerator.unlock();
    accelerator.tryLock('uc', 0);
    expect(accelerator.digestMailbox('sha512', SRAM - 4, 400)).toEqual(
      hashes.digest('sha512', sram.subarray(SRAM - 4)),
    );
  });

  test('giving the lock back forgets stream and status; zeroize the digest', () => {
    const { accelerator, at } = rig();
    accelerator.tryLock('uc', 0);
    accelerator.digestStream('sha512', counted(5));
    accelerator.unlock();
    accelerator.tryLock('uc', 0);
    expect(at('STATUS').read()).toBe(0);
    expect(accelerator.digestStream('sha384', new Uint8Array(0))).toEqual(hashes.digest('sha384', new Uint8Array(0)));
    at('CONTROL').write(1);
    expect(accelerator.bytes('DIGEST')).toEqual(new Uint8Array(64));
  });

  test('any stream, cut anywhere by save and restore', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(100), (data, cut) => {
        const { accelerator } = rig();
        accelerator.tryLock('uc', 0);
        const words = Array.from(new Uint32Array(data.slice(0, data.length & ~3).buffer));
        const length = words.length * 4;
        words.slice(0, cut).forEach((word) => {
          accelerator.set('DATAIN', word);
        });
        const other = rig().accelerator;
        other.restore(accelerator.save());
        words.slice(cut).forEach((word) => {
          other.set('DATAIN', word);
        });
        other.set('DLEN', length);
        other.set('EXECUTE', 1);
        expect(hex(other.bytes('DIGEST').subarray(0, 48))).toBe(hex(hashes.digest('sha384', data.subarray(0, length))));
      }),
      { numRuns: 50 },
    );
  });

  test('restore refuses what is not a state', () => {
    const { accelerator } = rig();
    expect(() => accelerator.restore({ ...accelerator.save(), stream: new Uint8Array(3) })).toThrow(TypeError);
    expect(() => accelerator.restore(undefined as never)).toThrow(TypeError);
  });
});
