import { equalBytes } from '@rootcap/crypto';
import { RotError } from '@rootcap/errors';
import { type Lock, lockCommand, lockQuery } from './command.ts';
import { findHpkeKey, HPKE_SUITES, rotateHpkeKey } from './hpke-keys.ts';
import { hpkePublicKey, hpkeReceiver } from './hpke-receiver.ts';
import { deriveMek, generateMek, initializeMekSecret, mixMpk, unwrapMek } from './mek.ts';
import { LOCK_MESSAGES, LOCK_SPEC_MESSAGES } from './messages.ts';
import { enableMpk, generateMpk, rewrapMpk, testAccessKey } from './mpk.ts';
import { type AccessKeyCiphertext, accessKeyCiphertext, type SealedAccessKey, usedInfo } from './sealed-access-key.ts';
import { unwrapKey, usedMetadata, type WrappedKey } from './wrapped-key.ts';

const ACCESS_KEY_SIZES_256 = 1;
const NO_KEY = new Uint8Array(32);
const DONE = { reserved: 0 } as const;

function requireNotZero(
  key: Uint8Array,
  symbol: 'RUNTIME_OCP_LOCK_SEK_INVALID' | 'RUNTIME_OCP_LOCK_DPK_INVALID',
): void {
  if (equalBytes(key, NO_KEY)) throw new RotError(symbol, 'all zeros');
}

const requireSek = (sek: Uint8Array): void => requireNotZero(sek, 'RUNTIME_OCP_LOCK_SEK_INVALID');

/** Opens access keys one after the other in one context, and wipes them behind `use`. */
function withAccessKeys<T>(
  { port, state }: Lock,
  sealed: SealedAccessKey,
  info: Uint8Array,
  metadata: Uint8Array,
  ciphertexts: readonly AccessKeyCiphertext[],
  use: (...accessKeys: Uint8Array[]) => T,
): T {
  const key = findHpkeKey(state.hpke, sealed.hpke_handle.handle);
  const receiver = hpkeReceiver(port, key, sealed.kem_ciphertext, info);
  const accessKeys: Uint8Array[] = [];
  try {
    for (const ciphertext of ciphertexts) accessKeys.push(receiver.open(ciphertext, metadata));
    return use(...accessKeys);
  } finally {
    for (const accessKey of accessKeys) accessKey.fill(0);
    receiver.wipe();
  }
}

const firstCiphertext = (sealed: SealedAccessKey): AccessKeyCiphertext =>
  accessKeyCiphertext(sealed.ak_ciphertext, sealed.access_key_len);

/** Whatever the engine is, and whatever it holds. */
const KEY_CACHE_COMMANDS = {
  GET_STATUS: lockCommand(LOCK_MESSAGES.GET_STATUS, ({ port }) => ({
    reserved: [0, 0, 0, 0],
    ctrl_register: port.engine.readControl(),
  })),
  CLEAR_KEY_CACHE: lockCommand(LOCK_MESSAGES.CLEAR_KEY_CACHE, ({ port: { engine } }, { cmd_timeout }) => {
    engine.prepare();
    engine.run('ZEROIZE', cmd_timeout);
    return DONE;
  }),
  UNLOAD_MEK: lockCommand(LOCK_MESSAGES.UNLOAD_MEK, ({ port: { engine } }, { metadata, cmd_timeout }) => {
    engine.prepare();
    engine.writeMetadata(metadata);
    engine.run('UNLOAD_MEK', cmd_timeout);
    return DONE;
  }),
};

interface Load {
  readonly metadata: Uint8Array;
  readonly aux_metadata: Uint8Array;
  readonly cmd_timeout: number;
}

/** Tells the engine where a key belongs, then has it made and hands it over. */
function loadIntoEngine<T>({ port }: Lock, { metadata, aux_metadata, cmd_timeout }: Load, makeMek: () => T): T {
  const { engine } = port;
  engine.prepare();
  engine.writeMetadata(metadata);
  engine.writeAux(aux_metadata);
  const result = makeMek();
  engine.releaseMek();
  engine.run('LOAD_MEK', cmd_timeout);
  return result;
}

