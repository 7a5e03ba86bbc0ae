import { describe, expect, test } from '@jest/globals';
import { utf8ToBytes } from '@rootcap/crypto';
import { emulatorKeyControl, type KeyDestination, KeyUsage } from '@rootcap/hardware';
import { engines, hasPack, hex, pack, type Secrets, unhex } from './engines.ts';

const { HMAC_KEY, HMAC_BLOCK, MLDSA_SEED, ECC_SEED, ECC_PKEY, AES_KEY } = KeyUsage;
const CDI = HMAC_KEY | MLDSA_SEED | ECC_SEED;
const LIFECYCLES: Readonly<Record<string, number>> = { Unprovisioned: 0, Manufacturing: 1, Production: 3 };

type Engines = ReturnType<typeof engines>;

interface Scenario {
  readonly name: string;
  readonly lifecycle: string;
  readonly debug_locked: boolean;
  readonly ocp_lock_en?: boolean;
  readonly strap_generic?: readonly number[];
  readonly fuses: { readonly hek_seed?: string };
  readonly secrets: { readonly cptra_obf_key: string; readonly uds_seed: string; readonly field_entropy: string };
  readonly fw_svn: number;
  readonly device_status: string;
  readonly vendor_pk_hash: string;
  readonly owner_pk_hash: string;
  readonly fmc_tci: string;
  readonly rt_tci: string;
  readonly expect: {
    readonly pcr0: string;
    readonly pcr1: string;
    readonly pcr2: string;
    readonly pcr3: string;
    readonly kv: Readonly<Record<string, string>>;
    readonly idevid_cdi: string;
    readonly ldevid_cdi: string;
  };
}

/** KDF of the firmware with the engine: counter ‖ label ‖ [00 ‖ context]. */
function kdf({ hmac }: Engines, key: number, label: string, tag: KeyDestination, context?: Uint8Array): void {
  const parts: Uint8Array[] = [Uint8Array.of(0, 0, 0, 1), utf8ToBytes(label)];
  if (context !== undefined) parts.push(Uint8Array.of(0), context);
  hmac.macToSlot({ mode: 'sha512', key: { slot: key }, data: parts, tag });
}

function eccKey(e: Engines, cdi: number, label: string, slot: number): void {
  kdf(e, cdi, label, { slot: 3, usage: ECC_SEED });
  e.ecc.keygen({ seed: { slot: 3 }, nonce: new Uint8Array(48), privateKey: { slot, usage: ECC_PKEY } });
  e.keyVault.clear(3);
}

function secretsOf(s: Scenario): Secrets {
  return {
    obfuscationKey: unhex(s.secrets.cptra_obf_key),
    udsSeed: unhex(s.secrets.uds_seed),
    fieldEntropy: unhex(s.secrets.field_entropy),
    hekSeed: unhex(s.fuses.hek_seed ?? '00'.repeat(32)),
  };
}

function stableOwnerRoot(e: Engines): void {
  const salt = new Uint8Array(64);
  salt.set(utf8ToBytes('stable_owner_root_key'));
  e.doe.decrypt('HEK', 14);
  e.hmac.macToSlot({ mode: 'sha512', key: salt, data: { slot: 14 }, tag: { slot: 14, usage: HMAC_KEY } });
  kdf(e, 14, 'stable_owner_root_key', { slot: 15, usage: AES_KEY });
  e.keyVault.lockWrite(15);
  e.keyVault.clear(14);
}

function ocpLock(e: Engines): void {
  e.hmac.macToSlot({ mode: 'sha512', key: { slot: 6 }, data: { slot: 14 }, tag: { slot: 3, usage: HMAC_KEY } });
  kdf(e, 3, 'ocp_lock_hek', { slot: 22, usage: HMAC_KEY });
  e.keyVault.clear(14);
  e.keyVault.clear(3);
  kdf(e, 6, 'ocp_lock_mdk', { slot: 16, usage: AES_KEY });
  e.keyVault.lockWrite(16);
  e.keyVault.lockWrite(22);
}

