import { describe, expect, test } from '@jest/globals';
import { p384 } from '@noble/curves/nist.js';
import {
  concatBytes,
  ecdsa384With,
  type HashName,
  bytesToHex as hex,
  mldsa,
  mlkem,
  hexToBytes as unhex,
  utf8ToBytes,
} from '@rootcap/crypto';
import { acvp, PROVIDERS, readPack, unlessRefused, withPack, wycheproof } from './vectors.ts';

/** Big-endian hex number as 48 bytes. */
const scalar = (value: string | undefined) => unhex((value ?? '').padStart(96, '0'));
const field = (value: string | undefined) => unhex(value ?? '');

/** One strict DER INTEGER of at most 48 significant bytes at the front: its 48-byte value and what follows. */
function derInteger(bytes: Uint8Array): { value: Uint8Array; rest: Uint8Array } | undefined {
  const [tag, length = 0, first = 0x80, second = 0x80] = bytes;
  const minimal = first < 0x80 && (first !== 0 || length === 1 || second >= 0x80);
  if (tag !== 2 || length === 0 || length > 49 || bytes.length < 2 + length || !minimal) return undefined;
  const digits = hex(bytes.subarray(2, 2 + length)).replace(/^00/, '');
  return digits.length > 96 ? undefined : { value: scalar(digits), rest: bytes.subarray(2 + length) };
}

/** r ‖ s of a strict DER signature; `undefined` for every other encoding, which this library never sees. */
function fixedSignature(der: Uint8Array): Uint8Array | undefined {
  const head = der[1] === 0x81 ? 3 : 2;
  if (der[0] !== 0x30 || der[head - 1] !== der.length - head || (head === 3 && der.length - head < 0x80))
    return undefined;
  const r = derInteger(der.subarray(head));
  const s = r && derInteger(r.rest);
  return s?.rest.length === 0 ? concatBytes(r?.value ?? new Uint8Array(0), s.value) : undefined;
}

