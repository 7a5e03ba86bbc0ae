import type { Buffer } from 'node:buffer';

/** @internal A plain Uint8Array on its own memory: the `slice` of a Buffer would be a view, not a copy. */
export function plain(buffer: Buffer): Uint8Array {
  const { buffer: memory, byteLength } = buffer;
  return memory.byteLength === byteLength ? new Uint8Array(memory) : new Uint8Array(buffer);
}
