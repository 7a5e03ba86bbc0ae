import type { CryptoProvider } from '@rootcap/crypto';
import { nodeProvider } from './index.ts';

let provider: CryptoProvider | undefined;

/** The provider for this runtime: `node:crypto` where that is the same and faster. */
export function defaultProvider(): CryptoProvider {
  provider ??= nodeProvider();
  return provider;
}
