import { createDecipheriv } from 'node:crypto';
import type { ErrorName } from '@rootcap/errors';
import { COMMAND_ID, type CommandName, messagesOf, sealMessage } from '@rootcap/firmware';
import { AXI_USER, type Board, wordAt } from './board.ts';

export const USAGE = { HMAC: 1, AES: 2, ECDSA: 3, MLDSA: 4, MLKEM: 5 } as const;
export const SHA384 = 1;
export const SHA512 = 2;
export const CBC = 1;
export const CTR = 2;

type Fields = Readonly<Record<string, number | Uint8Array>>;

/** Response by field name; bytes that were cut off are zero. */
export type Reply = Readonly<Record<string, Uint8Array & number>>;

/** Wrapped keys stand in requests as 128 bytes. */
const CMK_FIELDS = new Set(['cmk', 'kin', 'salt', 'ikm', 'prk', 'okm', 'kout', 'output', 'shared_key']);

/** A sealed request. Fields not given are zero; bytes shorter than their field are filled up. */
export function requestOf(command: CommandName, fields: Fields = {}, length?: number): Uint8Array {
  const layout = messagesOf(command).request;
  const message = new Uint8Array(layout?.size ?? 4);
  const view = new DataView(message.buffer);
  for (const [name, value] of Object.entries(fields)) {
    const { offset } = (layout as NonNullable<typeof layout>).member(name);
    if (typeof value === 'number') view.setUint32(offset, value, true);
    else message.set(value, offset);
  }
  return sealMessage(COMMAND_ID[command], message.slice(0, length));
}

export function send(board: Board, command: CommandName, fields: Fields = {}): ErrorName | Uint8Array {
  const { status, data } = board.send(COMMAND_ID[command], requestOf(command, fields), AXI_USER);
  return status === 'DATA_READY' ? data : (board.nonFatal as ErrorName);
}

/** Code that a command is refused with. */
export function refusal(board: Board, command: CommandName, fields: Fields = {}): ErrorName {
  const answer = send(board, command, fields);
  if (typeof answer !== 'string') throw new Error(`${command}: answered`);
  return answer;
}

function fieldsOf(layout: NonNullable<ReturnType<typeof messagesOf>['response']>, data: Uint8Array, at = 0): Reply {
  const entries = layout.fieldNames.flatMap((name): [string, Uint8Array | number][] => {
    const { offset, field } = layout.member(name);
    const start = at + offset;
    if ('fieldNames' in field && !CMK_FIELDS.has(name)) return Object.entries(fieldsOf(field as never, data, start));
    if (field.size === 4) return [[name, wordAt(data, start)]];
    return [[name, data.slice(start, start + field.size)]];
  });
  return Object.fromEntries(entries) as Reply;
}

/** Response of a command that is not refused. */
export function call(board: Board, command: CommandName, fields: Fields = {}): Reply {
  const answer = send(board, command, fields);
  if (typeof answer === 'string') throw new Error(`${command}: ${answer}`);
  const layout = messagesOf(command).response;
  if (layout === undefined) return {};
  const whole = new Uint8Array(layout.size);
  whole.set(answer);
  return fieldsOf(layout, whole);
}

export function importKey(board: Board, usage: number, key: Uint8Array): Uint8Array {
  return call(board, 'CM_IMPORT', { key_usage: usage, input_size: key.length, input: key }).cmk as Uint8Array;
}

/** What is in a wrapped key, opened with the key in the device's memory by another library. */
export function openKey(board: Board, cmk: Uint8Array) {
  const { rom } = board.context.persistent;
  const shares = [rom.get('cmb_aes_key_share0'), rom.get('cmb_aes_key_share1')] as const;
  const key = shares[0].map((byte, i) => byte ^ (shares[1][i] as number));
  const plain = openSealed(key, cmk.subarray(20, 32), cmk.subarray(112), cmk.subarray(32, 112));
  const length = (plain[2] as number) | ((plain[3] as number) << 8);
  return {
    version: (plain[0] as number) | ((plain[1] as number) << 8),
    length,
    usage: plain[4] as number,
    id: (plain[5] as number) | ((plain[6] as number) << 8) | ((plain[7] as number) << 16),
    key: plain.slice(16, 16 + length),
    rest: plain.slice(16 + length),
  };
}

function openSealed(key: Uint8Array, iv: Uint8Array, tag: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag);
  return new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
}

export const pattern = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 0xff);

/** A copy with one bit changed. */
export function flipped(data: Uint8Array, at: number): Uint8Array {
  const copy = data.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

/** A number of 12 bytes, little-endian. */
export function ivNumber(iv: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(iv).reverse().toString('hex')}`);
}

/** What a command of the cryptographic mailbox can change, but for the random bytes it takes. */
export function stateOf({ chip, context }: Board): unknown {
  const { rom } = context.persistent;
  return structuredClone({
    mailbox: context.state.runtime.cryptographicMailbox,
    keys: chip.keyVault.save(),
    pcrs: chip.pcrBank.save(),
    shares: [rom.get('cmb_aes_key_share0'), rom.get('cmb_aes_key_share1')],
  });
}
