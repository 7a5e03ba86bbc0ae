import { describe, expect, test } from '@jest/globals';
import { bytesToHex, hexToBytes, kdf512 } from '@rootcap/crypto';
import {
  deriveHek,
  deriveMdk,
  type HekGeneration,
  LOCK_COMMANDS,
  WrappedKey as Wire,
  type WrappedKey,
} from '@rootcap/ocp-lock';
import {
  AUX,
  bench,
  filled,
  HPKE_RESPONSES,
  METADATA,
  provider,
  readVectors,
  SEK,
  scripted,
  withPack,
} from './support.ts';

interface Ladder {
  readonly inputs: { readonly fuse_hek_seed_words_hex: readonly string[]; readonly access_key: string };
  readonly common: {
    readonly computed: { readonly hek_seed_deobfuscated: string; readonly mdk: string };
    readonly asserted: { readonly idevid_cdi: string };
  };
  readonly cases: readonly {
    readonly rom: '2.1.0_2.1.1' | '2.1.2_and_later';
    readonly derive_mek: {
      readonly computed: { readonly hek: string };
      readonly asserted: { readonly mek_checksum: string; readonly mek: string };
    };
    readonly locked_mpk: { readonly computed: { readonly wrapped_key_struct: string } };
    readonly mix_one_mpk_then_derive: { readonly computed: { readonly mek_checksum: string; readonly mek: string } };
    readonly generate_load_fixed: {
      readonly computed: Readonly<Record<'mek' | 'salt' | 'iv' | 'ciphertext' | 'tag', string>>;
    };
  }[];
}

const GENERATION = { '2.1.0_2.1.1': 'context', '2.1.2_and_later': 'extract' } as const satisfies Record<
  string,
  HekGeneration
>;

withPack(() => {
  const { inputs, common, cases } = readVectors<Ladder>('key-ladder');
  const cdi = hexToBytes(common.asserted.idevid_cdi);
  const fuses = hexToBytes(inputs.fuse_hek_seed_words_hex.join(''));
  const mdk = deriveMdk(provider, cdi);

  test('MDK', () => expect(bytesToHex(mdk)).toBe(common.computed.mdk));

  describe.each(cases)('ROM $rom', (recorded) => {
    const generation = GENERATION[recorded.rom];
    const seed = generation === 'context' ? fuses : hexToBytes(common.computed.hek_seed_deobfuscated);
    const hek = deriveHek(provider, generation, cdi, seed);
    const keys = { hek, mdk };

    test('HEK', () => expect(bytesToHex(hek)).toBe(recorded.derive_mek.computed.hek));

    test('INITIALIZE_MEK_SECRET, DERIVE_MEK', () => {
      const { mek, mek_checksum } = recorded.derive_mek.asserted;
      const self = bench(keys);
      self.initialize();
      expect(bytesToHex(self.derive())).toBe(mek_checksum);
      expect(self.engine.keys.map((key) => bytesToHex(key.mek))).toEqual([mek]);
    });

    test('ENABLE_MPK of the recorded blob, MIX_MPK, DERIVE_MEK', () => {
      const locked_mpk = Wire.decode(hexToBytes(recorded.locked_mpk.computed.wrapped_key_struct));
      const { mek, mek_checksum } = recorded.mix_one_mpk_then_derive.computed;
      const self = bench(keys);
      const sealed_access_key = self.seal({ accessKey: hexToBytes(inputs.access_key) });
      const { enabled_mpk } = self.call('ENABLE_MPK', { reserved: 0, sek: SEK, sealed_access_key, locked_mpk });
      self.initialize();
      self.call('MIX_MPK', { reserved: 0, enabled_mpk });
      expect(bytesToHex(self.derive())).toBe(mek_checksum);
      expect(self.engine.keys.map((key) => bytesToHex(key.mek))).toEqual([mek]);
    });

    test('GENERATE_MEK with known randomness, and LOAD_MEK of it', () => {
      const fixed = recorded.generate_load_fixed.computed;
      const [mek, salt, iv] = [fixed.mek, fixed.salt, fixed.iv].map(hexToBytes) as [Uint8Array, Uint8Array, Uint8Array];
      const unused = Array.from({ length: HPKE_RESPONSES }, () => filled(7, 48));
      const self = bench({ ...keys, entropy: scripted(...unused, mek.subarray(0, 48), mek.subarray(48), salt, iv) });
      self.initialize();
      const { wrapped_mek } = self.call('GENERATE_MEK', {});
      expect(bytesToHex(wrapped_mek.salt)).toBe(fixed.salt);
      expect(bytesToHex(wrapped_mek.iv)).toBe(fixed.iv);
      expect(bytesToHex(wrapped_mek.ciphertext_and_auth_tag)).toBe(fixed.ciphertext + fixed.tag);
      self.initialize();
      const place = { metadata: METADATA, aux_metadata: AUX };
      self.call('LOAD_MEK', { reserved: 0, ...place, wrapped_mek: wrapped_mek as WrappedKey, cmd_timeout: 1000 });
      expect(self.engine.keys).toEqual([{ metadata: METADATA, aux: AUX, mek }]);
    });
  });

  test('the driver vector of MDK and MEK', () => {
    const driver =
      readVectors<Readonly<Record<'input_key' | 'kdf_label' | 'mdk' | 'encrypted_mek' | 'plaintext_mek', string>>>(
        'mdk-driver',
      );
    const key = kdf512(provider, hexToBytes(driver.input_key), driver.kdf_label);
    expect(bytesToHex(key)).toBe(driver.mdk);
    const self = bench({ mdk: key });
    self.lock.port.keys.decryptMek(hexToBytes(driver.encrypted_mek));
    self.lock.port.engine.prepare();
    self.lock.port.engine.releaseMek();
    self.lock.port.engine.run('LOAD_MEK', 0);
    expect(self.engine.keys.map(({ mek }) => bytesToHex(mek))).toEqual([driver.plaintext_mek]);
  });
});

test('every command is in the table', () => expect(Object.keys(LOCK_COMMANDS)).toHaveLength(16));
