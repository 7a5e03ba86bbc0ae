import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  concatBytes,
  bytesToHex as hex,
  hssVerify,
  LMOTS_PARAMETERS,
  LMS_PARAMETERS,
  type LmsDefect,
  lmotsParameters,
  lmsKeygen,
  lmsParameters,
  lmsSign,
  lmsVerify,
  lmsVerifyFixed,
  parseLmsPublicKey,
  parseLmsSignature,
  portableProvider,
  hexToBytes as unhex,
  utf8ToBytes,
} from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import fc from 'fast-check';
import { MESSAGE, PUBLIC_KEY, SIGNATURE } from './rfc8554-test-case-1.ts';
import { acvp, PROVIDERS, readPack, withPack } from './vectors.ts';

const provider = nodeProvider();
const field = (value: string | undefined) => unhex(value ?? '');
const counting = (from: number, length: number) => Uint8Array.from({ length }, (_, i) => from + i);
const malformed = (defect: LmsDefect) => ({ kind: 'malformed', defect });

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** `bytes` with `part` written over it at `at`. */
function patched(bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array {
  const out = bytes.slice();
  out.set(part, at);
  return out;
}

describe('parameter sets', () => {
  // RFC 8554 Table 1 and SP 800-208 Table 2: p and ls
  test.each([
    [1, 265, 7],
    [2, 133, 6],
    [3, 67, 4],
    [4, 34, 0],
    [5, 200, 8],
    [6, 101, 6],
    [7, 51, 4],
    [8, 26, 0],
  ])('LM-OTS type %p', (type, p, ls) => {
    expect(lmotsParameters(type)).toMatchObject({ p, ls });
    expect(lmotsParameters(type + 8)).toMatchObject({ p, ls, hash: 'shake256' });
  });
  test('names and types are unique; what is not listed is unknown', () => {
    for (const sets of [LMS_PARAMETERS, LMOTS_PARAMETERS]) {
      expect(new Set(sets.map(({ name }) => name)).size).toBe(sets.length);
      expect(sets.map(({ type }) => type)).toEqual(sets.map((_, i) => i + (sets[0]?.type ?? 0)));
    }
    expect(lmsParameters('LMS_SHA256_M24_H15')).toMatchObject({ type: 12, m: 24, h: 15 });
    expect(lmotsParameters('LMOTS_SHA256_N24_W4')).toMatchObject({ type: 7, n: 24, w: 4 });
    expect([lmsParameters(4), lmsParameters(25), lmotsParameters(0), lmotsParameters(17)]).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe('RFC 9858 Appendix A: keys, signatures and verdicts of every hash', () => {
  // id, seed and nonce of the appendix; the signature is compared by SHA-256 of its bytes without the HSS count
  test.each([
    {
      lms: 'LMS_SHA256_M24_H5',
      lmots: 'LMOTS_SHA256_N24_W8',
      id: counting(0x20, 16),
      seed: counting(0x00, 24),
      root: '2c571450aed99cfb4f4ac285da14882796618314508b12d2',
      q: 5,
      nonce: '0b5040a18c1b5cabcbc85b047402ec6294a30dd8da8fc3da',
      message: 'Test message for SHA256-192\n',
      signature: '611dc427bd3f454966198fe06568c640fc76ffc4c24a5999f1364c625573ef51',
    },
    {
      lms: 'LMS_SHAKE_M24_H5',
      lmots: 'LMOTS_SHAKE_N24_W8',
      id: counting(0x50, 16),
      seed: counting(0x30, 24),
      root: 'db54a4509901051c01e26d9990e550347986da87924ff0b1',
      q: 6,
      nonce: '84219da9ce9fffb16edb94527c6d10565587db28062deac4',
      message: 'Test message for SHAKE256-192\n',
      signature: '1bfde74a5bec9a0c24e0bf56a7185dc4e763acbf7b662303273f67465872a4cc',
    },
    {
      lms: 'LMS_SHAKE_M32_H5',
      lmots: 'LMOTS_SHAKE_N32_W8',
      id: counting(0x80, 16),
      seed: counting(0x60, 32),
      root: '9bb7faee411cae806c16a466c3191a8b65d0ac31932bbf0c2d07c7a4a36379fe',
      q: 7,
      nonce: 'b82709f0f00e83759190996233d1ee4f4ec50534473c02ffa145e8ca2874e32b',
      message: 'Test mesage for SHAKE256-256\n',
      signature: 'c439d49358db46a6b36040fe95f2d6c13d02afdaea29944836d42534b8785355',
    },
  ])('$lms', ({ lms, lmots, id, seed, root, q, nonce, message, signature }) => {
    const key = lmsKeygen(provider, { lms, lmots, id, seed });
    expect(hex(key.publicKey.subarray(24))).toBe(root);
    const signed = lmsSign(provider, key, q, unhex(nonce), utf8ToBytes(message));
    expect(createHash('sha256').update(signed).digest('hex')).toBe(signature);
    for (const verifier of PROVIDERS)
      expect(lmsVerify(verifier, key.publicKey, utf8ToBytes(message), signed)).toEqual({ kind: 'valid' });
    expect(lmsVerify(provider, key.publicKey, utf8ToBytes(`${message} `), signed)).toEqual({ kind: 'wrong' });
  });
});

describe('HSS, RFC 8554 Appendix F test case 1', () => {
  const [publicKey, message, signature] = [unhex(PUBLIC_KEY), unhex(MESSAGE), unhex(SIGNATURE)];
  const inner = signature.length - 1292; // where the second LMS signature starts; the signed key is the 56 bytes before
  test.each<[string, Uint8Array, Uint8Array, object]>([
    ['as published', publicKey, signature, { kind: 'valid' }],
    ['another signed key', publicKey, patched(signature, inner - 1, Uint8Array.of(0)), { kind: 'wrong' }],
    [
      'another last path node',
      publicKey,
      patched(signature, signature.length - 1, Uint8Array.of(0)),
      { kind: 'wrong' },
    ],
    ['broken first signature', publicKey, patched(signature, 100, Uint8Array.of(0)), { kind: 'wrong' }],
    ['one level in the key', patched(publicKey, 0, u32(1)), signature, malformed('levels')],
    ['nine levels', patched(publicKey, 0, u32(9)), patched(signature, 0, u32(8)), malformed('levels')],
    ['no level', patched(publicKey, 0, u32(0)), patched(signature, 0, u32(0xffff_ffff)), malformed('levels')],
    ['short key', publicKey.subarray(0, 59), signature, malformed('publicKeyLength')],
    ['no key', publicKey.subarray(0, 3), signature, malformed('publicKeyLength')],
    ['no signature', publicKey, signature.subarray(0, 3), malformed('signatureLength')],
    ['cut inside the signed key', publicKey, signature.subarray(0, inner - 1), malformed('publicKeyLength')],
    ['cut at the end', publicKey, signature.subarray(0, -1), malformed('signatureLength')],
    ['a byte too many', publicKey, concatBytes(signature, Uint8Array.of(0)), malformed('signatureLength')],
    ['unknown type inside', publicKey, patched(signature, inner - 56, u32(99)), malformed('unknownLmsType')],
  ])('%s', (_, key, bytes, verdict) => {
    expect(hssVerify(provider, key, message, bytes)).toEqual(verdict);
  });
  test('another message', () => {
    expect(hssVerify(portableProvider, publicKey, message.subarray(1), signature)).toEqual({ kind: 'wrong' });
  });
});

withPack('caliptra', () => {
  interface LmsKey {
    readonly priv: {
      readonly tree_type: number;
      readonly ots_type: number;
      readonly id: string;
      readonly seed: string;
    };
    readonly pub: { readonly bytes: string };
  }
  const { vendor, owner } = readPack<{ vendor: { lms: readonly LmsKey[] }; owner: { lms: LmsKey } }>(
    'caliptra/fake-keys.json',
  );

  test.each([...vendor.lms, owner.lms])('fake key $pub.bytes has a tree with one leaf only', ({ priv, pub }) => {
    const options = { lms: priv.tree_type, lmots: priv.ots_type, id: unhex(priv.id), seed: unhex(priv.seed) };
    const key = lmsKeygen(provider, { ...options, leaves: { only: 5 } });
    expect(hex(key.publicKey)).toBe(pub.bytes);
  });

  interface Recording {
    readonly name: string;
    readonly request_hex: string;
    readonly status: string;
  }
  test.each(['a-passive-mldsa', 'b-passive-lms'])('LMS_SIGNATURE_VERIFY recorded from the firmware, %s', (config) => {
    const path = `caliptra/goldens/${config}/crypto/transcript.json`;
    const recorded = readPack<readonly Recording[]>(path).filter(({ name }) =>
      /^LMS_SIGNATURE_VERIFY (good|bad)$/.test(name),
    );
    expect(recorded.length).toBe(2);
    for (const { request_hex, status } of recorded) {
      const request = unhex(request_hex);
      const view = new DataView(request.buffer);
      const types = concatBytes(u32(view.getUint32(4, true)), u32(view.getUint32(8, true)));
      const publicKey = concatBytes(types, request.subarray(12, 52));
      const ots = request.subarray(56, 56 + 1252);
      const signature = concatBytes(
        u32(view.getUint32(52, true)),
        ots,
        u32(view.getUint32(1308, true)),
        request.subarray(1312, 1672),
      );
      const verdict = lmsVerify(provider, publicKey, request.subarray(1672), signature);
      expect(verdict.kind).toBe(status === 'DATA_READY' ? 'valid' : 'wrong');
    }
  });
});

withPack('acvp', () => {
  test('LMS-keyGen-1.0', () => {
    const vectors = acvp('LMS-keyGen-1.0', 100);
    const quick = vectors.filter(({ group }, i) => group.lmsMode?.endsWith('H5') || i === vectors.length - 1);
    for (const { group, input, expected } of quick) {
      const options = {
        lms: group.lmsMode ?? '',
        lmots: group.lmOtsMode ?? '',
        id: field(input.i),
        seed: field(input.seed),
      };
      expect(hex(lmsKeygen(provider, options).publicKey)).toBe(expected.publicKey?.toLowerCase());
    }
  });
  test('LMS-sigVer-SP800-208', () => {
    for (const { group, input, expected } of acvp('LMS-sigVer-SP800-208', 100)) {
      const verdict = lmsVerify(provider, field(group.publicKey), field(input.message), field(input.signature));
      expect([input.tcId, verdict.kind === 'valid']).toEqual([input.tcId, expected.testPassed === 'true']);
    }
  });
});

describe('malformed input', () => {
  const options = {
    lms: 'LMS_SHA256_M24_H5',
    lmots: 'LMOTS_SHA256_N24_W4',
    id: counting(1, 16),
    seed: counting(9, 24),
  };
  const key = lmsKeygen(provider, { ...options, leaves: { only: 3 } });
  const message = utf8ToBytes('message');
  const signature = lmsSign(provider, key, 3, counting(0x40, 24), message);
  const typeAt = signature.length - 5 * 24 - 4;

  test.each<[string, Uint8Array, Uint8Array, object]>([
    ['as signed', key.publicKey, signature, { kind: 'valid' }],
    ['no key', new Uint8Array(0), signature, malformed('publicKeyLength')],
    ['short key', key.publicKey.subarray(0, 47), signature, malformed('publicKeyLength')],
    ['long key', concatBytes(key.publicKey, Uint8Array.of(0)), signature, malformed('publicKeyLength')],
    ['unknown LMS type of the key', patched(key.publicKey, 0, u32(4)), signature, malformed('unknownLmsType')],
    ['unknown LM-OTS type of the key', patched(key.publicKey, 4, u32(17)), signature, malformed('unknownLmotsType')],
    ['LM-OTS type of another hash', patched(key.publicKey, 4, u32(15)), signature, malformed('hashMismatch')],
    ['another LM-OTS type of the key', patched(key.publicKey, 4, u32(8)), signature, malformed('lmotsTypeMismatch')],
    ['another LMS type of the key', patched(key.publicKey, 0, u32(11)), signature, malformed('lmsTypeMismatch')],
    ['no signature', key.publicKey, signature.subarray(0, 7), malformed('signatureLength')],
    ['short signature', key.publicKey, signature.subarray(0, -1), malformed('signatureLength')],
    ['signature cut in y', key.publicKey, signature.subarray(0, 600), malformed('signatureLength')],
    ['long signature', key.publicKey, concatBytes(signature, Uint8Array.of(0)), malformed('signatureLength')],
    ['unknown LM-OTS type', key.publicKey, patched(signature, 4, u32(0)), malformed('unknownLmotsType')],
    ['another LM-OTS type', key.publicKey, patched(signature, 4, u32(8)), malformed('lmotsTypeMismatch')],
    ['unknown LMS type', key.publicKey, patched(signature, typeAt, u32(99)), malformed('unknownLmsType')],
    ['another LMS type', key.publicKey, patched(signature, typeAt, u32(12)), malformed('lmsTypeMismatch')],
    ['q beyond the tree', key.publicKey, patched(signature, 0, u32(32)), malformed('qOutOfRange')],
    ['q of all ones', key.publicKey, patched(signature, 0, u32(0xffff_ffff)), malformed('qOutOfRange')],
    ['another q', key.publicKey, patched(signature, 0, u32(4)), { kind: 'wrong' }],
    ['another nonce', key.publicKey, patched(signature, 8, u32(0)), { kind: 'wrong' }],
  ])('%s', (_, publicKey, bytes, verdict) => {
    expect(lmsVerify(provider, publicKey, message, bytes)).toEqual(verdict);
  });

  test('without a key at hand, a signature is parsed by its own types', () => {
    expect(parseLmsSignature(signature)).toMatchObject({ ok: true, value: { q: 3, lms: { h: 5 }, lmots: { w: 4 } } });
    expect(parseLmsSignature(patched(signature, typeAt, u32(5)))).toEqual({ ok: false, defect: 'hashMismatch' });
    expect(parseLmsPublicKey(key.publicKey)).toMatchObject({ ok: true, value: { id: options.id } });
  });

  test('a flipped bit anywhere never verifies', () => {
    const run = fc.property(fc.nat(signature.length * 8 - 1), (bit) => {
      const at = bit >> 3;
      const bad = patched(signature, at, Uint8Array.of((signature[at] ?? 0) ^ (1 << (bit & 7))));
      expect(lmsVerify(provider, key.publicKey, message, bad).kind).not.toBe('valid');
    });
    fc.assert(run, { numRuns: 60 });
  });

  test('a full tree signs with every leaf', () => {
    const full = lmsKeygen(provider, { ...options, lmots: 'LMOTS_SHA256_N24_W2' });
    for (const q of [0, 1, 30, 31]) {
      const signed = lmsSign(provider, full, q, counting(q, 24), message);
      expect(lmsVerify(portableProvider, full.publicKey, message, signed)).toEqual({ kind: 'valid' });
    }
  });

  test.each<[string, () => unknown, string]>([
    [
      'LMS name',
      () => lmsKeygen(provider, { ...options, lms: 'LMS_SHA256_M24_H6' }),
      'lms: expected a parameter set of SP 800-208, got LMS_SHA256_M24_H6',
    ],
    [
      'LM-OTS name',
      () => lmsKeygen(provider, { ...options, lmots: 99 }),
      'lmots: expected a parameter set of SP 800-208, got 99',
    ],
    [
      'hash of the pair',
      () => lmsKeygen(provider, { ...options, lmots: 'LMOTS_SHA256_N32_W4' }),
      'lmots: expected the hash of LMS_SHA256_M24_H5, got LMOTS_SHA256_N32_W4',
    ],
    [
      'height',
      () => lmsKeygen(provider, { ...options, lms: 'LMS_SHA256_M24_H25' }),
      'lms: expected a height of at most 20',
    ],
    ['seed', () => lmsKeygen(provider, { ...options, seed: counting(0, 32) }), 'seed: expected 24 bytes, got 32'],
    ['id', () => lmsKeygen(provider, { ...options, id: counting(0, 15) }), 'id: expected 16 bytes, got 15'],
    [
      'only leaf',
      () => lmsKeygen(provider, { ...options, leaves: { only: 32 } }),
      'leaves.only: expected an integer in 0..31, got 32',
    ],
    [
      'leaf without a key',
      () => lmsSign(provider, key, 4, counting(0, 24), message),
      'q: expected 3, the only leaf of this key, got 4',
    ],
    [
      'leaf outside',
      () => lmsSign(provider, key, 32, counting(0, 24), message),
      'q: expected an integer in 0..31, got 32',
    ],
    ['nonce', () => lmsSign(provider, key, 3, counting(0, 32), message), 'nonce: expected 24 bytes, got 32'],
  ])('%s is refused', (_, run, message) => {
    expect(run).toThrow(RangeError);
    expect(run).toThrow(message);
  });

  describe('a verifier for fixed parameter sets', () => {
    const { lms, lmots } = key;
    test.each<[string, Uint8Array, Uint8Array, object]>([
      ['as signed', key.publicKey, signature, { kind: 'valid' }],
      ['LMS type of the key is not looked at', patched(key.publicKey, 0, u32(99)), signature, { kind: 'valid' }],
      [
        'LMS type of the same height but another hash length',
        key.publicKey,
        patched(signature, typeAt, u32(5)),
        { kind: 'valid' },
      ],
      [
        'LM-OTS types differ, before all else',
        key.publicKey,
        patched(patched(signature, 4, u32(8)), typeAt, u32(99)),
        malformed('lmotsTypeMismatch'),
      ],
      [
        'unknown LMS type, before q',
        key.publicKey,
        patched(patched(signature, 0, u32(99)), typeAt, u32(99)),
        malformed('unknownLmsType'),
      ],
      ['LMS type of SHAKE', key.publicKey, patched(signature, typeAt, u32(20)), malformed('unknownLmsType')],
      [
        'another height, before q',
        key.publicKey,
        patched(patched(signature, 0, u32(99)), typeAt, u32(11)),
        malformed('heightMismatch'),
      ],
      ['q beyond the tree', key.publicKey, patched(signature, 0, u32(32)), malformed('qOutOfRange')],
      [
        'both name another LM-OTS type',
        patched(key.publicKey, 4, u32(8)),
        patched(signature, 4, u32(8)),
        malformed('lmotsParameterMismatch'),
      ],
      [
        'both name an unknown LM-OTS type',
        patched(key.publicKey, 4, u32(0)),
        patched(signature, 4, u32(0)),
        malformed('unknownLmotsType'),
      ],
      ['another path', key.publicKey, patched(signature, typeAt + 4, u32(0)), { kind: 'wrong' }],
    ])('%s', (_, publicKey, bytes, verdict) => {
      expect(lmsVerifyFixed(provider, { lms, lmots }, publicKey, message, bytes)).toEqual(verdict);
    });
    test('lengths are the caller’s business', () => {
      expect(() => lmsVerifyFixed(provider, { lms, lmots }, key.publicKey.subarray(1), message, signature)).toThrow(
        'publicKey: expected 48 bytes, got 47',
      );
      expect(() => lmsVerifyFixed(provider, { lms, lmots }, key.publicKey, message, signature.subarray(1))).toThrow(
        'signature: expected 1380 bytes',
      );
    });
  });
});
