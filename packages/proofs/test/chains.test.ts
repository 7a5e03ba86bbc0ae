import { describe, expect, test } from '@jest/globals';
import { type CryptoProvider, portableProvider } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { validateChain } from '@rootcap/dice/x509';
import { compareDigests, completeChains, deviceDigests, PrimitiveRecorder, refuseFlippedBits } from '@rootcap/proofs';

describe('a relying party that trusts the vendor', () => {
  const chains = completeChains();

  test.each(['ecdsa-p384', 'mldsa87'] as const)(
    '%s: takes the chain, and refuses it with one flipped bit',
    (algorithm) => {
      const chain = chains[algorithm];
      const trustAnchors = [chain[0] as Uint8Array];
      expect(validateChain(chain, { provider: defaultProvider(), trustAnchors })).toMatchObject({
        valid: true,
        anchor: 'trusted',
      });
      expect(refuseFlippedBits(chain, 100, 2)).toEqual({ refused: 100, accepted: [] });
    },
  );
});

test('digests of two runtimes are compared one by one', () => {
  const digests = deviceDigests();
  expect(compareDigests(digests, digests)).toEqual([]);
  const other = {
    ...digests,
    responses: 'ff',
    chains: { ...digests.chains, mldsa87: digests.chains.mldsa87.map(() => '00') },
  };
  expect(compareDigests(digests, other)).toHaveLength(6);
});

describe('PrimitiveRecorder', () => {
  /** Digests that a provider gave, in order. */
  function listening(provider: CryptoProvider): { readonly provider: CryptoProvider; readonly digests: Uint8Array[] } {
    const digests: Uint8Array[] = [];
    const digest: CryptoProvider['hashes']['digest'] = (name, ...parts) => {
      const result = provider.hashes.digest(name, ...parts);
      digests.push(result);
      return result;
    };
    return { digests, provider: { ...provider, hashes: { ...provider.hashes, digest } } };
  }

  test('replays the calls that were made, with the arguments of that time', () => {
    const { provider, digests } = listening(portableProvider);
    const recorder = new PrimitiveRecorder(provider);
    const message = Uint8Array.of(1, 2, 3);
    const calls = recorder.record(() => {
      recorder.provider.hashes.digest('sha384', message);
      message.fill(0);
    });
    recorder.provider.hashes.digest('sha256', message);
    digests.length = 0;
    for (const { run } of calls) run();
    expect(digests).toEqual([portableProvider.hashes.digest('sha384', Uint8Array.of(1, 2, 3))]);
    expect(calls.map(({ name }) => name)).toEqual(['hashes.digest sha384']);
  });

  test('replays a running hash and its copy', () => {
    const recorder = new PrimitiveRecorder(portableProvider);
    const calls = recorder.record(() => {
      const hash = recorder.provider.hashes.create('sha384').update(Uint8Array.of(1));
      hash.clone().update(Uint8Array.of(2)).digest();
      hash.digest();
    });
    const results = calls.map(({ run }) => run()).filter((result) => result instanceof Uint8Array);
    expect(results).toEqual(
      [[1, 2], [1]].map((bytes) => portableProvider.hashes.digest('sha384', Uint8Array.from(bytes))),
    );
  });
});
