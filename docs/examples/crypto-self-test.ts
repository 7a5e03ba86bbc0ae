import { portableProvider, selfTest } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';

for (const provider of [portableProvider, nodeProvider()]) {
  const results = selfTest(provider);
  console.log(
    provider.name,
    results.length,
    results.every(({ passed }) => passed),
  );
}
