import { portableProvider } from './portable/provider.ts';
import type { CryptoProvider } from './provider.ts';

/** The provider for this runtime: the portable one. In Node.js the same import gives the one on `node:crypto`. */
export function defaultProvider(): CryptoProvider {
  return portableProvider;
}