const MEK_COMMANDS = {
  INITIALIZE_MEK_SECRET: lockCommand(LOCK_MESSAGES.INITIALIZE_MEK_SECRET, ({ port, state }, { sek, dpk }) => {
    requireSek(sek);
    requireNotZero(dpk, 'RUNTIME_OCP_LOCK_DPK_INVALID');
    initializeMekSecret(port, state, sek, dpk);
    return DONE;
  }),
  MIX_MPK: lockCommand(LOCK_MESSAGES.MIX_MPK, ({ port, state }, { enabled_mpk }) => {
    mixMpk(port, state, enabled_mpk);
    return DONE;
  }),
  GENERATE_MEK: lockQuery(LOCK_MESSAGES.GENERATE_MEK, ({ port, state, conformance }) => ({
    reserved: 0,
    wrapped_mek: generateMek(port, state, conformance),
  })),
  LOAD_MEK: lockCommand(LOCK_MESSAGES.LOAD_MEK, (lock, request) => {
    const { port, state, conformance } = lock;
    loadIntoEngine(lock, request, () => unwrapMek(port, state, conformance, request.wrapped_mek));
    return DONE;
  }),
  DERIVE_MEK: lockCommand(LOCK_MESSAGES.DERIVE_MEK, (lock, request) => {
    const { port, state, conformance } = lock;
    const derive = () => deriveMek(port, state, conformance, request.mek_checksum);
    return { reserved: 0, mek_checksum: loadIntoEngine(lock, request, derive) };
  }),
};

const HPKE_COMMANDS = {
  GET_ALGORITHMS: lockQuery(LOCK_MESSAGES.GET_ALGORITHMS, () => ({
    reserved: [0, 0, 0, 0],
    hpke_algorithms: Object.values(HPKE_SUITES).reduce((bits, { algorithm }) => bits | algorithm, 0),
    access_key_sizes: ACCESS_KEY_SIZES_256,
  })),
  ENUMERATE_HPKE_HANDLES: lockQuery(LOCK_MESSAGES.ENUMERATE_HPKE_HANDLES, ({ state: { hpke } }) => ({
    reserved: 0,
    hpke_handle_count: hpke.keys.length,
    hpke_handles: hpke.keys.map(({ handle, suite }) => ({ handle, hpke_algorithm: HPKE_SUITES[suite].algorithm })),
  })),
  GET_HPKE_PUB_KEY: lockCommand(LOCK_MESSAGES.GET_HPKE_PUB_KEY, ({ port, state }, { hpke_handle }) => {
    const publicKey = hpkePublicKey(port, findHpkeKey(state.hpke, hpke_handle));
    const pub_key = new Uint8Array(LOCK_MESSAGES.GET_HPKE_PUB_KEY.response.pub_key.size);
    pub_key.set(publicKey);
    return { reserved: 0, pub_key_len: publicKey.length, pub_key, padding: new Uint8Array(3) };
  }),
  ROTATE_HPKE_KEY: lockCommand(LOCK_MESSAGES.ROTATE_HPKE_KEY, ({ port, state }, { hpke_handle }) => ({
    reserved: 0,
    hpke_handle: rotateHpkeKey(port, state.hpke, hpke_handle),
  })),
};

