import type { CryptoProvider } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import {
  authorityKeyIdentifierExtension,
  basicConstraints,
  type DiceAlgorithm,
  der,
  keyIdentity,
  keyUsage,
  name,
  OID,
  subjectKeyIdentifierExtension,
  subjectPublicKeyInfo,
} from '@rootcap/dice';
import { createVendorCa, issueIdevidCertificate, type VendorCa } from '@rootcap/dice/x509';
import { eccKey, type LayerKey, provider } from './device.ts';
import { bytesOf, jsonOf, unhex, wordsOf } from './vectors.ts';

const SUFFIX: Readonly<Record<DiceAlgorithm, string>> = { 'ecdsa-p384': 'ecc', mldsa87: 'mldsa' };

const cas = new Map<DiceAlgorithm, VendorCa>();

/** One vendor CA per algorithm for all tests. */
export function vendorCa(algorithm: DiceAlgorithm): VendorCa {
  let ca = cas.get(algorithm);
  if (ca === undefined) {
    const seed = new Uint8Array(algorithm === 'mldsa87' ? 32 : 48).fill(7);
    ca = createVendorCa({ provider, algorithm, name: 'Test Vendor Root', seed, pathLen: 8 });
    cas.set(algorithm, ca);
  }
  return ca;
}

/** Fuse words of a captured device. */
export function attributesOf(device: string): number[] {
  const { fuses } = jsonOf<{ fuses: { idevid_cert_attr?: string } }>('goldens', device, 'config.json');
  return wordsOf(fuses.idevid_cert_attr ?? '00'.repeat(96));
}

/** IDevID certificate of a captured device, from its CSR envelope. */
export function idevidCertificate(device: string, algorithm: DiceAlgorithm): Uint8Array {
  const { csr_hmac_key } = jsonOf<{ csr_hmac_key: string }>('goldens', device, 'config.json');
  const envelope = bytesOf('goldens', device, 'idevid_csr_envelope.bin');
  const request = { envelope, csrHmacKey: unhex(csr_hmac_key), algorithm };
  return issueIdevidCertificate(vendorCa(algorithm), request, { idevidCertAttr: attributesOf(device) });
}

/** Root, IDevID, and the recorded LDevID, FMC alias and RT alias certificates of a captured device. */
export function chainOf(device: string, algorithm: DiceAlgorithm): Uint8Array[] {
  const recorded = ['ldevid', 'fmc_alias', 'rt_alias'].map((layer) =>
    bytesOf('goldens', device, 'boot-certs', `${layer}_${SUFFIX[algorithm]}.der`),
  );
  return [vendorCa(algorithm).certificate, idevidCertificate(device, algorithm), ...recorded];
}

const verdicts = new Map<string, boolean>();

const native = nodeProvider();

/** The native provider, with the verdict of every verification remembered: most of a changed chain is unchanged. */
export const remembering: CryptoProvider = {
  ...native,
  ecdsa384: {
    ...native.ecdsa384,
    verify: (key, digest, signature) =>
      remember([key, digest, signature], () => native.ecdsa384.verify(key, digest, signature)),
  },
  mldsa87: {
    ...native.mldsa87,
    verify: (key, message, signature, options) =>
      remember([key, message, signature], () => native.mldsa87.verify(key, message, signature, options)),
  },
};

function remember(inputs: readonly Uint8Array[], verify: () => boolean): boolean {
  const id = Buffer.from(provider.hashes.digest('sha256', ...inputs)).toString('hex');
  let verdict = verdicts.get(id);
  if (verdict === undefined) {
    verdict = verify();
    verdicts.set(id, verdict);
  }
  return verdict;
}

/** Deviations of one certificate of {@link forge}. */
export interface Forgery {
  readonly extensions?: readonly Uint8Array[];
  /** Content bytes of the INTEGER. */
  readonly serialNumber?: Uint8Array;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly innerAlgorithm?: string;
  /** Adds NULL to both algorithm identifiers. */
  readonly parameters?: boolean;
  readonly authorityKeyIdentifier?: Uint8Array;
  readonly issuer?: string;
}

const CA_EXTENSIONS = [basicConstraints(), keyUsage(['keyCertSign'])];

/** A P-384 chain of root, CA and end entity, signed rightly whatever it says. */
export function forge(changes: { readonly [K in 'root' | 'middle' | 'leaf']?: Forgery }): Uint8Array[] {
  const keys = { root: forgedKey(1), middle: forgedKey(2), leaf: forgedKey(3) };
  const make = (subject: keyof typeof keys, issuer: keyof typeof keys): Uint8Array => {
    const change = changes[subject] ?? {};
    const identity = keyIdentity(provider, keys[subject].publicKey);
    const authority = keyIdentity(provider, keys[issuer].publicKey).subjectKeyIdentifier;
    const parameters = change.parameters ? [der.tlv(5)] : [];
    const algorithm = (oid: string): Uint8Array => der.sequence(der.oid(oid), ...parameters);
    const date = (text: string): Uint8Array => der.generalizedTime(der.ascii(text));
    const tbs = der.sequence(
      der.constructed(0, der.integer(2)),
      der.tlv(2, change.serialNumber ?? identity.certificateSerialNumber),
      algorithm(change.innerAlgorithm ?? OID.ecdsaWithSha384),
      name(change.issuer ?? issuer),
      der.sequence(date(change.notBefore ?? '20260101000000Z'), date(change.notAfter ?? '20280101000000Z')),
      name(subject),
      subjectPublicKeyInfo('ecdsa-p384', keys[subject].publicKey),
      der.constructed(
        3,
        der.sequence(
          ...(change.extensions ?? (subject === 'leaf' ? [] : CA_EXTENSIONS)),
          subjectKeyIdentifierExtension(identity.subjectKeyIdentifier),
          authorityKeyIdentifierExtension(change.authorityKeyIdentifier ?? authority),
        ),
      ),
    );
    const signature = keys[issuer].sign(tbs);
    const value = der.sequence(der.integer(signature.subarray(0, 48)), der.integer(signature.subarray(48)));
    return der.sequence(tbs, algorithm(OID.ecdsaWithSha384), der.bitString(value));
  };
  return [make('root', 'root'), make('middle', 'root'), make('leaf', 'middle')];
}

const forgedKey = (n: number): LayerKey => eccKey(new Uint8Array(48).fill(n));

/** Devices of the goldens pack. */
export const ALL_DEVICES = [
  'a-passive-mldsa',
  'b-passive-lms',
  'c-subsystem-ocplock-mldsa',
  'd-passive-mldsa-manuf-debug',
  'e-frozenrom212-passive-mldsa',
  'f-passive-mldsa-itrng',
] as const;