/** IDevID and LDevID layers. @returns the two CDIs */
function identities(e: Engines, s: Scenario): { idevid: string; ldevid: string } {
  const { doe, hmac, keyVault } = e;
  doe.decrypt('UDS', 0);
  doe.decrypt('FE', 1);
  if (s.strap_generic?.[3] === 1) stableOwnerRoot(e);
  if (s.ocp_lock_en === true) doe.decrypt('HEK', 14);
  doe.clearSecrets();
  kdf(e, 0, 'idevid_cdi', { slot: 6, usage: CDI });
  keyVault.clear(0);
  const idevid = hex(keyVault.inspect(6));
  if (s.ocp_lock_en === true) ocpLock(e);
  kdf(e, 6, 'stable_identity_root_idev', { slot: 0, usage: AES_KEY });
  keyVault.lockWrite(0);
  const key = { slot: 6 };
  hmac.macToSlot({ mode: 'sha512', key, data: utf8ToBytes('ldevid_cdi'), tag: { slot: 6, usage: HMAC_KEY } });
  hmac.macToSlot({ mode: 'sha512', key, data: { slot: 1 }, tag: { slot: 6, usage: CDI } });
  keyVault.clear(1);
  kdf(e, 6, 'stable_identity_root_ldev', { slot: 1, usage: AES_KEY });
  keyVault.lockWrite(1);
  return { idevid, ldevid: hex(keyVault.inspect(6)) };
}

function measurements({ pcrBank }: Engines, s: Scenario): void {
  for (const data of [s.device_status, s.vendor_pk_hash, s.owner_pk_hash, s.fmc_tci])
    for (const index of [0, 1]) pcrBank.extend(index, unhex(data));
  for (const index of [2, 3]) pcrBank.extend(index, unhex(s.rt_tci));
}

/** Firmware key ladder, FMC alias and RT alias layers. */
function aliases(e: Engines, s: Scenario): void {
  const { keyVault, pcrBank } = e;
  const ladder = { slot: 2, usage: HMAC_KEY };
  kdf(e, 6, 'si_init', ladder, Uint8Array.of(LIFECYCLES[s.lifecycle] as number, s.debug_locked ? 1 : 0));
  for (let svn = s.fw_svn; svn < 128; svn++) kdf(e, 2, 'si_extend', ladder);
  kdf(e, 6, 'alias_fmc_cdi', { slot: 6, usage: CDI }, pcrBank.read(0));
  eccKey(e, 6, 'alias_fmc_ecc_key', 7);
  kdf(e, 6, 'alias_fmc_mldsa_key', { slot: 8, usage: MLDSA_SEED });
  kdf(e, 6, 'alias_rt_cdi', { slot: 4, usage: CDI }, unhex(s.rt_tci));
  eccKey(e, 4, 'alias_rt_ecc_key', 5);
  kdf(e, 4, 'alias_rt_mldsa_key', { slot: 9, usage: MLDSA_SEED });
  for (const slot of [7, 8, 6]) keyVault.lockUse(slot);
}

interface Unit {
  readonly inputs: Readonly<Record<'cptra_obf_key' | 'uds_seed' | 'field_entropy' | 'hek_seed', readonly string[]>>;
  readonly derived: {
    readonly doe_uds: string;
    readonly doe_field_entropy: string;
    readonly doe_hek_seed: string;
    readonly idevid: { readonly ecc_priv: string; readonly ecc_pub: string; readonly mldsa_seed: string };
    readonly ldevid: { readonly ecc_priv: string; readonly ecc_pub: string; readonly mldsa_seed: string };
  };
}

const SMOKE = 'caliptra/smoke/vectors.json';
const SCENARIOS = 'caliptra/rom-scenarios/scenarios.json';
const GOLDEN = 'caliptra/goldens/a-passive-mldsa/state.json';

