import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { runDriveDemo } from '@rootcap/cli';
import { bytesToHex, type CryptoProvider, type Entropy, systemEntropy } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { rootcap, temporaryDirectory } from './helpers.ts';

/** Every secret that went through a primitive, by what it is. */
class Secrets {
  readonly byKind = new Map<string, Set<string>>();

  add(kind: string, ...values: readonly unknown[]): void {
    const found = this.byKind.get(kind) ?? new Set();
    this.byKind.set(kind, found);
    for (const value of values) {
      if (!(value instanceof Uint8Array) || value.length < 16 || value.length > 4896) continue;
      // Test patterns and counters are no secrets.
      if (new Set(value).size > 10) found.add(bytesToHex(value));
    }
  }

  get all(): Uint8Array[] {
    return [...new Set([...this.byKind.values()].flatMap((values) => [...values]))].map((hex) =>
      Buffer.from(hex, 'hex'),
    );
  }
}

/** A provider that notes keys and what was encrypted under them. */
function watched(bare: CryptoProvider, secrets: Secrets): CryptoProvider {
  const { aead, blockCipher, ecdsa384, ecdh384, mlkem1024, mldsa87, hmac } = bare;
  return {
    ...bare,
    aead: {
      gcmSeal(key, iv, plaintext, aad) {
        secrets.add('aead', key, plaintext);
        return aead.gcmSeal(key, iv, plaintext, aad);
      },
      gcmOpen(key, iv, sealed, aad, tagLength) {
        const plaintext = aead.gcmOpen(key, iv, sealed, aad, tagLength);
        secrets.add('aead', key, plaintext);
        return plaintext;
      },
    },
    blockCipher: {
      ecbEncrypt(key, data) {
        secrets.add('ecb', key, data.length >= 32 ? data : undefined);
        return blockCipher.ecbEncrypt(key, data);
      },
      ecbDecrypt(key, data) {
        const plaintext = blockCipher.ecbDecrypt(key, data);
        secrets.add('ecb', key, plaintext);
        return plaintext;
      },
      cbcEncrypt: (...args) => blockCipher.cbcEncrypt(...args),
      cbcDecrypt: (...args) => blockCipher.cbcDecrypt(...args),
      ctr(key, counter, data) {
        secrets.add('ecb', key);
        return blockCipher.ctr(key, counter, data);
      },
    },
    hmac: {
      create(name, key) {
        secrets.add('hmac', key);
        return hmac.create(name, key);
      },
      mac(name, key, ...parts) {
        secrets.add('hmac', key);
        return hmac.mac(name, key, ...parts);
      },
    },
    ecdsa384: {
      ...ecdsa384,
      sign(privateKey, digest) {
        secrets.add('private keys', privateKey);
        return ecdsa384.sign(privateKey, digest);
      },
    },
    ecdh384: {
      sharedSecret(privateKey, publicKey) {
        const shared = ecdh384.sharedSecret(privateKey, publicKey);
        secrets.add('hpke', privateKey, shared);
        return shared;
      },
    },
    mlkem1024: {
      ...mlkem1024,
      keygenFromSeed(d, z) {
        secrets.add('hpke', d, z);
        return mlkem1024.keygenFromSeed(d, z);
      },
      decapsulate(key, ciphertext) {
        const shared = mlkem1024.decapsulate(key, ciphertext);
        secrets.add('hpke', shared);
        return shared;
      },
      encapsulate(key, m) {
        secrets.add('hpke', m);
        return mlkem1024.encapsulate(key, m);
      },
    },
    mldsa87: {
      ...mldsa87,
      keygenFromSeed(seed) {
        secrets.add('private keys', seed);
        return mldsa87.keygenFromSeed(seed);
      },
    },
  };
}

function watchedEntropy(secrets: Secrets): Entropy {
  const bare = systemEntropy();
  return {
    bytes(length) {
      const bytes = bare.bytes(length);
      // Shorter ones are salts and nonces.
      if (length >= 32) secrets.add('drawn', bytes);
      return bytes;
    },
  };
}

/** Files of a directory, everything in it. */
function filesOf(directory: string): Buffer[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesOf(path);
    return entry.isFile() ? [readFileSync(path)] : [];
  });
}

/** Which secrets are in what was written, as bytes, hexadecimal or base64. */
function leaks(secrets: readonly Uint8Array[], outputs: readonly Buffer[]): string[] {
  const found: string[] = [];
  for (const secret of secrets) {
    const buffer = Buffer.from(secret);
    const forms = [buffer, Buffer.from(buffer.toString('hex')), Buffer.from(buffer.toString('base64'))];
    if (outputs.some((output) => forms.some((form) => output.includes(form)))) found.push(buffer.toString('hex'));
  }
  return found;
}

describe('the demonstration of a drive', () => {
  const directory = temporaryDirectory();
  const secrets = new Secrets();
  const lines: string[] = [];
  const snapshots: Buffer[][] = [];
  const line = (entry: object): void => void lines.push(JSON.stringify(entry));
  beforeAll(async () => {
    const snapshot = (): void => void snapshots.push(filesOf(directory));
    await runDriveDemo({
      directory,
      provider: watched(nodeProvider(), secrets),
      entropy: watchedEntropy(secrets),
      view: {
        step: (step) => line({ step }),
        event: (event) => line(event),
        shown: (shown) => line({ shown }),
        state(state) {
          line(state);
          snapshot();
        },
      },
    });
    snapshot();
  }, 120_000);

  test('shows that every refusal has its code', () => {
    const shown = lines.filter((text) => text.includes('is refused'));
    expect(shown.length).toBe(8);
    for (const code of ['AES_INVALID_TAG', 'HPKE_OPEN_FAILED', 'LOCKED_MPK_INVALID', 'the range is locked'])
      expect(shown.some((text) => text.includes(code))).toBe(true);
  });

  test('leaves no key in any output or file, at any step', () => {
    const files = [...new Map(snapshots.flat().map((bytes) => [bytes.toString('latin1'), bytes])).values()];
    // Fuses are silicon: of them the files have what the chip has, obfuscated.
    const burnt = files.flatMap((bytes) =>
      [...bytes.toString('latin1').matchAll(/"(?:udsSeed|fieldEntropy|seed)":"([0-9a-f]+)"/g)].map(([, hex]) => hex),
    );
    const searched = secrets.all.filter((secret) => !burnt.includes(bytesToHex(secret)));
    for (const [kind, least] of [
      ['aead', 30],
      ['ecb', 10],
      ['hmac', 20],
      ['hpke', 10],
      ['private keys', 5],
      ['drawn', 20],
    ] as const)
      expect([kind, (secrets.byKind.get(kind)?.size ?? 0) >= least]).toEqual([kind, true]);
    const output = Buffer.from(lines.join('\n'));
    expect(leaks(searched, [output])).toEqual([]);
    expect(leaks(searched, files)).toEqual([]);
  });

  test('the scan finds a key that is there', () => {
    const [secret] = secrets.all;
    expect(leaks(secrets.all, [Buffer.from(`key: ${Buffer.from(secret as Uint8Array).toString('hex')}`)])).toHaveLength(
      1,
    );
  });
});

test('rootcap drive demo', async () => {
  const { code, out } = await rootcap(['drive', 'demo', '--json']);
  expect(code).toBe(0);
  const steps = out
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { readonly step?: string });
  expect(steps.filter(({ step }) => step !== undefined)).toHaveLength(10);
}, 60_000);
