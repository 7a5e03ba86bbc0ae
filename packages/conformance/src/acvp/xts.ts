import type { Xts } from '@rootcap/crypto';
import { type Bits, byteLength, concatBits, firstBits, sliceBits, wholeBytes } from '../bits.ts';
import { compare, type Fields } from '../fields.ts';
import { type ConformanceContext, notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

const BLOCK = 16;

/** Encryption or decryption of whole blocks of one data unit. */
type WholeBlocks = (data: Uint8Array) => Uint8Array;

/** Result of `run` for `block` if it stood at position `index` of the data unit. */
function blockAt(run: WholeBlocks, index: number, block: Uint8Array): Uint8Array {
  const data = new Uint8Array(BLOCK * (index + 1));
  data.set(block, BLOCK * index);
  return run(data).subarray(BLOCK * index);
}

/**
 * Ciphertext stealing at any bit (IEEE 1619 §5.3.2, §5.4.2) from a function for whole blocks. With m whole blocks and
 * b more bits, the last whole block goes first under one tweak, lends its tail to the rest and goes under the other:
 * position m - 1 then m when encrypting, the other way round when decrypting.
 */
function steal(run: WholeBlocks, encrypt: boolean, data: Bits): Uint8Array {
  const whole = Math.floor(data.length / (8 * BLOCK));
  const rest = sliceBits(data, 8 * BLOCK * whole, data.length);
  const [first, second] = encrypt ? [whole - 1, whole] : [whole, whole - 1];
  const middle = blockAt(run, first, data.bytes.subarray(BLOCK * (whole - 1), BLOCK * whole));
  const filled = concatBits(rest, sliceBits(wholeBytes(middle), rest.length, 8 * BLOCK));
  const out = new Uint8Array(byteLength(data.length));
  if (whole > 1) out.set(run(data.bytes.slice(0, BLOCK * (whole - 1))));
  out.set(blockAt(run, second, filled.bytes), BLOCK * (whole - 1));
  out.set(firstBits(middle, rest.length).bytes, BLOCK * whole);
  return out;
}

/** One data unit of any number of bits from 128 on. */
function dataUnit(xts: Xts, encrypt: boolean, key: Uint8Array, tweak: Uint8Array, data: Bits): Uint8Array {
  const run: WholeBlocks = (blocks) => (encrypt ? xts.encrypt(key, tweak, blocks) : xts.decrypt(key, tweak, blocks));
  return data.length % 8 === 0 ? run(data.bytes) : steal(run, encrypt, data);
}

/** 128-bit tweak of a data unit: its number, least significant byte first. */
function tweakOf(number: bigint): Uint8Array {
  const tweak = new Uint8Array(BLOCK);
  const view = new DataView(tweak.buffer);
  view.setBigUint64(0, number & 0xffff_ffff_ffff_ffffn, true);
  view.setBigUint64(8, (number >> 64n) & 0xffff_ffff_ffff_ffffn, true);
  return tweak;
}

function numberOf(tweak: Uint8Array): bigint {
  const view = new DataView(tweak.buffer, tweak.byteOffset, BLOCK);
  return view.getBigUint64(0, true) | (view.getBigUint64(8, true) << 64n);
}

/** Number of the first data unit; as a tweak it has its least significant byte first. */
function firstUnit(input: Fields): bigint {
  return input.has('tweakValue') ? numberOf(input.hex('tweakValue')) : BigInt(input.number('sequenceNumber'));
}

/** AES-XTS. Revision 2.0 cuts the payload into data units of `dataUnitLen` bits, revision 1.0 has a single one. */
export const xtsHandler: AcvpHandler = ({ input, answer }, { provider, bitMessages = true }: ConformanceContext) => {
  const encrypt = input.text('direction') === 'encrypt';
  const [from, to] = encrypt ? ['pt', 'ct'] : ['ct', 'pt'];
  const bytes = input.hex(from);
  const length = input.optionalNumber('payloadLen') ?? 8 * bytes.length;
  const unit = input.optionalNumber('dataUnitLen') ?? length;
  if (!bitMessages && (length | unit) % 8 !== 0) return notRun('messages that are not whole bytes');
  const data = firstBits(bytes, length);
  const key = input.hex('key');
  const units: Bits[] = [];
  let number = firstUnit(input);
  for (let at = 0; at < length; at += unit, number++) {
    const part = sliceBits(data, at, Math.min(at + unit, length));
    units.push({ bytes: dataUnit(provider.xts, encrypt, key, tweakOf(number), part), length: part.length });
  }
  return compare(to, concatBits(...units).bytes, answer.hex(to));
};
