import { bytesToHex } from '@rootcap/crypto';
import type { Device } from 'rootcap';

/** Bytes of a secret that have to appear together before we call it a leak. */
const WINDOW = 8;

/** A window so regular that it appears by itself: zeros, fill patterns. */
function isRegular(window: Uint8Array): boolean {
  let different = 0;
  for (let i = 0; i < window.length; i++) if (window.indexOf(window[i] as number) === i) different++;
  return different < 5;
}

function wordOf(bytes: Uint8Array, at: number): number {
  const view = (i: number): number => bytes[at + i] as number;
  return (view(0) | (view(1) << 8) | (view(2) << 16) | (view(3) << 24)) >>> 0;
}

/** Bytes as the registers of a little-endian bus hold them: each group of four reversed. */
function wordReversed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (_, i) => bytes[(i ^ 3) < bytes.length ? i ^ 3 : i] as number);
}

/**
 * Knows secrets and finds them again: any eight bytes in a row, in natural order, reversed as a whole or in words, in
 * bytes or in text as hexadecimal or decimal.
 */
export class SecretFinder {
  readonly #windows = new Map<number, string>();
  readonly #seen = new Set<string>();
  /** Windows and secrets that came after {@link mark}. */
  #added: { windows: number[]; seen: string[] } = { windows: [], seen: [] };
  /** Which first words occur: one bit for each of their hashes; and as it was at {@link mark}. */
  readonly #first = new Uint8Array(1 << 13);
  readonly #marked = new Uint8Array(1 << 13);

  get windows(): number {
    return this.#windows.size;
  }

  /** Everything added from now on goes with the next {@link rewind}. */
  mark(): void {
    this.#added = { windows: [], seen: [] };
    this.#marked.set(this.#first);
  }

  rewind(): void {
    for (const window of this.#added.windows) this.#windows.delete(window);
    for (const seen of this.#added.seen) this.#seen.delete(seen);
    this.#first.set(this.#marked);
    this.#added = { windows: [], seen: [] };
  }

  add(name: string, secret: Uint8Array): void {
    const hex = bytesToHex(secret);
    if (this.#seen.has(hex)) return;
    this.#seen.add(hex);
    this.#added.seen.push(hex);
    const reversed = secret.slice().reverse();
    for (const bytes of [secret, wordReversed(secret), reversed, wordReversed(reversed)])
      for (let at = 0; at + WINDOW <= bytes.length; at++) {
        const window = bytes.slice(at, at + WINDOW);
        if (isRegular(window)) continue;
        const word = wordOf(window, 0);
        const place = key(word, wordOf(window, 4));
        if (this.#windows.has(place)) continue;
        this.#windows.set(place, name);
        this.#added.windows.push(place);
        this.#first[(word & 0xffff) >>> 3] = (this.#first[(word & 0xffff) >>> 3] ?? 0) | (1 << (word & 7));
      }
  }

  /** Name of a secret of which `bytes` shows a part. */
  find(bytes: Uint8Array): string | undefined {
    for (let at = 0; at + WINDOW <= bytes.length; at++) {
      const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
      if (((this.#first[low >>> 3] as number) & (1 << (low & 7))) === 0) continue;
      const name = this.#windows.get(key(wordOf(bytes, at), wordOf(bytes, at + 4)));
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** The same for text: runs of hexadecimal digits, and lists of decimal numbers such as JSON makes of bytes. */
  findInText(text: string): string | undefined {
    for (const [run] of text.matchAll(/[0-9a-fA-F]{16,}/g))
      for (const skip of [0, 1]) {
        const digits = run.slice(skip, skip + ((run.length - skip) & ~1));
        const found = this.find(Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
        if (found !== undefined) return found;
      }
    for (const [run] of text.matchAll(/(?:(?:"\d+":)?\d{1,3}[,\s]+){7,}(?:"\d+":)?\d{1,3}/g)) {
      const found = this.find(Uint8Array.from(run.replaceAll(/"\d+":/g, '').split(/[,\s]+/), Number));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function key(first: number, second: number): number {
  // Collisions of this mix of 64 bits into 53 are as unlikely as a secret by chance.
  return (first & 0x1f_ffff) * 0x1_0000_0000 + ((second ^ (first >>> 21)) >>> 0);
}

/** Adds what a slot of the key vault holds right now. */
export function addKey(finder: SecretFinder, { chip }: Device, slot: number): void {
  finder.add(`key-vault slot ${slot}`, chip.keyVault.inspect(slot));
}

/** Adds what is fused or fixed in silicon. */
export function addFuses(finder: SecretFinder, { options: { fuses, obfuscationKey, csrHmacKey } }: Device): void {
  if (fuses.udsSeed !== undefined) finder.add('obfuscated UDS', fuses.udsSeed);
  if (fuses.fieldEntropy !== undefined) finder.add('obfuscated field entropy', fuses.fieldEntropy);
  finder.add('obfuscation key', obfuscationKey);
  finder.add('CSR HMAC key', csrHmacKey);
}

/** Adds what firmware keeps in data memory under encryption keys of its own. */
export function addMemorySecrets(finder: SecretFinder, { context: { persistent } }: Device): void {
  finder.add('cryptographic mailbox key', persistent.rom.get('cmb_aes_key_share0'));
  finder.add('cryptographic mailbox key', persistent.rom.get('cmb_aes_key_share1'));
}

/** Bytes in front of the key in what the cryptographic mailbox seals, and of the key. */
const SEALED_KEYS: Readonly<Record<number, readonly [start: number, size: number]>> = {
  // Key, AES and AES-GCM contexts, ECDH context. SHAKE256 contexts hold a token that is nothing to sign with.
  80: [16, 64],
  128: [0, 32],
  100: [0, 32],
  48: [0, 48],
  // MPK.
  32: [0, 32],
};

/** Bytes of an access key and of an MPK. */
const ACCESS_KEY_SIZE = 32;

/** Adds what the HPKE keys are made of, which changes with each rotation and reset. */
export function addHpkeKeys(finder: SecretFinder, { context: { state } }: Device): void {
  for (const { ikm } of state.runtime.ocpLock.hpke.keys) finder.add('HPKE private key', ikm);
}

/** From now on, adds every key that the device seals for its clients: they must never see it in the clear. */
export function addSealed(finder: SecretFinder, { chip: { aes }, context: { state } }: Device): void {
  for (const share of state.runtime.cryptographicMailbox.contextKey) finder.add('key of contexts', share);
  const encrypt = aes.gcmEncrypt.bind(aes);
  aes.gcmEncrypt = (operation) => {
    const place = SEALED_KEYS[operation.plaintext.length];
    if (place !== undefined) finder.add('sealed key', operation.plaintext.slice(place[0], place[0] + place[1]));
    return encrypt(operation);
  };
  const decrypt = aes.gcmDecrypt.bind(aes);
  aes.gcmDecrypt = (operation) => {
    const opened = decrypt(operation);
    // Access key, MPK.
    if (opened?.length === ACCESS_KEY_SIZE) finder.add('opened key', opened);
    return opened;
  };
}
