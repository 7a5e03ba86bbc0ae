import { bytesToHex, hexToBytes } from '@rootcap/crypto';
import { attempt, type Fields } from '../fields.ts';
import { digestNamed } from '../hash-names.ts';
import { notRun } from '../suite.ts';
import { pointFromDer, signatureFromDer } from './der.ts';
import type { WycheproofHandler } from './recognize.ts';
import { judgeOutput, judgeVerdict } from './verdict.ts';

const SIZE = 48;
const CURVE = 'secp384r1';

function requireP384(curve: string): void {
  if (curve !== CURVE) notRun('curves other than P-384');
}

/** Field prime and coefficient b of P-384, SP 800-186 §3.2.1.4; a is -3. */
const P = 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n;
const B = 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % P, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P)
    if ((rest & 1n) === 1n) result = (result * square) % P;
  return result;
}

const toBytes = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(2 * SIZE, '0'));

/** X ‖ Y of a point in compressed form. The prime is 3 mod 4, so a root is a power. */
function decompress(sign: number, xBytes: Uint8Array): Uint8Array | undefined {
  const x = BigInt(`0x${bytesToHex(xBytes)}`);
  const square = (x ** 3n - 3n * x + B) % P;
  const root = power(square + P, (P + 1n) / 4n);
  if (x >= P || (root * root - square) % P !== 0n) return undefined;
  const y = (root & 1n) === BigInt(sign & 1) ? root : P - root;
  return hexToBytes(bytesToHex(xBytes) + bytesToHex(toBytes(y)));
}

/** X ‖ Y of a point encoded as SEC 1 §2.3.3 has it. The provider checks whether it is on the curve. */
function decodePoint(encoded: Uint8Array): Uint8Array | undefined {
  const [form = 0] = encoded;
  if (form === 4 && encoded.length === 1 + 2 * SIZE) return encoded.subarray(1);
  return (form === 2 || form === 3) && encoded.length === 1 + SIZE ? decompress(form, encoded.subarray(1)) : undefined;
}

/** Contents of the AlgorithmIdentifier: id-ecPublicKey, secp384r1. RFC 5480 §2.1.1 */
const EC_P384 = hexToBytes('06072a8648ce3d020106052b81040022');

function ecdh(decode: (encoded: Uint8Array) => Uint8Array | undefined): WycheproofHandler {
  return (test, { provider }) => {
    requireP384(test.text('curve'));
    const privateKey = test.scalar('private', SIZE);
    const publicKey = decode(test.hex('public'));
    const shared =
      privateKey === undefined || publicKey === undefined
        ? undefined
        : attempt(() => provider.ecdh384.sharedSecret(privateKey, publicKey));
    return judgeOutput(test, 'shared', shared, () => test.hex('shared'));
  };
}

/** ECDH with a SubjectPublicKeyInfo. */
export const ecdhAsn: WycheproofHandler = ecdh((der) => {
  const point = pointFromDer(der, EC_P384);
  return point === undefined ? undefined : decodePoint(point);
});

/** ECDH with a bare point. */
export const ecdhPoint: WycheproofHandler = ecdh(decodePoint);

/** Public key of a group, `key` in the first version of the schema. */
const keyOf = (test: Fields): Fields => (test.has('publicKey') ? test.object('publicKey') : test.object('key'));

function ecdsa(decode: (signature: Uint8Array) => Uint8Array | undefined): WycheproofHandler {
  return (test, { provider }) => {
    const key = keyOf(test);
    requireP384(key.text('curve'));
    const point = decodePoint(key.hex('uncompressed'));
    const digest = digestNamed(provider, test.text('sha'), test.hex('msg'));
    const signature = decode(test.hex('sig'));
    const accepted =
      point !== undefined &&
      signature !== undefined &&
      (attempt(() => provider.ecdsa384.verify(point, digest, signature)) ?? false);
    return judgeVerdict(test, accepted);
  };
}

/** ECDSA signatures in DER. */
export const ecdsaDer: WycheproofHandler = ecdsa((der) => signatureFromDer(der, SIZE));

/** ECDSA signatures as r ‖ s. */
export const ecdsaP1363: WycheproofHandler = ecdsa((raw) => (raw.length === 2 * SIZE ? raw : undefined));
