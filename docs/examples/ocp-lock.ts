import { bytesToHex, hpkeSuite, portableProvider as provider, seededEntropy, utf8ToBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { createDevice } from 'rootcap';
import { ReferenceKeyCache } from 'rootcap/extend';

const filled = (byte: number, size = 32): Uint8Array => new Uint8Array(size).fill(byte);
const SEK = filled(0x5e); // soft epoch key: the drive keeps it, and zeroizes it to erase everything
const ACCESS_KEY = filled(0xac); // only the remote party has it
const DPK = filled(0xd0); // what the drive has behind a PIN
const METADATA = filled(0xaa); // names the key for its host

// ROM hears of the HEK seed before firmware comes. The drive's engine shows its keys to this example only.
const keyCache = new ReferenceKeyCache();
const device = createDevice({ ocpLock: true, fuses: { hekSeed: filled(7) }, encryptionEngine: { keyCache } });
device.bootToRom();
device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', { total_slots: 4, active_slots: 1, seed_state: 1 });
device.boot();
const { mailbox } = device;

/** The remote party: seals its access key to the device's ML-KEM-1024 key. */
function sealedAccessKey(accessKey: Uint8Array) {
  const [key] = mailbox.call('OCP_LOCK_ENUMERATE_HPKE_HANDLES').hpke_handles;
  if (key === undefined) throw new Error('no HPKE key');
  const { pub_key, pub_key_len } = mailbox.call('OCP_LOCK_GET_HPKE_PUB_KEY', { hpke_handle: key.handle });
  const random = seededEntropy(utf8ToBytes('remote party'), provider).bytes(32);
  const sender = hpkeSuite(provider, 0x0042).setupSender(pub_key.slice(0, pub_key_len), new Uint8Array(0), random);
  const kem_ciphertext = new Uint8Array(1665);
  kem_ciphertext.set(sender.enc);
  const ak_ciphertext = sender.seal(accessKey, METADATA);
  return {
    hpke_handle: key,
    access_key_len: 32,
    info_len: 0,
    info: new Uint8Array(256),
    kem_ciphertext,
    ak_ciphertext,
  };
}

// Once: a key that only the access key opens. The drive stores the blob.
const metadata = { metadata_len: METADATA.length, metadata: METADATA };
const sealed = { ...sealedAccessKey(ACCESS_KEY), _padding: new Uint8Array(3) };
const { wrapped_mek: lockedMpk } = mailbox.call('OCP_LOCK_GENERATE_MPK', {
  sek: SEK,
  ...metadata,
  sealed_access_key: sealed,
});

// At each power-on: enable it, mix it in, derive the media key. It goes to the engine and nowhere else.
const unlock = (accessKey: Uint8Array): string => {
  const sealed_access_key = { ...sealedAccessKey(accessKey), _padding: new Uint8Array(3) };
  const { enabled_mpk } = mailbox.call('OCP_LOCK_ENABLE_MPK', { sek: SEK, sealed_access_key, locked_mpk: lockedMpk });
  mailbox.call('OCP_LOCK_INITIALIZE_MEK_SECRET', { sek: SEK, dpk: DPK });
  mailbox.call('OCP_LOCK_MIX_MPK', { enabled_mpk });
  const place = { metadata: filled(1, 20), aux_metadata: filled(0), cmd_timeout: 1000 };
  const { mek_checksum } = mailbox.call('OCP_LOCK_DERIVE_MEK', { mek_checksum: filled(0, 16), ...place });
  return bytesToHex(mek_checksum);
};
console.log('checksum', unlock(ACCESS_KEY));
console.log('keys in the engine', keyCache.size, device.encryptionEngine?.loaded.length);

try {
  unlock(filled(0xad));
} catch (error) {
  console.log(error instanceof RotError ? error.symbol : error);
}
mailbox.call('OCP_LOCK_CLEAR_KEY_CACHE', { cmd_timeout: 1000 });
console.log('after CLEAR_KEY_CACHE', keyCache.size);
