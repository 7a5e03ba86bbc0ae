import { bytesToHex, type CryptoProvider } from '@rootcap/crypto';
import { type Certificate, parseCertificate, type VerifyProvider, X509Error } from '@rootcap/dice/x509';

/** What was read and verified before: a device shows most of its chain again at every boot, and all of it again within one. */
export interface ChainMemory {
  /** Verifies as the provider does; signatures that were right before are not computed again. */
  readonly provider: VerifyProvider;
  /** The certificate, or the bytes themselves if they are none. */
  read(der: Uint8Array): Certificate | Uint8Array;
}

/** Certificates and signatures to keep, each. */
const LIMIT = 4096;

/** A map that forgets what was asked for longest ago. */
function recent<T>(limit: number) {
  const entries = new Map<string, T>();
  return {
    get(key: string): T | undefined {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key: string, value: T): void {
      entries.set(key, value);
      const [oldest] = entries.keys();
      if (entries.size > limit && oldest !== undefined) entries.delete(oldest);
    },
  };
}

/** Remembers nothing but what is true for ever: what bytes say, and that a signature is right. */
export function chainMemory(provider: CryptoProvider, limit = LIMIT): ChainMemory {
  const certificates = recent<Certificate>(limit);
  const signatures = recent<true>(limit);
  const digest = (...parts: readonly Uint8Array[]): string =>
    bytesToHex(provider.hashes.digest('sha256', ...parts.map((part) => provider.hashes.digest('sha256', part))));

  type Verify = (
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    options?: { readonly context?: Uint8Array },
  ) => boolean;
  const remembering = <T extends { readonly verify: Verify }>(base: T): T => {
    const verify: Verify = (publicKey, message, signature, options) => {
      // Certificates have no context; another caller's are not remembered.
      if (options !== undefined) return base.verify(publicKey, message, signature, options);
      const key = digest(publicKey, message, signature);
      if (signatures.get(key) === true) return true;
      const right = base.verify(publicKey, message, signature);
      if (right) signatures.set(key, true);
      return right;
    };
    return Object.create(base, { verify: { value: verify } }) as T;
  };

  return {
    provider: {
      hashes: provider.hashes,
      ecdsa384: remembering(provider.ecdsa384),
      mldsa87: remembering(provider.mldsa87),
    },
    read(der) {
      const key = digest(der);
      const known = certificates.get(key);
      if (known !== undefined) return known;
      try {
        const certificate = parseCertificate(der);
        certificates.set(key, certificate);
        return certificate;
      } catch (error) {
        if (error instanceof X509Error) return der;
        throw error;
      }
    },
  };
}
