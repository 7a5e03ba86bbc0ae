import { describe, expect, test } from '@jest/globals';
import { ecc384KeyFromSeed, kdf512 } from '@rootcap/crypto';
import {
  assembleCertificate,
  assembleCsr,
  buildCsrEnvelope,
  type DeviceState,
  type DiceAlgorithm,
  deviceFlags,
  deviceInfoHash,
  deviceStatus,
  fmcAliasCsrTbs,
  fmcAliasTbs,
  fmcTcbInfos,
  fmcTcbInfos20,
  idevidCsrTbs,
  idevidKeyIdentifier,
  keyIdentity,
  ldevidTbs,
  rtAliasTbs,
  rtTcbInfo,
  type TemplateGeneration,
} from '@rootcap/dice';
import { keyOf, type LayerKey, provider, stateOf } from './device.ts';
import { bytesOf, hasPack, hex, jsonOf, latin1, unhex } from './vectors.ts';

interface SmokeVectors {
  readonly inputs: { readonly csr_hmac_key: readonly string[] };
  readonly derived: {
    readonly idevid_cdi: string;
    readonly ldevid_cdi: string;
    readonly idevid: { readonly ecc_pub: string };
    readonly idevid_key_id_sha1_ecc: string;
    readonly idevid_key_id_sha1_mldsa: string;
    readonly csr_envelope_mac: string;
    readonly csr_envelope_sha256: string;
  };
  readonly canned_fmc_alias_2_0: {
    readonly device_status: string;
    readonly vendor_pk_hash: string;
    readonly owner_pk_hash: string;
    readonly fmc_tci: string;
    readonly pcr0: string;
    readonly device_info_hash_input: string;
    readonly tcb_svn: { readonly device: number; readonly fmc: number };
  };
  readonly redaction: { readonly public_key_hex: string };
  readonly unit_vectors: { readonly pcr0: { readonly device_status: string } };
}

const PACK = 'smoke';
const ZERO_UEID = new Uint8Array(17);
const NO_ATTRIBUTES = new Array<number>(24).fill(0);
const SUFFIX: Readonly<Record<DiceAlgorithm, string>> = { 'ecdsa-p384': 'ecc', mldsa87: 'mldsa' };
const ALGORITHMS = ['ecdsa-p384', 'mldsa87'] as const;

const subjectOf = (generation: TemplateGeneration, { publicKey }: LayerKey) => ({
  generation,
  publicKey,
  subjectSerialNumber: keyIdentity(provider, publicKey).subjectSerialNumber,
  ueid: ZERO_UEID,
});

const issuedBy = (
  generation: TemplateGeneration,
  key: LayerKey,
  issuer: LayerKey,
  authorityKeyIdentifier?: Uint8Array,
) => ({
  ...subjectOf(generation, key),
  serialNumber: keyIdentity(provider, key.publicKey).certificateSerialNumber,
  subjectKeyIdentifier: keyIdentity(provider, key.publicKey).subjectKeyIdentifier,
  issuerSerialNumber: keyIdentity(provider, issuer.publicKey).subjectSerialNumber,
  authorityKeyIdentifier: authorityKeyIdentifier ?? keyIdentity(provider, issuer.publicKey).subjectKeyIdentifier,
});