if (!hasPack(SCENARIOS)) test('left out: no caliptra pack', () => {});
else {
  const { scenarios } = pack<{ scenarios: readonly Scenario[] }>(SCENARIOS);
  describe('key ladder of a recorded boot', () => {
    test.each(scenarios.map((s) => [s.name, s] as const))('%s: key vault and PCRs', (_, s) => {
      const e = engines({ secrets: secretsOf(s), keyVault: { debugLocked: () => s.debug_locked } });
      const cdis = identities(e, s);
      measurements(e, s);
      aliases(e, s);
      expect(cdis).toEqual({ idevid: s.expect.idevid_cdi, ldevid: s.expect.ldevid_cdi });
      const slots = Object.fromEntries(
        Object.entries(s.expect.kv).map(([slot, key]) => [
          slot,
          hex(e.keyVault.inspect(Number(slot)).subarray(0, key.length / 2)),
        ]),
      );
      expect(slots).toEqual(s.expect.kv);
      const pcrs = [0, 1, 2, 3].map((i) => hex(e.pcrBank.read(i)));
      expect(pcrs).toEqual([s.expect.pcr0, s.expect.pcr1, s.expect.pcr2, s.expect.pcr3]);
    });
  });

  test('control words of a recorded boot', () => {
    const { key_vault } = pack<{ key_vault: readonly { slot: number; ctrl: number }[] }>(GOLDEN);
    const s = scenarios.find(({ name }) => name === 'mldsa-prod') as Scenario;
    const e = engines({ secrets: secretsOf(s) });
    identities(e, s);
    measurements(e, s);
    aliases(e, s);
    const words = key_vault.map(({ slot }) => emulatorKeyControl(e.keyVault.control(slot)));
    expect(words).toEqual(key_vault.map(({ ctrl }) => ctrl));
  });

  test('control word of a decrypted HEK seed', () => {
    const { key_vault } = pack<{ key_vault: readonly { slot: number; ctrl: number }[] }>(
      'caliptra/goldens/c-subsystem-ocplock-mldsa/state.json',
    );
    const e = engines();
    e.doe.decrypt('HEK', 14);
    e.keyVault.clear(14);
    expect(emulatorKeyControl(e.keyVault.control(14))).toBe(key_vault.find(({ slot }) => slot === 14)?.ctrl);
  });

  describe('documented intermediate values', () => {
    const { inputs, derived } = pack<Unit>(SMOKE);
    const words = (list: readonly string[]) => unhex(list.map((word) => word.slice(2)).join(''));
    const secrets: Secrets = {
      obfuscationKey: words(inputs.cptra_obf_key),
      udsSeed: words(inputs.uds_seed),
      fieldEntropy: words(inputs.field_entropy),
      hekSeed: words(inputs.hek_seed),
    };

    test('deobfuscated secrets', () => {
      const e = engines({ secrets });
      e.doe.decrypt('UDS', 0);
      e.doe.decrypt('FE', 1);
      e.doe.decrypt('HEK', 14);
      expect(hex(e.keyVault.readBlock(0, HMAC_BLOCK, 'block-read'))).toBe(derived.doe_uds);
      expect(hex(e.keyVault.readBlock(1, HMAC_BLOCK, 'block-read'))).toBe(derived.doe_field_entropy);
      expect(hex(e.keyVault.readBlock(14, HMAC_BLOCK, 'block-read'))).toBe(derived.doe_hek_seed);
    });

    test('IDevID keys', () => {
      const e = engines({ secrets });
      e.doe.decrypt('UDS', 0);
      kdf(e, 0, 'idevid_cdi', { slot: 6, usage: CDI });
      kdf(e, 6, 'idevid_ecc_key', { slot: 3, usage: ECC_SEED });
      const { publicKey } = e.ecc.keygen({
        seed: { slot: 3 },
        nonce: new Uint8Array(48),
        privateKey: { slot: 7, usage: ECC_PKEY },
      });
      kdf(e, 6, 'idevid_mldsa_key', { slot: 8, usage: MLDSA_SEED });
      expect(`04${hex(publicKey)}`).toBe(derived.idevid.ecc_pub);
      expect(hex(e.keyVault.read(7, ECC_PKEY, 'key-read').subarray(0, 48))).toBe(derived.idevid.ecc_priv);
      const seed = e.keyVault.read(8, MLDSA_SEED, 'seed-read').subarray(0, 32).reverse();
      expect(hex(seed)).toBe(derived.idevid.mldsa_seed);
      const fromSlot = e.abr.mldsaKeygen({ seed: { slot: 8 } });
      expect(hex(fromSlot)).toBe(hex(e.abr.mldsaKeygen({ seed: unhex(derived.idevid.mldsa_seed) })));
    });
  });
}
