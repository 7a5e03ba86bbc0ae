import { type HpkeKemId, hpkeSuite, seededEntropy, utf8ToBytes } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { RotError } from '@rootcap/errors';
import { HPKE_SUITES, type HpkeSuiteName, type SealedAccessKey } from '@rootcap/ocp-lock';
import { createDevice, type Device, type DeviceOptions } from 'rootcap';

export const provider = nodeProvider();
export const filled = (byte: number, size = 32): Uint8Array => new Uint8Array(size).fill(byte);

export const SEK = filled(0xab);
const DPK = filled(0xcd);
export const METADATA = filled(0xfe);
export const PLACE = { metadata: filled(1, 20), aux_metadata: filled(2), cmd_timeout: 1000 } as const;
export const NO_CHECKSUM = filled(0, 16);
export const ACCESS_KEY = filled(0xae);

const PROGRAMMED = { total_slots: 4, active_slots: 1, seed_state: 1 } as const;

/** A device with OCP LOCK whose HEK seed is reported good, in its runtime. */
export function lockDevice(options: DeviceOptions = {}): Device {
  const fuses = { hekSeed: filled(3), ...options.fuses };
  const device = createDevice({ provider, verifyOwnSignatures: false, ocpLock: true, ...options, fuses });
  device.bootToRom();
  device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', PROGRAMMED);
  device.boot();
  return device;
}

/** The symbol of a refusal, or `none`. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
  return 'none';
}

/** What a remote party sends: its access key, sealed to the device's key of a suite. */
export function sealFor(device: Device, suite: HpkeSuiteName = 'mlkem1024', accessKey = ACCESS_KEY): SealedAccessKey {
  const { algorithm, kemId } = HPKE_SUITES[suite];
  const { hpke_handles } = device.mailbox.call('OCP_LOCK_ENUMERATE_HPKE_HANDLES');
  const handle = hpke_handles.find(({ hpke_algorithm }) => hpke_algorithm === algorithm)?.handle as number;
  const { pub_key, pub_key_len } = device.mailbox.call('OCP_LOCK_GET_HPKE_PUB_KEY', { hpke_handle: handle });
  const hpke = hpkeSuite(provider, kemId as HpkeKemId);
  const random = seededEntropy(utf8ToBytes('sender'), provider).bytes(hpke.lengths.Nrandom);
  const sender = hpke.setupSender(pub_key.slice(0, pub_key_len), new Uint8Array(0), random);
  const kem_ciphertext = new Uint8Array(1665);
  kem_ciphertext.set(sender.enc);
  return {
    hpke_handle: { handle, hpke_algorithm: algorithm },
    access_key_len: 32,
    info_len: 0,
    info: new Uint8Array(256),
    kem_ciphertext,
    _padding: new Uint8Array(3),
    ak_ciphertext: sender.seal(accessKey, METADATA),
  };
}

export const initialize = ({ mailbox }: Device, dpk = DPK) =>
  mailbox.call('OCP_LOCK_INITIALIZE_MEK_SECRET', { sek: SEK, dpk });
export const derive = ({ mailbox }: Device, mek_checksum = NO_CHECKSUM) =>
  mailbox.call('OCP_LOCK_DERIVE_MEK', { mek_checksum, ...PLACE }).mek_checksum;
export const lockedMpk = (device: Device, suite?: HpkeSuiteName) =>
  device.mailbox.call('OCP_LOCK_GENERATE_MPK', {
    sek: SEK,
    metadata_len: METADATA.length,
    metadata: METADATA,
    sealed_access_key: sealFor(device, suite),
  }).wrapped_mek;
export const enable = (device: Device, locked_mpk: ReturnType<typeof lockedMpk>, suite?: HpkeSuiteName) =>
  device.mailbox.call('OCP_LOCK_ENABLE_MPK', { sek: SEK, sealed_access_key: sealFor(device, suite), locked_mpk })
    .enabled_mpk;
