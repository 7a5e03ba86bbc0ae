import { describe, expect, test } from '@jest/globals';
import { type HashName, bytesToHex as hex, hexToBytes as unhex, type XofName } from '@rootcap/crypto';
import { acvp, PROVIDERS, unlessRefused, type Vector, withPack, wycheproof } from './vectors.ts';

const isWholeBytes = ({ input }: Vector) => Number(input.len ?? 0) % 8 === 0 && Number(input.outLen ?? 0) % 8 === 0;
const message = ({ input }: Vector) => unhex(input.len === '0' ? '' : (input.msg ?? ''));

describe.each(PROVIDERS)('$name', (provider) => {
  const { hashes, hmac, xof, blockCipher, aead, xts } = provider;

  withPack('acvp', () => {
    test.each([
      ['SHA2-256-1.0', 'sha256'],
      ['SHA2-384-1.0', 'sha384'],
      ['SHA2-512-1.0', 'sha512'],
      ['SHA3-256-2.0', 'sha3-256'],
      ['SHA3-384-2.0', 'sha3-384'],
      ['SHA3-512-2.0', 'sha3-512'],
    ] as const)('%s', (set, name: HashName) => {
      const vectors = acvp(set, 300).filter((v) => v.group.testType === 'AFT' && isWholeBytes(v));
      expect(vectors.length).toBeGreaterThan(20);
      for (const v of vectors) {
        const data = message(v);
        const running = hashes.create(name).update(data.subarray(0, 5)).clone().update(data.subarray(5));
        expect(hex(hashes.digest(name, data))).toBe(v.expected.md?.toLowerCase());
        expect(hex(running.digest())).toBe(v.expected.md?.toLowerCase());
      }
    });

    test.each([
      ['SHAKE-128-FIPS202', 'shake128'],
      ['SHAKE-256-FIPS202', 'shake256'],
    ] as const)('%s, squeezed in two', (set, name: XofName) => {
      const vectors = acvp(set, 300).filter((v) => v.group.testType === 'AFT' && isWholeBytes(v));
      expect(vectors.length).toBeGreaterThan(20);
      for (const v of vectors) {
        const length = Number(v.input.outLen) / 8;
        const head = Math.floor(length / 3);
        const state = xof.create(name).update(message(v));
        expect(hex(xof.digest(name, length, message(v)))).toBe(v.expected.md?.toLowerCase());
        expect(hex(state.squeeze(head)) + hex(state.squeeze(length - head))).toBe(v.expected.md?.toLowerCase());
      }
    });

    test.each(['ECB', 'CBC', 'CTR'] as const)('ACVP-AES-%s-1.0', (mode) => {
      const whole = acvp(`ACVP-AES-${mode}-1.0`, 400).filter(
        ({ group, input, expected }) =>
          group.testType === 'AFT' &&
          Number(input.payloadLen ?? 0) % 8 === 0 &&
          (expected.ct ?? expected.pt) !== undefined,
      );
      const vectors = whole.filter(({ input }) => mode === 'ECB' || input.iv !== undefined);
      expect(vectors.length).toBeGreaterThan(20);
      for (const { group, input, expected } of vectors) {
        const encrypt = group.direction === 'encrypt';
        const [key, iv, data] = [input.key, input.iv, encrypt ? input.pt : input.ct].map((field) => unhex(field ?? ''));
        const run = { ECB: blockCipher.ecbDecrypt, CBC: blockCipher.cbcDecrypt, CTR: blockCipher.ctr };
        const back = { ECB: blockCipher.ecbEncrypt, CBC: blockCipher.cbcEncrypt, CTR: blockCipher.ctr };
        if (key === undefined || iv === undefined || data === undefined) throw new Error('incomplete vector');
        const got =
          mode === 'ECB' ? (encrypt ? back : run)[mode](key, data) : (encrypt ? back : run)[mode](key, iv, data);
        expect(hex(got)).toBe((encrypt ? expected.ct : expected.pt)?.toLowerCase());
      }
    });

    test('ACVP-AES-GCM-1.0, with tags of 4 and 16 bytes', () => {
      for (const { group, input, expected } of acvp('ACVP-AES-GCM-1.0', 100)) {
        const [key, iv, aad] = [unhex(input.key ?? ''), unhex(input.iv ?? ''), unhex(input.aad ?? '')];
        const tagLength = Number(group.tagLen) / 8;
        if (group.direction === 'encrypt') {
          const sealed = hex(aead.gcmSeal(key, iv, unhex(input.pt ?? ''), aad)).toUpperCase();
          expect(sealed.slice(0, sealed.length - 32 + 2 * tagLength)).toBe(`${expected.ct}${expected.tag}`);
        } else {
          const opened = aead.gcmOpen(key, iv, unhex(`${input.ct}${input.tag}`), aad, tagLength);
          expect(opened && hex(opened)).toBe(expected.testPassed === 'false' ? undefined : expected.pt?.toLowerCase());
        }
      }
    });

    test('ACVP-AES-XTS-2.0, one data unit of whole bytes', () => {
      const vectors = acvp('ACVP-AES-XTS-2.0', 1000).filter(
        ({ group, input }) =>
          group.tweakMode === 'hex' && Number(input.payloadLen) % 8 === 0 && input.dataUnitLen === input.payloadLen,
      );
      expect(vectors.length).toBeGreaterThan(20);
      for (const { group, input, expected } of vectors) {
        const direction = group.direction === 'encrypt' ? 'encrypt' : 'decrypt';
        const data = unhex((direction === 'encrypt' ? input.pt : input.ct) ?? '');
        const got = xts[direction](unhex(input.key ?? ''), unhex(input.tweakValue ?? ''), data);
        expect(hex(got)).toBe((direction === 'encrypt' ? expected.ct : expected.pt)?.toLowerCase());
      }
    });
  });

  withPack('wycheproof', () => {
    test('aes_gcm: every IV length, every forgery refused', () => {
      for (const { input } of wycheproof('aes_gcm', 400)) {
        const [key, iv, aad] = [unhex(input.key ?? ''), unhex(input.iv ?? ''), unhex(input.aad ?? '')];
        const sealed = `${input.ct}${input.tag}`;
        const opened = unlessRefused(() => aead.gcmOpen(key, iv, unhex(sealed), aad));
        expect(opened && hex(opened)).toBe(input.result === 'valid' ? input.msg : undefined);
        if (input.result === 'valid') expect(hex(aead.gcmSeal(key, iv, unhex(input.msg ?? ''), aad))).toBe(sealed);
      }
    });

    test('aes_xts: 128, 192 and 256 bits, with stealing', () => {
      for (const { input } of wycheproof('aes_xts', 200)) {
        const tweak = new Uint8Array(16);
        tweak.set(unhex(input.iv ?? ''));
        const [key, data, ciphertext] = [unhex(input.key ?? ''), unhex(input.msg ?? ''), unhex(input.ct ?? '')];
        const encrypted = unlessRefused(() => hex(xts.encrypt(key, tweak, data)));
        if (input.result !== 'valid') continue;
        expect(encrypted).toBe(input.ct);
        expect(hex(xts.decrypt(key, tweak, ciphertext))).toBe(input.msg);
      }
    });

    test.each(['sha256', 'sha384', 'sha512'] as const)('hmac_%s', (name) => {
      for (const { group, input } of wycheproof(`hmac_${name}`, 200)) {
        const [key, data] = [unhex(input.key ?? ''), unhex(input.msg ?? '')];
        const length = Number(group.tagSize) / 8;
        const tag = hex(hmac.mac(name, key, data).subarray(0, length));
        expect(tag === input.tag).toBe(input.result === 'valid');
        const running = hmac.create(name, key).update(data.subarray(0, 3)).clone().update(data.subarray(3));
        expect(hex(running.digest().subarray(0, length))).toBe(tag);
      }
    });
  });

  test('a digest of no parts is the digest of the empty message', () => {
    expect(hashes.digest('sha384')).toEqual(hashes.digest('sha384', new Uint8Array(0)));
    expect(hmac.mac('sha384', new Uint8Array(48))).toEqual(hmac.create('sha384', new Uint8Array(48)).digest());
    expect(xof.digest('shake256', 7)).toEqual(xof.create('shake256').squeeze(7));
  });

  test('results are plain byte arrays on their own memory: a slice is a copy', () => {
    const results = [
      hashes.digest('sha256', new Uint8Array(3)),
      hashes.create('sha256').digest(),
      hmac.mac('sha256', new Uint8Array(3)),
      xof.digest('shake128', 3),
      blockCipher.ecbEncrypt(new Uint8Array(16), new Uint8Array(16)),
      aead.gcmSeal(new Uint8Array(16), new Uint8Array(12), new Uint8Array(3)),
      xts.encrypt(new Uint8Array(32), new Uint8Array(16), new Uint8Array(17)),
    ];
    for (const result of results) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
      const slice = result.slice();
      slice.fill(0xa5);
      expect(result).not.toEqual(slice);
    }
  });

  test('inputs are left as they were', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    const block = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
    const before = [hex(key), hex(block)];
    const iv = block.subarray(0, 16);
    blockCipher.cbcDecrypt(key, iv, blockCipher.cbcEncrypt(key, iv, block));
    blockCipher.ctr(key, iv, block.subarray(1, 20));
    aead.gcmOpen(key, block.subarray(0, 5), aead.gcmSeal(key, block.subarray(0, 5), block, block), block);
    aead.gcmOpen(key, iv, block, block, 4);
    xts.decrypt(key, iv, block.subarray(0, 31));
    hmac.mac('sha512', key, block);
    expect([hex(key), hex(block)]).toEqual(before);
  });
});
