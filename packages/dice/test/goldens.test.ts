import { describe, expect, test } from '@jest/globals';
import { kdf512 } from '@rootcap/crypto';
import {
  aliasValidity,
  assembleCertificate,
  assembleInto,
  type DiceAlgorithm,
  parseCsrEnvelope,
  verifyCsrEnvelope,
} from '@rootcap/dice';
import { type Artefact, artefactsOf, type Keys, keyOf, type Measurements, provider } from './device.ts';
import { bytesOf, exists, hasPack, hex, jsonOf, unhex, wordsOf } from './vectors.ts';

interface Config {
  readonly obf_key: string;
  readonly csr_hmac_key: string;
  readonly debug_locked: boolean;
  readonly fuses: { readonly uds_seed: string; readonly field_entropy: string; readonly idevid_cert_attr?: string };
}

interface Summary {
  readonly fw_info: { readonly fw_svn: number };
  readonly pcrs: Readonly<Record<string, string>>;
  readonly pcr_log: readonly { readonly name: string; readonly data_words_le_hex: string }[];
}

interface State {
  readonly persistent: Readonly<Record<string, { readonly hex: string }>>;
}

interface Exchange {
  readonly name?: string;
  readonly status: string;
  readonly request_hex: string;
  readonly response_hex: string;
}

const PACK = 'goldens';
const DEVICES = [
  'a-passive-mldsa',
  'b-passive-lms',
  'c-subsystem-ocplock-mldsa',
  'd-passive-mldsa-manuf-debug',
  'e-frozenrom212-passive-mldsa',
  'f-passive-mldsa-itrng',
] as const;
const DOE_IV = 'fb10365ba1179741fba193a10f406d7e';

/** CDIs of the four layers from the fuses, as ROM and FMC derive them. */
function keysOf(algorithm: DiceAlgorithm, device: string): Keys {
  const { obf_key, debug_locked, fuses } = jsonOf<Config>(PACK, device, 'config.json');
  const { pcrs } = jsonOf<Summary>(PACK, device, 'summary.json');
  // A device with debug unlocked sees all-ones secrets.
  const secret = (text: string): Uint8Array =>
    debug_locked ? unhex(text) : new Uint8Array(text.length / 2).fill(0xff);
  const doe = (seed: string) => provider.blockCipher.cbcDecrypt(secret(obf_key), unhex(DOE_IV), secret(seed));
  const idevid = kdf512(provider, doe(fuses.uds_seed), 'idevid_cdi');
  const part = provider.hmac.mac('sha512', idevid, Buffer.from('ldevid_cdi', 'latin1'));
  const ldevid = provider.hmac.mac('sha512', part, doe(fuses.field_entropy));
  const fmc = kdf512(provider, ldevid, 'alias_fmc_cdi', unhex(pcrs['0'] as string));
  const rt = kdf512(provider, fmc, 'alias_rt_cdi', unhex(logOf(device, 'RtTci')));
  return {
    idevid: keyOf(algorithm, idevid, 'idevid'),
    ldevid: keyOf(algorithm, ldevid, 'ldevid'),
    fmc: keyOf(algorithm, fmc, 'alias_fmc'),
    rt: keyOf(algorithm, rt, 'alias_rt'),
  };
}

function logOf(device: string, name: string): string {
  const { pcr_log } = jsonOf<Summary>(PACK, device, 'summary.json');
  return (pcr_log.find((entry) => entry.name === name) as Summary['pcr_log'][number]).data_words_le_hex;
}

function measurementsOf(device: string): Measurements {
  const { fuses } = jsonOf<Config>(PACK, device, 'config.json');
  const header = unhex(jsonOf<{ header_hex: string }>(PACK, device, 'image.json').header_hex);
  return {
    deviceStatus: unhex(logOf(device, 'DeviceStatus')).slice(0, device.startsWith('e-') ? 17 : 18),
    vendorPkHash: unhex(logOf(device, 'VendorPubKeyInfoHash')),
    ownerPkHash: unhex(logOf(device, 'OwnerPubKeyHash')),
    fmcTci: unhex(logOf(device, 'FmcTci')),
    rtTci: unhex(logOf(device, 'RtTci')),
    fwSvn: jsonOf<Summary>(PACK, device, 'summary.json').fw_info.fw_svn,
    idevidCertAttr: wordsOf(fuses.idevid_cert_attr ?? '00'.repeat(96)),
    validity: aliasValidity({
      vendorNotBefore: header.slice(80, 95),
      vendorNotAfter: header.slice(95, 110),
      ownerNotBefore: header.slice(120, 135),
      ownerNotAfter: header.slice(135, 150),
    }),
  };
}

