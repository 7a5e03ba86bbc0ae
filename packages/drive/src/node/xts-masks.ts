/** `xts-masks.wat`, assembled. A test assembles it again. */
export const XTS_MASKS_MODULE = [
  'AGFzbQEAAAABEwNgAXsBe2AEf39/fwBgA39/fwACDwEDZW52Bm1lbW9yeQIAAQMEAwABAgcOAgRtYXNrAAEDeG9yAAIKyQQDPwECfiAA/R0AIQEg',
  'AP0dASECIAIgAkIBhoUgAkIChiACQgeGhYX9EiABIAJCP4iFIAJCPoggAkI5iIWF/R4BC5ADAgF/BXv9DIcAAAAAAAAAAQAAAAAAAAAhBQJAA0Ag',
  'AUUNASAA/QAEACEGIAYQACEHIAcQACEIIAgQACEJIAJBgAhqIQQDQCADIAb9CwQAIAIgAv0ABAAgBv1R/QsEACADIAf9CwSACCACIAL9AASACCAH',
  '/VH9CwSACCADIAj9CwSAECACIAL9AASAECAI/VH9CwSAECADIAn9CwSAGCACIAL9AASAGCAJ/VH9CwSAGCAGQQH9ywEgBSAGQR/9rAEgBv0NDA0O',
  'DwABAgMEBQYHCAkKC/1O/VEhBiAHQQH9ywEgBSAHQR/9rAEgB/0NDA0ODwABAgMEBQYHCAkKC/1O/VEhByAIQQH9ywEgBSAIQR/9rAEgCP0NDA0O',
  'DwABAgMEBQYHCAkKC/1O/VEhCCAJQQH9ywEgBSAJQR/9rAEgCf0NDA0ODwABAgMEBQYHCAkKC/1O/VEhCSADQRBqIQMgAkEQaiECIAIgBEkNAAsg',
  'A0GAGGohAyACQYAYaiECIABBEGohACABQQFrIQEMAAsLC3UBAX8gACACaiEDA0AgACAA/QAEACAB/QAEAP1R/QsEACAAIAD9AAQQIAH9AAQQ/VH9',
  'CwQQIAAgAP0ABCAgAf0ABCD9Uf0LBCAgACAA/QAEMCAB/QAEMP1R/QsEMCAAQcAAaiEAIAFBwABqIQEgACADSQ0ACws=',
].join('');

/** The part of the runtime's WebAssembly that is needed; `lib` and `@types/node` do not declare it. */
declare const WebAssembly: {
  readonly Memory: new (options: { initial: number }) => XtsMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: { env: { memory: XtsMemory } }) => { readonly exports: XtsMasks };
};

interface XtsMemory {
  readonly buffer: ArrayBuffer;
}

/** Functions of `xts-masks.wat`; addresses and sizes are bytes in the memory. */
interface XtsMasks {
  mask(tweaks: number, units: number, data: number, masks: number): void;
  xor(data: number, masks: number, size: number): void;
}

const PAGE = 65_536;

/** @param size - bytes of memory that the functions need */
export function instantiateXtsMasks(size: number): XtsMasks & { readonly memory: Uint8Array } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(size / PAGE) });
  const module = new WebAssembly.Module(Buffer.from(XTS_MASKS_MODULE, 'base64'));
  const { mask, xor } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return { mask, xor, memory: new Uint8Array(memory.buffer) };
}