/** The order of checks in each is the firmware's. */
const MPK_COMMANDS = {
  GENERATE_MPK: lockCommand(LOCK_MESSAGES.GENERATE_MPK, (lock, { sek, sealed_access_key, ...request }) => {
    const info = usedInfo(sealed_access_key);
    const metadata = usedMetadata(request);
    const ciphertext = firstCiphertext(sealed_access_key);
    requireSek(sek);
    const wrapped_mek = withAccessKeys(lock, sealed_access_key, info, metadata, [ciphertext], (accessKey) =>
      generateMpk(lock.port, sek, accessKey as Uint8Array, metadata),
    );
    return { reserved: 0, wrapped_mek };
  }),
  REWRAP_MPK: lockCommand(LOCK_MESSAGES.REWRAP_MPK, (lock, { sek, sealed_access_key, ...request }) => {
    const { current_locked_mpk: locked, new_ak_ciphertext } = request;
    requireSek(sek);
    unwrapKey('LOCKED_MPK', locked);
    const info = usedInfo(sealed_access_key);
    const metadata = usedMetadata(locked);
    const ciphertexts = [
      firstCiphertext(sealed_access_key),
      accessKeyCiphertext(new_ak_ciphertext, sealed_access_key.access_key_len),
    ];
    const wrapped_mek = withAccessKeys(lock, sealed_access_key, info, metadata, ciphertexts, (current, next) =>
      rewrapMpk(lock.port, sek, current as Uint8Array, next as Uint8Array, locked),
    );
    return { reserved: 0, wrapped_mek };
  }),
  ENABLE_MPK: lockCommand(LOCK_MESSAGES.ENABLE_MPK, (lock, { sek, sealed_access_key, locked_mpk: locked }) => {
    requireSek(sek);
    const info = usedInfo(sealed_access_key);
    const ciphertext = firstCiphertext(sealed_access_key);
    const metadata = usedMetadata(locked);
    unwrapKey('LOCKED_MPK', locked);
    const enabled_mpk = withAccessKeys(lock, sealed_access_key, info, metadata, [ciphertext], (accessKey) =>
      enableMpk(lock.port, sek, accessKey as Uint8Array, locked),
    );
    return { reserved: 0, enabled_mpk };
  }),
  TEST_ACCESS_KEY: lockCommand(LOCK_MESSAGES.TEST_ACCESS_KEY, (lock, request) => ({
    reserved: 0,
    digest: accessKeyProof(lock, request),
  })),
};

interface AccessKeyTest {
  readonly sek: Uint8Array;
  readonly nonce: Uint8Array;
  readonly locked_mpk: WrappedKey;
  readonly sealed_access_key: SealedAccessKey;
}

function accessKeyProof(lock: Lock, { sek, nonce, locked_mpk: locked, sealed_access_key }: AccessKeyTest): Uint8Array {
  const info = usedInfo(sealed_access_key);
  const ciphertext = firstCiphertext(sealed_access_key);
  const metadata = usedMetadata(locked);
  requireSek(sek);
  unwrapKey('LOCKED_MPK', locked);
  return withAccessKeys(lock, sealed_access_key, info, metadata, [ciphertext], (accessKey) =>
    testAccessKey(lock.port, sek, accessKey as Uint8Array, locked, nonce),
  );
}

/** Commands of the firmware's runtime. @see caliptra-sw:runtime/src/ocp_lock */
export const LOCK_COMMANDS = { ...HPKE_COMMANDS, ...KEY_CACHE_COMMANDS, ...MPK_COMMANDS, ...MEK_COMMANDS };
export type LockCommandName = keyof typeof LOCK_COMMANDS;

/** What specification 1.1 has otherwise, or in addition. */
export const LOCK_SPEC_COMMANDS = {
  TEST_ACCESS_KEY: lockCommand(LOCK_SPEC_MESSAGES.TEST_ACCESS_KEY, (lock, request) => ({
    digest: accessKeyProof(lock, request),
  })),
  LOAD_KAT_MEK: lockCommand(LOCK_SPEC_MESSAGES.LOAD_KAT_MEK, ({ port: { engine } }, request) => {
    engine.prepare();
    engine.writeMetadata(request.metadata);
    engine.writeAux(request.aux_metadata);
    engine.run('LOAD_KAT_MEK', request.cmd_timeout);
    return DONE;
  }),
};
