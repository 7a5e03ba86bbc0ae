import { describe, expect, test } from '@jest/globals';
import { HPKE_KEMS, type HpkeKemId } from '@rootcap/crypto';
import type { Grant } from '@rootcap/kms';
import { sealedAccessKey } from '@rootcap/ocp-lock';
import { hpkeEndorser } from 'rootcap/endorsement';
import { manufacture } from 'rootcap/manufacture';
import { createService, OBJECT, testMedium } from './device.ts';

const SEK = new Uint8Array(32).fill(0xab);
/** Bits of `hpke_algorithm`. */
const KEMS: Readonly<Record<number, HpkeKemId>> = { 1: 0x0011, 2: 0x0042, 4: 0x0051 };

/** A device with OCP LOCK, its drive firmware, and its key service. */
function fleet() {
  const { device, chain } = manufacture({ ocpLock: true, fuses: { hekSeed: new Uint8Array(32).fill(7) } });
  device.bootToRom();
  device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', { total_slots: 4, active_slots: 1, seed_state: 1 });
  device.boot();
  const [root = new Uint8Array(), ...below] = chain('ecdsa-p384');
  const { certificate, endorse } = hpkeEndorser(device);
  const service = createService(testMedium(), [root]);
  const { name } = service.enrol({ chain: below });
  const { id: binding } = service.bind({ device: name, party: 'tenant-a', object: OBJECT });
  /** Handle and evidence of the device's present HPKE key. */
  const evidence = (kemId: HpkeKemId) => {
    const { hpke_handles } = device.mailbox.call('OCP_LOCK_ENUMERATE_HPKE_HANDLES', {});
    const handle = hpke_handles.find(({ hpke_algorithm }) => KEMS[hpke_algorithm] === kemId)?.handle ?? 0;
    const { pub_key, pub_key_len } = device.mailbox.call('OCP_LOCK_GET_HPKE_PUB_KEY', { hpke_handle: handle });
    return { handle, chain: [...below, certificate, endorse(kemId, pub_key.slice(0, pub_key_len))] };
  };
  return { device, service, binding, evidence };
}

/** Metadata as the mailbox takes it. */
const metadataOf = ({ metadata }: Grant) => ({
  metadata_len: metadata.length,
  metadata: Uint8Array.from({ length: 32 }, (_, i) => metadata[i] ?? 0),
});

describe('the firmware opens what the service seals', () => {
  test.each(Object.entries(HPKE_KEMS))('%s: generate, enable, rewrap, test, and the old key no more', (_, kemId) => {
    const { device, service, binding, evidence } = fleet();
    const { mailbox } = device;
    const { handle, chain } = evidence(kemId);
    const generate = service.seal({ binding, chain, operation: 'generate' });
    const { wrapped_mek: old } = mailbox.call('OCP_LOCK_GENERATE_MPK', {
      sek: SEK,
      ...metadataOf(generate),
      sealed_access_key: sealedAccessKey(generate, handle),
    });
    const enable = (locked_mpk: typeof old) =>
      mailbox.call('OCP_LOCK_ENABLE_MPK', {
        sek: SEK,
        sealed_access_key: sealedAccessKey(service.seal({ binding, chain }), handle),
        locked_mpk,
      }).enabled_mpk;
    const tested = (locked_mpk: typeof old) => {
      const { nonce, ...grant } = service.test({ binding, chain });
      const sealed_access_key = sealedAccessKey(grant, handle);
      const { digest } = mailbox.call('OCP_LOCK_TEST_ACCESS_KEY', { sek: SEK, nonce, locked_mpk, sealed_access_key });
      return service.confirm({ binding, digest });
    };
    expect(enable(old).key_type).toBe(2);
    expect(tested(old)).toMatchObject({ key: 'current' });

    const rotate = service.rotate({ binding, chain });
    const { wrapped_mek: rewrapped } = mailbox.call('OCP_LOCK_REWRAP_MPK', {
      sek: SEK,
      current_locked_mpk: old,
      sealed_access_key: sealedAccessKey(rotate, handle),
      new_ak_ciphertext: rotate.ciphertexts[1] as Uint8Array,
    });
    expect(tested(rewrapped)).toMatchObject({ rotated: true });
    expect(enable(rewrapped).key_type).toBe(2);
    expect(() => enable(old)).toThrow('RUNTIME_');

    // A rotated HPKE key: what was sealed to the one before opens nothing, the new one is endorsed and served.
    const stale = service.seal({ binding, chain });
    mailbox.call('OCP_LOCK_ROTATE_HPKE_KEY', { hpke_handle: handle });
    const fresh = evidence(kemId);
    const open = (grant: Grant) =>
      mailbox.call('OCP_LOCK_ENABLE_MPK', {
        sek: SEK,
        sealed_access_key: sealedAccessKey(grant, fresh.handle),
        locked_mpk: rewrapped,
      });
    expect(() => open(stale)).toThrow(/RUNTIME_|DRIVER_/);
    expect(open(service.seal({ binding, chain: fresh.chain })).enabled_mpk.key_type).toBe(2);
  });
});
