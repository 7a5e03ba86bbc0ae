import { createHash } from 'node:crypto';
import { checked, compose, type Hashes, portableProvider, selfTest, utf8ToBytes } from '@rootcap/crypto';
import { createDevice } from 'rootcap';

// A capability of your own: here SHA-384 from another library.
const hashes: Hashes = {
  create: (name) => portableProvider.hashes.create(name),
  digest(name, ...parts) {
    if (name !== 'sha384') return portableProvider.hashes.digest(name, ...parts);
    const hash = createHash('sha384');
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },
};
const mine = compose({ name: 'mine', hashes }, portableProvider);
console.log(mine.name);
console.log(selfTest(mine).filter(({ passed }) => !passed).length, 'known-answer tests failed');

// checked() computes everything twice and answers only if both agree: here a whole boot.
console.log(createDevice({ provider: checked(mine, portableProvider), verifyOwnSignatures: false }).boot().state);

// A wrong one is caught at its first wrong answer; the message names the place, never the bytes.
const wrong = compose({ name: 'wrong', hashes: { ...hashes, digest: () => new Uint8Array(48) } }, portableProvider);
try {
  checked(wrong, portableProvider).hashes.digest('sha384', utf8ToBytes('abc'));
} catch (error) {
  console.log(String(error));
}
