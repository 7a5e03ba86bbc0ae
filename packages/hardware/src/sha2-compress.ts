import { _SHA224, _SHA256, _SHA384, _SHA512, _SHA512_224, _SHA512_256 } from '@noble/hashes/sha2.js';
import { bytesOfWords } from './block.ts';

/** The variants that the hash engines know. */
export type Sha2Mode = 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'sha512-224' | 'sha512-256';

/** Any SHA-2 with its chaining value open; the block itself is given by the caller, padded if it must be. */
interface Core {
  chainingValue(): number[];
  setChainingValue(words: readonly number[]): void;
  compress(block: DataView): void;
}

class Core256 extends _SHA256 implements Core {
  chainingValue(): number[] {
    return this.get();
  }

  setChainingValue(words: readonly number[]): void {
    this.set(...(words as Parameters<Core256['set']>));
  }

  compress(block: DataView): void {
    this.process(block, 0);
  }
}

class Core512 extends _SHA512 implements Core {
  chainingValue(): number[] {
    return this.get();
  }

  setChainingValue(words: readonly number[]): void {
    this.set(...(words as Parameters<Core512['set']>));
  }

  compress(block: DataView): void {
    this.process(block, 0);
  }
}

const core256 = new Core256();
const core512 = new Core512();

/** Initial values differ between the variants, the compression function does not. FIPS 180-4 §5.3 */
const INITIAL: Readonly<Record<Sha2Mode, Uint8Array>> = {
  sha224: words(
    new (class extends _SHA224 {
      words = () => this.get();
    })().words(),
  ),
  sha256: words(core256.chainingValue()),
  sha384: words(
    new (class extends _SHA384 {
      words = () => this.get();
    })().words(),
  ),
  sha512: words(core512.chainingValue()),
  'sha512-224': words(
    new (class extends _SHA512_224 {
      words = () => this.get();
    })().words(),
  ),
  'sha512-256': words(
    new (class extends _SHA512_256 {
      words = () => this.get();
    })().words(),
  ),
};

function words(values: readonly number[]): Uint8Array {
  return bytesOfWords(Uint32Array.from(values));
}

function compressWith(core: Core, state: Uint8Array, block: Uint8Array): Uint8Array {
  const view = new DataView(state.buffer, state.byteOffset, state.length);
  core.setChainingValue(Array.from({ length: state.length / 4 }, (_, i) => view.getInt32(i * 4)));
  core.compress(new DataView(block.buffer, block.byteOffset, block.length));
  return words(core.chainingValue());
}

/** H(0) of a variant: 32 bytes of SHA-224 and SHA-256, else 64. */
export function sha2InitialState(mode: Sha2Mode): Uint8Array {
  return INITIAL[mode].slice();
}

/**
 * One step of SHA-224/256 (64-byte block, 32-byte state) or of the SHA-512 family (128-byte block, 64-byte state): the
 * chaining value after `block`. From @noble/hashes.
 */
export function sha2Compress(state: Uint8Array, block: Uint8Array): Uint8Array {
  const family = state.length === 32 ? 64 : state.length === 64 ? 128 : 0;
  if (family === 0 || block.length !== family)
    throw new RangeError(
      `block: a state of ${state.length} bytes and a block of ${block.length} do not belong together`,
    );
  return compressWith(family === 64 ? core256 : core512, state, block);
}