if (!hasPack(PACK)) test('left out: no smoke pack', () => {});
else {
  const {
    inputs,
    derived,
    canned_fmc_alias_2_0: canned,
    redaction,
    unit_vectors,
  } = jsonOf<SmokeVectors>(PACK, 'vectors.json');
  const idevid = (algorithm: DiceAlgorithm) => keyOf(algorithm, unhex(derived.idevid_cdi), 'idevid');
  const ldevid = (algorithm: DiceAlgorithm) => keyOf(algorithm, unhex(derived.ldevid_cdi), 'ldevid');
  const file = (generation: TemplateGeneration, name: string) =>
    generation === '2.0' ? bytesOf(PACK, 'rom-2.0.0', name) : bytesOf(PACK, name);
  const idevidCsr = (generation: TemplateGeneration, algorithm: DiceAlgorithm) => {
    const tbs = idevidCsrTbs(algorithm, subjectOf(generation, idevid(algorithm)));
    return assembleCsr(algorithm, tbs, idevid(algorithm).sign(tbs));
  };

  test('the keys are those of the recorded device', () => {
    expect(hex(idevid('ecdsa-p384').publicKey)).toBe(derived.idevid.ecc_pub);
  });

  describe.each(['2.1', '2.0'] as const)('templates of %s', (generation) => {
    test.each(ALGORITHMS)('IDevID request, %s', (algorithm) => {
      expect(hex(idevidCsr(generation, algorithm))).toBe(hex(file(generation, `idevid_csr_${SUFFIX[algorithm]}.der`)));
    });

    test.each(ALGORITHMS)('LDevID certificate, %s', (algorithm) => {
      const keyIdentifier = idevidKeyIdentifier(provider, algorithm, idevid(algorithm).publicKey, NO_ATTRIBUTES);
      const params = issuedBy(generation, ldevid(algorithm), idevid(algorithm), keyIdentifier);
      const tbs = ldevidTbs(algorithm, params);
      const certificate = assembleCertificate(algorithm, tbs, idevid(algorithm).sign(tbs));
      expect(hex(certificate)).toBe(hex(file(generation, `ldevid_cert_${SUFFIX[algorithm]}.der`)));
    });
  });

  test('IDevID key identifier by SHA-1, the fuse default', () => {
    const keyIdentifier = (algorithm: DiceAlgorithm) =>
      hex(idevidKeyIdentifier(provider, algorithm, idevid(algorithm).publicKey, NO_ATTRIBUTES));
    expect(keyIdentifier('ecdsa-p384')).toBe(derived.idevid_key_id_sha1_ecc);
    expect(keyIdentifier('mldsa87')).toBe(derived.idevid_key_id_sha1_mldsa);
  });

  test('CSR envelope of the default secrets', () => {
    const key = unhex(inputs.csr_hmac_key.map((word) => word.slice(2)).join(''));
    const envelope = buildCsrEnvelope(provider, key, {
      eccCsr: idevidCsr('2.1', 'ecdsa-p384'),
      mldsaCsr: idevidCsr('2.1', 'mldsa87'),
    });
    expect(hex(envelope.subarray(8720))).toBe(derived.csr_envelope_mac);
    expect(hex(provider.hashes.digest('sha256', envelope))).toBe(derived.csr_envelope_sha256);
  });

  test('device status of the unit vectors of the ROM', () => {
    const status = unhex(unit_vectors.pcr0.device_status);
    expect(hex(deviceStatus('2.1.3', stateOf(status)))).toBe(hex(status));
    expect(hex(deviceStatus('2.1.0', stateOf(status)))).toBe(hex(status.subarray(0, 17)));
  });

  describe('complete FMC alias certificates of 2.0', () => {
    const state: DeviceState = {
      ownerPkHashInFuses: true,
      antiRollbackDisable: false,
      eccRevocation: 0,
      lmsRevocation: 0,
      mldsaRevocation: 0,
      fwFuseSvn: canned.tcb_svn.device,
      socManifestFuseSvn: 0,
      socManifestMaxSvn: 0,
      pqcKeyType: 1,
      lifecycle: 3,
      debugLocked: true,
      coldBootFwSvn: canned.tcb_svn.fmc,
      vendorEccKeyIndex: 0,
      vendorPqcKeyIndex: 0,
      subsystemMode: false,
    };
    const hashes = [unhex(canned.vendor_pk_hash), unhex(canned.owner_pk_hash)] as const;

    test('device status, PCR0 and device info', () => {
      const status = deviceStatus('2.0', state);
      expect(hex(status)).toBe(canned.device_status);
      let pcr0: Uint8Array = new Uint8Array(48);
      for (const data of [status, ...hashes, unhex(canned.fmc_tci)])
        pcr0 = provider.hashes.digest('sha384', pcr0, data);
      expect(hex(pcr0)).toBe(canned.pcr0);
      const head = unhex(canned.device_info_hash_input.split(' ')[0] as string);
      expect(hex(deviceInfoHash(provider, ...hashes, state))).toBe(
        hex(provider.hashes.digest('sha384', head, ...hashes)),
      );
    });

    test.each(ALGORITHMS)('%s, byte for byte', (algorithm) => {
      const cdi = kdf512(provider, unhex(derived.ldevid_cdi), 'alias_fmc_cdi', unhex(canned.pcr0));
      const key = keyOf(algorithm, cdi, 'alias_fmc');
      const tcbInfos = fmcTcbInfos20({
        deviceInfoHash: deviceInfoHash(provider, ...hashes, state),
        deviceFlags: deviceFlags(state),
        fuseSvn: canned.tcb_svn.device,
        fmcTci: unhex(canned.fmc_tci),
        fwSvn: canned.tcb_svn.fmc,
      });
      const tbs = fmcAliasTbs(algorithm, { ...issuedBy('2.0', key, ldevid(algorithm)), tcbInfos });
      const certificate = assembleCertificate(algorithm, tbs, ldevid(algorithm).sign(tbs));
      expect(hex(certificate)).toBe(hex(file('2.0', `fmc_alias_cert_${SUFFIX[algorithm]}.der`)));
    });
  });

  /** The redacted goldens: key, names, signature and TCB claims are replaced by fixed bytes. */
  describe.each(['2.1', '2.0'] as const)('redacted goldens of %s', (generation) => {
    const redacted = new Uint8Array(20).fill(0x44);
    const digest = new Uint8Array(48);
    const subject = {
      generation,
      publicKey: unhex(redaction.public_key_hex),
      subjectSerialNumber: 'D'.repeat(64),
      ueid: ZERO_UEID,
    };
    const certificate = { ...subject, serialNumber: redacted, subjectKeyIdentifier: redacted };
    const tcbInfos =
      generation === '2.0'
        ? fmcTcbInfos20({
            deviceInfoHash: digest,
            deviceFlags: deviceFlags({ lifecycle: 3, debugLocked: true }),
            fuseSvn: 0,
            fmcTci: digest,
            fwSvn: 0,
          })
        : fmcTcbInfos({ ownerInfoHash: digest, vendorInfoHash: digest, fmcTci: digest, fwSvn: 0 });

    /** Overwrites what stands inside the OCTET STRING of the TCB extension. */
    const redact = (der: Uint8Array, oid: string): string => {
      const at = latin1(der).indexOf(latin1(unhex(oid))) + oid.length / 2 + 1;
      const long = (der[at] as number) & 0x80 ? (der[at] as number) & 0x7f : 0;
      let length = long === 0 ? (der[at] as number) : 0;
      for (let i = 1; i <= long; i++) length = length * 256 + (der[at + i] as number);
      return hex(der.slice().fill(0x44, at + 1 + long, at + 1 + long + length));
    };
    const signature = new Uint8Array(96).fill(0x44);
    const MULTI_TCB_INFO = '060667810505040504'.slice(0, -2);
    const TCB_INFO = '0606678105050401';

    test('FMC alias certificate', () => {
      const tbs = fmcAliasTbs('ecdsa-p384', {
        ...certificate,
        issuerSerialNumber: keyIdentity(provider, ldevid('ecdsa-p384').publicKey).subjectSerialNumber,
        authorityKeyIdentifier: keyIdentity(provider, ldevid('ecdsa-p384').publicKey).subjectKeyIdentifier,
        tcbInfos,
      });
      const got = redact(assembleCertificate('ecdsa-p384', tbs, signature), MULTI_TCB_INFO);
      expect(got).toBe(hex(file(generation, 'fmc_alias_cert_redacted.der')));
    });

    test('RT alias certificate', () => {
      const tbs = rtAliasTbs('ecdsa-p384', {
        ...certificate,
        issuerSerialNumber: 'D'.repeat(64),
        authorityKeyIdentifier: redacted,
        tcbInfo: rtTcbInfo({ rtTci: digest, fwSvn: 0 }, generation),
      });
      const got = redact(assembleCertificate('ecdsa-p384', tbs, signature), TCB_INFO);
      expect(got).toBe(hex(file(generation, 'rt_alias_cert_redacted.der')));
    });

    if (generation === '2.1')
      test('FMC alias request', () => {
        const tbs = fmcAliasCsrTbs('ecdsa-p384', { ...subject, tcbInfos });
        const got = redact(assembleCsr('ecdsa-p384', tbs, signature), MULTI_TCB_INFO);
        expect(got).toBe(hex(file(generation, 'fmc_alias_csr_redacted.der')));
      });
  });

  test('ECC keys come from the first 48 bytes of the KDF', () => {
    const seed = kdf512(provider, unhex(derived.idevid_cdi), 'idevid_ecc_key').subarray(0, 48);
    expect(hex(ecc384KeyFromSeed(provider, seed).publicKey)).toBe(derived.idevid.ecc_pub.slice(2));
  });
}