const HASHES: Readonly<Record<string, HashName>> = {
  'SHA-1': 'sha1',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

describe.each(PROVIDERS)('$name', (provider) => {
  const { ecdsa384, ecdh384, hashes, mldsa87, mlkem1024 } = provider;

  withPack('wycheproof', () => {
    test('ecdsa_secp384r1_sha384: strict DER cases', () => {
      const cases = wycheproof('ecdsa_secp384r1_sha384', 600).flatMap(({ group, input }) => {
        const signature = fixedSignature(field(input.sig));
        return signature ? [{ group, input, signature }] : [];
      });
      expect(cases.length).toBeGreaterThan(200);
      const sample = cases.filter(({ input }, i) => i % 4 === 0 || !/Normal|Pseudo/.test(input.comment ?? ''));
      for (const { group, input, signature } of sample.slice(0, 50)) {
        const publicKey = field(group['publicKey.uncompressed']).subarray(1);
        const digest = hashes.digest('sha384', field(input.msg));
        expect([input.tcId, ecdsa384.verify(publicKey, digest, signature)]).toEqual([
          input.tcId,
          input.result === 'valid',
        ]);
      }
    });

    test('ecdh_secp384r1: named curve, whole point', () => {
      const head = '3076301006072a8648ce3d020106052b8104002203620004';
      const cases = wycheproof('ecdh_secp384r1', 1100).filter(
        ({ input }) =>
          input.public?.startsWith(head) && input.public.length === head.length + 192 && input.result !== 'acceptable',
      );
      expect(cases.length).toBeGreaterThan(100);
      for (const { input } of cases.filter((_, i) => i % 24 === 0)) {
        const privateKey = unhex((input.private ?? '').replace(/^(?:00)+/, '').padStart(96, '0'));
        const secret = unlessRefused(() => hex(ecdh384.sharedSecret(privateKey, field(input.public).subarray(24))));
        expect([input.tcId, secret]).toEqual([input.tcId, input.result === 'valid' ? input.shared : undefined]);
      }
    });

    test('mldsa_87_verify', () => {
      for (const { group, input } of wycheproof('mldsa_87_verify', 30)) {
        const [publicKey, message, signature] = [field(group.publicKey), field(input.msg), field(input.sig)];
        const options = { context: field(input.ctx) };
        const verdict = unlessRefused(() => mldsa87.verify(publicKey, message, signature, options));
        expect([input.tcId, verdict ?? false]).toEqual([input.tcId, input.result === 'valid']);
      }
    });

    test('mlkem_1024 and mlkem_1024_encaps', () => {
      for (const { input } of wycheproof('mlkem_1024', 12)) {
        const secret = unlessRefused(() => {
          const seed = field(input.seed);
          const { decapsulationKey } = mlkem1024.keygenFromSeed(seed.subarray(0, 32), seed.subarray(32));
          return hex(mlkem1024.decapsulate(decapsulationKey, field(input.c)));
        });
        expect([input.tcId, secret]).toEqual([input.tcId, input.result === 'valid' ? input.K : undefined]);
      }
      for (const { input } of wycheproof('mlkem_1024_encaps', 12)) {
        const result = unlessRefused(() => mlkem1024.encapsulate(field(input.ek), field(input.m)));
        expect([input.tcId, result && hex(result.ciphertext)]).toEqual([
          input.tcId,
          input.result === 'valid' ? input.c : undefined,
        ]);
      }
    });
  });

  withPack('acvp', () => {
    test('ECDSA-SigVer-FIPS186-5, digests shorter and longer than the order', () => {
      const names: Readonly<Record<string, HashName>> = {
        'SHA2-224': 'sha224',
        'SHA2-384': 'sha384',
        'SHA2-512': 'sha512',
      };
      for (const { group, input, expected } of acvp('ECDSA-SigVer-FIPS186-5', 60)) {
        const name = names[group.hashAlg ?? ''];
        if (name === undefined) continue;
        const publicKey = concatBytes(scalar(input.qx), scalar(input.qy));
        const signature = concatBytes(scalar(input.r), scalar(input.s));
        const verdict = ecdsa384.verify(publicKey, hashes.digest(name, field(input.message)), signature);
        expect([input.tcId, verdict]).toEqual([input.tcId, expected.testPassed === 'true']);
      }
    });

    test('ML-DSA-sigVer-FIPS204, ML-DSA-87: message, M′ and µ', () => {
      const vectors = acvp('ML-DSA-sigVer-FIPS204', 200).filter(({ group }) => group.parameterSet === 'ML-DSA-87');
      const sample = vectors.filter(({ group }) => group.preHash !== 'preHash');
      expect(sample.length).toBeGreaterThan(20);
      for (const { group, input, expected } of sample) {
        const [publicKey, signature] = [field(input.pk), field(input.signature)];
        const verdict =
          group.signatureInterface === 'external'
            ? mldsa87.verify(publicKey, field(input.message), signature, { context: field(input.context) })
            : group.externalMu === 'true'
              ? mldsa87.verifyMu(publicKey, field(input.mu), signature)
              : mldsa87.verifyInternal(publicKey, field(input.message), signature);
        expect([input.tcId, verdict]).toEqual([input.tcId, expected.testPassed === 'true']);
      }
    });

    test('ML-KEM-encapDecap-FIPS203, ML-KEM-1024: key checks', () => {
      const vectors = acvp('ML-KEM-encapDecap-FIPS203', 200).filter(
        ({ group }) => group.parameterSet === 'ML-KEM-1024',
      );
      for (const { group, input, expected } of vectors) {
        const passed = expected.testPassed === 'true';
        if (group.function === 'encapsulationKeyCheck')
          expect(mlkem1024.checkEncapsulationKey(field(input.ek))).toBe(passed);
        if (group.function === 'decapsulationKeyCheck')
          expect(mlkem1024.checkDecapsulationKey(field(input.dk))).toBe(passed);
        if (group.function === 'decapsulation')
          expect(hex(mlkem1024.decapsulate(field(input.dk ?? group.dk), field(input.c)))).toBe(
            expected.k?.toLowerCase(),
          );
      }
    });
  });

  test('a point off the curve verifies nothing and agrees on nothing', () => {
    const privateKey = scalar('5');
    const publicKey = ecdsa384.publicKey(privateKey);
    const digest = hashes.digest('sha384', utf8ToBytes('message'));
    const signature = ecdsa384.sign(privateKey, digest);
    const off = publicKey.slice();
    off[95] = (off[95] ?? 0) ^ 1;
    expect(ecdsa384.verify(publicKey, digest, signature)).toBe(true);
    expect(ecdsa384.verify(off, digest, signature)).toBe(false);
    expect(ecdsa384.verify(new Uint8Array(96), digest, signature)).toBe(false);
    expect([ecdsa384.isPoint(publicKey), ecdsa384.isPoint(off), ecdsa384.isPoint(new Uint8Array(96))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(() => ecdh384.sharedSecret(privateKey, off)).toThrow('publicKey: expected a point of P-384');
  });

  test('ECDSA: r and s outside 1..n-1, and signatures of another length, are false', () => {
    const order = unhex(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    );
    const publicKey = ecdsa384.publicKey(scalar('5'));
    const digest = new Uint8Array(48).fill(1);
    const signature = ecdsa384.sign(scalar('5'), digest);
    const [r, s] = [signature.subarray(0, 48), signature.subarray(48)];
    for (const bad of [order, new Uint8Array(48), new Uint8Array(48).fill(255)]) {
      expect(ecdsa384.verify(publicKey, digest, concatBytes(bad, s))).toBe(false);
      expect(ecdsa384.verify(publicKey, digest, concatBytes(r, bad))).toBe(false);
    }
    expect(ecdsa384.verify(publicKey, digest, signature.subarray(1))).toBe(false);
    expect(ecdsa384.verify(publicKey, digest, new Uint8Array(0))).toBe(false);
  });

  test('ECDSA: the scalar 0 as digest, and the digest of the empty message', () => {
    const privateKey = scalar('1234567');
    const publicKey = ecdsa384.publicKey(privateKey);
    for (const digest of [new Uint8Array(48), hashes.digest('sha384'), new Uint8Array(48).fill(255)]) {
      const signature = ecdsa384.sign(privateKey, digest);
      expect(ecdsa384.verify(publicKey, digest, signature)).toBe(true);
      expect(ecdsa384.verify(publicKey, hashes.digest('sha384', digest), signature)).toBe(false);
    }
  });

  test('ECDSA: a valid signature whose shifted key is the point at infinity', () => {
    // With R = k·G, r = x(R), s = e/k and h = e - d·r for e = SHA-384(""), ECDSA holds and Q + ((h - e)/r)·G = 0.
    const { Point } = p384;
    const { Fn } = Point;
    const [d, k] = [0x1234567n, 0x7654321n];
    const e = Fn.create(BigInt(`0x${hex(hashes.digest('sha384'))}`));
    const r = Fn.create(Point.BASE.multiply(k).toAffine().x);
    const [s, h] = [Fn.mul(e, Fn.inv(k)), Fn.sub(e, Fn.mul(d, r))];
    const [publicKey, digest] = [ecdsa384.publicKey(Fn.toBytes(d)), Fn.toBytes(h)];
    expect(ecdsa384.verify(publicKey, digest, concatBytes(Fn.toBytes(r), Fn.toBytes(s)))).toBe(true);
    expect(ecdsa384.verify(publicKey, digest, concatBytes(Fn.toBytes(r), Fn.toBytes(Fn.add(s, 1n))))).toBe(false);
  });

  test('ECDSA: only the first 48 bytes of a longer digest count, and s may be above n/2', () => {
    const privateKey = scalar('77');
    const publicKey = ecdsa384.publicKey(privateKey);
    const digest = new Uint8Array(48).fill(3);
    const highest = Array.from({ length: 8 }, (_, i) => ecdsa384.sign(privateKey, new Uint8Array(48).fill(i))[48] ?? 0);
    expect(Math.max(...highest)).toBeGreaterThan(0x7f);
    expect(ecdsa384.verify(publicKey, concatBytes(digest, new Uint8Array(9)), ecdsa384.sign(privateKey, digest))).toBe(
      true,
    );
  });
});

withPack('rfc', () => {
  interface Curve {
    readonly curve: string;
    readonly private: string;
    readonly Ux: string;
    readonly Uy: string;
    readonly cases: readonly {
      readonly hash: string;
      readonly message: string;
      readonly r: string;
      readonly s: string;
    }[];
  }
  const curve = readPack<readonly Curve[]>('rfc/6979/vectors.json.gz').find((entry) => entry.curve === 'NIST P-384');
  const { hashes, ecdsa384 } = PROVIDERS[0] ?? {};

  test('RFC 6979 A.2.6: public key', () => {
    expect(hex(ecdsa384?.publicKey(unhex(curve?.private ?? '')) ?? new Uint8Array(0)).toUpperCase()).toBe(
      `${curve?.Ux}${curve?.Uy}`,
    );
  });
  test.each(curve?.cases ?? [])('RFC 6979 A.2.6: $hash, $message', ({ hash, message, r, s }) => {
    const name = HASHES[hash];
    if (name === undefined || hashes === undefined || curve === undefined) throw new Error(`no hash ${hash}`);
    const signature = ecdsa384With(name).sign(unhex(curve.private), hashes.digest(name, utf8ToBytes(message)));
    expect(hex(signature).toUpperCase()).toBe(r + s);
  });
});

withPack('acvp', () => {
  test('ML-DSA-sigGen-FIPS204: deterministic and hedged, message, M′ and µ', () => {
    const vectors = acvp('ML-DSA-sigGen-FIPS204', 400).filter(({ group }) => group.preHash !== 'preHash');
    // every 13th: coprime to the five tests of a group, so that all kinds of groups appear
    for (const { group, input, expected } of vectors.filter((_, i) => i % 13 === 0)) {
      const dsa = mldsa(Number(group.parameterSet?.slice(7)) as 44 | 65 | 87);
      const secretKey = field(input.sk);
      const rnd = input.rnd === undefined ? undefined : field(input.rnd);
      const signature =
        group.signatureInterface === 'external'
          ? dsa.sign(secretKey, field(input.message), { context: field(input.context), ...(rnd && { rnd }) })
          : group.externalMu === 'true'
            ? dsa.signMu(secretKey, field(input.mu), rnd)
            : dsa.signInternal(secretKey, field(input.message), rnd);
      expect(hex(signature)).toBe(expected.signature?.toLowerCase());
    }
  });

  test('ML-DSA-keyGen-FIPS204 and ML-KEM-keyGen-FIPS203', () => {
    for (const { group, input, expected } of acvp('ML-DSA-keyGen-FIPS204', 8)) {
      const dsa = mldsa(Number(group.parameterSet?.slice(7)) as 44 | 65 | 87);
      const { publicKey, secretKey } = dsa.keygenFromSeed(field(input.seed));
      expect(hex(publicKey) + hex(secretKey)).toBe(`${expected.pk}${expected.sk}`.toLowerCase());
      expect(dsa.publicKeyOf(secretKey)).toEqual(publicKey);
    }
    for (const { group, input, expected } of acvp('ML-KEM-keyGen-FIPS203', 8)) {
      const kem = mlkem(Number(group.parameterSet?.slice(7)) as 512 | 768 | 1024);
      const { encapsulationKey, decapsulationKey } = kem.keygenFromSeed(field(input.d), field(input.z));
      expect(hex(encapsulationKey) + hex(decapsulationKey)).toBe(`${expected.ek}${expected.dk}`.toLowerCase());
    }
  });
});
