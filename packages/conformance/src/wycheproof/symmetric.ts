import {
  aesCmac,
  aesKw,
  aesKwp,
  aesKwpUnwrap,
  aesKwUnwrap,
  concatBytes,
  type HashName,
  hkdfExpand,
  hkdfExtract,
  kmac256,
} from '@rootcap/crypto';
import { attempt, compare, type Fields } from '../fields.ts';
import { type ConformanceContext, notRun } from '../suite.ts';
import type { WycheproofHandler } from './recognize.ts';
import { judgeOutput, judgeVerdict } from './verdict.ts';

const EMPTY = new Uint8Array(0);

/** Length given in bits that has to be whole bytes. */
function bytesOf(test: Fields, name: string): number {
  const bits = test.number(name);
  return bits % 8 === 0 ? bits / 8 : notRun('messages that are not whole bytes');
}

/** PKCS #7: n bytes of value n, 1 to 16. */
function pad(data: Uint8Array): Uint8Array {
  const count = 16 - (data.length % 16);
  return concatBytes(data, new Uint8Array(count).fill(count));
}

function unpad(data: Uint8Array): Uint8Array | undefined {
  const count = data[data.length - 1] ?? 0;
  const padding = data.subarray(data.length - count);
  const intact = count >= 1 && count <= 16 && padding.length === count && padding.every((byte) => byte === count);
  return intact ? data.subarray(0, data.length - count) : undefined;
}

/** AES-CBC with PKCS #7 padding, which is done here: the provider works on whole blocks. */
export const cbcPkcs5: WycheproofHandler = (test, { provider: { blockCipher } }) => {
  const [key, iv, ct] = [test.hex('key'), test.hex('iv'), test.hex('ct')];
  const plaintext = attempt(() => unpad(blockCipher.cbcDecrypt(key, iv, ct)));
  const mismatch = judgeOutput(test, 'msg', plaintext, () => test.hex('msg'));
  if (mismatch !== undefined || test.text('result') !== 'valid') return mismatch;
  return compare('ct', blockCipher.cbcEncrypt(key, iv, pad(test.hex('msg'))), ct);
};

/** AES-XTS. The iv is the number of the data unit with its leading zeros cut off: 8 bytes stand for 16. */
export const xts: WycheproofHandler = (test, { provider }) => {
  const tweak = new Uint8Array(16);
  tweak.set(test.hex('iv'));
  const [key, ct] = [test.hex('key'), test.hex('ct')];
  const plaintext = attempt(() => provider.xts.decrypt(key, tweak, ct));
  const mismatch = judgeOutput(test, 'msg', plaintext, () => test.hex('msg'));
  if (mismatch !== undefined || test.text('result') !== 'valid') return mismatch;
  return compare('ct', provider.xts.encrypt(key, tweak, test.hex('msg')), ct);
};

export const gcm: WycheproofHandler = (test, { provider: { aead } }) => {
  const [key, iv, aad] = [test.hex('key'), test.hex('iv'), test.optionalHex('aad') ?? EMPTY];
  const [ct, tag] = [test.hex('ct'), test.hex('tag')];
  const plaintext = attempt(() => aead.gcmOpen(key, iv, concatBytes(ct, tag), aad, bytesOf(test, 'tagSize')));
  const mismatch = judgeOutput(test, 'msg', plaintext, () => test.hex('msg'));
  if (mismatch !== undefined || test.text('result') !== 'valid') return mismatch;
  const sealed = aead.gcmSeal(key, iv, test.hex('msg'), aad);
  return (
    compare('ct', sealed.subarray(0, ct.length), ct) ??
    compare('tag', sealed.subarray(ct.length).subarray(0, tag.length), tag)
  );
};

function keyWrap(wrap: typeof aesKw, unwrap: typeof aesKwUnwrap): WycheproofHandler {
  return (test) => {
    const [key, ct] = [test.hex('key'), test.hex('ct')];
    const plaintext = attempt(() => unwrap(key, ct));
    const mismatch = judgeOutput(test, 'msg', plaintext, () => test.hex('msg'));
    if (mismatch !== undefined || test.text('result') !== 'valid') return mismatch;
    return compare('ct', wrap(key, test.hex('msg')), ct);
  };
}

export const kw: WycheproofHandler = keyWrap(aesKw, aesKwUnwrap);
export const kwp: WycheproofHandler = keyWrap(aesKwp, aesKwpUnwrap);

type Mac = (context: ConformanceContext, key: Uint8Array, message: Uint8Array, size: number) => Uint8Array;

/** A MAC is checked by computing it; a key it cannot take counts as refused. */
function mac(compute: Mac): WycheproofHandler {
  return (test, context) => {
    const size = bytesOf(test, 'tagSize');
    const tag = attempt(() => compute(context, test.hex('key'), test.hex('msg'), size));
    return judgeVerdict(test, tag !== undefined && compare('tag', tag, test.hex('tag')) === undefined);
  };
}

export const hmac = (hash: HashName): WycheproofHandler =>
  mac(({ provider }, key, message, size) => provider.hmac.mac(hash, key, message).subarray(0, size));

export const cmac: WycheproofHandler = mac(({ provider }, key, message, size) =>
  aesCmac(provider, key, message).subarray(0, size),
);

export const kmac: WycheproofHandler = mac((_, key, message, length) => kmac256(key, message, { length }));

export const hkdf =
  (hash: HashName): WycheproofHandler =>
  (test, { provider }) => {
    const prk = hkdfExtract(provider, hash, test.hex('salt'), test.hex('ikm'));
    const okm = attempt(() => hkdfExpand(provider, hash, prk, test.hex('info'), test.number('size')));
    return judgeOutput(test, 'okm', okm, () => test.hex('okm'));
  };
