import { bytesToHex, ecc384KeyFromSeed, kdf512, portableProvider, seededEntropy, utf8ToBytes } from '@rootcap/crypto';

const { hashes, ecdsa384, mldsa87, mlkem1024 } = portableProvider;

// Hashes take parts, and can run on.
console.log(bytesToHex(hashes.digest('sha384', utf8ToBytes('ab'), utf8ToBytes('c'))).slice(0, 16));

// Keys come from seeds, signatures are functions of their arguments: RFC 6979, and rnd = 0 for ML-DSA.
const seed = kdf512(portableProvider, new Uint8Array(64), 'ldevid_ecc_key').subarray(0, 48);
const { privateKey, publicKey } = ecc384KeyFromSeed(portableProvider, seed);
const digest = hashes.digest('sha384', utf8ToBytes('message'));
console.log(ecdsa384.verify(publicKey, digest, ecdsa384.sign(privateKey, digest)));

const pair = mldsa87.keygenFromSeed(seed.subarray(0, 32));
const signature = mldsa87.sign(pair.secretKey, utf8ToBytes('message'));
console.log(signature.length, mldsa87.verify(pair.publicKey, utf8ToBytes('another'), signature));

// Randomness is an argument too.
const random = seededEntropy(utf8ToBytes('seed'), portableProvider);
const { encapsulationKey, decapsulationKey } = mlkem1024.keygenFromSeed(random.bytes(32), random.bytes(32));
const { ciphertext, sharedSecret } = mlkem1024.encapsulate(encapsulationKey, random.bytes(32));
console.log(bytesToHex(mlkem1024.decapsulate(decapsulationKey, ciphertext)) === bytesToHex(sharedSecret));

// Malformed input is an error that names the argument.
try {
  ecdsa384.sign(new Uint8Array(48), digest);
} catch (error) {
  console.log(String(error));
}
