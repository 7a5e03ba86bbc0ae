import {
  cmacPrf,
  concatBytes,
  type HashName,
  hkdfExpand,
  hkdfExtract,
  hmacPrf,
  kdf108Counter,
  type Prf,
  utf8ToBytes,
} from '@rootcap/crypto';
import { byteLength, firstBits } from '../bits.ts';
import { compare, type Fields } from '../fields.ts';
import { hashNamed } from '../hash-names.ts';
import { type ConformanceContext, notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

function prfOf({ provider }: ConformanceContext, macMode: string, key: Uint8Array): Prf {
  if (/^CMAC-AES(128|192|256)$/.test(macMode)) return cmacPrf(provider, key);
  if (macMode.startsWith('HMAC-')) return hmacPrf(provider, hashNamed(macMode.slice('HMAC-'.length)), key);
  return notRun(`PRF ${macMode} is not part of the library`);
}

const COUNTER_BITS = [8, 16, 24, 32] as const;

function counterPlace(input: Fields, answer: Fields): 'before' | 'after' | number {
  const place = input.text('counterLocation');
  if (place === 'before fixed data') return 'before';
  if (place === 'after fixed data') return 'after';
  if (place === 'middle fixed data') return input.optionalNumber('breakLocation') ?? answer.number('breakLocation');
  return notRun(`counter location ${place}`);
}

/** KDF of SP 800-108 in counter mode. The fixed data is chosen by the server and comes with the answer. */
export const kdf108Handler: AcvpHandler = ({ input, answer }, context) => {
  const mode = input.text('kdfMode');
  if (mode !== 'counter') return notRun(`KDF in ${mode} mode is not part of the library`);
  const width = input.number('counterLength');
  const counterBits = COUNTER_BITS.find((bits) => bits === width) ?? notRun(`counter of ${width} bits`);
  const bits = input.number('keyOutLength');
  const key = kdf108Counter(prfOf(context, input.text('macMode'), input.hex('keyIn')), {
    counterBits,
    counterAt: counterPlace(input, answer),
    fixedData: answer.hex('fixedData'),
    length: byteLength(bits),
  });
  return compare('keyOut', firstBits(key, bits).bytes, answer.hex('keyOut'));
};

/** `bin_str` of DSP0274: length (2 bytes, little-endian) ‖ "spdm1.x " ‖ label ‖ context. */
function binString(length: number, version: string, label: string, context: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(length & 0xff, length >> 8), utf8ToBytes(`${version} ${label}`), context);
}

/** Salt_0: zeros, but ones for a pre-shared key from SPDM 1.3 on. */
const firstSalt = (version: string, usesPsk: boolean, size: number): Uint8Array =>
  new Uint8Array(size).fill(usesPsk && version !== 'spdm1.1' && version !== 'spdm1.2' ? 0xff : 0);

/** Key schedule of SPDM sessions, DSP0274. */
export const spdmHandler: AcvpHandler = ({ input, answer }, { provider }) => {
  const hash: HashName = hashNamed(input.text('hashFunction'));
  const version = input.text('version');
  const size = provider.hashes.digest(hash).length;
  const derive = (secret: Uint8Array, label: string, context: Uint8Array = new Uint8Array(0)): Uint8Array =>
    hkdfExpand(provider, hash, secret, binString(size, version, label, context), size);
  const handshake = hkdfExtract(provider, hash, firstSalt(version, input.flag('usesPSK'), size), input.hex('key'));
  const main = hkdfExtract(provider, hash, derive(handshake, 'derived'), new Uint8Array(size));
  const [th1, th2] = [input.hex('th1'), input.hex('th2')];
  return (
    compare('requestHandshakeSecret', derive(handshake, 'req hs data', th1), answer.hex('requestHandshakeSecret')) ??
    compare('responseHandshakeSecret', derive(handshake, 'rsp hs data', th1), answer.hex('responseHandshakeSecret')) ??
    compare('requestDataSecret', derive(main, 'req app data', th2), answer.hex('requestDataSecret')) ??
    compare('responseDataSecret', derive(main, 'rsp app data', th2), answer.hex('responseDataSecret')) ??
    compare('exportMasterSecret', derive(main, 'exp master', th2), answer.hex('exportMasterSecret'))
  );
};
