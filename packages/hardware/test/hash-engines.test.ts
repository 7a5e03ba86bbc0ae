import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type RegisterFile, type Sha512Mode, sha2Compress, sha2InitialState } from '@rootcap/hardware';
import fc from 'fast-check';
import { counted, engines, hex, paddedBlocks, readBig, readControl, writeBig } from './engines.ts';

const sha = (name: string, ...parts: Uint8Array[]): string => {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Hashes as the drivers do: padded blocks, `init` for the first, `next` for the others. */
function byRegister(
  block: RegisterFile,
  prefix: 'SHA256' | 'SHA512',
  message: Uint8Array,
  mode: number,
  digestSize: number,
): string {
  const size = prefix === 'SHA256' ? 64 : 128;
  paddedBlocks(message, size).forEach((data, i) => {
    expect(block.get(`${prefix}_STATUS`) & 1).toBe(1);
    writeBig(block, `${prefix}_BLOCK`, data);
    block.set(`${prefix}_CTRL`, (i === 0 ? 1 : 2) | mode);
    expect(block.get(`${prefix}_STATUS`)).toBe(3);
  });
  return hex(readBig(block, `${prefix}_DIGEST`, digestSize));
}

const messages = fc.uint8Array({ maxLength: 400 });

describe('raw compression', () => {
  const VARIANTS = [
    ['sha224', 'sha224', 64, 28],
    ['sha256', 'sha256', 64, 32],
    ['sha384', 'sha384', 128, 48],
    ['sha512', 'sha512', 128, 64],
    ['sha512-224', 'sha512-224', 128, 28],
    ['sha512-256', 'sha512-256', 128, 32],
  ] as const;
  test.each(VARIANTS)('%s over padded blocks is the hash', (mode, name, size, digestSize) => {
    fc.assert(
      fc.property(messages, (message) => {
        const state = paddedBlocks(message, size).reduce(sha2Compress, sha2InitialState(mode));
        expect(hex(state.subarray(0, digestSize))).toBe(sha(name, message));
      }),
      { numRuns: 20 },
    );
  });

  test('refuses a block that does not belong to the state', () => {
    expect(() => sha2Compress(new Uint8Array(32), new Uint8Array(128))).toThrow(RangeError);
    expect(() => sha2Compress(new Uint8Array(48), new Uint8Array(128))).toThrow(RangeError);
  });
});

describe('SHA-256', () => {
  test('digest, create and registers agree with OpenSSL', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const { sha256 } = engines();
        const expected = sha('sha256', message);
        expect(hex(sha256.digest(message.subarray(0, 7), message.subarray(7)))).toBe(expected);
        expect(hex(sha256.create().update(message).digest())).toBe(expected);
        expect(byRegister(sha256, 'SHA256', message, 4, 32)).toBe(expected);
        expect(byRegister(sha256, 'SHA256', message, 0, 28)).toBe(sha('sha224', message));
        expect(sha256.get('SHA256_DIGEST', 7)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  /** RFC 8554 §4.3: the chain from index `from` to its end. */
  function chain(prefix: Uint8Array, from: number, width: number, start: Uint8Array): string {
    let value = start;
    for (let j = from; j < 2 ** width - 1; j++)
      value = Buffer.from(sha('sha256', prefix, Uint8Array.of(j), value), 'hex').subarray(0, start.length);
    return hex(value);
  }

  test.each([
    [1, 0, 32],
    [2, 1, 32],
    [4, 0, 24],
    [4, 14, 32],
    [8, 250, 24],
    [8, 3, 32],
  ])('runs a Winternitz chain of width %p from %p with %p-byte links', (width, from, size) => {
    const { sha256 } = engines();
    const [prefix, link] = [counted(22, 9), counted(size, 100)];
    const block = paddedBlocks(Uint8Array.from([...prefix, from, ...link]), 64)[0] as Uint8Array;
    writeBig(sha256, 'SHA256_BLOCK', block);
    sha256.set('SHA256_CTRL', 1 | 4 | 0x10 | (width << 5) | (size === 32 ? 0x200 : 0));
    expect(sha256.get('SHA256_STATUS')).toBe(3);
    expect(hex(readBig(sha256, 'SHA256_DIGEST', size))).toBe(chain(prefix, from, width, link));
    if (size === 24) expect(sha256.get('SHA256_DIGEST', 6)).toBe(0);
    expect(sha256.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')).toBe(0);
  });

  test.each([
    ['an index beyond the chain', 4 | 0x10 | (2 << 5), 3, 1],
    ['a width that does not exist', 4 | 0x10 | (3 << 5), 0, 1],
    ['SHA-224 in a chain', 0x10 | (4 << 5), 14, 1],
    ['init and next at once', 4 | 2, 0, 2],
  ])('reports %s', (_, word, index, bit) => {
    const { sha256 } = engines();
    const block = paddedBlocks(Uint8Array.from([...counted(22), index, ...counted(32)]), 64)[0] as Uint8Array;
    writeBig(sha256, 'SHA256_BLOCK', block);
    sha256.set('SHA256_CTRL', 1 | word);
    expect(sha256.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R')).toBe(bit);
  });

  test('zeroize forgets block and digest', () => {
    const { sha256 } = engines();
    byRegister(sha256, 'SHA256', counted(3), 4, 32);
    sha256.set('SHA256_CTRL', 8);
    expect(sha256.get('SHA256_STATUS')).toBe(1);
    expect(hex(readBig(sha256, 'SHA256_DIGEST', 32))).toBe('00'.repeat(32));
    sha256.set('SHA256_CTRL', 1 | 4);
    const zeroBlock = sha2Compress(sha2InitialState('sha256'), new Uint8Array(64));
    expect(hex(readBig(sha256, 'SHA256_DIGEST', 32))).toBe(hex(zeroBlock));
  });
});

describe('SHA-512', () => {
  const MODES = [
    [0, 'sha512-224', 28],
    [1, 'sha512-256', 32],
    [2, 'sha384', 48],
    [3, 'sha512', 64],
  ] as const;
  test.each(MODES)('register mode %p is %s', (mode, name, size) => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(byRegister(engines().sha512, 'SHA512', message, mode << 2, size)).toBe(sha(name, message));
      }),
      { numRuns: 10 },
    );
  });

  test('typed digest and create', () => {
    const { sha512 } = engines();
    for (const name of ['sha384', 'sha512'] as const) {
      expect(hex(sha512.digest(name, counted(5), counted(9)))).toBe(sha(name, counted(5), counted(9)));
      expect(hex(sha512.create(name).update(counted(200)).digest())).toBe(sha(name, counted(200)));
    }
  });

  test('a hash in parts: typed chaining values and the restore bit give the whole hash', () => {
    const split = fc.tuple(
      fc.constantFrom<Sha512Mode>('sha384', 'sha512'),
      fc.nat(3),
      fc.uint8Array({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(split, ([name, blocks, tail]) => {
        const { sha512 } = engines();
        const head = counted(blocks * 128);
        const state = sha512.hashBlocks(name, head);
        const expected = sha(name, head, tail);
        const length = head.length + tail.length;
        expect(hex(sha512.finishBlocks(name, state, tail, length))).toBe(expected);
        if (blocks === 0) return;
        const mode = name === 'sha384' ? 2 : 3;
        for (let i = 0; i < blocks; i++) {
          writeBig(sha512, 'SHA512_BLOCK', head.subarray(i * 128, i * 128 + 128));
          sha512.set('SHA512_CTRL', (i === 0 ? 1 : 2) | (mode << 2));
        }
        expect(hex(readBig(sha512, 'SHA512_DIGEST', 64))).toBe(hex(state));
        // Another hash comes between.
        sha512.set('SHA512_CTRL', 0x10);
        writeBig(sha512, 'SHA512_DIGEST', state);
        paddedBlocks(tail, 128, head.length).forEach((block, i) => {
          writeBig(sha512, 'SHA512_BLOCK', block);
          sha512.set('SHA512_CTRL', 2 | (mode << 2) | (i === 0 ? 0x40 : 0));
        });
        expect(hex(readBig(sha512, 'SHA512_DIGEST', expected.length / 2))).toBe(expected);
      }),
      { numRuns: 30 },
    );
    expect(() => engines().sha512.hashBlocks('sha384', counted(100))).toThrow(RangeError);
  });

  /** Extends a PCR as the driver does. */
  function extendByRegister(e: ReturnType<typeof engines>, pcr: number, data: Uint8Array): void {
    const { sha512 } = e;
    sha512.set('SHA512_VAULT_RD_CTRL', readControl(pcr) | 0x40);
    expect(sha512.get('SHA512_VAULT_RD_STATUS')).toBe(3);
    const message = new Uint8Array(48 + data.length);
    message.set(data, 48);
    const blocks = paddedBlocks(message, 128);
    blocks.forEach((block, i) => {
      writeBig(sha512, 'SHA512_BLOCK', block);
      const last = i === blocks.length - 1 ? 0x20 : 0;
      sha512.set('SHA512_CTRL', (i === 0 ? 1 : 2) | (2 << 2) | last);
    });
  }

  test('extends PCRs: registers equal the typed face, for data of up to one block', () => {
    fc.assert(
      fc.property(fc.nat(31), fc.uint8Array({ maxLength: 79 }), (pcr, data) => {
        const [typed, registers] = [engines(), engines()];
        for (const e of [typed, registers]) e.pcrBank.extend(pcr, counted(48));
        typed.pcrBank.extend(pcr, data);
        extendByRegister(registers, pcr, data);
        expect(hex(registers.pcrBank.read(pcr))).toBe(hex(typed.pcrBank.read(pcr)));
      }),
      { numRuns: 20 },
    );
  });

  test('the digest of an extension stays inside', () => {
    const e = engines();
    extendByRegister(e, 4, counted(48));
    expect(hex(readBig(e.sha512, 'SHA512_DIGEST', 64))).toBe('00'.repeat(64));
    // The next hash is an ordinary one again.
    expect(byRegister(e.sha512, 'SHA512', counted(3), 3 << 2, 64)).toBe(sha('sha512', counted(3)));
  });

  test.each(['emulator', 'rtl'] as const)('hashes all PCRs and a nonce, as the %s does', (reference) => {
    const e = engines({ keyVault: { reference } });
    e.pcrBank.extend(0, counted(48));
    e.pcrBank.extend(31, counted(48));
    const all = Array.from({ length: 32 }, (_, i) => e.pcrBank.read(i));
    const nonce = counted(32, 7);
    const words = nonce.map((_, i) => nonce[i ^ 3] as number);
    const expected = sha('sha512', ...all, reference === 'rtl' ? nonce : words);
    expect(hex(e.sha512.generatePcrHash('sha512', nonce))).toBe(expected);
    expect(hex(e.sha512.pcrHash)).toBe(expected);
    const { sha512 } = engines();
    sha512.restore(engines().sha512.save());
    e.sha512.zeroize();
    expect(hex(e.sha512.pcrHash)).toBe('00'.repeat(64));
    writeBig(e.sha512, 'SHA512_GEN_PCR_HASH_NONCE', nonce);
    e.sha512.set('SHA512_GEN_PCR_HASH_CTRL', 1);
    expect(e.sha512.get('SHA512_GEN_PCR_HASH_STATUS')).toBe(3);
    expect(hex(readBig(e.sha512, 'SHA512_GEN_PCR_HASH_DIGEST', 64))).toBe(expected);
    expect(hex(e.sha512.pcrHash)).toBe(expected);
    expect(() => e.sha512.generatePcrHash('sha512', counted(31))).toThrow(RangeError);
  });
});
