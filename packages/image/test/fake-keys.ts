import { expect } from '@jest/globals';
import { concatBytes, hexToBytes, lmsKeygen, portableProvider } from '@rootcap/crypto';
import {
  type EccSigningKey,
  type LmsSigningKey,
  lmsSigningKey,
  type MlDsaSigningKey,
  type OwnerKeys,
  type VendorKeys,
} from '@rootcap/image';
import { readVectors } from './vectors.ts';

/** fake-keys.json: the public test keys of caliptra-sw:image/fake-keys. */
interface FakeLmsKey {
  readonly priv: { readonly tree_type: number; readonly ots_type: number; readonly id: string; readonly seed: string };
  readonly pub: { readonly bytes: string };
}
interface FakeKeys {
  readonly vendor: {
    readonly ecc: readonly FakeEccKey[];
    readonly mldsa: readonly FakeMlDsaKey[];
    readonly lms: readonly FakeLmsKey[];
  };
  readonly owner: { readonly ecc: FakeEccKey; readonly mldsa: FakeMlDsaKey; readonly lms: FakeLmsKey };
}
interface FakeEccKey {
  readonly priv: string;
  readonly x: string;
  readonly y: string;
}
interface FakeMlDsaKey {
  readonly priv: string;
  readonly pub: string;
}

const eccKey = ({ priv, x, y }: FakeEccKey): EccSigningKey => ({
  privateKey: hexToBytes(priv),
  publicKey: concatBytes(hexToBytes(x), hexToBytes(y)),
});
const mldsaKey = ({ priv, pub }: FakeMlDsaKey): MlDsaSigningKey => ({
  secretKey: hexToBytes(priv),
  publicKey: hexToBytes(pub),
});

/** Caliptra's fake keys have one real leaf. The tree takes a while, so it is made when the key first signs. */
const LEAF = 5;
const lmsKey = ({ priv, pub }: FakeLmsKey): LmsSigningKey => {
  const publicKey = hexToBytes(pub.bytes);
  let signer: LmsSigningKey | undefined;
  return {
    publicKey,
    sign(message) {
      const { tree_type: lms, ots_type: lmots, id, seed } = priv;
      signer ??= lmsSigningKey(
        portableProvider,
        lmsKeygen(portableProvider, { lms, lmots, id: hexToBytes(id), seed: hexToBytes(seed), leaves: { only: LEAF } }),
        LEAF,
      );
      expect(signer.publicKey).toEqual(publicKey);
      return signer.sign(message);
    },
  };
};

const fakeKeys = (): FakeKeys => readVectors('fake-keys.json');

/** 4 ECC and 4 ML-DSA keys; 4 LMS keys, which Caliptra lists 8 times over. */
export function fakeVendorKeys(): Required<VendorKeys> {
  const { ecc, mldsa, lms } = fakeKeys().vendor;
  const lmsKeys = lms.map(lmsKey);
  return { ecc: ecc.map(eccKey), mldsa: mldsa.map(mldsaKey), lms: Array.from({ length: 8 }, () => lmsKeys).flat() };
}

export function fakeOwnerKeys(): Required<OwnerKeys> {
  const { ecc, mldsa, lms } = fakeKeys().owner;
  return { ecc: eccKey(ecc), mldsa: mldsaKey(mldsa), lms: lmsKey(lms) };
}
