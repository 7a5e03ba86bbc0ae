import {
  type CryptoProvider,
  type Entropy,
  type HpkeKemId,
  hpkeSuite,
  seededEntropy,
  utf8ToBytes,
} from '@rootcap/crypto';
import {
  type FieldTable,
  HPKE_SUITES,
  LOCK_COMMANDS,
  type LockCommand,
  type LockCommandName,
  newLockState,
  type SealedAccessKey,
  SoftwareEngine,
  softwareLockPort,
} from '@rootcap/ocp-lock';
import type { Values } from '@rootcap/struct';
import { createDevice } from 'rootcap';
import { ProbedKeyCache } from '../caliptra/recorded-device.ts';
import type { Fields } from '../fields.ts';

type Commands = typeof LOCK_COMMANDS;

/** A key management block, in a device or alone, with the engine that it releases keys to. */
export interface Block {
  call<Name extends LockCommandName>(
    name: Name,
    request: Values<Commands[Name]['request']>,
  ): Values<Commands[Name]['response']>;
  /** The key that was released last. */
  released(): Uint8Array | undefined;
}

export interface BlockKeys {
  readonly hek: Uint8Array;
  readonly mdk: Uint8Array;
}

/** @param responses - random responses to give first, whatever they are for */
export function softwareBlock(provider: CryptoProvider, keys: BlockKeys, responses: readonly Uint8Array[] = []): Block {
  let engine: SoftwareEngine | undefined;
  const port = softwareLockPort({
    provider,
    ...keys,
    entropy: scripted(provider, responses),
    engine(takeMek) {
      engine = new SoftwareEngine(takeMek);
      return engine;
    },
  });
  const lock = { port, state: newLockState(port), conformance: 'firmware-2.1' } as const;
  return {
    call(name, request) {
      const command = LOCK_COMMANDS[name] as unknown as LockCommand<FieldTable, FieldTable>;
      return command.handle(lock, request as never) as never;
    },
    released: () => engine?.keys.at(-1)?.mek,
  };
}

function scripted(provider: CryptoProvider, responses: readonly Uint8Array[]): Entropy {
  const rest = seededEntropy(utf8ToBytes('conformance'), provider);
  const queue = [...responses];
  return {
    bytes(length) {
      const next = new Uint8Array(length);
      const scriptedResponse = queue.shift();
      if (scriptedResponse === undefined) return rest.bytes(length);
      next.set(scriptedResponse);
      return next;
    },
  };
}

const SEED_PROGRAMMED = 1;

/** A device with these fuses, in its runtime. */
export function deviceBlock(provider: CryptoProvider, inputs: Fields): Block {
  const keyCache = new ProbedKeyCache();
  const device = createDevice({
    provider,
    ocpLock: true,
    encryptionEngine: { keyCache },
    obfuscationKey: inputs.hex('doe_obf_key'),
    fuses: { udsSeed: inputs.hex('fuse_uds_seed'), hekSeed: hekSeedOf(inputs) },
  });
  device.bootToRom();
  const slots = { reserved0: 0, total_slots: 4, active_slots: 1, seed_state: SEED_PROGRAMMED, padding0: 0 };
  device.mailbox.call('OCP_LOCK_REPORT_HEK_METADATA', slots);
  device.boot();
  return {
    call: (name, request) => device.mailbox.call(`OCP_LOCK_${name}`, request as never) as never,
    released: () => keyCache.released,
  };
}

/** Words of the fuses as bytes, the most significant first. */
export const hekSeedOf = (inputs: Fields): Uint8Array =>
  new Uint8Array(
    (inputs.value('fuse_hek_seed_words_hex') as readonly string[]).flatMap((word) =>
      [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16)),
    ),
  );

const KEM_CIPHERTEXT_SIZE = 1665;
const INFO_SIZE = 256;

/** An access key as a remote party seals it for the block's ML-KEM key. */
export function sealedAccessKey(
  provider: CryptoProvider,
  block: Block,
  accessKey: Uint8Array,
  metadata: Uint8Array,
): SealedAccessKey {
  const { algorithm, kemId } = HPKE_SUITES.mlkem1024;
  const { hpke_handles } = block.call('ENUMERATE_HPKE_HANDLES', {});
  const handle = hpke_handles.find(({ hpke_algorithm }) => hpke_algorithm === algorithm)?.handle ?? 0;
  const { pub_key, pub_key_len } = block.call('GET_HPKE_PUB_KEY', { reserved: 0, hpke_handle: handle });
  const suite = hpkeSuite(provider, kemId as HpkeKemId);
  const random = seededEntropy(utf8ToBytes('sender'), provider).bytes(suite.lengths.Nrandom);
  const sender = suite.setupSender(pub_key.slice(0, pub_key_len), new Uint8Array(0), random);
  const kem_ciphertext = new Uint8Array(KEM_CIPHERTEXT_SIZE);
  kem_ciphertext.set(sender.enc);
  return {
    hpke_handle: { handle, hpke_algorithm: algorithm },
    access_key_len: accessKey.length,
    info_len: 0,
    info: new Uint8Array(INFO_SIZE),
    kem_ciphertext,
    _padding: new Uint8Array(3),
    ak_ciphertext: sender.seal(accessKey, metadata),
  };
}
