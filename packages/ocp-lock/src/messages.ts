import { array, bytes, u16, u32 } from '@rootcap/struct';
import { HpkeHandle, MAX_ENC_SIZE, SealedAccessKey } from './sealed-access-key.ts';
import { WrappedKey } from './wrapped-key.ts';

const reserved = u32;
const sek = bytes(32);
/** Where an MEK applies, as the encryption engine's METD takes it. */
const metadata = bytes(20);
/** What the encryption engine's AUX takes. */
const aux_metadata = bytes(32);
/** In ms. */
const cmd_timeout = u32;

/**
 * Fields of the mailbox messages behind their headers: checksum in a request, checksum and FIPS status in a response.
 *
 * @see caliptra-sw:api/src/mailbox.rs
 */
export const LOCK_MESSAGES = {
  REPORT_HEK_METADATA: {
    request: { reserved0: u32, total_slots: u16, active_slots: u16, seed_state: u16, padding0: u16 },
    response: { flags: u32, reserved: array(u32, 3) },
  },
  GET_ALGORITHMS: {
    request: {},
    response: { reserved: array(u32, 4), hpke_algorithms: u32, access_key_sizes: u32 },
  },
  GET_STATUS: { request: {}, response: { reserved: array(u32, 4), ctrl_register: u32 } },
  CLEAR_KEY_CACHE: { request: { reserved, cmd_timeout }, response: { reserved } },
  ENUMERATE_HPKE_HANDLES: {
    request: { reserved },
    response: { reserved, hpke_handle_count: u32, hpke_handles: array(HpkeHandle, 3) },
  },
  GET_HPKE_PUB_KEY: {
    request: { reserved, hpke_handle: u32 },
    response: { reserved, pub_key_len: u32, pub_key: bytes(MAX_ENC_SIZE), padding: bytes(3) },
  },
  ROTATE_HPKE_KEY: { request: { reserved, hpke_handle: u32 }, response: { reserved, hpke_handle: u32 } },
  GENERATE_MPK: {
    request: { reserved, sek, metadata_len: u32, metadata: bytes(32), sealed_access_key: SealedAccessKey },
    response: { reserved, wrapped_mek: WrappedKey },
  },
  REWRAP_MPK: {
    request: {
      reserved,
      sek,
      current_locked_mpk: WrappedKey,
      sealed_access_key: SealedAccessKey,
      new_ak_ciphertext: bytes(48),
    },
    response: { reserved, wrapped_mek: WrappedKey },
  },
  ENABLE_MPK: {
    request: { reserved, sek, sealed_access_key: SealedAccessKey, locked_mpk: WrappedKey },
    response: { reserved, enabled_mpk: WrappedKey },
  },
  TEST_ACCESS_KEY: {
    request: { reserved, sek, nonce: bytes(32), locked_mpk: WrappedKey, sealed_access_key: SealedAccessKey },
    response: { reserved, digest: bytes(48) },
  },
  INITIALIZE_MEK_SECRET: { request: { reserved, sek, dpk: bytes(32) }, response: { reserved } },
  MIX_MPK: { request: { reserved, enabled_mpk: WrappedKey }, response: { reserved } },
  GENERATE_MEK: { request: { reserved }, response: { reserved, wrapped_mek: WrappedKey } },
  LOAD_MEK: {
    request: { reserved, metadata, aux_metadata, wrapped_mek: WrappedKey, cmd_timeout },
    response: { reserved },
  },
  DERIVE_MEK: {
    request: { reserved, mek_checksum: bytes(16), metadata, aux_metadata, cmd_timeout },
    response: { reserved, mek_checksum: bytes(16) },
  },
  UNLOAD_MEK: { request: { reserved, metadata, cmd_timeout }, response: { reserved } },
} as const;

/** Messages that specification 1.1 has otherwise, or that only it has. */
export const LOCK_SPEC_MESSAGES = {
  TEST_ACCESS_KEY: { request: LOCK_MESSAGES.TEST_ACCESS_KEY.request, response: { digest: bytes(48) } },
  LOAD_KAT_MEK: { request: { reserved, metadata, aux_metadata, cmd_timeout }, response: { reserved } },
} as const;
