import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { hexToBytes, portableProvider } from '@rootcap/crypto';
import {
  Abr,
  type AbrClock,
  type AbrEngine,
  type AbrProfileName,
  Aes,
  Doe,
  type DoeSecrets,
  Ecc,
  Hmac,
  KeyVault,
  type KeyVaultOptions,
  PcrBank,
  providerAbrEngine,
  type RegisterFile,
  Sha256,
  Sha512,
} from '@rootcap/hardware';
import { hasPack, packPath } from '@rootcap/vectors';

export const provider = portableProvider;

export { hasPack };

/** A JSON file of the packs, gzip compressed or not. */
export function pack<T>(path: string): T {
  const bytes = readFileSync(packPath(path));
  return JSON.parse(path.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString()) as T;
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
export const unhex = hexToBytes;

/** Bytes 0, 1, 2, … from a start value. */
export const counted = (length: number, start = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => start + i);

export interface Secrets {
  readonly obfuscationKey: Uint8Array;
  readonly udsSeed: Uint8Array;
  readonly fieldEntropy: Uint8Array;
  readonly hekSeed: Uint8Array;
}

/** The engines of a chip, wired as the chip wires them. */
export function engines(
  options: {
    readonly secrets?: Secrets;
    readonly csrHmacKey?: Uint8Array;
    readonly keyVault?: KeyVaultOptions;
    readonly abrEngine?: AbrEngine;
    /** Default: the RTL's. */
    readonly abrProfile?: AbrProfileName;
    readonly abrClock?: AbrClock;
  } = {},
) {
  let secrets: Secrets = options.secrets ?? {
    obfuscationKey: counted(32),
    udsSeed: counted(64),
    fieldEntropy: counted(32, 64),
    hekSeed: counted(32, 96),
  };
  const port: DoeSecrets = {
    obfuscationKey: () => secrets.obfuscationKey,
    udsSeed: () => secrets.udsSeed,
    fieldEntropy: () => secrets.fieldEntropy,
    hekSeed: () => secrets.hekSeed,
    clear: () => {
      const zero = (bytes: Uint8Array) => new Uint8Array(bytes.length);
      secrets = {
        obfuscationKey: zero(secrets.obfuscationKey),
        udsSeed: zero(secrets.udsSeed),
        fieldEntropy: zero(secrets.fieldEntropy),
        hekSeed: zero(secrets.hekSeed),
      };
    },
  };
  const keyVault = new KeyVault(options.keyVault);
  const pcrBank = new PcrBank({ provider });
  const { reference = 'emulator' } = options.keyVault ?? {};
  const sha512 = new Sha512({ provider, pcrBank, reference });
  return {
    keyVault,
    pcrBank,
    sha512,
    sha256: new Sha256({ provider }),
    doe: new Doe({ provider, keyVault, secrets: port }),
    hmac: new Hmac({ provider, keyVault, csrHmacKey: options.csrHmacKey ?? counted(64, 128) }),
    ecc: new Ecc({ provider, keyVault, sha512 }),
    abr: new Abr({
      engine: options.abrEngine ?? providerAbrEngine(provider),
      keyVault,
      sha512,
      profile: options.abrProfile ?? 'rtl-2.0.3',
      ...(options.abrClock && { clock: options.abrClock }),
    }),
    aes: new Aes({ provider, keyVault, ...options.keyVault }),
  };
}

/** Writes an array register as a driver does: natural bytes, most significant byte of each word first. */
export function writeBig(block: RegisterFile, name: string, data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < data.length / 4; i++) block.set(name, view.getUint32(i * 4), i);
}

/** The same for registers of little-endian words. */
export function writeLittle(block: RegisterFile, name: string, data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < data.length / 4; i++) block.set(name, view.getUint32(i * 4, true), i);
}

export function readBig(block: RegisterFile, name: string, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  for (let i = 0; i < length / 4; i++) view.setUint32(i * 4, block.get(name, i));
  return out;
}

export function readLittle(block: RegisterFile, name: string, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  for (let i = 0; i < length / 4; i++) view.setUint32(i * 4, block.get(name, i), true);
  return out;
}

/** Blocks of a message with SHA-2 padding, as firmware pads them; `before` bytes were hashed earlier. */
export function paddedBlocks(message: Uint8Array, size: 64 | 128, before = 0): Uint8Array[] {
  const lengthField = size / 8;
  const total = Math.ceil((message.length + 1 + lengthField) / size) * size;
  const padded = new Uint8Array(total);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setUint32(total - 4, (message.length + before) * 8);
  return Array.from({ length: total / size }, (_, i) => padded.subarray(i * size, (i + 1) * size));
}

/** Words of a key-vault port's control register. */
export const readControl = (slot: number): number => 1 | (slot << 1);
export const writeControl = (slot: number, usage: number): number => 1 | (slot << 1) | (usage << 6);
