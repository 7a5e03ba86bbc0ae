import { createCipheriv, createHash } from 'node:crypto';
import { portableProvider } from '@rootcap/crypto';
import {
  BLOCK_SIZE,
  EncryptedNamespace,
  encodeMetadata,
  MemoryMedium,
  portableEngine,
  XtsDataPath,
} from '@rootcap/drive';
import { nativeEngine } from '@rootcap/drive/node';

export const ENGINES = [nativeEngine(), portableEngine(portableProvider.xts)];
export const AUX = new Uint8Array(32);

/** Bytes that depend on the seed alone. */
export function patterned(seed: string, size: number): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: size }).update(seed).digest());
}

export const MEK = patterned('mek', 64);

/** XTS of one block by OpenSSL's own mode. */
export function opensslXts(key: Uint8Array, lba: number, block: Uint8Array): Uint8Array {
  const tweak = Buffer.alloc(16);
  tweak.writeBigUInt64LE(BigInt(lba));
  return new Uint8Array(createCipheriv('aes-256-xts', key, tweak).update(block));
}

/** A data path with one range of namespace 1 unlocked. */
export function dataPath(start = 0, end = 1023): XtsDataPath {
  const path = new XtsDataPath({ engine: ENGINES[0] as (typeof ENGINES)[number] });
  path.load(encodeMetadata({ start, end, nsid: 1 }), AUX, MEK);
  return path;
}

/** 4 MiB in memory, unlocked. */
export function memoryNamespace(blockCount = 1024): {
  readonly medium: MemoryMedium;
  readonly path: XtsDataPath;
  readonly namespace: EncryptedNamespace;
} {
  const medium = new MemoryMedium();
  const path = dataPath(0, blockCount - 1);
  return { medium, path, namespace: new EncryptedNamespace({ nsid: 1, blockCount, dataPath: path, medium }) };
}

export const blocks = (seed: string, count: number): Uint8Array => patterned(seed, count * BLOCK_SIZE);
