import { describe, expect, test } from '@jest/globals';
import { buildCsrEnvelope, type DiceAlgorithm, deviceStatus, parseCsrEnvelope, verifyCsrEnvelope } from '@rootcap/dice';
import {
  type Artefact,
  artefactsOf,
  eccKey,
  generationOf,
  type Keys,
  keyOf,
  type Measurements,
  mldsaKey,
  provider,
  stateOf,
} from './device.ts';
import { bytesOf, hasPack, hex, jsonOf, latin1, unhex, wordsOf } from './vectors.ts';

interface Scenario {
  readonly name: string;
  readonly fuses: { readonly idevid_cert_attr?: string };
  readonly ueid: string;
  readonly validity: { readonly nb?: string; readonly na?: string };
  readonly fw_svn: number;
  readonly device_status: string;
  readonly vendor_pk_hash: string;
  readonly owner_pk_hash: string;
  readonly fmc_tci: string;
  readonly rt_tci: string;
  readonly expect: {
    readonly pcr0: string;
    readonly kv: Readonly<Record<'4' | '5' | '7' | '8' | '9', string>>;
    readonly idevid_cdi: string;
    readonly ldevid_cdi: string;
    readonly files: Readonly<Record<string, string>>;
  };
}

const PACK = 'rom-scenarios';

function keysOf(algorithm: DiceAlgorithm, { kv, idevid_cdi, ldevid_cdi }: Scenario['expect']): Keys {
  const mldsa = algorithm === 'mldsa87';
  return {
    idevid: keyOf(algorithm, unhex(idevid_cdi), 'idevid'),
    ldevid: keyOf(algorithm, unhex(ldevid_cdi), 'ldevid'),
    fmc: mldsa ? mldsaKey(unhex(kv['8'])) : eccKey(unhex(kv['7'])),
    rt: mldsa ? mldsaKey(unhex(kv['9'])) : eccKey(unhex(kv['5'])),
  };
}

function measurementsOf(scenario: Scenario): Measurements {
  const { nb, na } = scenario.validity;
  return {
    deviceStatus: unhex(scenario.device_status),
    vendorPkHash: unhex(scenario.vendor_pk_hash),
    ownerPkHash: unhex(scenario.owner_pk_hash),
    fmcTci: unhex(scenario.fmc_tci),
    rtTci: unhex(scenario.rt_tci),
    fwSvn: scenario.fw_svn,
    idevidCertAttr: wordsOf(scenario.fuses.idevid_cert_attr ?? '00'.repeat(96)),
    ...(nb === undefined || na === undefined
      ? {}
      : { validity: { notBefore: Buffer.from(nb, 'latin1'), notAfter: Buffer.from(na, 'latin1') } }),
  };
}

if (!hasPack(PACK) || !hasPack('smoke')) test('left out: no rom-scenarios or smoke pack', () => {});
else {
  const { scenarios } = jsonOf<{ scenarios: readonly Scenario[] }>(PACK, 'scenarios.json');

  describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('boot %s', (_name, scenario) => {
    const measured = measurementsOf(scenario);

    test.each(['ecdsa-p384', 'mldsa87'] as const)('%s: every certificate and request, byte for byte', (algorithm) => {
      const made = artefactsOf(algorithm, keysOf(algorithm, scenario.expect), measured);
      const suffix = algorithm === 'mldsa87' ? 'mldsa' : 'ecc';
      const files = Object.entries(scenario.expect.files).filter(([kind]) => kind.endsWith(`_${suffix}`));
      expect(files).toHaveLength(4);
      for (const [kind, file] of files) {
        const artefact = kind.slice(0, -suffix.length - 1) as Artefact;
        expect(`${kind} ${hex(made[artefact]())}`).toBe(`${kind} ${hex(bytesOf(PACK, file))}`);
      }
    });

    test('device status and PCR0', () => {
      const status = deviceStatus(generationOf(measured.deviceStatus), stateOf(measured.deviceStatus));
      expect(hex(status)).toBe(scenario.device_status);
      let pcr0: Uint8Array = new Uint8Array(48);
      for (const data of [status, measured.vendorPkHash, measured.ownerPkHash, measured.fmcTci])
        pcr0 = provider.hashes.digest('sha384', pcr0, data);
      expect(hex(pcr0)).toBe(scenario.expect.pcr0);
    });
  });

  describe('CSR envelope of mldsa-manuf-csr', () => {
    const recorded = bytesOf(PACK, 'mldsa-manuf-csr.csr_envelope.bin');
    const key = wordsOfKey();

    test('both requests and the MAC, byte for byte', () => {
      const scenario = scenarios.find(({ name }) => name === 'mldsa-manuf-csr') as Scenario;
      const csr = (algorithm: DiceAlgorithm) =>
        artefactsOf(algorithm, keysOf(algorithm, scenario.expect), measurementsOf(scenario)).idevid_csr();
      const made = buildCsrEnvelope(provider, key, { eccCsr: csr('ecdsa-p384'), mldsaCsr: csr('mldsa87') });
      expect(hex(made)).toBe(hex(recorded));
    });

    test('is taken apart and verified', () => {
      const { eccCsr, mldsaCsr } = parseCsrEnvelope(recorded);
      expect([eccCsr?.length, mldsaCsr?.length]).toEqual([481, 7502]);
      expect(latin1(eccCsr as Uint8Array)).toContain('Caliptra 2.1 Ecc384 IDevID');
      expect(verifyCsrEnvelope(provider, key, recorded)).toBe(true);
      for (const at of [0, 20, 8719, 8720, 8783]) {
        const changed = recorded.slice();
        changed[at] = (changed[at] as number) ^ 1;
        expect(verifyCsrEnvelope(provider, key, changed)).toBe(false);
      }
    });
  });
}

function wordsOfKey(): Uint8Array {
  const { inputs } = jsonOf<{ inputs: { csr_hmac_key: readonly string[] } }>('smoke', 'vectors.json');
  return unhex(inputs.csr_hmac_key.map((word) => word.slice(2)).join(''));
}
