import { bytesToHex, kdf512, portableProvider as provider, systemEntropy } from '@rootcap/crypto';
import { deriveHek, deriveMdk, LOCK_COMMANDS, newLockState, SoftwareEngine, softwareLockPort } from '@rootcap/ocp-lock';

const filled = (byte: number, size = 32): Uint8Array => new Uint8Array(size).fill(byte);
const cdi = kdf512(provider, filled(1, 64), 'idevid_cdi');

/** Checksum of the media key that a block with this HEK derives. */
function checksum(generation: 'context' | 'extract'): string {
  const port = softwareLockPort({
    provider,
    entropy: systemEntropy(),
    hek: deriveHek(provider, generation, cdi, filled(7)),
    mdk: deriveMdk(provider, cdi),
    engine: (takeMek) => new SoftwareEngine(takeMek),
  });
  const lock = { port, state: newLockState(port), conformance: 'firmware-2.1' } as const;
  LOCK_COMMANDS.INITIALIZE_MEK_SECRET.handle(lock, { reserved: 0, sek: filled(2), dpk: filled(3) });
  const place = { metadata: filled(4, 20), aux_metadata: filled(0), cmd_timeout: 0 };
  const request = { reserved: 0, mek_checksum: filled(0, 16), ...place };
  return bytesToHex(LOCK_COMMANDS.DERIVE_MEK.handle(lock, request).mek_checksum);
}

console.log('ROM 2.1.0, 2.1.1 ', checksum('context'));
console.log('ROM since 2.1.2  ', checksum('extract'));
