import { equalBytes } from '@rootcap/crypto';

/** Bytes of a context handle. */
export const HANDLE_SIZE = 16;

/** Handle of the default context: 16 zero bytes. */
export const DEFAULT_HANDLE: Uint8Array = new Uint8Array(HANDLE_SIZE);

/** Handle of a context that cannot be named any more: 16 bytes of FF. */
export const INVALID_HANDLE: Uint8Array = new Uint8Array(HANDLE_SIZE).fill(0xff);

/** Whether a handle is the default one. */
export const isDefault = (handle: Uint8Array): boolean => equalBytes(handle, DEFAULT_HANDLE);
