import { ecc384KeyFromSeed, kdf512, portableProvider } from '@rootcap/crypto';
import {
  assembleCertificate,
  assembleCsr,
  type DeviceState,
  type DiceAlgorithm,
  fmcAliasCsrTbs,
  fmcAliasTbs,
  fmcTcbInfos,
  idevidCsrTbs,
  idevidKeyIdentifier,
  keyIdentity,
  ldevidCsrTbs,
  ldevidTbs,
  type MeasuredGeneration,
  OWNER_STATUS,
  ownerInfoHash,
  rtAliasCsrTbs,
  rtAliasTbs,
  rtTcbInfo,
  type SubjectParams,
  ueid,
  type Validity,
  VENDOR_STATUS_2_1_0,
  VENDOR_STATUS_2_1_3,
  vendorInfoHash,
} from '@rootcap/dice';

export const provider = portableProvider;

/** One key pair of a layer, as the firmware makes it from a key-vault entry. */
export interface LayerKey {
  readonly publicKey: Uint8Array;
  sign(tbs: Uint8Array): Uint8Array;
}

const cache = new Map<string, LayerKey>();

/** ECC key from the private key in a key-vault slot. */
export function eccKey(privateKey: Uint8Array): LayerKey {
  const point = provider.ecdsa384.publicKey(privateKey);
  const publicKey = new Uint8Array(97);
  publicKey[0] = 4;
  publicKey.set(point, 1);
  return {
    publicKey,
    sign: (tbs) => provider.ecdsa384.sign(privateKey, provider.hashes.digest('sha384', tbs)),
  };
}

/** ML-DSA key from a key-vault entry: its first 32 bytes, reversed, are the seed. */
export function mldsaKey(entry: Uint8Array): LayerKey {
  const id = Buffer.from(entry).toString('hex');
  let key = cache.get(id);
  if (key === undefined) {
    const pair = provider.mldsa87.keygenFromSeed(entry.slice(0, 32).reverse());
    key = { publicKey: pair.publicKey, sign: (tbs) => provider.mldsa87.sign(pair.secretKey, tbs) };
    cache.set(id, key);
  }
  return key;
}

/** Both keys that a CDI gives: `idevid`, `ldevid`, `alias_fmc`, `alias_rt`. */
export function keyOf(algorithm: DiceAlgorithm, cdi: Uint8Array, layer: string): LayerKey {
  if (algorithm === 'mldsa87') return mldsaKey(kdf512(provider, cdi, `${layer}_mldsa_key`));
  const seed = kdf512(provider, cdi, `${layer}_ecc_key`).subarray(0, 48);
  return eccKey(ecc384KeyFromSeed(provider, seed).privateKey);
}

export type Keys = Readonly<Record<'idevid' | 'ldevid' | 'fmc' | 'rt', LayerKey>>;

export interface Measurements {
  readonly deviceStatus: Uint8Array;
  readonly vendorPkHash: Uint8Array;
  readonly ownerPkHash: Uint8Array;
  readonly fmcTci: Uint8Array;
  readonly rtTci: Uint8Array;
  readonly fwSvn: number;
  readonly idevidCertAttr: readonly number[];
  readonly validity?: Validity;
}

/** State of a device of 2.1 from its recorded device status, 17 or 18 bytes. */
export function stateOf(status: Uint8Array): DeviceState {
  const owner = OWNER_STATUS.decode(status.subarray(0, 11));
  const vendor =
    status.length === 18
      ? VENDOR_STATUS_2_1_3.decode(status.subarray(11))
      : { ...VENDOR_STATUS_2_1_0.decode(status.subarray(11)), subsystemMode: 0 };
  return {
    ...owner,
    ...vendor,
    ownerPkHashInFuses: owner.ownerPkHashInFuses === 1,
    antiRollbackDisable: owner.antiRollbackDisable === 1,
    debugLocked: vendor.debugLocked === 1,
    subsystemMode: vendor.subsystemMode === 1,
  };
}

export const generationOf = (status: Uint8Array): Exclude<MeasuredGeneration, '2.0'> =>
  status.length === 18 ? '2.1.3' : '2.1.0';

export type Artefact =
  | 'idevid_csr'
  | 'ldevid'
  | 'ldevid_csr'
  | 'fmc_alias'
  | 'fmc_alias_csr'
  | 'rt_alias'
  | 'rt_alias_csr';

/** Makes every certificate and request of a device of 2.1 the way its firmware does. */
export function artefactsOf(
  algorithm: DiceAlgorithm,
  keys: Keys,
  measured: Measurements,
): Record<Artefact, () => Uint8Array> {
  const state = stateOf(measured.deviceStatus);
  const subject = (key: LayerKey): SubjectParams => ({
    publicKey: key.publicKey,
    subjectSerialNumber: keyIdentity(provider, key.publicKey).subjectSerialNumber,
    ueid: ueid(measured.idevidCertAttr),
  });
  const issued = (key: LayerKey, issuer: LayerKey) => {
    const by = keyIdentity(provider, issuer.publicKey);
    const { certificateSerialNumber, subjectKeyIdentifier } = keyIdentity(provider, key.publicKey);
    return {
      ...subject(key),
      serialNumber: certificateSerialNumber,
      subjectKeyIdentifier,
      issuerSerialNumber: by.subjectSerialNumber,
      authorityKeyIdentifier: by.subjectKeyIdentifier,
    };
  };
  const certificate = (tbs: Uint8Array, issuer: LayerKey) => assembleCertificate(algorithm, tbs, issuer.sign(tbs));
  const tcbInfos = fmcTcbInfos({
    ownerInfoHash: ownerInfoHash(provider, measured.ownerPkHash, state),
    vendorInfoHash: vendorInfoHash(provider, generationOf(measured.deviceStatus), measured.vendorPkHash, state),
    fmcTci: measured.fmcTci,
    fwSvn: state.coldBootFwSvn,
  });
  const tcbInfo = rtTcbInfo({ rtTci: measured.rtTci, fwSvn: measured.fwSvn });
  const validity = measured.validity === undefined ? {} : { validity: measured.validity };
  const unsigned = new Uint8Array(algorithm === 'mldsa87' ? 4627 : 96);
  return {
    idevid_csr: () => certificate(idevidCsrTbs(algorithm, subject(keys.idevid)), keys.idevid),
    ldevid: () =>
      certificate(
        ldevidTbs(algorithm, {
          ...issued(keys.ldevid, keys.idevid),
          authorityKeyIdentifier: idevidKeyIdentifier(
            provider,
            algorithm,
            keys.idevid.publicKey,
            measured.idevidCertAttr,
          ),
        }),
        keys.idevid,
      ),
    ldevid_csr: () => assembleCsr(algorithm, ldevidCsrTbs(algorithm, subject(keys.ldevid)), unsigned),
    fmc_alias: () =>
      certificate(fmcAliasTbs(algorithm, { ...issued(keys.fmc, keys.ldevid), tcbInfos, ...validity }), keys.ldevid),
    fmc_alias_csr: () => certificate(fmcAliasCsrTbs(algorithm, { ...subject(keys.fmc), tcbInfos }), keys.fmc),
    rt_alias: () =>
      certificate(rtAliasTbs(algorithm, { ...issued(keys.rt, keys.fmc), tcbInfo, ...validity }), keys.fmc),
    rt_alias_csr: () => certificate(rtAliasCsrTbs(algorithm, { ...subject(keys.rt), tcbInfo }), keys.rt),
  };
}
