import { describe, expect, test } from '@jest/globals';
import { bytesToHex, hexToBytes } from '@rootcap/crypto';
import {
  type AnyLayout,
  COMMAND_ID,
  type CommandName,
  encodeRequest,
  messagesOf,
  sealMessage,
} from '@rootcap/firmware';
import { demoBundle, demoFuses, demoMcuFirmware, demoSocManifest } from 'rootcap';
import { Client, provider, soc } from './helpers.ts';

const filled = (byte: number, size = 32): Uint8Array => new Uint8Array(size).fill(byte);
const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

/** caliptra-sw:test/src/derive.rs (test_golden_ocp_lock_keyladder), ROM 2.1.2 and later, with the keys of its benches */
const UDS_SEED = counted(64);
const HEK_SEED = hexToBytes('0000abde'.repeat(8));
const CHECKSUM = '4606d67e93487e2e5ad47155d9c196b6';
const MEK =
  'eb729a3b8a1105cd3a352d18fdc8ab4ab811ba2b9e306e016a69bf2c2ec35369' +
  'c397265b01860abbc5dbed623a2661a3dddc04532117c9acdf100c07f09ce3d0';
const PLACE = { metadata: filled(1, 20), aux_metadata: filled(2), cmd_timeout: 1000 };

function lockBoard(): Client {
  const client = new Client();
  client.call('create', { securityState: 7, subsystem: true, ocpLock: true, testAccess: true });
  client.fuses({ ...demoFuses(provider), udsSeed: UDS_SEED, hekSeed: HEK_SEED }).go();
  client.step(2 ** 24);
  command(client, 'OCP_LOCK_REPORT_HEK_METADATA', { total_slots: 4, active_slots: 1, seed_state: 1 });
  const images = [demoBundle(provider), demoSocManifest(provider), demoMcuFirmware()];
  client.call('recovery', { images: images.map((image) => Buffer.from(image).toString('hex')) });
  client.send(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, new Uint8Array(4));
  client.run();
  return client;
}

function command(client: Client, name: CommandName, fields: Readonly<Record<string, unknown>>): Uint8Array {
  const { status, data } = client.send(
    COMMAND_ID[name],
    sealMessage(COMMAND_ID[name], encodeRequest(messagesOf(name).request as AnyLayout, fields)),
  );
  if (status === 3) throw new Error(`${name}: 0x${client.read(soc('CPTRA_FW_ERROR_NON_FATAL')).toString(16)}`);
  return data;
}

describe('the key that was released', () => {
  test('is what the golden key ladder of caliptra-sw says, with what the engine was told', () => {
    const client = lockBoard();
    expect(client.call('encryptionEngine')).toEqual({});
    const derive = () => {
      command(client, 'OCP_LOCK_INITIALIZE_MEK_SECRET', { sek: filled(0xab), dpk: filled(0xcd) });
      return command(client, 'OCP_LOCK_DERIVE_MEK', { mek_checksum: new Uint8Array(16), ...PLACE });
    };
    expect(bytesToHex(derive().subarray(-16))).toBe(CHECKSUM);
    const told = { metadata: '01'.repeat(20), aux: '02'.repeat(32) };
    expect(client.call('encryptionEngine')).toEqual({ mek: MEK, ...told });
    // The engine refuses a second key with this metadata; the vault had it all the same.
    expect(derive).toThrow('OCP_LOCK_DERIVE_MEK: 0xb0060');
    expect(client.call('encryptionEngine')).toEqual({ mek: MEK });
    expect(client.events).toEqual([]);
  });

  test('is shown to a test bench alone', () => {
    const client = new Client();
    client.call('create', { securityState: 7, subsystem: true, ocpLock: true });
    expect(client.fails('encryptionEngine')).toEqual({ code: -32013, message: 'test-access' });
  });
});
