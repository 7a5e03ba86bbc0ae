import { type HpkeKemId, hpkeSuite, seededEntropy, utf8ToBytes } from '@rootcap/crypto';
import { COMMAND_MESSAGES } from '@rootcap/firmware';
import { HPKE_SUITES, type HpkeSuiteName, type SealedAccessKey } from '@rootcap/ocp-lock';
import type { Device } from 'rootcap';
import type { Bench } from './baseline.ts';

const KEM_CIPHERTEXT_SIZE = 1665;
const INFO_SIZE = 256;
const HEADER = { hdr: { chksum: 0 }, reserved: 0 } as const;

/** Bytes that no response shows by chance. */
const irregular = (name: string, size: number): Uint8Array => seededEntropy(utf8ToBytes(name)).bytes(size);

const SEK = irregular('SEK', 32);
const DPK = irregular('DPK', 32);
const METADATA = irregular('metadata', 32);
const [CURRENT, NEXT] = [irregular('access key', 32), irregular('next access key', 32)] as const;
const PLACE = { metadata: irregular('place', 20), aux_metadata: irregular('aux', 32), cmd_timeout: 1000 } as const;

/** Two access keys sealed in one context, as for a rotation. */
function sealed({ provider }: Bench, { mailbox }: Device, suite: HpkeSuiteName) {
  const { algorithm, kemId } = HPKE_SUITES[suite];
  const { hpke_handles } = mailbox.call('OCP_LOCK_ENUMERATE_HPKE_HANDLES');
  const handle = hpke_handles.find(({ hpke_algorithm }) => hpke_algorithm === algorithm)?.handle ?? 0;
  const { pub_key, pub_key_len } = mailbox.call('OCP_LOCK_GET_HPKE_PUB_KEY', { hpke_handle: handle });
  const hpke = hpkeSuite(provider, kemId as HpkeKemId);
  const random = irregular(`sender ${suite}`, hpke.lengths.Nrandom);
  const sender = hpke.setupSender(pub_key.slice(0, pub_key_len), new Uint8Array(0), random);
  const kem_ciphertext = new Uint8Array(KEM_CIPHERTEXT_SIZE);
  kem_ciphertext.set(sender.enc);
  const accessKey: SealedAccessKey = {
    hpke_handle: { handle, hpke_algorithm: algorithm },
    access_key_len: CURRENT.length,
    info_len: 0,
    info: new Uint8Array(INFO_SIZE),
    kem_ciphertext,
    _padding: new Uint8Array(3),
    ak_ciphertext: sender.seal(CURRENT, METADATA),
  };
  return { sealed_access_key: accessKey, new_ak_ciphertext: sender.seal(NEXT, METADATA) };
}

/** Requests that this device accepts as it is, one for each command that needs more than random bytes; it has a VEK then. */
export function lockRequests(bench: Bench, device: Device): ReadonlyMap<string, Uint8Array> {
  const { mailbox } = device;
  const mlkem = sealed(bench, device, 'mlkem1024');
  const metadata = { metadata_len: METADATA.length, metadata: METADATA };
  const generate = { sek: SEK, ...metadata, sealed_access_key: mlkem.sealed_access_key };
  const locked_mpk = mailbox.call('OCP_LOCK_GENERATE_MPK', generate).wrapped_mek;
  const enable = { sek: SEK, sealed_access_key: sealed(bench, device, 'p384').sealed_access_key, locked_mpk };
  const { enabled_mpk } = mailbox.call('OCP_LOCK_ENABLE_MPK', enable);
  const initialize = { sek: SEK, dpk: DPK };
  mailbox.call('OCP_LOCK_INITIALIZE_MEK_SECRET', initialize);
  const { wrapped_mek } = mailbox.call('OCP_LOCK_GENERATE_MEK');
  const derive = { mek_checksum: new Uint8Array(16), ...PLACE };
  const { OCP_LOCK_GENERATE_MPK, OCP_LOCK_REWRAP_MPK, OCP_LOCK_ENABLE_MPK, OCP_LOCK_TEST_ACCESS_KEY } =
    COMMAND_MESSAGES;
  const { OCP_LOCK_INITIALIZE_MEK_SECRET, OCP_LOCK_MIX_MPK, OCP_LOCK_LOAD_MEK, OCP_LOCK_DERIVE_MEK } = COMMAND_MESSAGES;
  const hybrid = sealed(bench, device, 'mlkem1024-p384');
  const rewrap = { sek: SEK, current_locked_mpk: locked_mpk, ...hybrid };
  const test = { sek: SEK, nonce: METADATA, locked_mpk, sealed_access_key: mlkem.sealed_access_key };
  return new Map([
    ['OCP_LOCK_GENERATE_MPK', OCP_LOCK_GENERATE_MPK.request.encode({ ...HEADER, ...generate })],
    ['OCP_LOCK_REWRAP_MPK', OCP_LOCK_REWRAP_MPK.request.encode({ ...HEADER, ...rewrap })],
    ['OCP_LOCK_ENABLE_MPK', OCP_LOCK_ENABLE_MPK.request.encode({ ...HEADER, ...enable })],
    ['OCP_LOCK_TEST_ACCESS_KEY', OCP_LOCK_TEST_ACCESS_KEY.request.encode({ ...HEADER, ...test })],
    ['OCP_LOCK_INITIALIZE_MEK_SECRET', OCP_LOCK_INITIALIZE_MEK_SECRET.request.encode({ ...HEADER, ...initialize })],
    ['OCP_LOCK_MIX_MPK', OCP_LOCK_MIX_MPK.request.encode({ ...HEADER, enabled_mpk })],
    ['OCP_LOCK_LOAD_MEK', OCP_LOCK_LOAD_MEK.request.encode({ ...HEADER, ...PLACE, wrapped_mek })],
    ['OCP_LOCK_DERIVE_MEK', OCP_LOCK_DERIVE_MEK.request.encode({ ...HEADER, ...derive })],
  ]);
}