if (!hasPack(PACK)) test('left out: no goldens pack', () => {});
else
  describe.each(DEVICES)('device %s', (device) => {
    const ALGORITHMS = [
      ['ecdsa-p384', 'ecc'],
      ['mldsa87', 'mldsa'],
    ] as const;

    test.each(ALGORITHMS)('%s: certificates, requests, TBS areas and attested requests', (algorithm, suffix) => {
      const made = artefactsOf(algorithm, keysOf(algorithm, device), measurementsOf(device));
      const { persistent } = jsonOf<State>(PACK, device, 'state.json');
      const certificates: readonly Artefact[] = ['idevid_csr', 'ldevid', 'fmc_alias', 'fmc_alias_csr', 'rt_alias'];
      let areas = 0;
      for (const artefact of certificates) {
        const der = hex(made[artefact]());
        expect(`${artefact} ${der}`).toBe(
          `${artefact} ${hex(bytesOf(PACK, device, 'boot-certs', `${artefact}_${suffix}.der`))}`,
        );
        const area = persistent[`${suffix}_${artefact.replace('_', '')}_tbs`]?.hex;
        if (area !== undefined) {
          // The TBS area of the firmware: TBS, then whatever was there before.
          const size = 2 * (4 + Number.parseInt(der.slice(12, 16), 16));
          expect(area.slice(0, size)).toBe(der.slice(8, 8 + size));
          areas++;
        }
      }
      expect(areas).toBe(3);
      for (const [id, artefact] of [
        ['1', 'ldevid_csr'],
        ['2', 'fmc_alias_csr'],
        ['3', 'rt_alias_csr'],
      ] as const) {
        const csr = hex(made[artefact]());
        const cose = hex(bytesOf(PACK, device, 'boot-certs', `attested_csr_${suffix}_${id}.cose.bin`));
        // CBOR byte string with a two-byte length, then the request.
        expect(cose).toContain(`59${(csr.length / 2).toString(16).padStart(4, '0')}${csr}`);
      }
    });

    test('CSR envelope', () => {
      const { csr_hmac_key } = jsonOf<Config>(PACK, device, 'config.json');
      const envelope = bytesOf(PACK, device, 'idevid_csr_envelope.bin');
      expect(verifyCsrEnvelope(provider, unhex(csr_hmac_key), envelope)).toBe(true);
      const { eccCsr, mldsaCsr } = parseCsrEnvelope(envelope);
      expect(hex(eccCsr as Uint8Array)).toBe(hex(bytesOf(PACK, device, 'boot-certs', 'idevid_csr_ecc.der')));
      expect(hex(mldsaCsr as Uint8Array)).toBe(hex(bytesOf(PACK, device, 'boot-certs', 'idevid_csr_mldsa.der')));
    });

    if (exists(PACK, device, 'misc'))
      test('GET_IDEV_*_CERT: assembled from whatever the caller sends', () => {
        const transcript = jsonOf<readonly Exchange[]>(PACK, device, 'misc', 'transcript.json');
        const layout = [
          ['GET_IDEV_ECC384_CERT', 'ecdsa-p384', 96, 104],
          ['GET_IDEV_MLDSA87_CERT', 'mldsa87', 4627, 4636],
        ] as const;
        for (const [command, algorithm, signatureSize, tbsOffset] of layout) {
          const found = transcript.filter(({ name, status }) => name?.startsWith(command) && status === 'DATA_READY');
          expect(found.length).toBeGreaterThan(0);
          for (const { request_hex, response_hex } of found) {
            const request = unhex(request_hex);
            const tbsSize = new DataView(request.buffer).getUint32(4, true);
            const tbs = request.subarray(tbsOffset, tbsOffset + tbsSize);
            const signature = request.subarray(8, 8 + signatureSize);
            const certificate = assembleCertificate(algorithm, tbs, signature);
            expect(hex(certificate)).toBe(response_hex.slice(24));
            const buffer = new Uint8Array(9216);
            expect(assembleInto(buffer, 7, algorithm, tbs, signature)).toBe(certificate.length);
            expect(hex(buffer.subarray(7, 7 + certificate.length))).toBe(hex(certificate));
          }
        }
      });
  });
