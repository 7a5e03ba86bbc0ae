import { selfTest } from '@rootcap/crypto';
import { type ErrorName, RotError } from '@rootcap/errors';
import type { Chip } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';

/** TRNG responses that ROM's known-answer tests take: ECC 2, ECDH 1, HMAC KDF 2, HKDF 4, ML-DSA 6. */
const TRNG_RESPONSES = 15;

/** Providers that passed. A provider computes the same for every device, so once a process is enough. */
const passed = new WeakSet<object>();

/** Code that ROM reports when the test of a primitive fails. */
const FAILURES: Readonly<Record<string, ErrorName>> = {
  hashes: 'KAT_SHA384_DIGEST_MISMATCH',
  hmac: 'KAT_HMAC384_FAILURE',
  ecdsa384: 'KAT_ECC384_SIGNATURE_MISMATCH',
  mldsa87: 'KAT_MLDSA87_SIGNATURE_MISMATCH',
};

/**
 * Known-answer tests of the algorithms. They run on the provider that computes for the chip's engines.
 *
 * @throws RotError with the code of the first primitive that fails
 * @see caliptra-sw:kat/src
 */
export function runKnownAnswerTests({ chip, options, provider }: FirmwareContext): void {
  if (options.rom.intact === false) throw new RotError('ROM_INTEGRITY_FAILURE', 'the digest of the ROM image');
  testGenerator(chip);
  for (let i = 0; i < TRNG_RESPONSES; i++) chip.trng.generate();
  if (passed.has(provider)) return;
  for (const { primitive, passed: ok } of selfTest(provider))
    if (!ok) throw new RotError(FAILURES[primitive] ?? 'ROM_INTEGRITY_FAILURE', primitive);
  passed.add(provider);
}

/**
 * The test of the internal generator takes its state, so it is seeded anew. Each look at the entropy source lets it test
 * another window: once during the reseed of the test, once before the new seed.
 *
 * @see caliptra-sw:kat/src/csrng_kat.rs
 */
function testGenerator({ soc, trng }: Chip): void {
  if (!soc.internalTrng) return;
  trng.csrng.pollHealthTests();
  if (!trng.csrng.enabled) trng.csrng.enable();
  trng.csrng.pollHealthTests();
  trng.csrng.instantiate();
}
